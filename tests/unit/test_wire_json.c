/* test_wire_json.c: what PostgreSQL prints and people type becomes fields; what does not fit is named. */
#include <string.h>

#include "common/wire.h"

typedef struct {
  uint64_t has, count;
  int64_t offset;
  uint64_t yes, at;
  int64_t day;
  uint64_t state, tag;
  Uuid id;
  WireBytes text, bytes;
  WireList numbers, states;
  WireBytes inner;
  WireList inners;
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
    FIELD(1, UINT, 0, count, 0, 0, 0),        FIELD(2, INT, OPT, offset, 1, 0, 0),
    FIELD(3, BOOL, OPT, yes, 2, 0, 0),        FIELD(4, TIME, OPT, at, 3, 0, 0),
    FIELD(5, DATE, OPT, day, 4, 0, 0),        FIELD(6, ENUM, OPT, state, 5, 0, 0),
    FIELD(7, FIXED, OPT, tag, 6, 0, 0),       FIELD(8, UUID, OPT, id, 7, 0, 0),
    FIELD(9, TEXT, OPT, text, 8, 12, 0),      FIELD(10, BYTES, OPT, bytes, 9, 4, 0),
    FIELD(11, UINT, LIST, numbers, 10, 0, 3), FIELD(12, ENUM, LIST, states, 11, 0, 3),
    FIELD(13, MESSAGE, OPT, inner, 12, 0, 0), FIELD(14, MESSAGE, LIST, inners, 13, 0, 2),
};
static const WireMessage sample = {.number = 0x30,
                                   .since = 1,
                                   .count = G_N_ELEMENTS(fields),
                                   .size = sizeof(Sample),
                                   .name = "sample",
                                   .doc = "",
                                   .fields = fields};

static void assert_reads(const char *json, const char *as) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree char *why = NULL;

  if (!wire_from_json(&sample, json, strlen(json), false, out, NULL, &why)) g_error("%s: %s", json, why);
  g_autofree char *printed = wire_to_json(&sample, (WireBytes){out->data, out->len});
  g_assert_cmpstr(printed, ==, as);
}

static void assert_refuses(const char *json, const char *names) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autoptr(GArray) cleared = g_array_new(FALSE, FALSE, sizeof(uint64_t));
  g_autofree char *why = NULL;

  wire_put_varint(out, 99);
  g_assert_false(wire_from_json(&sample, json, strlen(json), false, out, cleared, &why));
  g_assert_nonnull(strstr(why, names));
  g_assert_cmpuint(out->len, ==, 1);
  g_assert_cmpuint(cleared->len, ==, 0);
}

static void what_sql_prints_is_read(void) {
  assert_reads("{\"at\": \"2026-11-24T04:10:03.123456+00:00\"}", "{\"at\":\"2026-11-24T04:10:03.123456Z\"}");
  assert_reads("{\"at\": \"2026-11-24T12:10:03.5+08:00\"}", "{\"at\":\"2026-11-24T04:10:03.5Z\"}");
  assert_reads("{\"at\": \"2026-11-24 12:10:03+08\"}", "{\"at\":\"2026-11-24T04:10:03Z\"}");
  assert_reads("{\"at\": 1}", "{\"at\":\"1970-01-01T00:00:00.000001Z\"}");
  assert_reads("{\"bytes\": \"\\\\x00ff\"}", "{\"bytes\":\"00ff\"}");
  assert_reads("{\"bytes\": \"\\\\x\"}", "{\"bytes\":\"\"}");
  assert_reads("{\"count\": 9223372036854775807}", "{\"count\":9223372036854775807}");
  assert_reads("{\"count\": \"18446744073709551615\"}", "{\"count\":\"18446744073709551615\"}");
  assert_reads("{\"offset\": -9223372036854775808}", "{\"offset\":-9223372036854775808}");
  assert_reads("{\"tag\": -1}", "{\"tag\":\"ffffffffffffffff\"}");
  assert_reads("{\"day\": \"2026-02-28\", \"count\": 1}", "{\"count\":1,\"day\":\"2026-02-28\"}");
  assert_reads("{\"state\": \"shut\"}", "{\"state\":\"shut\"}");
  assert_reads("{\"state\": 2, \"states\": [\"open\", 99]}", "{\"state\":\"shut\",\"states\":[\"open\",99]}");
  assert_reads("{\"id\": \"019AB3F0-0000-7000-8000-000000000001\"}",
               "{\"id\":\"019ab3f0-0000-7000-8000-000000000001\"}");
}

