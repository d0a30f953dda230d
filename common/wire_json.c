/* wire_json.c: bodies <-> JSON and text, by table. jansson reads; writing is done here, for it is only printing.
 *
 *   json or text ── value (one element, syntax only) ── body ── wire_check: the one judge of lengths and values
 *
 * Invariants: what is appended has passed wire_check; on failure `out` and `cleared` are as they were. A uint above
 * 2^63 - 1 and every fixed are strings ("18446744073709551615", sixteen hex digits), since no JSON reader that we
 * meet takes them as numbers. An empty array is a list that has no value: nothing is written, its number is cleared.
 */
#include <jansson.h>
#include <string.h>

#include "common/instant.h"
#include "common/uuid.h"
#include "common/wire.h"
#include "common/wire_kind.h"

enum { MAX_DEPTH = 4 };

/* One element; bytes point into JSON text or into `made`, which holds what had to be made of it. */
typedef struct {
  uint64_t number;
  Uuid uuid;
  WireBytes bytes;
  GByteArray *made;
} Value;

/* --- Sentences ------------------------------------------------------------------------------------------------ */

G_GNUC_PRINTF(2, 3) static bool refuse(char **why, const char *format, ...) {
  va_list args;

  if (!why || *why) return false; /* the innermost reason stays */
  va_start(args, format);
  *why = g_strdup_vprintf(format, args);
  va_end(args);
  return false;
}

static const char *expected(const WireField *f) {
  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
    return "a whole number, not negative";
  case WIRE_FIELD_INT:
    return "a whole number";
  case WIRE_FIELD_BOOL:
    return "true or false";
  case WIRE_FIELD_TIME:
    return "an instant with its offset, such as 2026-11-24T08:00:00Z";
  case WIRE_FIELD_DATE:
    return "a date such as 2026-11-24";
  case WIRE_FIELD_ENUM:
    return "one of the identifiers of its enumeration";
  case WIRE_FIELD_FIXED:
    return "sixteen hexadecimal digits";
  case WIRE_FIELD_UUID:
    return "a UUID";
  case WIRE_FIELD_TEXT:
    return "text";
  case WIRE_FIELD_BYTES:
    return "hexadecimal digits, two a byte";
  case WIRE_FIELD_MESSAGE:
    return "an object";
  }
  return "something else";
}

static bool unfit(const WireField *f, char **why) {
  return refuse(why, "member \"%s\": %s is expected", f->name, expected(f));
}

/* --- One value from text -------------------------------------------------------------------------------------- */

static bool decimal(const char *text, size_t len, uint64_t *value) {
  uint64_t v = 0;

  if (len == 0) return false;
  for (size_t i = 0; i < len; i++) {
    if (!g_ascii_isdigit(text[i])) return false;
    if (__builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, (unsigned)(text[i] - '0'), &v)) return false;
  }
  *value = v;
  return true;
}

static bool signed_decimal(const char *text, size_t len, uint64_t *value) {
  bool minus = len > 0 && text[0] == '-';
  uint64_t v;

  if (!decimal(text + minus, len - minus, &v) || v > (uint64_t)INT64_MAX + minus) return false;
  *value = wire_zigzag((int64_t)(minus ? -v : v));
  return true;
}

static bool word(const char *text, size_t len, const char *of) {
  return len == strlen(of) && memcmp(text, of, len) == 0;
}

static bool truth(const char *text, size_t len, uint64_t *value) {
  bool yes = word(text, len, "true") || word(text, len, "yes") || word(text, len, "是");
  bool no = word(text, len, "false") || word(text, len, "no") || word(text, len, "否");

  *value = yes;
  return yes || no;
}

/* The identifier, the Chinese label, or the number (of a label that only the other side knows). */
static bool label(const WireEnum *e, const char *text, size_t len, uint64_t *value) {
  for (uint32_t i = 0; i < e->count; i++)
    if (word(text, len, e->labels[i].name) || (e->labels[i].zh && word(text, len, e->labels[i].zh))) {
      *value = e->labels[i].number;
      return true;
    }
  return decimal(text, len, value);
}

