/* ctl_csv.c: rows come back as they were written, wherever the file is cut into chunks; bad bytes harm only their
 * row. */
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#include "client/ctl/csv.h"

/* A file of these bytes, gone again with the test. */
static char *file_of(const void *data, gsize len) {
  g_autoptr(GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp("linli-csv-XXXXXX", &path, &error);
  g_assert_no_error(error);
  g_close(fd, NULL);
  g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
  return path;
}

static CsvReader *reader_of(const void *data, gsize len, const char *encoding) {
  g_autofree char *path = file_of(data, len), *why = NULL;
  CsvReader *reader = csv_open(path, encoding, &why);
  g_unlink(path);
  g_assert_null(why);
  return reader;
}

static CsvReader *text_reader(const char *text) {
  return reader_of(text, strlen(text), NULL);
}

static void expect_row(CsvReader *reader, guint64 row, const char *joined) {
  CsvRow got;
  g_assert_cmpint(csv_next(reader, &got), ==, CSV_ROW);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < got.fields->len; i++)
    g_string_append_printf(text, "%s[%s]", "", (char *)got.fields->pdata[i]);
  g_assert_cmpstr(text->str, ==, joined);
  g_assert_cmpuint(got.row, ==, row);
}

static void expect_bad(CsvReader *reader, guint64 row, guint64 line, const char *words) {
  CsvRow got;
  g_assert_cmpint(csv_next(reader, &got), ==, CSV_BAD);
  g_assert_nonnull(strstr(got.why, words));
  g_assert_cmpuint(got.row, ==, row);
  g_assert_cmpuint(got.line, ==, line);
}

static void expect_end(CsvReader *reader) {
  CsvRow got;
  g_assert_cmpint(csv_next(reader, &got), ==, CSV_END);
}

static void quotes_newlines_and_empty_lines_are_read(void) {
  g_autoptr(CsvReader) r = text_reader("a,b\r\n\n\"x,1\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n,\nend");
  expect_row(r, 1, "[a][b]");
  expect_row(r, 2, "[x,1][say \"hi\"]");
  expect_row(r, 3, "[two\nlines][]");
  expect_row(r, 4, "[][]");
  expect_row(r, 5, "[end]");
  expect_end(r);
  expect_end(r);
}

static void a_bad_row_harms_only_itself(void) {
  static const char data[] = "a,b\n\"x\"y,1\nok,1\nnul,\0\nok,2\n\"open,3\nok,4\n";
  g_autoptr(CsvReader) r = reader_of(data, sizeof data - 1, "UTF-8");
  expect_row(r, 1, "[a][b]");
  expect_bad(r, 2, 2, "after a closing quote");
  expect_row(r, 3, "[ok][1]");
  expect_bad(r, 4, 4, "NUL");
  expect_row(r, 5, "[ok][2]");
  expect_bad(r, 6, 6, "never closes");
  expect_row(r, 7, "[ok][4]");
  expect_end(r);
}

static void a_bad_row_has_no_fields_of_the_one_before(void) {
  g_autoptr(CsvReader) r = text_reader("secret,of,row,one\n\"x\"y\n");
  CsvRow got;
  g_assert_cmpint(csv_next(r, &got), ==, CSV_ROW);
  g_assert_cmpint(csv_next(r, &got), ==, CSV_BAD);
  g_assert_cmpuint(got.fields->len, ==, 0);
}

static void a_line_of_ten_megabytes_is_one_bad_row(void) {
  g_autoptr(GString) text = g_string_new("a\n");
  for (guint i = 0; i < 10 * 1024 * 1024; i++)
    g_string_append_c(text, 'x');
  g_string_append(text, "\nok\n");
  g_autoptr(CsvReader) r = reader_of(text->str, text->len, NULL);
  expect_row(r, 1, "[a]");
  expect_bad(r, 2, 2, "longer than");
  expect_row(r, 3, "[ok]");
  expect_end(r);
}

static void every_encoding_gives_the_same_text(void) {
  static const char *const encodings[] = {"UTF-16", "GB18030", "UTF-8"};
  for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
    gsize len = 0;
    g_autofree char *data = g_convert("号码,内容\n1,路灯不亮，请修\n", -1, encodings[i], "UTF-8", NULL, &len, NULL);
    g_autoptr(CsvReader) r = reader_of(data, len, NULL);
    expect_row(r, 1, "[号码][内容]");
    expect_row(r, 2, "[1][路灯不亮，请修]");
    expect_end(r);
  }
  g_autoptr(CsvReader) marked = text_reader("\xEF\xBB\xBF\"号码\"\n");
  expect_row(marked, 1, "[号码]");
}

static void what_is_no_encoding_is_said(void) {
  g_autofree char *path = file_of("\xff\xff\xff\xff\n", 5), *why = NULL;
  g_assert_null(csv_open(path, NULL, &why));
  g_assert_nonnull(strstr(why, "--encoding"));
  g_unlink(path);
  g_clear_pointer(&why, g_free);
  g_assert_null(csv_open("/nowhere/at.all", NULL, &why));
  g_assert_nonnull(strstr(why, "cannot be opened"));
}

static void put_quoted(GString *out, const char *text) {
  g_string_append_c(out, '"');
  for (; *text; text++)
    g_string_append(out, *text == '"' ? "\"\"" : (char[2]){*text, '\0'});
  g_string_append_c(out, '"');
}