static void text_is_escaped_and_restored(void) {
  assert_reads("{\"text\": \"海\\\"\\\\\\n\\u0001\\/\"}", "{\"text\":\"海\\\"\\\\\\n\\u0001/\"}");
  assert_reads("{\"text\": \"\\ud83d\\ude00\"}", "{\"text\":\"😀\"}");
  assert_reads("{\"text\": \"\"}", "{\"text\":\"\"}");
}

static void messages_and_lists_nest(void) {
  assert_reads("{\"inner\": {\"count\": 1, \"inner\": {\"count\": 2}}}",
               "{\"inner\":{\"count\":1,\"inner\":{\"count\":2}}}");
  assert_reads("{\"inners\": [{\"count\": 1}, {\"count\": 2, \"numbers\": [3]}]}",
               "{\"inners\":[{\"count\":1},{\"count\":2,\"numbers\":[3]}]}");
}

static void a_null_or_empty_list_is_cleared(void) {
  static const char json[] = "{\"count\": 1, \"at\": null, \"numbers\": [], \"strange\": {\"a\": [1]}}";
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autoptr(GArray) cleared = g_array_new(FALSE, FALSE, sizeof(uint64_t));

  g_assert_true(wire_from_json(&sample, json, strlen(json), true, out, cleared, NULL));
  g_assert_cmpmem(out->data, out->len, "\x04\x01", 2);
  g_assert_cmpuint(cleared->len, ==, 2);
  g_assert_cmpuint(g_array_index(cleared, uint64_t, 0), ==, 4);
  g_assert_cmpuint(g_array_index(cleared, uint64_t, 1), ==, 11);
}

static void what_does_not_fit_is_named(void) {
  assert_refuses("{\"count\": -1}", "\"count\"");
  assert_refuses("{\"count\": 1.5}", "\"count\"");
  assert_refuses("{\"count\": \"18446744073709551616\"}", "\"count\"");
  assert_refuses("{\"at\": null, \"text\": \"1234567890123\"}", "\"text\"");
  assert_refuses("{\"text\": 5}", "\"text\"");
  assert_refuses("{\"yes\": 1}", "\"yes\"");
  assert_refuses("{\"at\": \"2026-11-24T04:10:03\"}", "\"at\"");
  assert_refuses("{\"day\": \"2026-02-29\"}", "\"day\"");
  assert_refuses("{\"state\": \"ajar\"}", "\"state\"");
  assert_refuses("{\"state\": 0}", "\"state\"");
  assert_refuses("{\"numbers\": [1, 2, 3, 4]}", "\"numbers\"");
  assert_refuses("{\"numbers\": 1}", "\"numbers\"");
  assert_refuses("{\"numbers\": [null]}", "\"numbers\"");
  assert_refuses("{\"bytes\": \"abc\"}", "\"bytes\"");
  assert_refuses("{\"bytes\": \"0011223344\"}", "\"bytes\"");
  assert_refuses("{\"inner\": {\"count\": 1, \"yes\": \"perhaps\"}}", "\"yes\"");
  assert_refuses("{\"inner\": {}}", "\"count\"");
  assert_refuses("{\"strange\": 1}", "\"strange\"");
  assert_refuses("{\"count\": 1, \"count\": 2}", "not JSON");
  assert_refuses("{\"text\": \"\\u0000\"}", "not JSON");
  assert_refuses("[1]", "object");
  assert_refuses("", "not JSON");
}

