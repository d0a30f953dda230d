/* test_server_core.c: parameters by table, forms of events, rates, sealing: no database, no loop. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "proto/proto_tables.h"
#include "server/db_params.h"
#include "server/event.h"
#include "server/params.h"
#include "server/rate.h"
#include "server/rights.h"

/* --- Parameters ----------------------------------------------------------------------------------------------- */

static const WireLabel colours[] = {{1, 1, false, "red", "红", "Red"}, {2, 1, false, "blue", "蓝", "Blue"}};
static const WireEnum colour = {.number = 1, .count = 2, .name = "colour", .labels = colours};
static const WireField point_fields[] = {{.number = 1, .kind = WIRE_FIELD_INT, .name = "x"}};
static const WireMessage point = {.number = 1, .count = 1, .size = 16, .name = "point", .fields = point_fields};

#define FIELD(number_, kind_, flags_, name_)                                                                         \
  {                                                                                                                  \
    .number = (number_), .kind = (kind_), .flags = (flags_) | WIRE_OPTIONAL, .name = (name_), .max = 1000,           \
    .max_count = 8                                                                                                   \
  }
static const WireField fields[] = {
    FIELD(1, WIRE_FIELD_UINT, 0, "n"),
    FIELD(2, WIRE_FIELD_INT, 0, "i"),
    FIELD(3, WIRE_FIELD_BOOL, 0, "b"),
    FIELD(4, WIRE_FIELD_TIME, 0, "t"),
    FIELD(5, WIRE_FIELD_DATE, 0, "d"),
    {.number = 6, .kind = WIRE_FIELD_ENUM, .flags = WIRE_OPTIONAL, .name = "e", .enumeration = &colour},
    FIELD(7, WIRE_FIELD_TEXT, 0, "text"),
    FIELD(8, WIRE_FIELD_TEXT, WIRE_SECRET, "secret"),
    FIELD(9, WIRE_FIELD_TEXT, WIRE_SEALED, "sealed"),
    FIELD(10, WIRE_FIELD_UINT, WIRE_LIST, "list"),
    {.number = 11, .kind = WIRE_FIELD_MESSAGE, .flags = WIRE_OPTIONAL, .name = "m", .message = &point},
};
static const WireMessage message = {.number = 9, .count = G_N_ELEMENTS(fields), .name = "all", .fields = fields};
static const char *const secrets[PARAMS_SECRETS_MAX] = {"$argon2id$", "", "", ""};

static WireBytes bytes_of(const GByteArray *array) {
  return (WireBytes){array->data, array->len};
}

static void assert_param(const DbParams *params, guint i, const void *data, size_t len) {
  g_assert_cmpint(params->at[i].len, ==, (int)len);
  g_assert_cmpmem(params->bytes->data + params->at[i].offset, len, data, len);
}

static void absent_fields_are_null_and_a_sealed_one_is_three(void) {
  g_autoptr(DbParams) params = db_params_new();
  g_assert_null(params_put(&message, (WireBytes){NULL, 0}, secrets, NULL, params));
  g_assert_cmpint(params->count, ==, G_N_ELEMENTS(fields) + 2);
  for (guint i = 0; i < params->count; i++)
    g_assert_cmpint(params->at[i].len, ==, -1);
}

static void each_kind_becomes_its_type(void) {
  g_autoptr(DbParams) params = db_params_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autofree char *why = NULL;
  static const char json[] =
      "{\"n\": 7, \"i\": -2, \"b\": true, \"t\": \"2000-01-01T00:00:01Z\", \"d\": \"2000-01-03\","
      "\"e\": \"blue\", \"text\": \"街道\", \"secret\": \"password\", \"list\": [5], \"m\": {\"x\": -1}}";
  g_assert_true(wire_from_json(&message, json, strlen(json), false, body, NULL, &why));
  g_assert_null(params_put(&message, bytes_of(body), secrets, NULL, params));
  assert_param(params, 0, "\0\0\0\0\0\0\0\7", 8);
  assert_param(params, 1, "\377\377\377\377\377\377\377\376", 8);
  assert_param(params, 2, "\1", 1);
  assert_param(params, 3, "\0\0\0\0\0\x0f\x42\x40", 8);
  assert_param(params, 4, "\0\0\0\2", 4);
  assert_param(params, 5, "blue", 4);
  assert_param(params, 6, "街道", 6);
  assert_param(params, 7, "$argon2id$", 10);
  assert_param(params, 11, "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\0\0\0\0\5", 32);
  assert_param(params, 12, "\1{\"x\":-1}", 9);
}

