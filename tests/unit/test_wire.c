/* test_wire.c: each rule of the wire, broken on purpose, over a table written by hand. */
#include <string.h>

#include "common/wire.h"

typedef struct {
  uint64_t has;
  uint64_t count;   /* 1: uint max 1000 */
  int64_t offset;   /* 2: int optional */
  uint64_t yes;     /* 3: bool optional */
  uint64_t state;   /* 5: enum optional */
  uint64_t tag;     /* 6: fixed optional */
  Uuid id;          /* 7: uuid optional */
  WireBytes text;   /* 8: text max 10 optional */
  WireList numbers; /* 9: uint[] max 3 optional */
  WireList tags;    /* 10: fixed[] max 4 optional */
  WireList ids;     /* 11: uuid[] max 2 optional */
  WireList texts;   /* 12: text[] max 4 of 5 optional */
  WireBytes inner;  /* 13: message optional, of this very kind */
  int64_t day;      /* 14: date optional */
  uint64_t at;      /* 15: time optional */
  WireList inners;  /* 16: message[] max 3 optional */
} Sample;

static const WireLabel labels[] = {{1, 1, false, "open", "开", "Open"}, {2, 1, false, "shut", "关", "Shut"}};
static const WireEnum states = {1, 2, "state", "", labels};
static const WireMessage sample;

#define FIELD(n, k, fl, member, bit, mx, mc)                                                                         \
  {                                                                                                                  \
    .number = n, .kind = WIRE_FIELD_##k, .flags = fl, .since = 1, .offset = offsetof(Sample, member), .has = bit,    \
    .max = mx, .max_count = mc, .name = #member, .doc = "", .message = &sample, .enumeration = &states               \
  }
enum { OPT = WIRE_OPTIONAL, LIST = WIRE_OPTIONAL | WIRE_LIST };
static const WireField fields[] = {
    FIELD(1, UINT, 0, count, 0, 1000, 0),       FIELD(2, INT, OPT, offset, 1, 0, 0),
    FIELD(3, BOOL, OPT, yes, 2, 0, 0),          FIELD(5, ENUM, OPT, state, 3, 0, 0),
    FIELD(6, FIXED, OPT, tag, 4, 0, 0),         FIELD(7, UUID, OPT, id, 5, 0, 0),
    FIELD(8, TEXT, OPT, text, 6, 10, 0),        FIELD(9, UINT, LIST, numbers, 7, 1000, 3),
    FIELD(10, FIXED, LIST, tags, 8, 0, 4),      FIELD(11, UUID, LIST, ids, 9, 0, 2),
    FIELD(12, TEXT, LIST, texts, 10, 5, 4),     FIELD(13, MESSAGE, OPT, inner, 11, 0, 0),
    FIELD(14, DATE, OPT, day, 12, 0, 0),        FIELD(15, TIME, OPT, at, 13, 0, 0),
    FIELD(16, MESSAGE, LIST, inners, 14, 0, 3),
};
static const WireMessage sample = {.number = 0x30,
                                   .since = 1,
                                   .count = G_N_ELEMENTS(fields),
                                   .size = sizeof(Sample),
                                   .name = "sample",
                                   .doc = "",
                                   .fields = fields};

static WireBytes bytes_of(const GByteArray *a) {
  return (WireBytes){a->data, a->len};
}

/* What decoding says to the bytes in hex, and that checking says the same. */
static WireStatus judge_bytes(WireBytes bytes) {
  g_autoptr(WireArena) arena = wire_arena_new();
  WireError decoded, checked;
  Sample out;
  bool ok = wire_decode(&sample, bytes, false, arena, &out, &decoded);

  g_assert_cmpint(wire_check(&sample, bytes, false, &checked), ==, ok);
  g_assert_cmpint(decoded.status, ==, checked.status);
  g_assert_true(decoded.field == checked.field);
  g_assert_cmpint(ok, ==, decoded.status == WIRE_OK);
  return decoded.status;
}

static WireStatus judge(const char *hex) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  for (const char *at = hex; *at; at++) {
    if (*at == ' ') continue;
    uint8_t byte = (uint8_t)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
    g_byte_array_append(bytes, &byte, 1);
    at++;
  }
  /* Exactly as long as it is, so that a sanitizer sees a read past the end. */
  g_autofree uint8_t *exact = g_memdup2(bytes->data, bytes->len);
  return judge_bytes((WireBytes){exact, bytes->len});
}