/* Rows of random texts, some long enough to lie across chunks. */
static void random_rows_come_back(void) {
  static const char letters[] = "ab,\"\n\r路 ";
  for (guint round = 0; round < 20; round++) {
    g_autoptr(GString) file = g_string_new(NULL);
    g_autoptr(GPtrArray) wanted = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < 200; i++) {
      g_autoptr(GString) text = g_string_new("x");
      guint len = (guint)g_test_rand_int_range(0, i % 50 == 0 ? 60000 : 40);
      for (guint k = 0; k < len; k++) {
        guint at = (guint)g_test_rand_int_range(0, 9);
        if (at < 6)
          g_string_append_c(text, letters[at]);
        else
          g_string_append(text, "路");
      }
      put_quoted(file, text->str);
      g_string_append(file, i % 2 ? "\r\n" : "\n");
      g_ptr_array_add(wanted, g_strdup(text->str));
    }
    g_autoptr(CsvReader) r = reader_of(file->str, file->len, "UTF-8");
    for (guint i = 0; i < wanted->len; i++) {
      CsvRow got;
      g_assert_cmpint(csv_next(r, &got), ==, CSV_ROW);
      g_assert_cmpstr(got.fields->pdata[0], ==, wanted->pdata[i]);
    }
    expect_end(r);
  }
}

/* Any bytes end, and every row is counted once. */
static void random_bytes_end(void) {
  static const char likely[] = ",\"\n\r\0a\xff\xe8";
  for (guint round = 0; round < 3000; round++) {
    guint8 data[300];
    gsize len = (gsize)g_test_rand_int_range(0, sizeof data);
    for (gsize i = 0; i < len; i++)
      data[i] =
          g_test_rand_bit() ? (guint8)likely[g_test_rand_int_range(0, sizeof likely - 1)] : (guint8)g_test_rand_int();
    g_autofree char *path = file_of(data, len), *why = NULL;
    CsvReader *r = csv_open(path, round % 2 ? "UTF-8" : NULL, &why);
    CsvRow row;
    CsvStatus status;
    guint64 last = 0;
    g_unlink(path);
    if (!r) continue;
    while ((status = csv_next(r, &row)) == CSV_ROW || status == CSV_BAD) {
      g_assert_cmpuint(row.row, ==, ++last);
      g_assert_cmpuint(last, <=, len);
    }
    csv_close(r);
  }
}

/* The expected rows lie beside each file; those of location_coordinates and
 * newlines_crlf are not of the content that lies here. */
static void check_spectrum(const char *folder, const char *name) {
  g_autofree char *csv = g_strdup_printf("%s/csvs/%s.csv", folder, name), *why = NULL;
  g_autofree char *json = g_strdup_printf("%s/json/%s.json", folder, name);
  json_t *wanted = json_load_file(json, 0, NULL);
  CsvRow row;
  g_autoptr(CsvReader) r = csv_open(csv, NULL, &why);
  g_assert_nonnull(wanted);
  g_assert_nonnull(r);
  g_assert_cmpint(csv_next(r, &row), ==, CSV_ROW);
  g_autoptr(GPtrArray) header = g_ptr_array_new_with_free_func(g_free);
  for (guint i = 0; i < row.fields->len; i++)
    g_ptr_array_add(header, g_strdup(row.fields->pdata[i]));
  for (size_t n = 0; n < json_array_size(wanted); n++) {
    g_assert_cmpint(csv_next(r, &row), ==, CSV_ROW);
    for (guint i = 0; i < header->len; i++)
      g_assert_cmpstr(row.fields->pdata[i], ==,
                      json_string_value(json_object_get(json_array_get(wanted, n), header->pdata[i])));
  }
  expect_end(r);
  json_decref(wanted);
}

static void the_csv_spectrum_is_read(void) {
  static const char *const names[] = {
      "comma_in_quotes", "empty",       "empty_crlf", "escaped_quotes", "json", "newlines", "quotes_and_newlines",
      "simple",          "simple_crlf", "utf8"};
  const char *data = g_getenv("LINLI_DATA");
  g_autofree char *folder = g_strdup_printf("%s/badinput/csv-spectrum", data ? data : "");
  if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
    g_test_skip("the real data is not here");
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    check_spectrum(folder, names[i]);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/csv/quotes_newlines_and_empty_lines_are_read", quotes_newlines_and_empty_lines_are_read);
  g_test_add_func("/csv/a_bad_row_harms_only_itself", a_bad_row_harms_only_itself);
  g_test_add_func("/csv/a_bad_row_has_no_fields_of_the_one_before", a_bad_row_has_no_fields_of_the_one_before);
  g_test_add_func("/csv/a_line_of_ten_megabytes_is_one_bad_row", a_line_of_ten_megabytes_is_one_bad_row);
  g_test_add_func("/csv/every_encoding_gives_the_same_text", every_encoding_gives_the_same_text);
  g_test_add_func("/csv/what_is_no_encoding_is_said", what_is_no_encoding_is_said);
  g_test_add_func("/csv/random_rows_come_back", random_rows_come_back);
  g_test_add_func("/csv/random_bytes_end", random_bytes_end);
  g_test_add_func("/csv/the_csv_spectrum_is_read", the_csv_spectrum_is_read);
  return g_test_run();
}