static void a_query_is_given_the_key_of_a_sealed_text_alone(void) {
  g_autoptr(DbParams) stored = db_params_new(), asked = db_params_new(), blank = db_params_new();
  g_autofree char *path = g_strdup_printf("%s/linli-key-%d", g_get_tmp_dir(), getpid());
  g_autofree char *why = NULL;
  Sealer *sealer = sealer_new(path, &why);
  g_autoptr(GByteArray) command = g_byte_array_new(), query = g_byte_array_new(), spaces = g_byte_array_new();

  g_assert_nonnull(sealer);
  wire_put_bytes(command, 9, (WireBytes){(const uint8_t *)"190-0000 0001", 13});
  wire_put_bytes(query, 9, (WireBytes){(const uint8_t *)"19000000001", 11});
  wire_put_bytes(spaces, 9, (WireBytes){(const uint8_t *)" -", 2});
  g_assert_null(params_put(&message, bytes_of(command), secrets, sealer, stored));
  g_assert_null(params_put_query(&message, bytes_of(query), sealer, asked));
  g_assert_null(params_put_query(&message, bytes_of(spaces), sealer, blank));
  g_assert_cmpint(asked->count, ==, G_N_ELEMENTS(fields));
  g_assert_cmpint(stored->at[9].len, ==, 32);
  assert_param(asked, 8, stored->bytes->data + stored->at[9].offset, 32);
  g_assert_cmpint(blank->at[8].len, ==, -1);
  sealer_free(sealer);
  g_remove(path);
}

static void unknown_fields_are_skipped(void) {
  g_autoptr(DbParams) params = db_params_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_put_uint(body, 7000, 3);
  g_assert_null(params_put(&message, bytes_of(body), secrets, NULL, params));
  g_assert_cmpint(params->count, ==, G_N_ELEMENTS(fields) + 2);
}

static void an_unknown_label_or_a_number_too_large_is_named(void) {
  g_autoptr(DbParams) params = db_params_new();
  g_autoptr(GByteArray) label = g_byte_array_new(), number = g_byte_array_new(), sealed = g_byte_array_new();
  wire_put_uint(label, 6, 99);
  wire_put_uint(number, 1, UINT64_MAX);
  wire_put_bytes(sealed, 9, (WireBytes){(const uint8_t *)"x", 1});
  g_assert_cmpstr(params_put(&message, bytes_of(label), secrets, NULL, params)->name, ==, "e");
  g_assert_cmpstr(params_put(&message, bytes_of(number), secrets, NULL, params)->name, ==, "n");
  g_assert_cmpstr(params_put(&message, bytes_of(sealed), secrets, NULL, params)->name, ==, "sealed");
}

static void the_digest_knows_kind_stream_and_body(void) {
  uint8_t a[32], b[32], c[32];
  WireBytes body = {(const uint8_t *)"abc", 3};
  params_digest(1, 6, body, a);
  params_digest(2, 6, body, b);
  params_digest(1, 6, body, c);
  g_assert_cmpint(memcmp(a, b, 32), !=, 0);
  g_assert_cmpmem(a, 32, c, 32);
  params_digest(1, 10, body, b);
  g_assert_cmpint(memcmp(a, b, 32), !=, 0);
}

/* --- Forms ---------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *what;
  int16_t clear, sight;
  int64_t reader_team;
  int16_t audience;
  int64_t team, barred;
  int16_t was; /* -1: unchanged */
  int64_t was_team;
  uint32_t form;
} FormCase;

