/* test_instant.c: our calendar against GLib's, and the forms that are no instants. */
#include <string.h>

#include "common/instant.h"

static void instants_agree_with_glib(void) {
  for (unsigned i = 0; i < 20000; i++) {
    gint64 seconds = (gint64)(g_test_rand_double() * 253402300799.0);
    g_autoptr(GDateTime) theirs = g_date_time_new_from_unix_utc(seconds);
    g_autofree char *expected = g_date_time_format(theirs, "%Y-%m-%dT%H:%M:%SZ");
    char text[INSTANT_SIZE];
    uint64_t back;
    size_t len = instant_format((uint64_t)seconds * 1000000, text);
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpuint(len, ==, strlen(expected));
    g_assert_true(instant_parse(text, len, &back));
    g_assert_cmpuint(back, ==, (uint64_t)seconds * 1000000);
  }
}

static void every_fraction_survives(void) {
  for (unsigned i = 0; i < 20000; i++) {
    uint64_t micros = UINT64_C(1790000000000000) + (guint)g_test_rand_int_range(0, 1000000), back;
    char text[INSTANT_SIZE];
    size_t len = instant_format(micros, text);
    g_assert_true(instant_parse(text, len, &back));
    g_assert_cmpuint(back, ==, micros);
    g_assert_true(micros % 1000000 == 0 || text[len - 2] != '0');
  }
}

static void every_day_of_the_calendar_survives(void) {
  GDate date;

  g_date_clear(&date, 1);
  g_date_set_dmy(&date, 1, G_DATE_JANUARY, 1);
  for (int64_t days = -719162; days <= 2932896; days++) {
    char text[DATE_SIZE];
    int64_t back;
    date_format(days, text);
    g_assert_true(date_parse(text, 10, &back));
    if (back != days) g_error("%s", text);
    if (days % 97 == 0) {
      g_date_set_julian(&date, (guint32)(days + 719163));
      g_autofree char *expected =
          g_strdup_printf("%04u-%02u-%02u", g_date_get_year(&date), g_date_get_month(&date), g_date_get_day(&date));
      g_assert_cmpstr(text, ==, expected);
    }
  }
}

static void what_is_no_instant_is_refused(void) {
  static const char *const bad[] = {
      "",
      "2026",
      "2026-11-24",
      "2026-11-24T08:00:00",
      "2026-11-24T08:00Z",
      "2026-13-24T08:00:00Z",
      "2026-11-31T08:00:00Z",
      "2026-02-29T08:00:00Z",
      "1900-02-29T00:00:00Z",
      "2026-11-24T24:00:00Z",
      "2026-11-24T23:60:00Z",
      "2026-11-24T23:59:60Z",
      "2026-11-24T08:00:00.Z",
      "2026-11-24T08:00:00.1234567Z",
      "2026-11-24T08:00:00Zx",
      "2026-11-24T08:00:00+",
      "2026-11-24T08:00:00+8",
      "2026-11-24T08:00:00+08:",
      "2026-11-24T08:00:00+08:60",
      "2026-11-24T08:00:00+16",
      "1969-12-31T23:59:59.999999Z",
      "1970-01-01T00:00:00+00:01",
      "0000-01-01T00:00:00Z",
      "9999-12-31T23:59:59.999999-00:01",
      "+2026-11-24T08:00:00Z",
      "infinity",
      "2026-11-24T08:00:00+08:00:00",
  };
  uint64_t micros;

  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
    if (instant_parse(bad[i], strlen(bad[i]), &micros)) g_error("%s was taken", bad[i]);
}

#define TEST(name) g_test_add_func("/instant/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(instants_agree_with_glib);
  TEST(every_fraction_survives);
  TEST(every_day_of_the_calendar_survives);
  TEST(what_is_no_instant_is_refused);
  return g_test_run();
}