static void objects_nested_without_end_are_refused(void) {
  g_autoptr(GString) json = g_string_new(NULL);

  for (unsigned i = 0; i < 1000; i++)
    g_string_append(json, "{\"count\":1,\"inner\":");
  g_string_append(json, "{}");
  for (unsigned i = 0; i < 1000; i++)
    g_string_append_c(json, '}');
  assert_refuses(json->str, "deep");
}

static void bytes_that_are_not_the_message_have_no_json(void) {
  g_assert_null(wire_to_json(&sample, (WireBytes){(const uint8_t *)"\x04", 1}));
  g_autofree char *json = wire_to_json(&sample, (WireBytes){(const uint8_t *)"\x04\x01\xe4\x01\x07", 5});
  g_assert_cmpstr(json, ==, "{\"count\":1}"); /* a field of a newer peer is left out */
}

/* --- One field as text ---------------------------------------------------------------------------------------- */

static char *typed(const char *field, const char *text) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree char *why = NULL;

  if (!wire_put_text(wire_field_by_name(&sample, field), text, out, &why)) {
    g_assert_nonnull(strstr(why, field));
    g_assert_cmpuint(out->len, ==, 0);
    return g_strdup("refused");
  }
  return wire_to_json(&sample, (WireBytes){out->data, out->len});
}

static void what_people_type_is_read(void) {
  static const char *const cases[][3] = {
      {"count", "12", "{\"count\":12}"},
      {"count", "-12", "refused"},
      {"count", "", "refused"},
      {"count", "1 2", "refused"},
      {"offset", "-12", "{\"offset\":-12}"},
      {"offset", "-9223372036854775808", "{\"offset\":-9223372036854775808}"},
      {"offset", "9223372036854775808", "refused"},
      {"yes", "yes", "{\"yes\":true}"},
      {"yes", "false", "{\"yes\":false}"},
      {"yes", "no", "{\"yes\":false}"},
      {"yes", "maybe", "refused"},
      {"at", "2026-11-24T08:00:00Z", "{\"at\":\"2026-11-24T08:00:00Z\"}"},
      {"at", "2026-11-24T08:00:00+08:00", "{\"at\":\"2026-11-24T00:00:00Z\"}"},
      {"at", "2026-11-24T08:00:00", "refused"},
      {"day", "2024-02-29", "{\"day\":\"2024-02-29\"}"},
      {"state", "open", "{\"state\":\"open\"}"},
      {"state", "关", "{\"state\":\"shut\"}"},
      {"state", "ajar", "refused"},
      {"tag", "00ff000000000001", "{\"tag\":\"00ff000000000001\"}"},
      {"text", "海淀, 东城", "refused"}, /* 14 bytes of 12 */
      {"text", "海淀", "{\"text\":\"海淀\"}"},
      {"bytes", "00FF", "{\"bytes\":\"00ff\"}"},
      {"numbers", "12, 13", "{\"numbers\":[12,13]}"},
      {"numbers", "", "{}"},
      {"numbers", "1,,2", "refused"},
      {"states", "open,关", "{\"states\":[\"open\",\"shut\"]}"},
      {"inner", "{\"count\": 1}", "{\"inner\":{\"count\":1}}"},
      {"inner", "{", "refused"},
      {"inners", "[{\"count\": 1}]", "{\"inners\":[{\"count\":1}]}"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *json = typed(cases[i][0], cases[i][1]);
    g_assert_cmpstr(json, ==, cases[i][2]);
  }
}

#define TEST(name) g_test_add_func("/wire-json/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(what_sql_prints_is_read);
  TEST(text_is_escaped_and_restored);
  TEST(messages_and_lists_nest);
  TEST(a_null_or_empty_list_is_cleared);
  TEST(what_does_not_fit_is_named);
  TEST(objects_nested_without_end_are_refused);
  TEST(bytes_that_are_not_the_message_have_no_json);
  TEST(what_people_type_is_read);
  return g_test_run();
}