static const FormCase form_cases[] = {
    {"open to all", 0, 0, 0, 0, 0, 0, -1, 0, 0},
    {"confidential, cleared", 1, 1, 0, 1, 0, 0, -1, 0, 0},
    {"confidential, may know that it exists", 0, 1, 0, 1, 0, 0, -1, 0, PROTO_FORM_REDACTED},
    {"confidential, may not know", 0, 0, 0, 1, 0, 0, -1, 0, PROTO_FORM_TOMBSTONE},
    {"confidential, one's team has it", 0, 0, 5, 1, 5, 0, -1, 0, 0},
    {"confidential, another's team has it", 0, 0, 6, 1, 5, 0, -1, 0, PROTO_FORM_TOMBSTONE},
    {"team member without the board", -1, -1, 5, 0, 5, 0, -1, 0, 0},
    {"team member, another team's", -1, -1, 5, 0, 6, 0, -1, 0, PROTO_FORM_TOMBSTONE},
    {"barred beats clearance", 1, 1, 5, 0, 0, 5, -1, 0, PROTO_FORM_TOMBSTONE},
    {"barred beats the team", 0, 0, 5, 1, 5, 5, -1, 0, PROTO_FORM_TOMBSTONE},
    {"another team is barred", 1, 1, 5, 1, 0, 6, -1, 0, 0},
    {"became confidential: leaves the view", 0, 0, 0, 1, 0, 0, 0, 0, PROTO_FORM_GONE},
    {"was and is hidden", 0, 0, 0, 2, 0, 0, 1, 0, PROTO_FORM_TOMBSTONE},
    {"went from one's team to another", -1, -1, 5, 0, 6, 0, 0, 5, PROTO_FORM_GONE},
    {"went between other teams", -1, -1, 5, 0, 6, 0, 0, 7, PROTO_FORM_TOMBSTONE},
    {"was redacted, now hidden", 0, 1, 0, 2, 0, 0, 1, 0, PROTO_FORM_GONE},
    {"barred, though the audience moved", 0, 0, 5, 0, 0, 5, 0, 0, PROTO_FORM_TOMBSTONE},
    {"comes into view", 0, 0, 0, 0, 0, 0, 1, 0, 0},
};

static void a_reader_sees_what_the_rule_says(void) {
  for (guint i = 0; i < G_N_ELEMENTS(form_cases); i++) {
    const FormCase *c = &form_cases[i];
    StreamRights rights = {
        .clear = c->clear, .sight = c->sight, .n_teams = c->reader_team != 0, .teams = {c->reader_team}};
    int64_t team = c->team, was = c->was_team;
    EventRecord event = {.kind = &proto_linli.events[0],
                         .audience = c->audience,
                         .barred = c->barred,
                         .was_audience = c->was,
                         .n_teams = team != 0,
                         .teams = &team,
                         .n_was = was != 0,
                         .was = &was};
    if (event_form(&event, &rights) != c->form) g_error("%s: form %u", c->what, event_form(&event, &rights));
  }
}

static void who_was_in_the_team_that_a_row_complains_about_is_barred(void) {
  static const struct {
    int64_t barred;
    uint32_t form;
  } cases[] = {{5 | INT64_C(100) << 32, PROTO_FORM_TOMBSTONE},
               {5 | INT64_C(200) << 32, PROTO_FORM_TOMBSTONE},
               {5 | INT64_C(99) << 32, 0},
               {5 | INT64_C(201) << 32, 0},
               {6 | INT64_C(150) << 32, 0},
               {7 | INT64_C(300) << 32, PROTO_FORM_TOMBSTONE},
               {7 | INT64_C(299) << 32, 0},
               {5, PROTO_FORM_TOMBSTONE},
               {0, 0}};
  /* In 7 now, in 5 once; both bars stand after the team. */
  StreamRights rights = {
      .clear = 1, .sight = 1, .n_teams = 1, .n_bars = 2, .teams = {7, 5, 100, 200, 7, 300, INT32_MAX}};

  for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpuint(event_row_form(1, NULL, 0, cases[i].barred, &rights), ==, cases[i].form);
}

static EventRecord *confidential_event(void) {
  EventRecord *event = g_new0(EventRecord, 1);
  *event = (EventRecord){.refs = 1,
                         .stream = 6,
                         .seq = 3,
                         .at = 1000000,
                         .chain = 7,
                         .was_audience = -1,
                         .audience = 1,
                         .row_id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
                         .kind = proto_event_by_name(&proto_linli, "request.accepted")};
  event->body = g_strdup("{\"id\": \"01020304-0506-0708-090a-0b0c0d0e0f10\", \"number\": \"260415-0127\","
                         "\"text\": \"secret words\", \"due_at\": null, \"parent\": null}");
  event->note = g_strdup("{\"note\": \"inner note\"}");
  return event;
}

