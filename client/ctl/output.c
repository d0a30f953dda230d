/* output.c: see output.h. */
#include "client/ctl/output.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/core/error.h"
#include "client/core/row.h"
#include "common/fold.h"

enum { CELL_MAX = 40, KEY_WIDTH = 18 };

struct OutputTable {
  const WireMessage *message;
  GPtrArray *rows; /* of char **, one text a field */
};

/* --- JSON ----------------------------------------------------------------------------------------------------- */

void output_json_text(GString *out, const char *text, gssize len) {
  const char *end = text + (len < 0 ? (gssize)strlen(text) : len);

  g_string_append_c(out, '"');
  for (const char *p = text; p < end; p++) {
    guchar c = (guchar)*p;
    if (c == '"' || c == '\\')
      g_string_append_printf(out, "\\%c", c);
    else if (c < 0x20)
      g_string_append_printf(out, "\\u%04x", c);
    else
      g_string_append_c(out, (char)c);
  }
  g_string_append_c(out, '"');
}

void output_failure(const char *outcome, const char *code, const char *sentence, const char *detail) {
  g_autoptr(GString) line = g_string_new("{\"outcome\":");

  output_json_text(line, outcome, -1);
  g_string_append(line, ",\"code\":");
  output_json_text(line, code, -1);
  g_string_append(line, ",\"sentence\":");
  output_json_text(line, sentence, -1);
  if (detail) {
    g_string_append(line, ",\"detail\":");
    output_json_text(line, detail, -1);
  }
  printf("%s}\n", line->str);
  fflush(stdout);
}

/* --- Values --------------------------------------------------------------------------------------------------- */

char *output_time(guint64 micros) {
  g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc((gint64)(micros / G_USEC_PER_SEC));
  g_autoptr(GDateTime) now = g_date_time_new_now_local();

  if (!utc) return g_strdup("?");
  g_autoptr(GDateTime) local = g_date_time_to_local(utc);
  gboolean this_year = g_date_time_get_year(local) == g_date_time_get_year(now);
  return g_date_time_format(local, this_year ? "%m-%d %H:%M" : "%Y-%m-%d %H:%M");
}

static char *plain(const char *text, gsize len) {
  char *copy = g_strndup(text, len);

  for (char *p = copy; *p; p++)
    if ((guchar)*p < 0x20 || *p == 0x7f) *p = ' '; /* nothing that a terminal would obey */
  return copy;
}

/* A list, bytes, a date: as JSON prints it, without the key. */
static char *as_json_prints(const WireField *field, WireBytes row) {
  const WireMessage alone = {.count = 1, .name = field->name, .fields = field};
  g_autoptr(GByteArray) only = g_byte_array_new();
  WireAny any;

  if (!linli_row_field(row, field->number, &any) || any.kind != WIRE_LENGTH) {
    if (any.kind == WIRE_VARINT) wire_put_uint(only, field->number, any.value);
    if (any.kind == WIRE_EIGHT) wire_put_fixed(only, field->number, any.value);
    if (any.kind == WIRE_SIXTEEN) {
      Uuid id;
      memcpy(id.b, any.bytes.data, sizeof id.b);
      wire_put_uuid(only, field->number, id);
    }
  } else {
    wire_put_bytes(only, field->number, any.bytes);
  }
  g_autofree char *json = wire_to_json(&alone, (WireBytes){only->data, only->len});
  const char *colon = json ? strchr(json, ':') : NULL;
  if (!colon) return g_strdup("?");
  char *value = g_strndup(colon + 1, strlen(colon + 1) - 1);
  gsize len = strlen(value);
  if (len >= 2 && (value[0] == '"' || value[0] == '[')) {
    memmove(value, value + 1, len - 2);
    value[len - 2] = '\0';
  }
  return value;
}

char *output_value(const WireField *field, WireBytes row) {
  const WireLabel *label;
  WireAny any;

  if (!linli_row_field(row, field->number, &any)) return g_strdup("");
  if (field->flags & WIRE_LIST) return as_json_prints(field, row);
  switch ((WireFieldKind)field->kind) {
  case WIRE_FIELD_BOOL:
    if (linli_in_chinese()) return g_strdup(any.value ? "是" : "否");
    return g_strdup(any.value ? "yes" : "no");
  case WIRE_FIELD_TIME:
    return output_time(any.value);
  case WIRE_FIELD_ENUM:
    label = wire_label_by_number(field->enumeration, (uint32_t)any.value);
    return label ? g_strdup(linli_label_text(label)) : g_strdup_printf("%" G_GUINT64_FORMAT, any.value);
  case WIRE_FIELD_TEXT:
    return plain((const char *)any.bytes.data, any.bytes.len);
  case WIRE_FIELD_UINT:
  case WIRE_FIELD_INT:
  case WIRE_FIELD_DATE:
  case WIRE_FIELD_FIXED:
  case WIRE_FIELD_UUID:
  case WIRE_FIELD_BYTES:
  case WIRE_FIELD_MESSAGE:
    break;
  }
  return as_json_prints(field, row);
}

