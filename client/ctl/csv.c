#include "client/ctl/csv.h"

#include <gio/gio.h>
#include <string.h>

enum { LIMIT = 1024 * 1024, CHUNK = 64 * 1024 };

struct CsvReader {
  GInputStream *stream;
  char *encoding;    /* what fields are converted from; "UTF-8" needs only a check */
  GByteArray *bytes; /* unread part of the file */
  gsize start;       /* where the next record begins */
  gboolean at_end;
  guint64 row, line;
  GPtrArray *fields;
  char *why;
};

/* ---- Encoding -------------------------------------------------------------------------------------------------- */

/* Bytes that a cut at `len` may have left of a character. */
static gsize whole_utf8(const guint8 *data, gsize len) {
  gsize back = 0;
  while (back < 3 && back < len && (data[len - 1 - back] & 0xC0) == 0x80)
    back++;
  if (back < len && data[len - 1 - back] >= 0xC0) return len - back - 1;
  return len;
}

static gboolean reads_as(const char *encoding, const guint8 *data, gsize len) {
  gsize used = 0;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = g_convert((const char *)data, (gssize)len, "UTF-8", encoding, &used, NULL, &error);
  return text != NULL || (error->code == G_CONVERT_ERROR_PARTIAL_INPUT && used + 4 >= len);
}

/* UTF-16 is turned into UTF-8 before rows are looked for: its commas are not bytes. */
static void decode_stream(CsvReader *r, const char *from) {
  GCharsetConverter *converter = g_charset_converter_new("UTF-8", from, NULL);
  GInputStream *raw = r->stream;
  r->stream = g_converter_input_stream_new(raw, G_CONVERTER(converter));
  g_object_unref(converter);
  g_object_unref(raw);
  r->encoding = g_strdup("UTF-8");
}

static gboolean find_encoding(CsvReader *r, const guint8 *head, gsize len, gboolean whole, const char *path,
                              char **why) {
  if (len >= 2 && head[0] == 0xFF && head[1] == 0xFE)
    decode_stream(r, "UTF-16LE");
  else if (len >= 2 && head[0] == 0xFE && head[1] == 0xFF)
    decode_stream(r, "UTF-16BE");
  else if (g_utf8_validate_len((const char *)head, whole ? len : whole_utf8(head, len), NULL) ||
           memchr(head, 0, len) != NULL)
    r->encoding = g_strdup("UTF-8");
  else if (reads_as("GB18030", head, len))
    r->encoding = g_strdup("GB18030");
  else {
    *why = g_strdup_printf(
        "%s is neither UTF-8 nor GB18030; say how it was saved with --encoding NAME, or save it again "
        "as UTF-8",
        path);
    return FALSE;
  }
  return TRUE;
}

/* ---- Bytes ----------------------------------------------------------------------------------------------------- */

/* Reads on. FALSE at an error of the file, with r->why. */
static gboolean fill(CsvReader *r) {
  if (r->start > CHUNK) {
    g_byte_array_remove_range(r->bytes, 0, (guint)r->start);
    r->start = 0;
  }
  guint8 chunk[CHUNK];
  g_autoptr(GError) error = NULL;
  gssize got = g_input_stream_read(r->stream, chunk, sizeof chunk, NULL, &error);
  if (got < 0) {
    r->why =
        g_strdup_printf("the file cannot be read beyond line %" G_GUINT64_FORMAT ": %s", r->line, error->message);
    return FALSE;
  }
  if (got == 0) r->at_end = TRUE;
  g_byte_array_append(r->bytes, chunk, (guint)got);
  return TRUE;
}