static bool sixteen_digits(const char *text, size_t len, uint64_t *value) {
  uint64_t v = 0;

  if (len != 16) return false;
  for (size_t i = 0; i < len; i++) {
    int digit = g_ascii_xdigit_value(text[i]);
    if (digit < 0) return false;
    v = v << 4 | (uint64_t)digit;
  }
  *value = v;
  return true;
}

static bool hexadecimal(const char *text, size_t len, Value *v) {
  if (len >= 2 && text[0] == '\\' && text[1] == 'x') text += 2, len -= 2;
  if (len % 2) return false;
  v->made = g_byte_array_sized_new((guint)(len / 2 + 1));
  for (size_t i = 0; i < len; i += 2) {
    int high = g_ascii_xdigit_value(text[i]), low = g_ascii_xdigit_value(text[i + 1]);
    if (high < 0 || low < 0) return false;
    uint8_t byte = (uint8_t)(high << 4 | low);
    g_byte_array_append(v->made, &byte, 1);
  }
  v->bytes = (WireBytes){v->made->data, v->made->len};
  return true;
}

static bool date(const char *text, size_t len, uint64_t *value) {
  int64_t days;

  if (!date_parse(text, len, &days)) return false;
  *value = wire_zigzag(days);
  return true;
}

static bool value_from_text(const WireField *f, const char *text, size_t len, Value *v) {
  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
    return decimal(text, len, &v->number);
  case WIRE_FIELD_INT:
    return signed_decimal(text, len, &v->number);
  case WIRE_FIELD_BOOL:
    return truth(text, len, &v->number);
  case WIRE_FIELD_TIME:
    return instant_parse(text, len, &v->number);
  case WIRE_FIELD_DATE:
    return date(text, len, &v->number);
  case WIRE_FIELD_ENUM:
    return label(f->enumeration, text, len, &v->number);
  case WIRE_FIELD_FIXED:
    return sixteen_digits(text, len, &v->number);
  case WIRE_FIELD_UUID:
    return uuid_parse(text, len, &v->uuid);
  case WIRE_FIELD_BYTES:
    return len <= UINT32_MAX && hexadecimal(text, len, v);
  case WIRE_FIELD_TEXT:
    v->bytes = (WireBytes){(const uint8_t *)text, (uint32_t)len};
    return len <= UINT32_MAX;
  case WIRE_FIELD_MESSAGE:
    break;
  }
  return false;
}

/* --- Values, fields and objects from JSON --------------------------------------------------------------------- */

static bool object_to_body(const WireMessage *message, json_t *object, bool lenient, unsigned depth, GByteArray *out,
                           GArray *cleared, char **why);

static bool value_from_integer(const WireField *f, json_int_t i, Value *v) {
  v->number = (uint64_t)i;
  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
  case WIRE_FIELD_TIME:
  case WIRE_FIELD_ENUM:
    return i >= 0;
  case WIRE_FIELD_INT:
  case WIRE_FIELD_DATE:
    v->number = wire_zigzag(i);
    return true;
  case WIRE_FIELD_FIXED:
    return true; /* SQL's bigint: the same 64 bits, signed */
  case WIRE_FIELD_BOOL:
  case WIRE_FIELD_UUID:
  case WIRE_FIELD_TEXT:
  case WIRE_FIELD_BYTES:
  case WIRE_FIELD_MESSAGE:
    break;
  }
  return false;
}

static bool value_from_json(const WireField *f, json_t *json, bool lenient, unsigned depth, Value *v, char **why) {
  bool fits = false;

  if (json_is_string(json)) {
    fits = value_from_text(f, json_string_value(json), json_string_length(json), v);
  } else if (json_is_integer(json)) {
    fits = value_from_integer(f, json_integer_value(json), v);
  } else if (json_is_boolean(json)) {
    v->number = json_is_true(json);
    fits = f->kind == WIRE_FIELD_BOOL;
  } else if (json_is_object(json) && f->kind == WIRE_FIELD_MESSAGE) {
    v->made = g_byte_array_new();
    fits = object_to_body(f->message, json, lenient, depth + 1, v->made, NULL, why);
    v->bytes = (WireBytes){v->made->data, v->made->len};
  }
  return fits ? true : unfit(f, why);
}

