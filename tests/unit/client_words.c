/* client_words.c: what linlictl makes of its words, and what it prints: fields, tables, times left. */
#include <stdio.h>
#include <string.h>

#include "client/core/row.h"
#include "client/ctl/board_model.h"
#include "client/ctl/event_line.h"
#include "client/ctl/fields.h"
#include "client/ctl/output.h"
#include "common/fold.h"
#include "proto/proto_tables.h"

static const WireMessage *fields_of(const char *command) {
  return proto_command_by_name(&proto_linli, command)->fields;
}

/* --- Fields --------------------------------------------------------------------------------------------------- */

static void parse(Fields *fields, const char *command, gboolean spare, const char *line, gboolean expected) {
  const WireMessage *message = fields_of(command);
  g_auto(GStrv) words = g_strsplit(line, "|", -1);
  g_autoptr(GError) error = NULL;
  gboolean fine =
      fields_parse(fields, message, spare ? &message->fields[0] : NULL, (int)g_strv_length(words), words, &error);

  g_assert_cmpint(fine, ==, expected);
  if (!expected) {
    g_assert_error(error, LINLI_ERROR, LINLI_ERROR_USAGE);
    g_assert_cmpuint(strlen(error->message), >, 15);
  }
}

static void words_fill_required_fields_in_order(void) {
  g_auto(Fields) f = {0};

  parse(&f, "request.dispatch", FALSE, "0127|供水所|--note|请尽快|--community=柳岸", TRUE);
  g_assert_cmpstr(fields_get(&f, "request"), ==, "0127");
  g_assert_cmpstr(fields_get(&f, "team"), ==, "供水所");
  g_assert_cmpstr(fields_get(&f, "note"), ==, "请尽快");
  g_assert_cmpstr(f.community, ==, "柳岸");
}

static void a_made_id_takes_no_word_that_is_not_an_id(void) {
  g_auto(Fields) f = {0}, g = {0};

  parse(&f, "request.register", TRUE, "路灯不亮|phone", TRUE);
  g_assert_null(fields_get(&f, "request"));
  g_assert_cmpstr(fields_get(&f, "text"), ==, "路灯不亮");
  parse(&g, "request.register", TRUE, "01a20bee-48a7-7427-b84e-e0a504e9cd05|路灯不亮|phone", TRUE);
  g_assert_nonnull(fields_get(&g, "request"));
}

static void options_may_be_written_in_every_usual_way(void) {
  g_auto(Fields) f = {0};

  parse(&f, "account.add", FALSE, "--name=a|--title|甲|--password=--x|--scope-id|3|--|--looks-like-an-option", FALSE);
  g_auto(Fields) g = {0};
  parse(&g, "request.comment", FALSE, "0127|--|--text", TRUE);
  g_assert_cmpstr(fields_get(&g, "text"), ==, "--text");
  g_auto(Fields) h = {0};
  parse(&h, "request.register", TRUE, "text|phone|--confidential|--place|门口", TRUE);
  g_assert_cmpstr(fields_get(&h, "confidential"), ==, "true");
  g_assert_cmpstr(fields_get(&h, "place"), ==, "门口");
}

static void wrong_words_are_refused_with_a_sentence(void) {
  static const char *const lines[] = {"a|b|c",
                                      "a|b|--nothing|x",
                                      "a|b|--note",
                                      "--team|1|--team|2",
                                      "a|b|--note|\xff\xfe",
                                      "--note-from|/nowhere/at/all"};

  for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
    g_auto(Fields) f = {0};
    parse(&f, "request.dispatch", FALSE, lines[i], FALSE);
  }
}

static void a_value_that_is_not_valid_names_its_field_and_the_choices(void) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autoptr(GError) error = NULL;
  g_auto(Fields) f = {0};

  parse(&f, "request.callback", FALSE, "01a20bee-48a7-7427-b84e-e0a504e9cd05|happy", TRUE);
  g_assert_false(fields_encode(&f, body, &error));
  g_assert_nonnull(strstr(error->message, "--result"));
  g_assert_nonnull(strstr(error->message, "solved_satisfied"));
}

static void a_missing_field_is_named_with_its_sentence(void) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autoptr(GError) error = NULL;
  g_auto(Fields) f = {0};

  parse(&f, "request.dispatch", FALSE, "01a20bee-48a7-7427-b84e-e0a504e9cd05", TRUE);
  g_assert_false(fields_encode(&f, body, &error));
  g_assert_nonnull(strstr(error->message, "--team"));
  g_assert_nonnull(strstr(error->message, "lead team"));
}

static void an_encoded_body_is_what_the_server_reads(void) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autoptr(GError) error = NULL;
  g_auto(Fields) f = {0};
  WireError why;

  parse(&f, "request.dispatch", FALSE, "01a20bee-48a7-7427-b84e-e0a504e9cd05|12|--assist|3,4", TRUE);
  g_assert_true(fields_encode(&f, body, &error));
  g_assert_true(wire_check(f.message, (WireBytes){body->data, body->len}, FALSE, &why));
}