CsvReader *csv_open(const char *path, const char *encoding, char **why) {
  g_autoptr(GFile) file = g_file_new_for_path(path);
  g_autoptr(GError) error = NULL;
  GFileInputStream *stream = g_file_read(file, NULL, &error);
  if (stream == NULL) {
    *why = g_strdup_printf("%s cannot be opened: %s; check the name and that you may read it", path, error->message);
    return NULL;
  }
  g_autofree guint8 *head = g_malloc(CHUNK);
  gsize len = 0;
  if (!g_input_stream_read_all(G_INPUT_STREAM(stream), head, CHUNK, &len, NULL, &error) ||
      !g_seekable_seek(G_SEEKABLE(stream), 0, G_SEEK_SET, NULL, &error)) {
    *why = g_strdup_printf("%s cannot be read: %s", path, error->message);
    g_object_unref(stream);
    return NULL;
  }
  CsvReader *r = g_new0(CsvReader, 1);
  r->stream = G_INPUT_STREAM(stream);
  r->bytes = g_byte_array_new();
  r->fields = g_ptr_array_new_with_free_func(g_free);
  r->line = 1;
  gboolean wide = encoding != NULL && g_ascii_strncasecmp(encoding, "UTF-16", 6) == 0;
  if (encoding != NULL && !wide)
    r->encoding = g_strdup(encoding);
  else if (encoding != NULL)
    decode_stream(r, encoding);
  else if (!find_encoding(r, head, len, len < CHUNK, path, why))
    g_clear_pointer(&r, csv_close);
  return r;
}

void csv_close(CsvReader *r) {
  g_object_unref(r->stream);
  g_byte_array_unref(r->bytes);
  g_ptr_array_unref(r->fields);
  g_free(r->encoding);
  g_free(r->why);
  g_free(r);
}