/* --- Tables --------------------------------------------------------------------------------------------------- */

gsize output_columns(void) {
  struct winsize size;

  if (!isatty(STDOUT_FILENO)) return 0;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

void output_padded(GString *out, const char *text, gsize columns) {
  gsize len = strlen(text), width = fold_width(text, len);

  if (width > columns && columns > 0) {
    len = fold_cut(text, len, SIZE_MAX, columns - 1);
    g_string_append_len(out, text, (gssize)len);
    g_string_append(out, "…");
    width = fold_width(text, len) + 1;
  } else {
    g_string_append_len(out, text, (gssize)len);
  }
  for (; width < columns; width++)
    g_string_append_c(out, ' ');
}

OutputTable *output_table_new(const WireMessage *message) {
  OutputTable *table = g_new0(OutputTable, 1);

  table->message = message;
  table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
  return table;
}

void output_table_free(OutputTable *table) {
  g_ptr_array_unref(table->rows);
  g_free(table);
}

guint output_table_rows(const OutputTable *table) {
  return table->rows->len;
}

void output_table_add(OutputTable *table, WireBytes row) {
  char **cells = g_new0(char *, table->message->count + 1);

  for (guint i = 0; i < table->message->count; i++)
    cells[i] = output_value(&table->message->fields[i], row);
  g_ptr_array_add(table->rows, cells);
}

/* What helps nobody who reads a table: search keys, versions, an id that is not what people call the row. */
static gboolean is_noise(const WireMessage *message, const WireField *field) {
  if (field->kind == WIRE_FIELD_BYTES || strcmp(field->name, "version") == 0 || strcmp(field->name, "pinyin") == 0)
    return TRUE;
  return field->kind == WIRE_FIELD_UUID && strcmp(field->name, "id") == 0 && wire_field_by_name(message, "number");
}

static gsize column_width(const OutputTable *table, guint column) {
  gsize width = 0;

  if (is_noise(table->message, &table->message->fields[column])) return 0;
  for (guint i = 0; i < table->rows->len; i++) {
    const char *cell = ((char **)table->rows->pdata[i])[column];
    width = MAX(width, fold_width(cell, strlen(cell)));
  }
  return width ? MIN(MAX(width, strlen(table->message->fields[column].name)), (gsize)CELL_MAX) : 0;
}

static void print_line(FILE *to, char **cells, const gsize *widths, guint n) {
  g_autoptr(GString) line = g_string_new(NULL);

  for (guint i = 0; i < n; i++) {
    if (!widths[i]) continue;
    if (line->len) g_string_append(line, "  ");
    output_padded(line, cells[i], widths[i]);
  }
  while (line->len && line->str[line->len - 1] == ' ')
    g_string_truncate(line, line->len - 1);
  fprintf(to, "%s\n", line->str);
}

void output_table_print(OutputTable *table, FILE *to, gsize columns) {
  guint n = table->message->count;
  g_autofree gsize *widths = g_new0(gsize, n);
  g_autofree char **names = g_new0(char *, n);
  gsize used = 0;

  for (guint i = 0; i < n; i++) {
    widths[i] = column_width(table, i);
    names[i] = (char *)table->message->fields[i].name;
    if (!widths[i]) continue;
    if (columns && used && used + 2 + widths[i] > columns) {
      widths[i] = 0;
      continue;
    }
    used += widths[i] + (used ? 2 : 0);
  }
  print_line(to, names, widths, n);
  for (guint i = 0; i < table->rows->len; i++)
    print_line(to, table->rows->pdata[i], widths, n);
}

void output_row(const WireMessage *message, WireBytes row, FILE *to) {
  for (guint i = 0; i < message->count; i++) {
    g_autofree char *value = output_value(&message->fields[i], row);
    if (*value) fprintf(to, "%-*s %s\n", KEY_WIDTH, message->fields[i].name, value);
  }
}
