/* wire_body.c: bodies as such: fields and labels by table, the redacted form, the fold of events.
 *
 * A body is copied field by field as raw bytes, never decoded, so what a newer peer wrote survives where it may.
 * Invariant: redaction fails closed. A field whose audience is not known to be everybody is left out: one with an
 * audience, one that this build does not know, and a message that holds such a field anywhere inside. */
#include <string.h>

#include "common/wire.h"
#include "common/wire_kind.h"

enum { MAX_DEPTH = 4 };

const WireField *wire_field_by_name(const WireMessage *message, const char *name) {
  for (uint16_t i = 0; i < message->count; i++)
    if (strcmp(message->fields[i].name, name) == 0) return &message->fields[i];
  return NULL;
}

const WireField *wire_field_by_number(const WireMessage *message, uint32_t number) {
  uint16_t low = 0, high = message->count;

  while (low < high) {
    uint16_t middle = (uint16_t)((low + high) / 2);
    if (message->fields[middle].number < number)
      low = (uint16_t)(middle + 1);
    else
      high = middle;
  }
  return low < message->count && message->fields[low].number == number ? &message->fields[low] : NULL;
}

const WireLabel *wire_label_by_number(const WireEnum *e, uint32_t number) {
  uint32_t low = 0, high = e->count;

  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (e->labels[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < e->count && e->labels[low].number == number ? &e->labels[low] : NULL;
}

const WireLabel *wire_label_by_name(const WireEnum *e, const char *name) {
  for (uint32_t i = 0; i < e->count; i++)
    if (strcmp(e->labels[i].name, name) == 0) return &e->labels[i];
  return NULL;
}

/* --- Redaction ------------------------------------------------------------------------------------------------ */

static bool everybody_may_read(const WireField *f, unsigned depth) {
  if (f->audience != 0 || depth > MAX_DEPTH) return false;
  if (f->kind != WIRE_FIELD_MESSAGE) return true;
  for (uint16_t i = 0; i < f->message->count; i++)
    if (!everybody_may_read(&f->message->fields[i], depth + 1)) return false;
  return true;
}

void wire_redact(const WireMessage *message, WireBytes body, GByteArray *out) {
  WireReader r = wire_reader(body);
  WireAny any;

  while (r.at < r.end) {
    const uint8_t *from = r.at;
    if (wire_read_any(&r, &any) != WIRE_OK) return;
    const WireField *f = wire_field_by_number(message, any.number);
    if (f && everybody_may_read(f, 0)) g_byte_array_append(out, from, (guint)(r.at - from));
  }
}

/* --- Merge ---------------------------------------------------------------------------------------------------- */

/* A body read field by field; `raw` is the present field with its tag, number 0 at the end. */
typedef struct {
  WireReader r;
  WireAny any;
  WireBytes raw;
} Cursor;

static bool cursor_next(Cursor *c, const WireMessage *message) {
  uint32_t last = c->any.number;
  const uint8_t *from = c->r.at;

  c->any.number = 0;
  c->raw = (WireBytes){NULL, 0};
  if (from == c->r.end) return true;
  if (wire_read_any(&c->r, &c->any) != WIRE_OK || c->any.number <= last) return false;
  const WireField *f = wire_field_by_number(message, c->any.number);
  if (f && c->any.kind != (f->flags & WIRE_LIST ? WIRE_LENGTH : wire_kind(f))) return false;
  c->raw = (WireBytes){from, (uint32_t)(c->r.at - from)};
  return true;
}

static bool is_cleared(const uint64_t *cleared, size_t n, uint32_t number) {
  for (size_t i = 0; i < n; i++)
    if (cleared[i] == number) return true;
  return false;
}

static bool merge(const WireMessage *message, Cursor *old, Cursor *change, const uint64_t *cleared, size_t n_cleared,
                  GByteArray *out) {
  if (!cursor_next(old, message) || !cursor_next(change, message)) return false;
  while (old->any.number || change->any.number) {
    uint32_t was = old->any.number, now = change->any.number;
    if (now && (!was || now <= was)) {
      g_byte_array_append(out, change->raw.data, change->raw.len);
      if (was == now && !cursor_next(old, message)) return false;
      if (!cursor_next(change, message)) return false;
    } else {
      if (!is_cleared(cleared, n_cleared, was)) g_byte_array_append(out, old->raw.data, old->raw.len);
      if (!cursor_next(old, message)) return false;
    }
  }
  return true;
}

bool wire_merge(const WireMessage *message, WireBytes old, WireBytes change, const uint64_t *cleared,
                size_t n_cleared, GByteArray *out) {
  Cursor was = {.r = wire_reader(old)}, now = {.r = wire_reader(change)};
  guint start = out->len;

  if (merge(message, &was, &now, cleared, n_cleared, out)) return true;
  g_byte_array_set_size(out, start);
  return false;
}
