/* log.h: one line an event on standard error, in logfmt:
 *
 *   time=2026-11-24T04:10:03.123456Z level=info event=session_closed session=17 reason="silent"
 *
 * Invariants: never a secret, never a password, token or sealed value; at most 20 lines a second of one event (the
 * next line then says suppressed=N); a line is one write. Any thread may log. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } LogLevel;

typedef struct {
  const char *key;  /* NULL ends the list */
  const char *text; /* NULL: number holds the value */
  int64_t number;
} LogField;

static inline const char *log_or_empty(const char *text) {
  return text ? text : "";
}

#define LOG_TEXT(key_, value_)                                                                                       \
  { .key = (key_), .text = log_or_empty(value_) }
#define LOG_NUMBER(key_, value_)                                                                                     \
  { .key = (key_), .number = (int64_t)(value_) }
#define LOG_SESSION(session_) LOG_NUMBER("session", session_number(session_))

/* log_event(LOG_WARN, "accept_failed", LOG_TEXT("why", uv_strerror(status)), LOG_NUMBER("open", n)); */
#define log_event(level_, event_, ...)                                                                               \
  do {                                                                                                               \
    if (log_wants(level_))                                                                                           \
      log_write((level_), (event_), (const LogField[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}});                    \
  } while (0)

bool log_wants(LogLevel level);
void log_write(LogLevel level, const char *event, const LogField *fields);
void log_set_level(LogLevel level);
/* "error", "warn", "info", "debug". */
G_GNUC_WARN_UNUSED_RESULT bool log_level_parse(const char *name, LogLevel *level);