/* --- Output --------------------------------------------------------------------------------------------------- */

static void padding_counts_columns_not_bytes(void) {
  static const char *const texts[] = {
      "", "abc", "槐荫里", "e\xcc\x81", "一个很长很长的名字超出了宽度", "mixed 混合 text"};

  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    for (gsize columns = 1; columns < 40; columns++) {
      g_autoptr(GString) out = g_string_new(NULL);
      output_padded(out, texts[i], columns);
      g_assert_cmpuint(fold_width(out->str, out->len), ==, columns);
      g_assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
    }
}

static void a_table_keeps_its_columns_and_its_width(void) {
  g_autoptr(OutputTable) table = output_table_new(&proto_msg_community);
  static const char *const names[] = {"槐荫里社区居委会", "a", "新桥北社区居委会第二办公点，名字很长很长很长"};
  g_autofree char *printed = NULL;
  gsize len = 0, column = 0;

  for (guint i = 0; i < 3; i++) {
    g_autoptr(GByteArray) row = g_byte_array_new();
    wire_put_uint(row, 1, i + 1);
    wire_put_bytes(row, 2, (WireBytes){(const uint8_t *)"119900001001", 12});
    wire_put_bytes(row, 3, (WireBytes){(const uint8_t *)names[i], (uint32_t)strlen(names[i])});
    wire_put_uint(row, 6, 2);
    output_table_add(table, (WireBytes){row->data, row->len});
  }
  FILE *to = open_memstream(&printed, &len);
  output_table_print(table, to, 40);
  fclose(to);
  g_auto(GStrv) lines = g_strsplit(printed, "\n", -1);
  g_assert_cmpuint(g_strv_length(lines), ==, 5);
  for (guint i = 0; i < 4; i++) {
    const char *code = strstr(lines[i], i ? "1199" : "code");
    g_assert_nonnull(code);
    gsize at = fold_width(lines[i], (gsize)(code - lines[i]));
    if (i) g_assert_cmpuint(at, ==, column);
    column = at;
    g_assert_cmpuint(fold_width(lines[i], strlen(lines[i])), <=, 40);
  }
}

static void text_from_outside_moves_no_cursor(void) {
  g_autoptr(GByteArray) row = g_byte_array_new();
  static const char evil[] = "a\033[2Jb\nc\x7f";

  wire_put_bytes(row, 3, (WireBytes){(const uint8_t *)evil, sizeof evil - 1});
  g_autofree char *value =
      output_value(wire_field_by_name(&proto_msg_community, "name"), (WireBytes){row->data, row->len});
  for (const char *p = value; *p; p++)
    g_assert_true((guchar)*p >= 0x20 && *p != 0x7f);
}

static void every_kind_of_value_has_a_text(void) {
  g_autoptr(GByteArray) row = g_byte_array_new();

  wire_put_uint(row, 3, PROTO_REQUEST_STATE_DISPATCHED);
  WireBytes body = {row->data, row->len};
  g_autofree char *state = output_value(wire_field_by_name(&proto_msg_request, "state"), body);
  g_autofree char *absent = output_value(wire_field_by_name(&proto_msg_request, "title"), body);
  g_assert_cmpstr(state, ==, linli_in_chinese() ? "待签收" : "Dispatched");
  g_assert_cmpstr(absent, ==, "");
}

static void what_is_left_is_said_in_hours_or_days(void) {
  static const guint64 minute = 60000000;
  guint64 now = G_GUINT64_CONSTANT(1790000000000000);
  char text[32];

  board_left(now + 80 * minute, now, TRUE, text);
  g_assert_cmpstr(text, ==, "剩1:20");
  board_left(now - 35 * minute, now, TRUE, text);
  g_assert_cmpstr(text, ==, "超0:35");
  board_left(now + 3 * 1440 * minute, now, TRUE, text);
  g_assert_cmpstr(text, ==, "剩3天");
  board_left(0, now, TRUE, text);
  g_assert_cmpstr(text, ==, "");
  board_left(now - 35 * minute, now, FALSE, text);
  g_assert_cmpstr(text, ==, "over 0:35");
}

