/* row.c: see row.h. */
#include "client/core/row.h"

#include <string.h>

gboolean linli_row_field(WireBytes row, guint32 number, WireAny *field) {
  WireReader r = {row.data, row.len ? row.data + row.len : row.data};

  while (r.at < r.end) {
    if (wire_read_any(&r, field) != WIRE_OK) return FALSE;
    if (field->number == number) return TRUE;
    if (field->number > number) return FALSE;
  }
  return FALSE;
}

static gboolean named(const WireMessage *message, WireBytes row, const char *name, WireKind kind, WireAny *field) {
  const WireField *f = wire_field_by_name(message, name);

  return f && !(f->flags & WIRE_LIST) && linli_row_field(row, f->number, field) && field->kind == kind;
}

guint64 linli_row_uint(const WireMessage *message, WireBytes row, const char *name) {
  WireAny field;

  return named(message, row, name, WIRE_VARINT, &field) ? field.value : 0;
}

WireBytes linli_row_text(const WireMessage *message, WireBytes row, const char *name) {
  WireAny field;

  return named(message, row, name, WIRE_LENGTH, &field) ? field.bytes : (WireBytes){(const uint8_t *)"", 0};
}

Uuid linli_row_uuid(const WireMessage *message, WireBytes row, const char *name) {
  WireAny field;
  Uuid id = {{0}};

  if (named(message, row, name, WIRE_SIXTEEN, &field)) memcpy(id.b, field.bytes.data, sizeof id.b);
  return id;
}

static gboolean is_number(const WireField *f) {
  return !(f->flags & WIRE_LIST) && (f->kind == WIRE_FIELD_UINT || f->kind == WIRE_FIELD_BOOL ||
                                     f->kind == WIRE_FIELD_TIME || f->kind == WIRE_FIELD_ENUM);
}

void linli_row_numbers(const WireMessage *message, WireBytes row, gpointer out) {
  WireReader r = {row.data, row.len ? row.data + row.len : row.data};
  WireAny field;

  for (guint i = 0; r.at < r.end && wire_read_any(&r, &field) == WIRE_OK;) {
    while (i < message->count && message->fields[i].number < field.number)
      i++;
    if (i < message->count && message->fields[i].number == field.number && is_number(&message->fields[i]))
      memcpy((char *)out + message->fields[i].offset, &field.value, sizeof field.value);
  }
}

Uuid linli_id_of_number(guint64 number) {
  Uuid id = {{0}};
  guint64 big = GUINT64_TO_BE(number);

  memcpy(id.b + 8, &big, sizeof big);
  return id;
}

guint64 linli_number_of_id(Uuid id) {
  guint64 big;

  memcpy(&big, id.b + 8, sizeof big);
  return GUINT64_FROM_BE(big);
}

gboolean linli_row_id(const WireMessage *message, WireBytes row, Uuid *id) {
  const WireField *first = message->count ? &message->fields[0] : NULL;
  WireAny field;

  if (!first || !linli_row_field(row, first->number, &field)) return FALSE;
  if (first->kind == WIRE_FIELD_UUID && field.kind == WIRE_SIXTEEN)
    memcpy(id->b, field.bytes.data, sizeof id->b);
  else if (first->kind == WIRE_FIELD_UINT && field.kind == WIRE_VARINT)
    *id = linli_id_of_number(field.value);
  else
    return FALSE;
  return TRUE;
}
