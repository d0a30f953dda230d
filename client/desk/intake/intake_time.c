/* intake_time.c: see intake_time.h. */
#include "client/desk/intake/intake_time.h"

#include <stdio.h>
#include <string.h>

#define DAY (G_GUINT64_CONSTANT(86400) * G_USEC_PER_SEC)

/* An input method's digits, colon and dash; "/" and "." as between the parts of a date. */
static char *plain(const char *text) {
  g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);

  return normal ? g_strstrip(g_strdelimit(g_steal_pointer(&normal), "/.", '-')) : g_strdup("");
}

/* Past a word for yesterday; *days is how many days back it is. */
static const char *skip_day(const char *text, int *days) {
  static const struct {
    const char *word;
    int days;
  } words[] = {{"昨天", 1}, {"昨日", 1}, {"前天", 2}, {"今天", 0}, {"今日", 0}, {"yesterday", 1}, {"today", 0}};

  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    if (g_ascii_strncasecmp(text, words[i].word, strlen(words[i].word)) == 0) {
      *days = words[i].days;
      return text + strlen(words[i].word);
    }
  return text;
}

static gboolean to_instant(int year, int month, int day, int hour, int minute, guint64 *at) {
  g_autoptr(GDateTime) time = g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year) && hour >= 0 &&
                                      hour < 24 && minute >= 0 && minute < 60
                                  ? g_date_time_new_local(year, month, day, hour, minute, 0)
                                  : NULL;

  if (!time || g_date_time_to_unix(time) < 0) return FALSE;
  *at = (guint64)g_date_time_to_unix(time) * G_USEC_PER_SEC;
  return TRUE;
}

/* The whole text is of that form; GNU's %n says how far it was read. */
#define READ(text, format, ...) (sscanf(text, format " %n", __VA_ARGS__, &end) >= 0 && end && !(text)[end])

gboolean linli_intake_time_parse(const char *text, guint64 now, guint64 *at) {
  g_autofree char *typed = plain(text);
  g_autoptr(GDateTime) today = g_date_time_new_from_unix_local((gint64)(now / G_USEC_PER_SEC));
  int year = g_date_time_get_year(today), month, day, hour, minute, days = -1, end = 0;

  *at = 0;
  if (!*typed) return TRUE;
  if (READ(typed, "%4d-%2d-%2d %2d:%2d", &year, &month, &day, &hour, &minute))
    return to_instant(year, month, day, hour, minute, at);
  year = g_date_time_get_year(today);
  end = 0;
  if (READ(typed, "%2d-%2d %2d:%2d", &month, &day, &hour, &minute))
    return to_instant(year, month, day, hour, minute, at) &&
           (*at <= now || to_instant(year - 1, month, day, hour, minute, at));
  const char *clock = skip_day(typed, &days);
  end = 0;
  if (!READ(clock, " %2d:%2d", &hour, &minute)) return FALSE;
  if (!to_instant(year, g_date_time_get_month(today), g_date_time_get_day_of_month(today), hour, minute, at))
    return FALSE;
  *at -= DAY * (guint64)(days >= 0 ? days : *at > now);
  return TRUE;
}

char *linli_intake_time_text(guint64 at) {
  g_autoptr(GDateTime) time = at ? g_date_time_new_from_unix_local((gint64)(at / G_USEC_PER_SEC)) : NULL;

  return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("");
}