/* A bare element; after a tag it is a whole field. */
static void put_value(const WireField *f, Value *v, GByteArray *out) {
  switch (wire_kind(f)) {
  case WIRE_VARINT:
    wire_put_varint(out, v->number);
    break;
  case WIRE_EIGHT:
    v->number = GUINT64_TO_LE(v->number);
    g_byte_array_append(out, (const uint8_t *)&v->number, sizeof v->number);
    break;
  case WIRE_SIXTEEN:
    g_byte_array_append(out, v->uuid.b, sizeof v->uuid.b);
    break;
  case WIRE_LENGTH:
    wire_put_varint(out, v->bytes.len);
    if (v->bytes.len) g_byte_array_append(out, v->bytes.data, v->bytes.len);
    break;
  }
}

static bool element_from_json(const WireField *f, json_t *json, bool lenient, unsigned depth, GByteArray *out,
                              char **why) {
  Value v = {.made = NULL};
  bool fits = value_from_json(f, json, lenient, depth, &v, why);

  if (fits) put_value(f, &v, out);
  if (v.made) g_byte_array_unref(v.made);
  return fits;
}

static bool list_from_json(const WireField *f, json_t *array, bool lenient, unsigned depth, GByteArray *out,
                           char **why) {
  if (!json_is_array(array)) return refuse(why, "member \"%s\": an array is expected", f->name);
  g_autoptr(GByteArray) content = g_byte_array_new();
  for (size_t i = 0; i < json_array_size(array); i++)
    if (!element_from_json(f, json_array_get(array, i), lenient, depth, content, why)) return false;
  wire_put_bytes(out, f->number, (WireBytes){content->data, content->len});
  return true;
}

static bool field_from_json(const WireField *f, json_t *json, bool lenient, unsigned depth, GByteArray *out,
                            char **why) {
  if (f->flags & WIRE_LIST) return list_from_json(f, json, lenient, depth, out, why);
  wire_put_varint(out, (uint64_t)f->number << 2 | (uint64_t)wire_kind(f));
  return element_from_json(f, json, lenient, depth, out, why);
}

static bool only_known_members(const WireMessage *message, json_t *object, char **why) {
  const char *name;
  json_t *value;

  json_object_foreach(object, name, value) {
    if (!wire_field_by_name(message, name))
      return refuse(why, "there is no member \"%s\" in %s", name, message->name);
  }
  return true;
}

static bool is_nothing(const WireField *f, const json_t *json) {
  return json_is_null(json) || ((f->flags & WIRE_LIST) && json_is_array(json) && json_array_size(json) == 0);
}

static bool object_to_body(const WireMessage *message, json_t *object, bool lenient, unsigned depth, GByteArray *out,
                           GArray *cleared, char **why) {
  if (!json_is_object(object)) return refuse(why, "%s: an object is expected", message->name);
  if (depth > MAX_DEPTH) return refuse(why, "%s: it is nested too deeply", message->name);
  if (!lenient && !only_known_members(message, object, why)) return false;
  for (uint16_t i = 0; i < message->count; i++) {
    const WireField *f = &message->fields[i];
    json_t *json = json_object_get(object, f->name);
    if (!json) continue;
    if (is_nothing(f, json)) {
      uint64_t number = f->number;
      if (cleared) g_array_append_val(cleared, number);
    } else if (!field_from_json(f, json, lenient, depth, out, why)) {
      return false;
    }
  }
  return true;
}

static bool judged(const WireMessage *message, const GByteArray *out, guint start, char **why) {
  WireError error;
  WireBytes body = wire_since(out, start);

  if (wire_check(message, body, true, &error)) return true;
  return refuse(why, "member \"%s\": %s", error.field ? error.field->name : message->name,
                wire_status_text(error.status));
}