const char *csv_encoding(const CsvReader *r) {
  return r->encoding;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

typedef enum { SCAN_RECORD, SCAN_MORE, SCAN_OPEN, SCAN_AFTER_QUOTE } Scan;

/* Finds the end of the record at start. *end: one past its last byte, *next: where the following one begins. */
static Scan scan_record(const CsvReader *r, gsize *end, gsize *next) {
  const guint8 *data = r->bytes->data;
  gsize len = r->bytes->len;
  gboolean quoted = FALSE, field_start = TRUE;
  for (gsize i = r->start; i < len; i++) {
    guint8 c = data[i];
    if (quoted) {
      if (c != '"') continue;
      if (i + 1 == len && !r->at_end) return SCAN_MORE;
      if (i + 1 < len && data[i + 1] == '"') {
        i++;
        continue;
      }
      quoted = FALSE;
      if (i + 1 < len && strchr(",\r\n", data[i + 1]) == NULL) return SCAN_AFTER_QUOTE;
    } else if (c == '"' && field_start)
      quoted = TRUE;
    else if (c == '\n' || c == '\r') {
      if (c == '\r' && i + 1 == len && !r->at_end) return SCAN_MORE;
      *end = i;
      *next = i + (c == '\r' && i + 1 < len && data[i + 1] == '\n' ? 2 : 1);
      return SCAN_RECORD;
    }
    field_start = !quoted && c == ',';
  }
  if (!r->at_end) return SCAN_MORE;
  *end = *next = len;
  return quoted ? SCAN_OPEN : SCAN_RECORD;
}

static void count_lines(CsvReader *r, gsize from, gsize to) {
  for (gsize i = from; i < to; i++) {
    guint8 c = r->bytes->data[i];
    if (c == '\n' || (c == '\r' && !(i + 1 < r->bytes->len && r->bytes->data[i + 1] == '\n'))) r->line++;
  }
}

static void skip_to(CsvReader *r, gsize next) {
  count_lines(r, r->start, next);
  r->start = next;
}

/* Throws away what is left of the physical line, however long. */
static gboolean skip_line(CsvReader *r) {
  for (;;) {
    const guint8 *from = r->bytes->data + r->start;
    gsize len = r->bytes->len - r->start;
    const guint8 *newline = len > 0 ? memchr(from, '\n', len) : NULL;
    if (newline != NULL) {
      r->start += (gsize)(newline - from) + 1;
      r->line++;
      return TRUE;
    }
    r->start = r->bytes->len;
    if (r->at_end) return TRUE;
    if (!fill(r)) return FALSE;
  }
}

static char *field_text(const CsvReader *r, const guint8 *data, gsize len) {
  if (g_ascii_strcasecmp(r->encoding, "UTF-8") == 0)
    return g_utf8_validate_len((const char *)data, len, NULL) ? g_strndup((const char *)data, len) : NULL;
  return g_convert((const char *)data, (gssize)len, "UTF-8", r->encoding, NULL, NULL, NULL);
}

static const guint8 *one_field(const guint8 *at, const guint8 *end, GByteArray *out) {
  if (at < end && *at == '"') {
    for (at++; at < end; at++) {
      if (*at == '"' && !(at + 1 < end && at[1] == '"')) return at + 1;
      if (*at == '"') at++;
      g_byte_array_append(out, at, 1);
    }
    return at;
  }
  const guint8 *comma = memchr(at, ',', (gsize)(end - at));
  const guint8 *stop = comma != NULL ? comma : end;
  g_byte_array_append(out, at, (guint)(stop - at));
  return stop;
}

/* Cuts the record into fields. NULL, or why it cannot be. */
static char *split_record(CsvReader *r, gsize end) {
  const guint8 *at = r->bytes->data + r->start, *stop = r->bytes->data + end;
  g_ptr_array_set_size(r->fields, 0);
  if (memchr(at, 0, (gsize)(stop - at)) != NULL) return g_strdup("holds a NUL byte");
  g_autoptr(GByteArray) raw = g_byte_array_new();
  for (;;) {
    g_byte_array_set_size(raw, 0);
    at = one_field(at, stop, raw);
    char *text = field_text(r, raw->len > 0 ? raw->data : (const guint8 *)"", raw->len);
    if (text == NULL) return g_strdup_printf("field %u is not %s", r->fields->len + 1, r->encoding);
    g_ptr_array_add(r->fields, text);
    if (at >= stop) return NULL;
    at++; /* the comma */
  }
}

static void skip_bom(CsvReader *r) {
  static const guint8 bom[] = {0xEF, 0xBB, 0xBF};
  if (r->bytes->len - r->start >= sizeof bom && memcmp(r->bytes->data + r->start, bom, sizeof bom) == 0)
    r->start += sizeof bom;
}

static CsvStatus bad(CsvReader *r, CsvRow *row, char *why) {
  r->why = why;
  row->why = why;
  return CSV_BAD;
}

CsvStatus csv_next(CsvReader *r, CsvRow *row) {
  g_clear_pointer(&r->why, g_free);
  *row = (CsvRow){.fields = r->fields};
  gsize end = 0, next = 0;
  Scan scan;
  for (;;) {
    while ((scan = scan_record(r, &end, &next)) == SCAN_MORE && r->bytes->len - r->start < LIMIT)
      if (!fill(r)) return row->why = r->why, CSV_LOST;
    if (r->row == 0 && r->start == 0) {
      skip_bom(r);
      if (r->start > 0) continue;
    }
    if (scan != SCAN_RECORD || end > r->start) break;
    if (next == r->start) return CSV_END;
    skip_to(r, next); /* an empty line */
  }
  row->row = ++r->row;
  row->line = r->line;
  if (scan != SCAN_RECORD) {
    g_ptr_array_set_size(r->fields, 0); /* the row before is not this one's */
    char *why = scan == SCAN_AFTER_QUOTE ? g_strdup("has text after a closing quote")
                : scan == SCAN_OPEN
                    ? g_strdup("opens a quote that never closes")
                    : g_strdup_printf("is longer than %d bytes, or opens a quote that never closes", LIMIT);
    if (!skip_line(r)) return row->why = r->why, CSV_LOST;
    return bad(r, row, why);
  }
  char *why = split_record(r, end);
  skip_to(r, next);
  return why != NULL ? bad(r, row, why) : CSV_ROW;
}
