/* fuzz_decode.c: every table of the schema. Input: two bytes that choose the message (its number, little-endian, or
 * else an index), one whose lowest bit says partial, then the fields.
 *
 * Meaning: decode and check agree; what decodes encodes to the same bytes less unknown fields; a redacted body is a
 * body without guarded fields; merging with nothing changes nothing; JSON and back is the same JSON. */
#include <string.h>

#include "proto/proto_tables.h"
#include "tests/unit/every_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const WireMessage *choose(unsigned number) {
  g_autoptr(GPtrArray) all = every_message(&proto_linli);

  for (guint i = 0; i < all->len; i++)
    if (((const WireMessage *)all->pdata[i])->number == number) return all->pdata[i];
  return all->pdata[number % all->len];
}

static WireBytes bytes_of(const GByteArray *a) {
  return (WireBytes){a->data, a->len};
}

static WireReader reader(WireBytes b) {
  return (WireReader){b.data, b.len ? b.data + b.len : b.data};
}

static void assert_same(const GByteArray *a, WireBytes b) {
  g_assert_cmpmem(a->data, a->len, b.data, b.len);
}

/* The fields that the table knows. */
static GByteArray *known_part(const WireMessage *message, WireBytes body) {
  GByteArray *known = g_byte_array_new();
  WireReader r = reader(body);
  WireAny any;

  while (r.at < r.end) {
    const uint8_t *from = r.at;
    g_assert_cmpint(wire_read_any(&r, &any), ==, WIRE_OK);
    if (wire_field_by_number(message, any.number)) g_byte_array_append(known, from, (guint)(r.at - from));
  }
  return known;
}

static void judge_redaction(const WireMessage *message, WireBytes body) {
  g_autoptr(GByteArray) redacted = g_byte_array_new();
  WireAny any;

  wire_redact(message, body, redacted);
  g_assert_true(wire_check(message, bytes_of(redacted), true, NULL));
  for (WireReader r = reader(bytes_of(redacted)); r.at < r.end;) {
    g_assert_cmpint(wire_read_any(&r, &any), ==, WIRE_OK);
    const WireField *f = wire_field_by_number(message, any.number);
    g_assert_true(f && f->audience == 0);
  }
}

static void judge_merge(const WireMessage *message, WireBytes body) {
  const WireBytes nothing = {NULL, 0};
  g_autoptr(GByteArray) kept = g_byte_array_new(), taken = g_byte_array_new(), both = g_byte_array_new();

  g_assert_true(wire_merge(message, body, nothing, NULL, 0, kept));
  g_assert_true(wire_merge(message, nothing, body, NULL, 0, taken));
  g_assert_true(wire_merge(message, body, body, NULL, 0, both));
  assert_same(kept, body);
  assert_same(taken, body);
  assert_same(both, body);
}

static void judge_json(const WireMessage *message, WireBytes body) {
  g_autoptr(GByteArray) back = g_byte_array_new();
  g_autofree char *json = wire_to_json(message, body), *why = NULL;

  g_assert_nonnull(json);
  if (!wire_from_json(message, json, strlen(json), false, back, NULL, &why)) g_error("%s: %s", json, why);
  g_autofree char *again = wire_to_json(message, bytes_of(back));
  g_assert_cmpstr(json, ==, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  if (len < 3) return 0;
  const WireMessage *message = choose(data[0] | (unsigned)data[1] << 8);
  const WireBytes body = {data + 3, (uint32_t)(len - 3)};
  const bool partial = data[2] & 1;
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autofree void *out = g_malloc(message->size);
  WireError decoded, checked;

  bool ok = wire_decode(message, body, partial, arena, out, &decoded);
  g_assert_cmpint(wire_check(message, body, partial, &checked), ==, ok);
  g_assert_cmpint(decoded.status, ==, checked.status);
  g_assert_true(decoded.field == checked.field);
  if (!ok) return 0;
  g_autoptr(GByteArray) again = g_byte_array_new(), known = known_part(message, body);
  wire_encode(message, out, again);
  assert_same(again, bytes_of(known));
  judge_redaction(message, body);
  judge_merge(message, body);
  judge_json(message, body);
  return 0;
}
