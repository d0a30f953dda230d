/* log.c: lines in logfmt on standard error, with a brake for noisy events.
 *
 * Owner: the process. Invariants: a line is made whole and written at once; a value is quoted unless it is plain; the
 * brake keeps one small entry an event name (names are literals). Never ends. */
#include "server/log.h"

#include <string.h>
#include <unistd.h>

#include "common/instant.h"

enum { LINES_A_SECOND = 20, VALUE_MAX = 512 };

typedef struct {
  int64_t second;
  int count, suppressed;
} Brake;

static const char *const names[] = {"error", "warn", "info", "debug"};
static gint threshold = LOG_INFO;
static GMutex lock; /* of brakes */
static GHashTable *brakes;

bool log_level_parse(const char *name, LogLevel *level) {
  for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
    if (strcmp(names[i], name) != 0) continue;
    *level = (LogLevel)i;
    return true;
  }
  return false;
}

void log_set_level(LogLevel level) {
  g_atomic_int_set(&threshold, (gint)level);
}

bool log_wants(LogLevel level) {
  return (gint)level <= g_atomic_int_get(&threshold);
}

/* False: this line is left out. *before: lines left out in an earlier second. */
static bool brake(const char *event, int64_t second, int *before) {
  g_mutex_lock(&lock);
  if (!brakes) brakes = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
  Brake *entry = g_hash_table_lookup(brakes, event);
  if (!entry) g_hash_table_insert(brakes, (gpointer)event, entry = g_new0(Brake, 1));
  if (entry->second != second) {
    *before = entry->suppressed;
    *entry = (Brake){.second = second};
  }
  bool passes = ++entry->count <= LINES_A_SECOND;
  if (!passes) entry->suppressed++;
  g_mutex_unlock(&lock);
  return passes;
}

static bool is_plain(const char *text) {
  for (const char *c = text; *c; c++)
    if (!g_ascii_isalnum(*c) && !strchr("._-:/", *c)) return false;
  return *text != '\0';
}

static void append_text(GString *line, const char *text) {
  if (is_plain(text)) {
    g_string_append_len(line, text, (gssize)MIN(strlen(text), (size_t)VALUE_MAX));
    return;
  }
  g_string_append_c(line, '"');
  for (size_t i = 0; text[i] && i < VALUE_MAX; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\')
      g_string_append_printf(line, "\\%c", c);
    else if (c == '\n')
      g_string_append(line, "\\n");
    else if (c < 0x20 || c == 0x7f)
      g_string_append_printf(line, "\\x%02x", c);
    else
      g_string_append_c(line, (char)c);
  }
  g_string_append_c(line, '"');
}

void log_write(LogLevel level, const char *event, const LogField *fields) {
  char time[INSTANT_SIZE];
  int64_t now = g_get_real_time();
  int before = 0;

  if (level != LOG_DEBUG && !brake(event, now / G_USEC_PER_SEC, &before)) return;
  instant_format((uint64_t)now, time);
  g_autoptr(GString) line = g_string_sized_new(256);
  g_string_append_printf(line, "time=%s level=%s event=%s", time, names[level], event);
  for (; fields->key; fields++) {
    g_string_append_printf(line, " %s=", fields->key);
    if (fields->text)
      append_text(line, fields->text);
    else
      g_string_append_printf(line, "%" G_GINT64_FORMAT, fields->number);
  }
  if (before) g_string_append_printf(line, " suppressed=%d", before);
  g_string_append_c(line, '\n');
  if (write(STDERR_FILENO, line->str, line->len) < 0) return; /* nowhere left to say so */
}