static void a_line_of_an_event_has_what_changed_and_what_was_cleared(void) {
  g_autoptr(GByteArray) body = g_byte_array_new(), note = g_byte_array_new();
  uint64_t cleared[] = {7};

  wire_put_uuid(body, 1, (Uuid){{1}});
  wire_put_uint(body, 3, PROTO_REQUEST_STATE_ACCEPTED);
  wire_put_uint(note, 1, PROTO_RETURN_REASON_NOT_OURS);
  ProtoEventFrame event = {.has = PROTO_HAS_EVENT_FRAME_KIND | PROTO_HAS_EVENT_FRAME_AT,
                           .stream = 6,
                           .seq = 9,
                           .chain = 0xab,
                           .kind = PROTO_EVENT_REQUEST_RETURNED,
                           .at = 1790000000000000,
                           .actor = 3,
                           .body = {body->data, body->len},
                           .cleared = {cleared, 1},
                           .note = {note->data, note->len}};
  g_autofree char *line = event_line_json(&proto_linli, &event);
  g_assert_cmpstr(
      line, ==,
      "{\"stream\":6,\"seq\":9,\"kind\":\"request.returned\",\"id\":\"01000000-0000-0000-0000-000000000000\","
      "\"at\":\"2026-09-21T14:13:20Z\",\"actor\":3,\"changed\":{\"id\":\"01000000-0000-0000-0000-000000000000\","
      "\"state\":\"accepted\"},\"cleared\":[\"team\"],\"note\":{\"reason\":\"not_ours\"},"
      "\"chain\":\"00000000000000ab\"}");
  ProtoEventFrame tombstone = {.stream = 6, .seq = 10, .chain = 1, .form = PROTO_FORM_TOMBSTONE};
  g_autofree char *grave = event_line_json(&proto_linli, &tombstone);
  g_assert_cmpstr(grave, ==, "{\"stream\":6,\"seq\":10,\"form\":\"tombstone\",\"chain\":\"0000000000000001\"}");
}

/* --- The board ------------------------------------------------------------------------------------------------ */

static void add_request(LinliReplica *replica, guint64 seq, guint n, guint64 state, guint64 class, guint64 due_at) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  wire_put_uuid(body, 1, (Uuid){{(guint8)n}});
  wire_put_uint(body, 3, state);
  wire_put_uint(body, 4, class);
  wire_put_uint(body, 5, due_at);
  ProtoEventFrame event = {.has = PROTO_HAS_EVENT_FRAME_KIND,
                           .stream = 6,
                           .seq = seq,
                           .kind = PROTO_EVENT_REQUEST_ACCEPTED,
                           .whole = 1,
                           .body = {body->data, body->len}};
  g_assert_cmpint(linli_replica_event(replica, &event), ==, LINLI_TAKEN);
}

static void the_board_counts_and_orders(void) {
  g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, NULL);
  ProtoSnapshot empty = {.stream = 6, .first = 1, .last = 1};
  BoardModel model;

  g_assert_cmpint(linli_replica_snapshot(replica, &empty), ==, LINLI_TAKEN);
  add_request(replica, 1, 1, PROTO_REQUEST_STATE_IN_PROGRESS, PROTO_REQUEST_CLASS_ORDINARY, 900);
  add_request(replica, 2, 2, PROTO_REQUEST_STATE_DISPATCHED, PROTO_REQUEST_CLASS_CRITICAL, 5000);
  add_request(replica, 3, 3, PROTO_REQUEST_STATE_CLOSED, PROTO_REQUEST_CLASS_CRITICAL, 1);
  add_request(replica, 4, 4, PROTO_REQUEST_STATE_REGISTERED, PROTO_REQUEST_CLASS_ORDINARY, 1100);
  board_model_read(&model, replica, 1000, 2);
  g_assert_cmpuint(model.open, ==, 3);
  g_assert_cmpuint(model.counts[BOARD_CRITICAL_UNSIGNED], ==, 1);
  g_assert_cmpuint(model.counts[BOARD_OVERDUE], ==, 1);
  g_assert_cmpuint(model.counts[BOARD_REGISTERED], ==, 1);
  g_assert_cmpuint(model.rows->len, ==, 2);
  WireBytes first = {g_bytes_get_data(model.rows->pdata[0], NULL), (uint32_t)g_bytes_get_size(model.rows->pdata[0])};
  g_assert_cmpuint(linli_row_uuid(&proto_msg_request, first, "id").b[0], ==, 2); /* unsigned and critical is pinned */
  board_model_clear(&model);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/words/" #name, name)
  TEST(words_fill_required_fields_in_order);
  TEST(a_made_id_takes_no_word_that_is_not_an_id);
  TEST(options_may_be_written_in_every_usual_way);
  TEST(wrong_words_are_refused_with_a_sentence);
  TEST(a_value_that_is_not_valid_names_its_field_and_the_choices);
  TEST(a_missing_field_is_named_with_its_sentence);
  TEST(an_encoded_body_is_what_the_server_reads);
  TEST(padding_counts_columns_not_bytes);
  TEST(a_table_keeps_its_columns_and_its_width);
  TEST(text_from_outside_moves_no_cursor);
  TEST(every_kind_of_value_has_a_text);
  TEST(what_is_left_is_said_in_hours_or_days);
  TEST(a_line_of_an_event_has_what_changed_and_what_was_cleared);
  TEST(the_board_counts_and_orders);
  return g_test_run();
}
