/* ctl_mapping.c: another system's row becomes a request by the rules of its mapping, and a wrong mapping is a
 * sentence. */
#include <glib/gstdio.h>
#include <string.h>

#include "client/ctl/import_row.h"
#include "client/ctl/mapping.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"

static const char GOOD[] =
    "[source]\nsystem=there\nshift_days=7\nzone=Asia/Shanghai\n"
    "[tree]\ndistrict_code=119900000000\ndistrict=d\nsubdistrict_code=119900001000\nsubdistrict=s\nplace=place\n"
    "pattern=^(\\\\d\\\\d)(\\\\d\\\\d)$\ncommunity=%s c\ngrid=%s g\nunplaced=u\n"
    "[columns]\nnumber=n\nregistered_at=at\ndue_at=due\nclosed_at=closed\ntitle=title\ntext=title,more\nlatitude="
    "lat\n"
    "longitude=lon\n"
    "[ignore]\nlat=^0$\n"
    "[state]\ncolumn=state\n1=^C closed\n2=^O in_progress\n"
    "[class]\ncolumn=title\n1=(?i)fire critical\ndefault=ordinary\n";

static const char HEADER[] = "n,at,due,closed,title,more,lat,lon,state,place";

static Mapping *load(const char *text, char **why) {
  char *path = NULL;
  int fd = g_file_open_tmp("linli-mapping-XXXXXX", &path, NULL);
  g_close(fd, NULL);
  g_assert_true(g_file_set_contents(path, text, -1, NULL));
  Mapping *m = mapping_load(path, why);
  g_unlink(path);
  g_free(path);
  return m;
}

static GPtrArray *fields_of(const char *joined) {
  GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
  g_auto(GStrv) parts = g_strsplit(joined, ",", 0);
  for (char **part = parts; *part != NULL; part++)
    g_ptr_array_add(fields, g_strdup(*part));
  return fields;
}

static Mapping *bound(void) {
  g_autofree char *why = NULL;
  Mapping *m = load(GOOD, &why);
  g_assert_cmpstr(why, ==, NULL);
  g_autoptr(GPtrArray) header = fields_of(HEADER);
  g_assert_true(mapping_bind(m, header, &why));
  return m;
}

static gint64 instant(const char *text) {
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
  return g_date_time_to_unix(time) * G_USEC_PER_SEC;
}

static void a_row_is_put_in_our_words(void) {
  g_autoptr(Mapping) m = bound();
  g_autoptr(GPtrArray) fields =
      fields_of("7,2026-01-05 10:00:00,,2026-01-06T10:00:00Z,Fire,soon,31.5,121.25,Closed,1704");
  g_autofree char *why = NULL;
  MappedRow row;
  g_assert_true(mapping_row(m, fields, &row, &why));
  g_assert_cmpstr(row.number, ==, "7");
  g_assert_cmpstr(row.text, ==, "Fire · soon");
  g_assert_cmpstr(row.state, ==, "closed");
  g_assert_cmpstr(row.class, ==, "critical");
  g_assert_cmpstr(row.community, ==, "17");
  g_assert_cmpstr(row.grid, ==, "04");
  g_assert_cmpint(row.registered_at, ==, instant("2026-01-12T02:00:00Z"));
  g_assert_cmpint(row.closed_at, ==, instant("2026-01-13T10:00:00Z"));
  g_assert_cmpint(row.due_at, ==, 0);
  g_assert_true(row.located);
  g_assert_cmpint(row.latitude, ==, 31500000);
  mapped_row_clear(&row);
}

static void a_row_that_cannot_be_one_says_why(void) {
  static const struct {
    const char *fields, *words;
  } rows[] = {
      {"7,2026-01-05 10:00:00,,,t,m,1,1,Closed", "9 columns"},
      {",2026-01-05 10:00:00,,,t,m,1,1,Closed,1704", "no number"},
      {"7,,,,t,m,1,1,Closed,1704", "no time of registration"},
      {"7,soon,,,t,m,1,1,Closed,1704", "not a time"},
      {"7,1969-01-05 10:00:00,,,t,m,1,1,Closed,1704", "before 1970"},
      {"7,2026-01-05 10:00:00,,2026-01-04 10:00:00,t,m,1,1,Closed,1704", "closed before"},
      {"7,2026-01-05 10:00:00,,,,,1,1,Closed,1704", "no title"},
      {"7,2026-01-05 10:00:00,,,t,m,1,1,Lost,1704", "does not know"},
  };
  g_autoptr(Mapping) m = bound();
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GPtrArray) fields = fields_of(rows[i].fields);
    g_autofree char *why = NULL;
    MappedRow row;
    g_assert_false(mapping_row(m, fields, &row, &why));
    g_assert_nonnull(strstr(why, rows[i].words));
    mapped_row_clear(&row);
  }
}