bool wire_from_json(const WireMessage *message, const char *json, size_t len, bool lenient, GByteArray *out,
                    GArray *cleared, char **why) {
  guint start = out->len, n_cleared = cleared ? cleared->len : 0;
  json_error_t bad;
  json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, &bad);

  if (why) *why = NULL;
  if (!object) return refuse(why, "not JSON: %s at byte %d", bad.text, bad.position);
  bool fine = object_to_body(message, object, lenient, 0, out, cleared, why) && judged(message, out, start, why);
  json_decref(object);
  if (fine) return true;
  g_byte_array_set_size(out, start);
  if (cleared) g_array_set_size(cleared, n_cleared);
  return false;
}

/* --- One field from text -------------------------------------------------------------------------------------- */

static bool element_from_text(const WireField *f, const char *text, size_t len, GByteArray *out, char **why) {
  Value v = {.made = NULL};
  bool fits = value_from_text(f, text, len, &v);

  if (fits) put_value(f, &v, out);
  if (v.made) g_byte_array_unref(v.made);
  return fits ? true : unfit(f, why);
}

static bool list_from_text(const WireField *f, const char *text, GByteArray *out, char **why) {
  g_auto(GStrv) parts = g_strsplit(text, ",", -1);
  g_autoptr(GByteArray) content = g_byte_array_new();

  for (char **part = parts; *part; part++) {
    const char *trimmed = g_strstrip(*part);
    if (!element_from_text(f, trimmed, strlen(trimmed), content, why)) return false;
  }
  if (content->len) wire_put_bytes(out, f->number, (WireBytes){content->data, content->len});
  return true;
}

/* A message is typed as JSON: there is no shorter form of it. */
static bool message_from_text(const WireField *f, const char *text, GByteArray *out, char **why) {
  json_error_t bad;
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &bad);

  if (!json) return refuse(why, "member \"%s\": not JSON: %s", f->name, bad.text);
  bool fine = is_nothing(f, json) || field_from_json(f, json, false, 0, out, why);
  json_decref(json);
  return fine;
}

static bool field_from_text(const WireField *f, const char *text, GByteArray *out, char **why) {
  if (f->kind == WIRE_FIELD_MESSAGE) return message_from_text(f, text, out, why);
  if (f->flags & WIRE_LIST) return list_from_text(f, text, out, why);
  wire_put_varint(out, (uint64_t)f->number << 2 | (uint64_t)wire_kind(f));
  return element_from_text(f, text, strlen(text), out, why);
}

bool wire_put_text(const WireField *field, const char *text, GByteArray *out, char **why) {
  const WireMessage alone = {.count = 1, .name = field->name, .fields = field};
  guint start = out->len;

  if (why) *why = NULL;
  if (field_from_text(field, text, out, why) && judged(&alone, out, start, why)) return true;
  g_byte_array_set_size(out, start);
  return false;
}

/* --- To JSON: the bytes have been checked -------------------------------------------------------------------- */

static void print_body(const WireMessage *message, WireBytes body, GString *out);

static void print_number(GString *out, uint64_t v) {
  char digits[20];
  size_t at = sizeof digits;

  do
    digits[--at] = (char)('0' + v % 10);
  while (v /= 10);
  g_string_append_len(out, digits + at, (gssize)(sizeof digits - at));
}