static bool contains(const Block *block, const char *text) {
  return memmem(block->data, block->len, text, strlen(text)) != NULL;
}

static void a_form_is_encoded_once_and_holds_no_more_than_it_may(void) {
  EventRecord *event = confidential_event();
  uint64_t encoded = 0;
  Block *full = event_block(event, 0, &encoded);
  Block *redacted = event_block(event, PROTO_FORM_REDACTED, &encoded);
  Block *gone = event_block(event, PROTO_FORM_GONE, &encoded);
  Block *tombstone = event_block(event, PROTO_FORM_TOMBSTONE, &encoded);
  for (int i = 0; i < 100; i++)
    g_assert_true(event_block(event, 0, &encoded) == full);
  g_assert_cmpuint(encoded, ==, 4);
  g_assert_true(contains(full, "secret words") && contains(full, "inner note"));
  g_assert_true(contains(redacted, "260415-0127"));
  g_assert_false(contains(redacted, "secret words") || contains(redacted, "inner note"));
  g_assert_false(contains(gone, "260415-0127") || contains(gone, "secret words"));
  g_assert_true(contains(gone, "\1\2\3\4\5\6\7\10"));
  g_assert_false(contains(tombstone, "\1\2\3\4\5\6\7\10"));
  event_unref(event);
}

static void equal_rights_share_one_address(void) {
  RightsTable *table = rights_table_new();
  StreamRights a = {.clear = 1, .n_teams = 1, .teams = {7}}, b = a, c = {.clear = 1, .n_teams = 1, .teams = {8}};
  const StreamRights *x = rights_take(table, &a), *y = rights_take(table, &b), *z = rights_take(table, &c);
  g_assert_true(x == y && x != z);
  rights_release(table, x);
  g_assert_cmpint(y->clear, ==, 1);
  rights_release(table, y);
  rights_release(table, z);
  StreamRights was_there = {.clear = 1, .n_bars = 1, .teams = {7, 100, 200}};
  a.n_bars = 0;
  x = rights_take(table, &was_there);
  StreamRights *copy = rights_dup(x);
  y = rights_take(table, copy);
  g_free(copy);
  g_assert_true(x == y && !rights_equal(x, &a));
  rights_release(table, x);
  rights_release(table, y);
  rights_table_free(table);
}

/* --- Rates and seals ------------------------------------------------------------------------------------------ */

static void a_rate_lets_its_count_pass_and_refills(void) {
  Rates *rates = rates_new();
  int session;
  for (int i = 0; i < 30; i++)
    g_assert_cmpuint(rate_take(rates, &session, 1, 30, 60, 1000), ==, 0);
  g_assert_cmpuint(rate_take(rates, &session, 1, 30, 60, 1000), ==, 2000);
  g_assert_cmpuint(rate_take(rates, &session, 2, 30, 60, 1000), ==, 0);
  g_assert_cmpuint(rate_take(rates, &session, 1, 30, 60, 3000), ==, 0);
  g_assert_cmpuint(rate_wait(rates, &session, 1, 30, 60, 3000), ==, 2000);
  g_assert_cmpuint(rate_wait(rates, &session, 3, 30, 60, 3000), ==, 0);
  g_assert_cmpuint(rate_wait(rates, &rates, 1, 30, 60, 3000), ==, 0);
  rate_forget(rates, &session);
  g_assert_cmpuint(rate_take(rates, &session, 1, 30, 60, 3000), ==, 0);
  rates_free(rates);
}

static void assert_mask(const char *value, const char *expected) {
  g_autofree char *masked = seal_mask((WireBytes){(const uint8_t *)value, (uint32_t)strlen(value)});
  g_assert_cmpstr(masked, ==, expected);
}

static void masks_tell_little(void) {
  assert_mask("13800138000", "138****8000");
  assert_mask("64012345", "****45");
  assert_mask("110", "****");
  assert_mask("+86 138 0013 8000", "138****8000");
  assert_mask("0086-13800138000", "138****8000");
  assert_mask("138-0013-8000 ", "138****8000");
  assert_mask("(010) 6400-1234", "010****1234");
  assert_mask("+44 20 7946 0123", "442****0123");
  assert_mask("王小明", "王*");
  assert_mask("", "");
}

