/* wire_kind.h: what every file of the wire runtime must know of a field's kind. Inside common/ only.
 *
 * One place says which wire kind a field has, how large an element is in memory, and which numbers are zigzag. */
#pragma once

#include <string.h>

#include "common/wire.h"

/* The last microsecond of the year 9999: what ISO 8601 and PostgreSQL can both write in four digits. */
#define WIRE_TIME_MAX UINT64_C(253402300799999999)

static inline bool wire_date_allowed(int64_t days) {
  return days >= -719162 && days <= 2932896; /* 0001-01-01 … 9999-12-31 */
}

static inline WireKind wire_kind(const WireField *f) {
  switch ((WireFieldKind)f->kind) {
  case WIRE_FIELD_UINT:
  case WIRE_FIELD_INT:
  case WIRE_FIELD_BOOL:
  case WIRE_FIELD_TIME:
  case WIRE_FIELD_DATE:
  case WIRE_FIELD_ENUM:
    return WIRE_VARINT;
  case WIRE_FIELD_FIXED:
    return WIRE_EIGHT;
  case WIRE_FIELD_UUID:
    return WIRE_SIXTEEN;
  case WIRE_FIELD_TEXT:
  case WIRE_FIELD_BYTES:
  case WIRE_FIELD_MESSAGE:
    break;
  }
  return WIRE_LENGTH;
}

static inline size_t wire_element_size(const WireField *f) {
  switch (wire_kind(f)) {
  case WIRE_VARINT:
  case WIRE_EIGHT:
    break;
  case WIRE_LENGTH:
    return sizeof(WireBytes);
  case WIRE_SIXTEEN:
    return sizeof(Uuid);
  }
  return sizeof(uint64_t);
}

static inline bool wire_is_zigzag(const WireField *f) {
  return f->kind == WIRE_FIELD_INT || f->kind == WIRE_FIELD_DATE;
}

static inline uint64_t wire_zigzag(int64_t v) {
  return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t wire_unzigzag(uint64_t v) {
  return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline uint64_t wire_eight(const uint8_t *bytes) {
  uint64_t v;
  memcpy(&v, bytes, sizeof v);
  return GUINT64_FROM_LE(v);
}

static inline WireReader wire_reader(WireBytes b) {
  return (WireReader){b.data, b.len ? b.data + b.len : b.data};
}

/* What was appended to an array since it had `start` bytes. */
static inline WireBytes wire_since(const GByteArray *array, guint start) {
  return array->len > start ? (WireBytes){ array->data + start, array->len - start } : (WireBytes){ NULL, 0 };
}

/* Reads what follows a tag of any->kind, or one bare element of a list of that kind; any->kind is the caller's. */
G_GNUC_WARN_UNUSED_RESULT WireStatus wire_read_element(WireReader *r, WireAny *any);
