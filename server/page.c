/* page.c: see page.h. */
#include "server/page.h"

#include <jansson.h>
#include <string.h>

#include "server/db.h"

enum { KEY_COLUMN, BODY_COLUMN };

/* --- Rows that need more than the table ----------------------------------------------------------------------- */

static char *hex(const uint8_t *bytes, size_t len) {
  char *text = g_malloc(2 * len + 1);
  for (size_t i = 0; i < len; i++)
    g_snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  text[2 * len] = '\0';
  return text;
}

static const ProtoEvent *event_of(const Proto *proto, const json_t *object) {
  const json_t *kind = json_object_get(object, "kind");
  if (json_is_string(kind)) return proto_event_by_name(proto, json_string_value(kind));
  return json_is_integer(kind) ? proto_event(proto, (uint32_t)json_integer_value(kind)) : NULL;
}

/* Members that are null are "no value any more" in an event; here they are left out. */
static bool replace_by_bytes(const ProtoEvent *event, const WireField *field, json_t *object, json_t *value,
                             char **why) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  const WireMessage *message = strcmp(field->name, "note") == 0 ? event->note : event->row;
  char *text = json_dumps(value, JSON_COMPACT);
  bool fine = text && wire_from_json(message, text, strlen(text), true, bytes, NULL, why);

  free(text);
  if (!fine) return false;
  g_autofree char *digits = hex(bytes->data, bytes->len);
  return json_object_set_new(object, field->name, json_string(digits)) == 0;
}

static bool replace_by_open(const Sealer *sealer, const WireField *field, json_t *object, const json_t *value) {
  g_autoptr(GByteArray) open = g_byte_array_new();
  const char *digits = json_string_value(json_object_get(value, "sealed"));

  if (!digits || !sealer || strncmp(digits, "\\x", 2) != 0) return false;
  size_t len = strlen(digits += 2) / 2;
  g_autofree uint8_t *sealed = g_malloc(len + 1);
  for (size_t i = 0; i < len; i++)
    sealed[i] = (uint8_t)(g_ascii_xdigit_value(digits[2 * i]) << 4 | g_ascii_xdigit_value(digits[2 * i + 1]));
  if (!seal_open(sealer, sealed, len, open)) return false;
  bool set = json_object_set_new(object, field->name, json_stringn((const char *)open->data, open->len)) == 0;
  memset(open->data, 0, open->len);
  return set;
}

static bool prepare_field(const Proto *proto, const Sealer *sealer, const WireField *field, json_t *object,
                          char **why) {
  json_t *value = json_object_get(object, field->name);

  if (!json_is_object(value)) return true;
  if (field->flags & WIRE_SEALED) {
    if (replace_by_open(sealer, field, object, value)) return true;
    *why = g_strdup_printf("field %s cannot be opened: is its key in the key file?", field->name);
    return false;
  }
  if (field->kind != WIRE_FIELD_BYTES) return true;
  const ProtoEvent *event = event_of(proto, object);
  if (event) return replace_by_bytes(event, field, object, value, why);
  json_object_del(object, field->name); /* of an event newer than this schema */
  return true;
}

static void number_kind(const Proto *proto, const WireMessage *message, json_t *object) {
  const WireField *field = wire_field_by_name(message, "kind");
  const ProtoEvent *event = event_of(proto, object);

  if (field && field->kind == WIRE_FIELD_UINT && event)
    json_object_set_new(object, "kind", json_integer(event->number));
}

static bool prepare(const Proto *proto, const Sealer *sealer, const WireMessage *message, WireBytes body,
                    GByteArray *out, char **why) {
  json_t *object = json_loadb((const char *)body.data, body.len, 0, NULL);
  bool fine = json_is_object(object);
  char *text = NULL;

  for (uint16_t i = 0; i < message->count && fine; i++)
    fine = prepare_field(proto, sealer, &message->fields[i], object, why);
  if (fine) {
    number_kind(proto, message, object);
    text = json_dumps(object, JSON_COMPACT);
    fine = text && wire_from_json(message, text, strlen(text), true, out, NULL, why);
  }
  free(text);
  json_decref(object);
  return fine;
}

static bool needs_preparing(const WireMessage *message) {
  for (uint16_t i = 0; i < message->count; i++)
    if (message->fields[i].kind == WIRE_FIELD_BYTES || (message->fields[i].flags & WIRE_SEALED)) return true;
  return false;
}

/* --- Pages ---------------------------------------------------------------------------------------------------- */

void page_clear(Page *page) {
  g_clear_pointer(&page->bytes, g_byte_array_unref);
  g_clear_pointer(&page->lens, g_array_unref);
}

bool page_read(const Proto *proto, const Sealer *sealer, const ProtoQuery *query, const PGresult *rows, int limit,
               Page *page, char **why) {
  bool prepared = needs_preparing(query->returns);
  int count = PQntuples(rows), i;

  page->bytes = g_byte_array_new();
  page->lens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  page->next = (WireBytes){NULL, 0};
  *why = NULL;
  for (i = 0; i < MIN(count, limit) && page->bytes->len < PAGE_BYTES; i++) {
    WireBytes body = db_get_bytes(rows, i, BODY_COLUMN);
    guint before = page->bytes->len;
    bool fine = prepared
                    ? prepare(proto, sealer, query->returns, body, page->bytes, why)
                    : wire_from_json(query->returns, (const char *)body.data, body.len, true, page->bytes, NULL, why);
    if (!fine) return false;
    uint32_t len = page->bytes->len - before;
    g_array_append_val(page->lens, len);
  }
  if (i > 0 && i < count) page->next = db_get_bytes(rows, i - 1, KEY_COLUMN);
  return true;
}