static void a_sealed_value_opens_again_and_not_when_changed(void) {
  g_autofree char *folder = g_dir_make_tmp("linli-seal-XXXXXX", NULL), *path = g_build_filename(folder, "keys", NULL);
  g_autofree char *why = NULL;
  WireBytes value = {(const uint8_t *)"138 0013 8000", 13}, same = {(const uint8_t *)"13800138000", 11};
  g_autoptr(DbParams) params = db_params_new();
  g_autoptr(GByteArray) open = g_byte_array_new();
  Sealer *sealer = sealer_new(path, &why);
  GStatBuf about;

  g_assert_nonnull(sealer);
  g_assert_cmpint(g_stat(path, &about), ==, 0);
  g_assert_cmpint(about.st_mode & 0777, ==, 0600);
  seal_put(sealer, value, params);
  seal_put(sealer, same, params);
  uint8_t *sealed = params->bytes->data + params->at[0].offset;
  g_assert_true(seal_open(sealer, sealed, (size_t)params->at[0].len, open));
  g_assert_cmpmem(open->data, open->len, value.data, value.len);
  g_assert_cmpmem(params->bytes->data + params->at[1].offset, 32, params->bytes->data + params->at[4].offset, 32);
  for (int i = 0; i < params->at[0].len; i++) {
    sealed[i] ^= 1;
    g_assert_false(seal_open(sealer, sealed, (size_t)params->at[0].len, open));
    sealed[i] ^= 1;
  }
  sealer_free(sealer);
  g_assert_cmpint(g_unlink(path), ==, 0);
  g_assert_cmpint(g_rmdir(folder), ==, 0);
}

static void an_older_key_opens_after_rotation(void) {
  g_autofree char *folder = g_dir_make_tmp("linli-seal-XXXXXX", NULL), *path = g_build_filename(folder, "keys", NULL);
  g_autofree char *why = NULL, *text = NULL, *both = NULL;
  g_autoptr(DbParams) params = db_params_new();
  g_autoptr(GByteArray) open = g_byte_array_new();
  WireBytes value = {(const uint8_t *)"64012345", 8};
  Sealer *sealer = sealer_new(path, &why);

  seal_put(sealer, value, params);
  sealer_free(sealer);
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  both = g_strconcat(text, "2 aes-256-gcm 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", NULL);
  g_assert_true(g_file_set_contents_full(path, both, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
  sealer = sealer_new(path, &why);
  g_assert_nonnull(sealer);
  g_assert_true(seal_open(sealer, params->bytes->data, (size_t)params->at[0].len, open));
  seal_put(sealer, value, params);
  g_assert_cmpint(params->bytes->data[params->at[3].offset + 2], ==, 2);
  g_assert_cmpmem(params->bytes->data + params->at[1].offset, 32, params->bytes->data + params->at[4].offset, 32);
  sealer_free(sealer);
  g_unlink(path);
  g_rmdir(folder);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/params/query", a_query_is_given_the_key_of_a_sealed_text_alone);
  g_test_add_func("/params/absent", absent_fields_are_null_and_a_sealed_one_is_three);
  g_test_add_func("/params/kinds", each_kind_becomes_its_type);
  g_test_add_func("/params/unknown", unknown_fields_are_skipped);
  g_test_add_func("/params/bad", an_unknown_label_or_a_number_too_large_is_named);
  g_test_add_func("/params/digest", the_digest_knows_kind_stream_and_body);
  g_test_add_func("/event/form", a_reader_sees_what_the_rule_says);
  g_test_add_func("/event/bars", who_was_in_the_team_that_a_row_complains_about_is_barred);
  g_test_add_func("/event/encode", a_form_is_encoded_once_and_holds_no_more_than_it_may);
  g_test_add_func("/rights/intern", equal_rights_share_one_address);
  g_test_add_func("/rate/bucket", a_rate_lets_its_count_pass_and_refills);
  g_test_add_func("/seal/mask", masks_tell_little);
  g_test_add_func("/seal/open", a_sealed_value_opens_again_and_not_when_changed);
  g_test_add_func("/seal/rotation", an_older_key_opens_after_rotation);
  return g_test_run();
}
