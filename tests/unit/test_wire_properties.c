/* test_wire_properties.c: what holds for every message of the schema, tried on random ones of each. The bytes come
 * from proto_random, which shares no code with the runtime; `--seed=` of g_test replays. */
#include <string.h>

#include "common/proto.h"
#include "proto/proto_random.h"
#include "proto/proto_tables.h"
#include "tests/unit/every_message.h"

enum { EACH = 1000, SAMPLED_CUTS = 48 };

typedef void (*Property)(const WireMessage *message, WireBytes bytes, GRand *rand);

static WireBytes bytes_of(const GByteArray *a) {
  return (WireBytes){a->data, a->len};
}

/* Messages of megabytes are rare but cost as much as all others: after one of them a table is tried less often. */
static void for_every_message(Property property, unsigned times) {
  g_autoptr(GPtrArray) all = every_message(&proto_linli);
  g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)g_test_rand_int());
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  gsize spent;

  for (guint m = 0; m < all->len; m++) {
    spent = 0;
    for (unsigned i = 0; i < times && spent < 64u << 20; i++) {
      g_byte_array_set_size(bytes, 0);
      proto_random_message(all->pdata[m], rand, bytes);
      spent += bytes->len;
      g_autofree uint8_t *exact = g_memdup2(bytes->data, bytes->len);
      property(all->pdata[m], (WireBytes){exact, bytes->len}, rand);
    }
  }
}

static void *decode(const WireMessage *message, WireBytes bytes, bool partial, WireArena *arena) {
  void *out = g_malloc(message->size);
  WireError error;

  if (!wire_decode(message, bytes, partial, arena, out, &error))
    g_error("%s.%s: %s", message->name, error.field ? error.field->name : "", wire_status_text(error.status));
  return out;
}

static void assert_encodes_to(const WireMessage *message, const void *in, WireBytes bytes) {
  g_autoptr(GByteArray) again = g_byte_array_new();

  wire_encode(message, in, again);
  g_assert_cmpmem(again->data, again->len, bytes.data, bytes.len);
}

static void decodes_and_encodes_to_the_same(const WireMessage *message, WireBytes bytes, G_GNUC_UNUSED GRand *rand) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autofree void *in = decode(message, bytes, false, arena);

  g_assert_true(wire_check(message, bytes, false, NULL));
  assert_encodes_to(message, in, bytes);
}

static void decode_then_encode_is_identity(void) {
  for_every_message(decodes_and_encodes_to_the_same, EACH);
}

static bool at_boundary(WireBytes bytes, uint32_t cut) {
  WireReader r = {bytes.data, bytes.data + bytes.len};
  WireAny any;

  while (r.at < bytes.data + cut)
    if (wire_read_any(&r, &any) != WIRE_OK) return false;
  return r.at == bytes.data + cut;
}

/* Between two fields a message may end, if what follows is optional; anywhere else it may not. */
static void is_refused_when_cut(const WireMessage *message, WireBytes bytes, GRand *rand) {
  uint32_t cuts = MIN(bytes.len, SAMPLED_CUTS);

  for (uint32_t i = 0; i < cuts; i++) {
    uint32_t cut = bytes.len <= SAMPLED_CUTS ? i : (uint32_t)g_rand_int_range(rand, 0, (gint32)bytes.len);
    if (at_boundary(bytes, cut)) continue;
    WireError error;
    g_autofree uint8_t *exact = g_memdup2(bytes.data, cut);
    g_assert_false(wire_check(message, (WireBytes){exact, cut}, true, &error));
    g_assert_cmpint(error.status, ==, WIRE_TRUNCATED);
  }
}

static void a_message_cut_inside_a_field_is_refused(void) {
  for_every_message(is_refused_when_cut, EACH / 10);
}

