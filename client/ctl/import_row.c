/* import_row.c: see import_row.h. */
#include "client/ctl/import_row.h"

#include <string.h>

#include "common/uuid.h"
#include "proto/proto_tables.h"

/* Namespace of ids derived from (system, number). Never changes: else a second import would not find the first. */
static const Uuid NAMESPACE = {
    {0x6c, 0x69, 0x6e, 0x6c, 0x69, 0x21, 0x4d, 0x6f, 0x8a, 0x5e, 0x72, 0x65, 0x71, 0x75, 0x65, 0x73}};

static WireBytes as_bytes(const char *text) {
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

Uuid import_row_id(const char *system, const char *number) {
  g_autofree char *both = g_strconcat(system, "\n", number, NULL);
  return uuid_from_name(NAMESPACE, as_bytes(both));
}

guint64 import_row_value(const WireEnum *of, const char *name) {
  const WireLabel *label = name != NULL ? wire_label_by_name(of, name) : NULL;
  return label != NULL ? label->number : 0;
}

char *import_row_line(const char *text, gsize max) {
  static const char more[] = "…";
  gsize len = strlen(text);
  if (len <= max) return g_strdup(text);
  len = max - strlen(more);
  while (len > 0 && ((guint8)text[len] & 0xC0) == 0x80)
    len--;
  return g_strdup_printf("%.*s%s", (int)len, text, more);
}

/* One optional text; FALSE when it is too long. */
static gboolean set_text(const char *name, const char *text, guint64 flag, WireBytes *value, guint64 *has,
                         char **why) {
  const WireField *field = wire_field_by_name(&proto_msg_request_import, name);
  if (text == NULL || *text == '\0') return TRUE;
  if (strlen(text) > field->max) {
    *why = g_strdup_printf("has a %s of %zu bytes, where %u fit; shorten it", name, strlen(text), field->max);
    return FALSE;
  }
  *value = as_bytes(text);
  *has |= flag;
  return TRUE;
}

static void set_number(guint64 number, guint64 flag, guint64 *value, guint64 *has) {
  if (number == 0) return;
  *value = number;
  *has |= flag;
}

/* States in which somebody is in charge. */
static gboolean needs_team(guint64 state) {
  return state == PROTO_REQUEST_STATE_DISPATCHED || state == PROTO_REQUEST_STATE_IN_PROGRESS ||
         state == PROTO_REQUEST_STATE_SHELVED || state == PROTO_REQUEST_STATE_REPORTED ||
         state == PROTO_REQUEST_STATE_CALLBACK;
}

static gboolean ended(guint64 state) {
  return state == PROTO_REQUEST_STATE_CLOSED || state == PROTO_REQUEST_STATE_REJECTED ||
         state == PROTO_REQUEST_STATE_MERGED || state == PROTO_REQUEST_STATE_TRANSFERRED ||
         state == PROTO_REQUEST_STATE_ARCHIVED;
}

#define HAS(field) PROTO_HAS_COMMAND_REQUEST_IMPORT_##field

static void set_numbers(const MappedRow *row, const TreePlace *place, guint64 category, ProtoRequestImport *in) {
  set_number(import_row_value(&proto_enum_request_state, row->state), HAS(STATE), &in->state, &in->has);
  set_number(import_row_value(&proto_enum_channel, row->channel), HAS(CHANNEL), &in->channel, &in->has);
  set_number(import_row_value(&proto_enum_request_class, row->class), HAS(CLASS), &in->class, &in->has);
  set_number(category, HAS(CATEGORY), &in->category, &in->has);
  set_number(place->grid, HAS(GRID), &in->grid, &in->has);
  set_number((guint64)row->registered_at, HAS(REGISTERED_AT), &in->registered_at, &in->has);
  set_number((guint64)row->due_at, HAS(DUE_AT), &in->due_at, &in->has);
  if (ended(in->state)) set_number((guint64)row->closed_at, HAS(CLOSED_AT), &in->closed_at, &in->has);
  if (needs_team(in->state)) set_number(place->team, HAS(TEAM), &in->team, &in->has);
  if (!row->located) return;
  in->latitude = row->latitude;
  in->longitude = row->longitude;
  in->has |= HAS(LATITUDE) | HAS(LONGITUDE);
}

gboolean import_row_body(const MappedRow *row, const char *system, const TreePlace *place, guint64 category,
                         GByteArray *out, char **why) {
  ProtoRequestImport in = {.has = HAS(REQUEST), .request = import_row_id(system, row->number)};
  gsize title_max = wire_field_by_name(&proto_msg_request_import, "title")->max;
  g_autofree char *title = import_row_line(row->title, title_max);
  gboolean cut = strlen(row->title) > title_max && !g_str_has_prefix(row->text, row->title);
  g_autofree char *text = cut ? g_strdup_printf("%s\n%s", row->title, row->text) : g_strdup(row->text);
  *why = NULL;
  set_numbers(row, place, category, &in);
  if (!set_text("external_system", system, HAS(EXTERNAL_SYSTEM), &in.external_system, &in.has, why) ||
      !set_text("external_number", row->number, HAS(EXTERNAL_NUMBER), &in.external_number, &in.has, why) ||
      !set_text("title", title, HAS(TITLE), &in.title, &in.has, why) ||
      !set_text("text", text, HAS(TEXT), &in.text, &in.has, why) ||
      !set_text("place", row->address, HAS(PLACE), &in.place, &in.has, why) ||
      !set_text("answer", row->answer, HAS(ANSWER), &in.answer, &in.has, why) ||
      !set_text("source_type", row->source_type, HAS(SOURCE_TYPE), &in.source_type, &in.has, why))
    return FALSE;
  wire_encode(&proto_msg_request_import, &in, out);
  return TRUE;
}
