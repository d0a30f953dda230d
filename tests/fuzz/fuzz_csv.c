/* fuzz_csv.c: tables that people send: any bytes, any encoding, any quoting.
 *
 * Meaning: reading ends; rows and lines only go up; what a good row holds is UTF-8; and a table written anew from its
 * good rows, every field quoted, is read back as the same rows. */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/ctl/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A file without a folder; its descriptor. */
static int file_of(const void *data, size_t len, char path[64]) {
  int fd = memfd_create("table", MFD_CLOEXEC);

  g_assert_cmpint(fd, >=, 0);
  g_assert_cmpint(write(fd, data, len), ==, (gssize)len);
  g_snprintf(path, 64, "/proc/self/fd/%d", fd);
  return fd;
}

static void put_row(GString *table, const GPtrArray *fields) {
  for (guint i = 0; i < fields->len; i++) {
    g_autoptr(GString) field = g_string_new(fields->pdata[i]);
    g_string_replace(field, "\"", "\"\"", 0);
    g_string_append_printf(table, "%s\"%s\"", i ? "," : "", field->str);
  }
  g_string_append(table, "\r\n");
}

/* A bound: each call takes at least a byte, or the table ends. */
static guint read_all(CsvReader *reader, size_t len, GString *good) {
  CsvRow row = {0};
  guint rows = 0;
  guint64 last = 0, line = 0;

  for (size_t calls = 0;; calls++) {
    g_assert_cmpuint(calls, <=, len + 1);
    CsvStatus status = csv_next(reader, &row);
    if (status == CSV_END || status == CSV_LOST) return rows;
    g_assert_cmpuint(row.row, >, last);
    g_assert_cmpuint(row.line, >=, line);
    last = row.row;
    line = row.line;
    if (status == CSV_BAD) {
      g_assert_nonnull(row.why);
      continue;
    }
    for (guint i = 0; i < row.fields->len; i++)
      g_assert_true(g_utf8_validate(row.fields->pdata[i], -1, NULL));
    put_row(good, row.fields);
    rows++;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  static const char *const encodings[] = {NULL, "UTF-8", "UTF-16LE", "GB18030"};
  const char *encoding = len ? encodings[data[0] % G_N_ELEMENTS(encodings)] : NULL;
  g_autoptr(GString) good = g_string_new(NULL), again = g_string_new(NULL);
  g_autofree char *why = NULL;
  char path[64];
  int fd = file_of(len ? data + 1 : data, len ? len - 1 : 0, path);
  g_autoptr(CsvReader) reader = csv_open(path, encoding, &why);

  close(fd);
  if (!reader) {
    g_assert_nonnull(why);
    return 0;
  }
  guint rows = read_all(reader, len, good);
  fd = file_of(good->str, good->len, path);
  g_autoptr(CsvReader) second = csv_open(path, "UTF-8", &why);
  close(fd);
  g_assert_nonnull(second);
  g_assert_cmpuint(read_all(second, good->len, again), ==, rows);
  g_assert_cmpstr(good->str, ==, again->str);
  return 0;
}