static void what_does_not_match_has_no_place_and_no_coordinates(void) {
  static const char *const rows[] = {"7,2026-01-05 10:00:00,,,t,m,0,1,Closed,",
                                     "7,2026-01-05 10:00:00,,,t,m,91,1,Closed,17",
                                     "7,2026-01-05 10:00:00,,,t,m,nan,1,Closed,x"};
  g_autoptr(Mapping) m = bound();
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
    g_autoptr(GPtrArray) fields = fields_of(rows[i]);
    g_autofree char *why = NULL;
    MappedRow row;
    g_assert_true(mapping_row(m, fields, &row, &why));
    g_assert_null(row.community);
    g_assert_false(row.located);
    mapped_row_clear(&row);
  }
}

static void a_wrong_mapping_is_a_sentence(void) {
  static const struct {
    const char *old, *fresh, *words;
  } cases[] = {
      {"system=there\n", "", "lacks system"},
      {"^C closed", "^C shut", "there is no request_state shut"},
      {"^C closed", "^( closed", "not a pattern"},
      {"^C closed", "closed", "needs a pattern"},
      {"%s c", "c", "each need"},
      {"shift_days=7", "shift_days=99999999", "more than"},
      {"zone=Asia/Shanghai", "zone=Mars", "not known"},
      {"title=title", "titel=title", "lacks title"},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GString) text = g_string_new(GOOD);
    g_autofree char *why = NULL;
    g_string_replace(text, cases[i].old, cases[i].fresh, 1);
    g_assert_null(load(text->str, &why));
    g_assert_nonnull(strstr(why, cases[i].words));
  }
}

static void a_missing_column_is_a_sentence(void) {
  g_autofree char *why = NULL;
  g_autoptr(Mapping) m = load(GOOD, &why);
  g_autoptr(GPtrArray) header = fields_of("n,at,due,closed,title");
  g_assert_false(mapping_bind(m, header, &why));
  g_assert_nonnull(strstr(why, "no column more"));
}

static void the_files_own_text_is_no_format(void) {
  g_autofree char *name = mapping_name("%s选区%d%n", "%s17");
  g_assert_cmpstr(name, ==, "%s17选区%d%n");
}

static void ids_are_the_same_for_ever(void) {
  char text[UUID_TEXT_SIZE];
  Uuid a = import_row_id("boston311", "101000295613"), b = import_row_id("boston3111", "01000295613");
  g_assert_cmpstr(uuid_format(a, text), ==, "7fe8a7ca-8512-5eeb-ba93-73a3297239b5");
  g_assert_cmpint(uuid_compare(a, b), !=, 0);
}

static void a_line_is_cut_behind_a_whole_character(void) {
  static const char *const texts[] = {"", "short", "长长长长长长长长长长", "ab长长长长长长长长长",
                                      "a长长长长长长长长长长"};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    for (gsize max = 3; max < 32; max++) {
      g_autofree char *line = import_row_line(texts[i], max);
      g_assert_cmpuint(strlen(line), <=, max);
      g_assert_true(g_utf8_validate(line, -1, NULL));
    }
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/mapping/a_row_is_put_in_our_words", a_row_is_put_in_our_words);
  g_test_add_func("/mapping/a_row_that_cannot_be_one_says_why", a_row_that_cannot_be_one_says_why);
  g_test_add_func("/mapping/what_does_not_match_has_no_place_and_no_coordinates",
                  what_does_not_match_has_no_place_and_no_coordinates);
  g_test_add_func("/mapping/a_wrong_mapping_is_a_sentence", a_wrong_mapping_is_a_sentence);
  g_test_add_func("/mapping/a_missing_column_is_a_sentence", a_missing_column_is_a_sentence);
  g_test_add_func("/mapping/the_files_own_text_is_no_format", the_files_own_text_is_no_format);
  g_test_add_func("/mapping/ids_are_the_same_for_ever", ids_are_the_same_for_ever);
  g_test_add_func("/mapping/a_line_is_cut_behind_a_whole_character", a_line_is_cut_behind_a_whole_character);
  return g_test_run();
}
