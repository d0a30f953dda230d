/* wire_write.c: the writing half of the wire runtime: varints, fields, structs and frames appended to a GByteArray.
 *
 * Owner: the caller owns every array. Invariant: what is appended is canonical as long as a caller without a struct
 * puts ascending numbers; wire_encode does so by the order of the table, and debug builds check its work. */
#include <assert.h>
#include <string.h>

#include "common/wire.h"
#include "common/wire_kind.h"

enum { VARINT_MAX = 10 };

static unsigned varint_size(uint64_t v) {
  return (unsigned)(70 - __builtin_clzll(v | 1)) / 7;
}

static unsigned varint_to(uint8_t *to, uint64_t v) {
  unsigned n = 0;

  for (; v > 0x7f; v >>= 7)
    to[n++] = (uint8_t)(v | 0x80);
  to[n++] = (uint8_t)v;
  return n;
}

static uint64_t tag(uint32_t number, WireKind kind) {
  return (uint64_t)number << 2 | (uint64_t)kind;
}

void wire_put_varint(GByteArray *out, uint64_t value) {
  uint8_t buffer[VARINT_MAX];
  g_byte_array_append(out, buffer, varint_to(buffer, value));
}

void wire_put_uint(GByteArray *out, uint32_t number, uint64_t value) {
  uint8_t buffer[2 * VARINT_MAX];
  unsigned n = varint_to(buffer, tag(number, WIRE_VARINT));

  n += varint_to(buffer + n, value);
  g_byte_array_append(out, buffer, n);
}

void wire_put_int(GByteArray *out, uint32_t number, int64_t value) {
  wire_put_uint(out, number, wire_zigzag(value));
}

static void put_eight(GByteArray *out, uint64_t value) {
  value = GUINT64_TO_LE(value);
  g_byte_array_append(out, (const uint8_t *)&value, sizeof value);
}

void wire_put_fixed(GByteArray *out, uint32_t number, uint64_t value) {
  wire_put_varint(out, tag(number, WIRE_EIGHT));
  put_eight(out, value);
}

void wire_put_uuid(GByteArray *out, uint32_t number, Uuid value) {
  wire_put_varint(out, tag(number, WIRE_SIXTEEN));
  g_byte_array_append(out, value.b, sizeof value.b);
}

void wire_put_bytes(GByteArray *out, uint32_t number, WireBytes value) {
  uint8_t buffer[2 * VARINT_MAX];
  unsigned n = varint_to(buffer, tag(number, WIRE_LENGTH));

  n += varint_to(buffer + n, value.len);
  g_byte_array_append(out, buffer, n);
  if (value.len) g_byte_array_append(out, value.data, value.len);
}

/* --- Structs -------------------------------------------------------------------------------------------------- */

/* The number behind an element in memory, as it goes over the wire. */
static uint64_t number_at(const WireField *f, const void *element) {
  uint64_t v;

  memcpy(&v, element, sizeof v);
  return wire_is_zigzag(f) ? wire_zigzag((int64_t)v) : v;
}

static WireBytes bytes_at(const void *element) {
  WireBytes b;

  memcpy(&b, element, sizeof b);
  return b;
}

static void put_one(const WireField *f, const void *value, GByteArray *out) {
  switch (wire_kind(f)) {
  case WIRE_VARINT:
    wire_put_uint(out, f->number, number_at(f, value));
    break;
  case WIRE_EIGHT:
    wire_put_fixed(out, f->number, number_at(f, value));
    break;
  case WIRE_LENGTH:
    wire_put_bytes(out, f->number, bytes_at(value));
    break;
  case WIRE_SIXTEEN:
    wire_put_varint(out, tag(f->number, WIRE_SIXTEEN));
    g_byte_array_append(out, value, sizeof(Uuid));
    break;
  }
}

static size_t packed_size(const WireField *f, const uint8_t *elements, uint32_t count) {
  size_t size = 0, step = wire_element_size(f);

  switch (wire_kind(f)) {
  case WIRE_EIGHT:
  case WIRE_SIXTEEN:
    return count * step;
  case WIRE_VARINT:
    for (uint32_t i = 0; i < count; i++)
      size += varint_size(number_at(f, elements + i * step));
    break;
  case WIRE_LENGTH:
    for (uint32_t i = 0; i < count; i++) {
      uint32_t len = bytes_at(elements + i * step).len;
      size += varint_size(len) + len;
    }
    break;
  }
  return size;
}

static void put_element(const WireField *f, const void *element, GByteArray *out) {
  WireBytes b;

  switch (wire_kind(f)) {
  case WIRE_VARINT:
    wire_put_varint(out, number_at(f, element));
    break;
  case WIRE_EIGHT:
    put_eight(out, number_at(f, element));
    break;
  case WIRE_SIXTEEN:
    g_byte_array_append(out, element, sizeof(Uuid));
    break;
  case WIRE_LENGTH:
    b = bytes_at(element);
    wire_put_varint(out, b.len);
    if (b.len) g_byte_array_append(out, b.data, b.len);
    break;
  }
}

/* An empty list is written as none: absent and empty are one thing on the wire. */
static void put_list(const WireField *f, const void *slot, GByteArray *out) {
  WireList list;

  memcpy(&list, slot, sizeof list);
  if (list.count == 0) return;
  size_t step = wire_element_size(f);
  wire_put_varint(out, tag(f->number, WIRE_LENGTH));
  wire_put_varint(out, packed_size(f, list.data, list.count));
  for (uint32_t i = 0; i < list.count; i++)
    put_element(f, (const uint8_t *)list.data + i * step, out);
}

void wire_encode(const WireMessage *message, const void *in, GByteArray *out) {
  uint64_t has;
  G_GNUC_UNUSED guint start = out->len;

  memcpy(&has, in, sizeof has);
  for (uint16_t i = 0; i < message->count; i++) {
    const WireField *f = &message->fields[i];
    const uint8_t *slot = (const uint8_t *)in + f->offset;
    if (!(has >> f->has & 1)) continue;
    if (f->flags & WIRE_LIST)
      put_list(f, slot, out);
    else
      put_one(f, slot, out);
  }
  assert(wire_check(message, wire_since(out, start), true, NULL));
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static unsigned frame_head(uint8_t *to, uint32_t type, uint32_t correlation, size_t fields_len) {
  unsigned n = varint_to(to, varint_size(type) + varint_size(correlation) + fields_len);

  n += varint_to(to + n, type);
  return n + varint_to(to + n, correlation);
}

void wire_frame(uint32_t type, uint32_t correlation, WireBytes fields, GByteArray *out) {
  uint8_t head[3 * VARINT_MAX];

  g_byte_array_append(out, head, frame_head(head, type, correlation, fields.len));
  if (fields.len) g_byte_array_append(out, fields.data, fields.len);
}

/* The head's size is known only after the fields: they are written first and moved up by it. */
void wire_frame_message(const WireMessage *message, uint32_t correlation, const void *in, GByteArray *out) {
  uint8_t head[3 * VARINT_MAX];
  guint start = out->len;

  wire_encode(message, in, out);
  guint len = out->len - start;
  unsigned n = frame_head(head, message->number, correlation, len);
  g_byte_array_set_size(out, out->len + n);
  memmove(out->data + start + n, out->data + start, len);
  memcpy(out->data + start, head, n);
}