static void ignores_an_unknown_field(const WireMessage *message, WireBytes bytes, GRand *rand) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) longer = g_byte_array_new();

  if (bytes.len) g_byte_array_append(longer, bytes.data, bytes.len);
  switch (g_rand_int_range(rand, 0, 3)) {
  case 0:
    wire_put_uint(longer, 60000, g_rand_int(rand));
    break;
  case 1:
    wire_put_bytes(longer, 60000, (WireBytes){bytes.data, MIN(bytes.len, 9)});
    break;
  default:
    wire_put_uuid(longer, 60000, (Uuid){{1}});
  }
  g_autofree void *in = decode(message, bytes_of(longer), false, arena);
  assert_encodes_to(message, in, bytes);
}

static void an_unknown_field_changes_nothing(void) {
  for_every_message(ignores_an_unknown_field, EACH / 10);
}

static void loses_its_guarded_fields(const WireMessage *message, WireBytes bytes, G_GNUC_UNUSED GRand *rand) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autofree uint64_t *in = decode(message, bytes, false, arena);
  g_autoptr(GByteArray) redacted = g_byte_array_new();

  for (uint16_t i = 0; i < message->count; i++)
    if (message->fields[i].audience) *in &= ~(UINT64_C(1) << message->fields[i].has);
  wire_redact(message, bytes, redacted);
  assert_encodes_to(message, in, bytes_of(redacted));
}

static void redaction_is_decoding_without_guarded_fields(void) {
  const WireField *title = wire_field_by_name(proto_message_by_name(&proto_linli, "request"), "title");

  g_assert_true(title && title->audience); /* or else this test would test nothing */
  for_every_message(loses_its_guarded_fields, EACH / 10);
}

static size_t slot_size(const WireField *f) {
  if (f->flags & WIRE_LIST) return sizeof(WireList);
  if (f->kind == WIRE_FIELD_UUID) return sizeof(Uuid);
  return f->kind == WIRE_FIELD_TEXT || f->kind == WIRE_FIELD_BYTES || f->kind == WIRE_FIELD_MESSAGE
             ? sizeof(WireBytes)
             : 8;
}

/* The fold done the long way: on structs. */
static void folds_like_structs(const WireMessage *message, WireBytes bytes, GRand *rand) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) change = g_byte_array_new(), merged = g_byte_array_new();
  uint64_t has = (uint64_t)g_rand_int(rand) << 32 | g_rand_int(rand), cleared[64];
  size_t n_cleared = 0;

  proto_random_fields(message, has, rand, change);
  g_autofree uint64_t *old = decode(message, bytes, false, arena),
                      *now = decode(message, bytes_of(change), true, arena);
  for (uint16_t i = 0; i < message->count; i++) {
    const WireField *f = &message->fields[i];
    if (*now >> f->has & 1) {
      memcpy((uint8_t *)old + f->offset, (uint8_t *)now + f->offset, slot_size(f));
      *old |= UINT64_C(1) << f->has;
    } else if (g_rand_boolean(rand)) {
      cleared[n_cleared++] = f->number;
      *old &= ~(UINT64_C(1) << f->has);
    }
  }
  g_assert_true(wire_merge(message, bytes, bytes_of(change), cleared, n_cleared, merged));
  assert_encodes_to(message, old, bytes_of(merged));
}

static void a_merge_is_the_fold_of_structs(void) {
  for_every_message(folds_like_structs, EACH / 10);
}

static void goes_through_json(const WireMessage *message, WireBytes bytes, G_GNUC_UNUSED GRand *rand) {
  g_autofree char *json = wire_to_json(message, bytes), *why = NULL;
  g_autoptr(GByteArray) again = g_byte_array_new();

  g_assert_nonnull(json);
  if (!wire_from_json(message, json, strlen(json), false, again, NULL, &why))
    g_error("%s: %s\n%.2000s", message->name, why, json);
  g_assert_cmpmem(again->data, again->len, bytes.data, bytes.len);
}