static void a_varint_longer_than_needed_is_refused(void) {
  g_assert_cmpint(judge("04 05"), ==, WIRE_OK);
  g_assert_cmpint(judge("04 8500"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("8400 05"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("04 ffffffffffffffffff01"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("04 ffffffffffffffffff02"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("04 ffffffffffffffffffff01"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("0405 26 0301 8000"), ==, WIRE_NOT_CANONICAL);
}

static void every_varint_reads_back(void) {
  for (unsigned bit = 0; bit < 64; bit++)
    for (int delta = -1; delta <= 1; delta++) {
      uint64_t value = (UINT64_C(1) << bit) + (uint64_t)delta, read = 0;
      g_autoptr(GByteArray) out = g_byte_array_new();
      wire_put_varint(out, value);
      WireReader r = {out->data, out->data + out->len};
      g_assert_cmpint(wire_read_varint(&r, &read), ==, WIRE_OK);
      g_assert_cmpuint(read, ==, value);
      g_assert_true(r.at == r.end);
    }
}

static void order_and_repetition_are_refused(void) {
  g_assert_cmpint(judge("0405 0c01"), ==, WIRE_OK);
  g_assert_cmpint(judge("0c01 0405"), ==, WIRE_MISSING);
  g_assert_cmpint(judge("0405 0c01 0800"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("0405 0405"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("0405 e40101 e40101"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("0001 0405"), ==, WIRE_NOT_CANONICAL);
}

static void a_missing_field_is_named_unless_the_message_is_partial(void) {
  WireBytes bytes = {(const uint8_t *)"\x0c\x01", 2};
  WireError error;

  g_assert_false(wire_check(&sample, bytes, false, &error));
  g_assert_cmpint(error.status, ==, WIRE_MISSING);
  g_assert_cmpstr(error.field->name, ==, "count");
  g_assert_true(wire_check(&sample, bytes, true, &error));
  g_assert_cmpint(judge(""), ==, WIRE_MISSING);
  g_assert_true(wire_check(&sample, (WireBytes){NULL, 0}, true, NULL));
}

static void another_kind_is_refused(void) {
  g_assert_cmpint(judge("06 00"), ==, WIRE_WRONG_KIND);
  g_assert_cmpint(judge("05 0000000000000000"), ==, WIRE_WRONG_KIND);
  g_assert_cmpint(judge("0405 2401"), ==, WIRE_WRONG_KIND);
}

static void values_out_of_range_are_refused(void) {
  g_assert_cmpint(judge("04 e807"), ==, WIRE_OK);
  g_assert_cmpint(judge("04 e907"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 0c02"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 1400"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 1463"), ==, WIRE_OK); /* a label of a newer peer */
  g_assert_cmpint(judge("0405 148080808010"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 3c ffffffffffffffffff01"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 38 ffffffffffffffffff01"), ==, WIRE_BAD_VALUE);
}

static void texts_too_long_or_not_utf8_are_refused(void) {
  g_assert_cmpint(judge("0405 220a 30303030303030303030"), ==, WIRE_OK);
  g_assert_cmpint(judge("0405 220b 3030303030303030303030"), ==, WIRE_TOO_LONG);
  g_assert_cmpint(judge("0405 2200"), ==, WIRE_OK);
  g_assert_cmpint(judge("0405 2203 e6b5b7"), ==, WIRE_OK);
  g_assert_cmpint(judge("0405 2202 e6b5"), ==, WIRE_NOT_UTF8);
  g_assert_cmpint(judge("0405 2202 c080"), ==, WIRE_NOT_UTF8);
  g_assert_cmpint(judge("0405 2203 eda080"), ==, WIRE_NOT_UTF8);
  g_assert_cmpint(judge("0405 2203 300030"), ==, WIRE_NOT_UTF8); /* NUL: SQL text cannot hold it */
}

static void lists_empty_too_long_or_ragged_are_refused(void) {
  g_assert_cmpint(judge("0405 2600"), ==, WIRE_NOT_CANONICAL);
  g_assert_cmpint(judge("0405 2603 010203"), ==, WIRE_OK);
  g_assert_cmpint(judge("0405 2604 01020304"), ==, WIRE_TOO_LONG);
  g_assert_cmpint(judge("0405 2602 0180"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 2603 01e907"), ==, WIRE_BAD_VALUE);
  g_assert_cmpint(judge("0405 2a07 01010101010101"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 2e08 0101010101010101"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 3203 01 3100"), ==, WIRE_OK);
  g_assert_cmpint(judge("0405 3202 0231"), ==, WIRE_TRUNCATED);
}

static void a_length_past_the_end_is_refused(void) {
  g_assert_cmpint(judge("0405 2205 30"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 22 ffffffffffffffffff01"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 1f 0000"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 19 00000000000000"), ==, WIRE_TRUNCATED);
  g_assert_cmpint(judge("0405 fe07 ffffffff0f 30"), ==, WIRE_TRUNCATED);
}

/* n messages one inside the other. */
static GByteArray *nest(unsigned n) {
  GByteArray *bytes = g_byte_array_new();

  wire_put_uint(bytes, 1, 5);
  for (; n; n--) {
    GByteArray *outer = g_byte_array_new();
    wire_put_uint(outer, 1, 5);
    wire_put_bytes(outer, 13, bytes_of(bytes));
    g_byte_array_unref(bytes);
    bytes = outer;
  }
  return bytes;
}

static void nesting_deeper_than_four_is_refused(void) {
  for (unsigned n = 0; n < 50; n++) {
    g_autoptr(GByteArray) bytes = nest(n);
    g_assert_cmpint(judge_bytes(bytes_of(bytes)), ==, n <= 4 ? WIRE_OK : WIRE_TOO_DEEP);
  }
}

static void a_fault_inside_a_nested_message_names_the_inner_field(void) {
  WireBytes bytes = {(const uint8_t *)"\x04\x05\x36\x02\x0c\x01", 6};
  WireError error;

  g_assert_false(wire_check(&sample, bytes, false, &error));
  g_assert_cmpint(error.status, ==, WIRE_MISSING);
  g_assert_cmpstr(error.field->name, ==, "count");
}

static void a_struct_survives_the_wire(void) {
  static const uint64_t numbers[] = {0, 127, 1000}, tags[] = {1, UINT64_MAX};
  static const Uuid ids[] = {{{1}}, {{2}}};
  static const WireBytes texts[] = {{(const uint8_t *)"海", 3}, {(const uint8_t *)"", 0}};
  Sample in = {.has = 0x7fff & ~(UINT64_C(1) << 11) & ~(UINT64_C(1) << 14),
               .count = 1,
               .offset = INT64_MIN,
               .yes = 1,
               .state = 2,
               .tag = UINT64_MAX,
               .id = {{9}},
               .text = texts[0],
               .numbers = {numbers, 3},
               .tags = {tags, 2},
               .ids = {ids, 2},
               .texts = {texts, 2},
               .day = -719162,
               .at = 1};
  g_autoptr(GByteArray) bytes = g_byte_array_new(), again = g_byte_array_new();
  g_autoptr(WireArena) arena = wire_arena_new();
  Sample out;

  wire_encode(&sample, &in, bytes);
  g_assert_true(wire_decode(&sample, bytes_of(bytes), false, arena, &out, NULL));
  g_assert_cmpuint(out.has, ==, in.has);
  g_assert_cmpint(out.offset, ==, INT64_MIN);
  g_assert_cmpint(out.day, ==, -719162);
  g_assert_cmpmem(out.numbers.data, out.numbers.count * 8, numbers, sizeof numbers);
  g_assert_cmpmem(out.tags.data, out.tags.count * 8, tags, sizeof tags);
  g_assert_cmpmem(out.ids.data, out.ids.count * 16, ids, sizeof ids);
  g_assert_cmpmem(((const WireBytes *)out.texts.data)->data, 3, "海", 3);
  wire_encode(&sample, &out, again);
  g_assert_cmpmem(again->data, again->len, bytes->data, bytes->len);
}

static void an_empty_list_is_written_as_none(void) {
  Sample in = {.has = 1 | 1 << 7, .count = 5};
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  wire_encode(&sample, &in, bytes);
  g_assert_cmpmem(bytes->data, bytes->len, "\x04\x05", 2);
}

static void an_arena_is_used_again_after_a_reset(void) {
  g_autoptr(WireArena) arena = wire_arena_new();
  WireBytes bytes = {(const uint8_t *)"\x04\x05\x26\x03\x01\x02\x03", 7};
  Sample out;
  const void *first = NULL;

  for (unsigned i = 0; i < 1000; i++) {
    g_assert_true(wire_decode(&sample, bytes, false, arena, &out, NULL));
    if (!first) first = out.numbers.data;
    g_assert_true(out.numbers.data == first);
    wire_arena_reset(arena);
  }
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void a_frame_is_taken_only_whole(void) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  WireFrame frame;

  wire_frame(0x11, 300, (WireBytes){(const uint8_t *)"\x04\x05", 2}, out);
  guint whole = out->len;
  wire_frame(0x07, 0, (WireBytes){NULL, 0}, out);
  for (guint n = 0; n < whole; n++) {
    g_autofree uint8_t *exact = g_memdup2(out->data, n);
    g_assert_cmpint(wire_split(exact, n, 4096, &frame), ==, 0);
  }
  g_assert_cmpint(wire_split(out->data, out->len, 4096, &frame), ==, whole);
  g_assert_cmpuint(frame.type, ==, 0x11);
  g_assert_cmpuint(frame.correlation, ==, 300);
  g_assert_cmpmem(frame.fields.data, frame.fields.len, "\x04\x05", 2);
  g_assert_cmpint(wire_split(out->data + whole, out->len - whole, 4096, &frame), ==, 3);
  g_assert_cmpuint(frame.fields.len, ==, 0);
}

static void a_frame_over_the_limit_is_refused_before_its_bytes_are_there(void) {
  WireFrame frame;

  g_assert_cmpint(wire_split((const uint8_t *)"\xfe\x1f", 2, 4096, &frame), ==, 0);
  g_assert_cmpint(wire_split((const uint8_t *)"\xff\x1f", 2, 4096, &frame), ==, -1); /* 4095 + its own 2 */
  g_assert_cmpint(wire_split((const uint8_t *)"\xff\xff\xff\xff\xff", 5, UINT32_MAX, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\xff\xff\xff\xff\x0f", 5, 4096, &frame), ==, -1);
}

static void a_frame_head_that_is_not_canonical_is_refused(void) {
  WireFrame frame;

  g_assert_cmpint(wire_split((const uint8_t *)"\x00", 1, 4096, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\x01\x07", 2, 4096, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\x82\x00\x07\x00", 4, 4096, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\x03\x87\x00\x00", 4, 4096, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\x02\x87\x80", 3, 4096, &frame), ==, -1);
  g_assert_cmpint(wire_split((const uint8_t *)"\x06\x80\x80\x80\x80\x10\x00", 7, 4096, &frame), ==, -1);
}

static void a_message_becomes_the_same_frame_either_way(void) {
  Sample in = {.has = 1, .count = 5};
  g_autoptr(GByteArray) direct = g_byte_array_new(), fields_only = g_byte_array_new(), framed = g_byte_array_new();

  wire_put_varint(direct, 99);
  wire_put_varint(framed, 99);
  wire_frame_message(&sample, 70000, &in, direct);
  wire_encode(&sample, &in, fields_only);
  wire_frame(sample.number, 70000, bytes_of(fields_only), framed);
  g_assert_cmpmem(direct->data, direct->len, framed->data, framed->len);
}

/* --- Bodies --------------------------------------------------------------------------------------------------- */

static void a_merge_keeps_fields_it_does_not_know(void) {
  WireBytes old = {(const uint8_t *)"\x04\x05\x0c\x01\xe4\x01\x07", 7};
  WireBytes change = {(const uint8_t *)"\x04\x06\xe8\x01\x08", 5};
  static const uint64_t cleared[] = {3};
  g_autoptr(GByteArray) out = g_byte_array_new();

  g_assert_true(wire_merge(&sample, old, change, cleared, 1, out));
  g_assert_cmpmem(out->data, out->len, "\x04\x06\xe4\x01\x07\xe8\x01\x08", 8);
}

static void a_merge_of_broken_bodies_is_refused_and_leaves_nothing(void) {
  WireBytes good = {(const uint8_t *)"\x04\x05", 2};
  WireBytes bad[] = {
      {(const uint8_t *)"\x04", 1}, {(const uint8_t *)"\x0c\x01\x04\x05", 4}, {(const uint8_t *)"\x06\x01\x30", 3}};
  g_autoptr(GByteArray) out = g_byte_array_new();

  wire_put_varint(out, 99);
  for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
    g_assert_false(wire_merge(&sample, good, bad[i], NULL, 0, out));
    g_assert_false(wire_merge(&sample, bad[i], good, NULL, 0, out));
    g_assert_cmpuint(out->len, ==, 1);
  }
}

static void redaction_drops_what_it_does_not_know(void) {
  WireField open = fields[0], closed = fields[2];
  closed.audience = 1;
  const WireField both[] = {open, closed};
  const WireMessage guarded = {.count = 2, .size = sizeof(Sample), .name = "guarded", .fields = both};
  WireBytes body = {(const uint8_t *)"\x04\x05\x0c\x01\xe4\x01\x07", 7};
  g_autoptr(GByteArray) out = g_byte_array_new();

  wire_redact(&guarded, body, out);
  g_assert_cmpmem(out->data, out->len, "\x04\x05", 2);
}

static void a_message_that_holds_a_guarded_field_is_redacted_whole(void) {
  WireField guarded = fields[2];
  guarded.audience = 1;
  const WireMessage inner = {.count = 1, .name = "inner", .fields = &guarded};
  WireField holder = fields[11];
  holder.message = &inner;
  const WireMessage outer = {.count = 1, .name = "outer", .fields = &holder};
  g_autoptr(GByteArray) body = g_byte_array_new(), out = g_byte_array_new();

  wire_put_bytes(body, 13, (WireBytes){(const uint8_t *)"\x0c\x01", 2});
  wire_redact(&outer, bytes_of(body), out);
  g_assert_cmpuint(out->len, ==, 0);
}

/* Every sequence that must be refused, and the borders that must not: RFC 3629 and Kuhn's test, by class. */
static void no_malformed_utf8_passes(void) {
  static const struct {
    const char *bytes;
    bool good;
  } cases[] = {
      {"\x7f", true},
      {"\xc2\x80", true},
      {"\xdf\xbf", true},
      {"\xe0\xa0\x80", true},
      {"\xef\xbf\xbf", true},
      {"\xed\x9f\xbf", true},
      {"\xee\x80\x80", true},
      {"\xf0\x90\x80\x80", true},
      {"\xf4\x8f\xbf\xbf", true},
      {"\xf4\x90\x80\x80", false},
      {"\x80", false},
      {"\xbf", false},
      {"\xc0\xaf", false},
      {"\xc1\xbf", false},
      {"\xe0\x80\xaf", false},
      {"\xe0\x9f\xbf", false},
      {"\xf0\x80\x80\xaf", false},
      {"\xf0\x8f\xbf\xbf", false},
      {"\xf8\x88\x80\x80\x80", false},
      {"\xfc\x84\x80\x80\x80\x80", false},
      {"\xfe", false},
      {"\xff", false},
      {"\xed\xa0\x80", false},
      {"\xed\xbf\xbf", false},
      {"\xed\xa0\x80\xed\xb0\x80", false},
      {"\xc3", false},
      {"\xe2\x82", false},
      {"\xf0\x9f\x98", false},
      {"\xc3 ", false},
      {"\xe2\x82 ", false},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    wire_put_uint(bytes, 1, 5);
    wire_put_bytes(bytes, 8, (WireBytes){(const uint8_t *)cases[i].bytes, (uint32_t)strlen(cases[i].bytes)});
    g_assert_cmpint(judge_bytes(bytes_of(bytes)), ==, cases[i].good ? WIRE_OK : WIRE_NOT_UTF8);
  }
}

#define TEST(name) g_test_add_func("/wire/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(a_varint_longer_than_needed_is_refused);
  TEST(every_varint_reads_back);
  TEST(order_and_repetition_are_refused);
  TEST(a_missing_field_is_named_unless_the_message_is_partial);
  TEST(another_kind_is_refused);
  TEST(values_out_of_range_are_refused);
  TEST(texts_too_long_or_not_utf8_are_refused);
  TEST(lists_empty_too_long_or_ragged_are_refused);
  TEST(a_length_past_the_end_is_refused);
  TEST(nesting_deeper_than_four_is_refused);
  TEST(a_fault_inside_a_nested_message_names_the_inner_field);
  TEST(a_struct_survives_the_wire);
  TEST(an_empty_list_is_written_as_none);
  TEST(an_arena_is_used_again_after_a_reset);
  TEST(a_frame_is_taken_only_whole);
  TEST(a_frame_over_the_limit_is_refused_before_its_bytes_are_there);
  TEST(a_frame_head_that_is_not_canonical_is_refused);
  TEST(a_message_becomes_the_same_frame_either_way);
  TEST(a_merge_keeps_fields_it_does_not_know);
  TEST(a_merge_of_broken_bodies_is_refused_and_leaves_nothing);
  TEST(redaction_drops_what_it_does_not_know);
  TEST(a_message_that_holds_a_guarded_field_is_redacted_whole);
  TEST(no_malformed_utf8_passes);
  return g_test_run();
}