static void print_signed(GString *out, int64_t v) {
  if (v < 0) g_string_append_c(out, '-');
  print_number(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void print_quoted(GString *out, const char *text, size_t len) {
  g_string_append_c(out, '"');
  g_string_append_len(out, text, (gssize)len);
  g_string_append_c(out, '"');
}

static void print_text(GString *out, WireBytes text) {
  const char *s = (const char *)text.data;
  size_t from = 0;

  g_string_append_c(out, '"');
  for (size_t i = 0; i < text.len; i++) {
    uint8_t c = text.data[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    g_string_append_len(out, s + from, (gssize)(i - from));
    from = i + 1;
    if (c >= 0x20)
      g_string_append_printf(out, "\\%c", c);
    else if (c == '\n')
      g_string_append(out, "\\n");
    else
      g_string_append_printf(out, "\\u%04x", c);
  }
  if (from < text.len) g_string_append_len(out, s + from, (gssize)(text.len - from));
  g_string_append_c(out, '"');
}

static void print_hexadecimal(GString *out, WireBytes bytes) {
  static const char hex[] = "0123456789abcdef";

  g_string_append_c(out, '"');
  for (uint32_t i = 0; i < bytes.len; i++) {
    g_string_append_c(out, hex[bytes.data[i] >> 4]);
    g_string_append_c(out, hex[bytes.data[i] & 0x0f]);
  }
  g_string_append_c(out, '"');
}

static void print_uint(GString *out, uint64_t v) {
  if (v > INT64_MAX) g_string_append_c(out, '"');
  print_number(out, v);
  if (v > INT64_MAX) g_string_append_c(out, '"');
}

static void print_enum(GString *out, const WireEnum *e, uint64_t v) {
  const WireLabel *known = wire_label_by_number(e, (uint32_t)v);

  if (known)
    print_quoted(out, known->name, strlen(known->name));
  else
    print_number(out, v);
}

static void print_value(GString *out, const WireField *f, const WireAny *any) {
  char text[UUID_TEXT_SIZE];
  Uuid id;

  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
    print_uint(out, any->value);
    break;
  case WIRE_FIELD_INT:
    print_signed(out, wire_unzigzag(any->value));
    break;
  case WIRE_FIELD_BOOL:
    g_string_append(out, any->value ? "true" : "false");
    break;
  case WIRE_FIELD_TIME:
    print_quoted(out, text, instant_format(any->value, text));
    break;
  case WIRE_FIELD_DATE:
    print_quoted(out, text, date_format(wire_unzigzag(any->value), text));
    break;
  case WIRE_FIELD_ENUM:
    print_enum(out, f->enumeration, any->value);
    break;
  case WIRE_FIELD_FIXED:
    g_string_append_printf(out, "\"%016" G_GINT64_MODIFIER "x\"", any->value);
    break;
  case WIRE_FIELD_UUID:
    memcpy(id.b, any->bytes.data, sizeof id.b);
    print_quoted(out, uuid_format(id, text), UUID_TEXT_SIZE - 1);
    break;
  case WIRE_FIELD_TEXT:
    print_text(out, any->bytes);
    break;
  case WIRE_FIELD_BYTES:
    print_hexadecimal(out, any->bytes);
    break;
  case WIRE_FIELD_MESSAGE:
    print_body(f->message, any->bytes, out);
    break;
  }
}

static void print_list(GString *out, const WireField *f, WireBytes content) {
  WireReader r = wire_reader(content);
  WireAny element = {.kind = wire_kind(f)};

  g_string_append_c(out, '[');
  for (bool first = true; r.at < r.end; first = false) {
    if (wire_read_element(&r, &element) != WIRE_OK) break;
    if (!first) g_string_append_c(out, ',');
    print_value(out, f, &element);
  }
  g_string_append_c(out, ']');
}

static void print_body(const WireMessage *message, WireBytes body, GString *out) {
  WireReader r = wire_reader(body);
  WireAny any;
  bool first = true;

  g_string_append_c(out, '{');
  while (r.at < r.end && wire_read_any(&r, &any) == WIRE_OK) {
    const WireField *f = wire_field_by_number(message, any.number);
    if (!f) continue;
    if (!first) g_string_append_c(out, ',');
    first = false;
    print_quoted(out, f->name, strlen(f->name));
    g_string_append_c(out, ':');
    if (f->flags & WIRE_LIST)
      print_list(out, f, any.bytes);
    else
      print_value(out, f, &any);
  }
  g_string_append_c(out, '}');
}

char *wire_to_json(const WireMessage *message, WireBytes bytes) {
  if (!wire_check(message, bytes, true, NULL)) return NULL;
  GString *out = g_string_sized_new(256 + (gsize)bytes.len * 2);
  print_body(message, bytes, out);
  return g_string_free(out, FALSE);
}