static void json_and_back_is_identity(void) {
  for_every_message(goes_through_json, EACH / 10);
}

static void survives_a_flipped_byte(const WireMessage *message, WireBytes bytes, GRand *rand) {
  if (bytes.len == 0 || bytes.len > 65536) return;
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autofree uint8_t *bent = g_memdup2(bytes.data, bytes.len);
  g_autofree void *out = g_malloc(message->size);
  WireError decoded, checked;

  bent[g_rand_int_range(rand, 0, (gint32)bytes.len)] = (uint8_t)g_rand_int(rand);
  WireBytes all = {bent, bytes.len};
  bool ok = wire_decode(message, all, false, arena, out, &decoded);
  g_assert_cmpint(ok, ==, wire_check(message, all, false, &checked));
  g_assert_cmpint(decoded.status, ==, checked.status);
}

static void decode_and_check_agree_on_damage(void) {
  for_every_message(survives_a_flipped_byte, EACH);
}

static void every_number_and_name_is_found(void) {
  const Proto *p = &proto_linli;

  for (size_t i = 0; i < p->n_frames; i++)
    g_assert_true(proto_frame(p, p->frames[i].number) == &p->frames[i]);
  for (size_t i = 0; i < p->n_messages; i++) {
    g_assert_true(proto_message(p, p->messages[i]->number) == p->messages[i]);
    g_assert_true(proto_message_by_name(p, p->messages[i]->name) == p->messages[i]);
  }
  for (size_t i = 0; i < p->n_commands; i++) {
    g_assert_true(proto_command(p, p->commands[i].number) == &p->commands[i]);
    g_assert_true(proto_command_by_name(p, p->commands[i].name) == &p->commands[i]);
  }
  for (size_t i = 0; i < p->n_queries; i++) {
    g_assert_true(proto_query(p, p->queries[i].number) == &p->queries[i]);
    g_assert_true(proto_query_by_name(p, p->queries[i].name) == &p->queries[i]);
  }
  for (size_t i = 0; i < p->n_events; i++) {
    g_assert_true(proto_event(p, p->events[i].number) == &p->events[i]);
    g_assert_true(proto_event_by_name(p, p->events[i].name) == &p->events[i]);
  }
  g_assert_null(proto_frame(p, 0xffff));
  g_assert_null(proto_message_by_name(p, "nothing"));
  g_assert_null(proto_command(p, 0));
}

static void every_field_and_label_is_found(void) {
  g_autoptr(GPtrArray) all = every_message(&proto_linli);

  for (guint m = 0; m < all->len; m++) {
    const WireMessage *message = all->pdata[m];
    for (uint16_t i = 0; i < message->count; i++) {
      g_assert_true(wire_field_by_number(message, message->fields[i].number) == &message->fields[i]);
      g_assert_true(wire_field_by_name(message, message->fields[i].name) == &message->fields[i]);
    }
    g_assert_null(wire_field_by_number(message, 60000));
  }
  for (size_t e = 0; e < proto_linli.n_enums; e++)
    for (uint32_t i = 0; i < proto_linli.enums[e]->count; i++) {
      const WireLabel *label = &proto_linli.enums[e]->labels[i];
      g_assert_true(wire_label_by_number(proto_linli.enums[e], label->number) == label);
      g_assert_true(wire_label_by_name(proto_linli.enums[e], label->name) == label);
    }
}

#define TEST(name) g_test_add_func("/wire-properties/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(every_number_and_name_is_found);
  TEST(every_field_and_label_is_found);
  TEST(decode_then_encode_is_identity);
  TEST(a_message_cut_inside_a_field_is_refused);
  TEST(an_unknown_field_changes_nothing);
  TEST(redaction_is_decoding_without_guarded_fields);
  TEST(a_merge_is_the_fold_of_structs);
  TEST(json_and_back_is_identity);
  TEST(decode_and_check_agree_on_damage);
  return g_test_run();
}
