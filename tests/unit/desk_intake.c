/* desk_intake.c: a new request as a value: what a draft keeps of it, what keeps it from being sent, what is sent. */
#include <string.h>

#include "client/core/row.h"
#include "client/desk/intake/intake_form.h"
#include "client/desk/intake/intake_time.h"

/* Emoji with joiners, right-to-left, combining marks, and what a key file gives a meaning of its own. */
#define HARD " \t[request]\nphone=\\n;#\n👩‍👩‍👧 שלום e\u0301\u0301 电梯停运 "

/* 2026-11-24 12:00 in China, where these tests think they are. */
#define NOW (G_GUINT64_CONSTANT(1795492800) * G_USEC_PER_SEC)

static const WireMessage *fields(void) {
  return proto_command(&proto_linli, PROTO_COMMAND_REQUEST_REGISTER)->fields;
}

static void set(char **text, const char *to) {
  g_free(*text);
  *text = g_strdup(to);
}

static void fill(LinliIntake *intake) {
  linli_intake_init(intake);
  set(&intake->phone, "13812348000");
  set(&intake->name, HARD);
  set(&intake->text, HARD);
  set(&intake->place, HARD);
  intake->channel = PROTO_CHANNEL_PHONE;
  intake->nature = PROTO_REQUEST_NATURE_HELP;
  intake->category = 7;
  intake->community = 3;
  intake->grid = 12;
  intake->confidential = intake->confidential_said = TRUE;
  intake->class = PROTO_REQUEST_CLASS_URGENT;
  intake->occurred_at = NOW - G_GUINT64_CONSTANT(3600) * G_USEC_PER_SEC;
  memset(&intake->request, 0x11, sizeof intake->request);
  memset(&intake->call, 0xab, sizeof intake->call);
}

static void a_draft_gives_back_what_was_typed(void) {
  g_auto(LinliIntake) typed = {0}, read = {0};

  fill(&typed);
  linli_intake_init(&read);
  g_autofree char *draft = linli_intake_to_draft(&typed);
  g_assert_true(linli_intake_from_draft(&read, draft));
  g_assert_cmpstr(read.phone, ==, typed.phone);
  g_assert_cmpstr(read.name, ==, typed.name);
  g_assert_cmpstr(read.text, ==, typed.text);
  g_assert_cmpstr(read.place, ==, typed.place);
  g_assert_cmpuint(read.channel, ==, typed.channel);
  g_assert_cmpuint(read.nature, ==, typed.nature);
  g_assert_cmpuint(read.category, ==, typed.category);
  g_assert_cmpuint(read.community, ==, typed.community);
  g_assert_cmpuint(read.grid, ==, typed.grid);
  g_assert_true(read.confidential && read.confidential_said);
  g_assert_cmpuint(read.class, ==, typed.class);
  g_assert_cmpuint(read.occurred_at, ==, typed.occurred_at);
  g_assert_cmpmem(&read.request, sizeof read.request, &typed.request, sizeof typed.request);
  g_assert_cmpmem(&read.call, sizeof read.call, &typed.call, sizeof typed.call);
}

static void an_empty_form_leaves_no_draft(void) {
  g_auto(LinliIntake) intake = {0};

  linli_intake_init(&intake);
  intake.channel = PROTO_CHANNEL_PHONE; /* preset, not typed */
  intake.community = 3;
  g_autofree char *draft = linli_intake_to_draft(&intake);
  g_assert_cmpstr(draft, ==, "");
}

/* A category is something somebody has chosen, though nothing was typed. */
static void a_choice_alone_is_a_draft(void) {
  g_auto(LinliIntake) intake = {0};

  linli_intake_init(&intake);
  intake.category = 7;
  g_autofree char *chosen = linli_intake_to_draft(&intake);
  g_assert_cmpstr(chosen, !=, "");
  intake.category = 0;
  intake.confidential_said = TRUE;
  g_autofree char *said = linli_intake_to_draft(&intake);
  g_assert_cmpstr(said, !=, "");
}

static void the_servers_copy_holds_all_but_the_phone(void) {
  g_auto(LinliIntake) typed = {0}, read = {0};
  Uuid device, from;

  fill(&typed);
  linli_intake_init(&read);
  memset(&device, 0x22, sizeof device);
  g_autofree char *copy = linli_intake_to_copy(&typed, device, "desk 4");
  g_assert_null(strstr(copy, typed.phone));
  g_assert_true(linli_intake_from_draft(&read, copy));
  g_assert_cmpstr(read.text, ==, typed.text);
  g_assert_cmpstr(read.phone, ==, "");
  g_autofree char *desk = linli_intake_desk_of(copy, &from);
  g_assert_cmpstr(desk, ==, "desk 4");
  g_assert_cmpmem(&from, sizeof from, &device, sizeof device);
  g_autofree char *draft = linli_intake_to_draft(&typed);
  g_assert_null(linli_intake_desk_of(draft, &from));
}

static void the_next_of_a_call_keeps_caller_and_place_alone(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  Uuid call = intake.call;
  linli_intake_next(&intake);
  g_assert_cmpstr(intake.phone, ==, "13812348000");
  g_assert_cmpstr(intake.place, ==, HARD);
  g_assert_cmpstr(intake.text, ==, "");
  g_assert_cmpmem(&intake.call, sizeof call, &call, sizeof call);
  g_assert_true(!intake.category && !intake.class && !intake.confidential_said && !intake.request.b[0]);
}

static void a_damaged_draft_changes_nothing(void) {
  static const char *const broken[] = {"", "no key file", "[other]\ntext=x\n", "[request"};
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  for (guint i = 0; i < G_N_ELEMENTS(broken); i++) {
    g_assert_false(linli_intake_from_draft(&intake, broken[i]));
    g_assert_cmpstr(intake.text, ==, HARD);
  }
}

static void assert_lacks(const LinliIntake *intake, const char *field) {
  g_autofree char *problem = NULL;

  g_assert_cmpstr(linli_intake_lacks(intake, NOW, &problem), ==, field);
  g_assert_true(!field == !problem);
}

static void what_lacks_is_said_at_its_field(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  assert_lacks(&intake, NULL);
  intake.community = 0;
  assert_lacks(&intake, "community");
  set(&intake.text, " \n\t ");
  assert_lacks(&intake, "text");
}

/* The schema counts bytes: a Chinese character is three of them. */
static void limits_are_bytes_and_hold_to_the_last(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < wire_field_by_name(fields(), "text")->max / 3; i++)
    g_string_append(text, "梯");
  set(&intake.text, text->str);
  assert_lacks(&intake, NULL);
  g_string_append(text, "梯");
  set(&intake.text, text->str);
  assert_lacks(&intake, "text");
}

static void assert_count(const char *text, gsize max, guint fit, guint over) {
  guint got_fit, got_over;

  linli_intake_count(text, max, &got_fit, &got_over);
  g_assert_cmpuint(got_fit, ==, fit);
  g_assert_cmpuint(got_over, ==, over);
}

/* As a person counts: an accent belongs to its letter. */
static void what_is_too_long_is_counted_in_characters(void) {
  assert_count("", 10, 0, 0);
  assert_count("电梯停运", 12, 4, 0);
  assert_count("电梯停运", 11, 3, 1);
  assert_count("e\u0301\u0302e\u0301", 5, 1, 1);
  assert_count("x\u0301", 2, 1, 1); /* never "none too many" of what does not go */
}

static void what_has_not_happened_yet_is_not_registered(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  intake.occurred_at = NOW + 1;
  assert_lacks(&intake, "occurred_at");
  intake.occurred_at = NOW;
  assert_lacks(&intake, NULL);
}

/* Seconds since the beginning of 2026-11-24 in China; -1: not understood. */
static void assert_time(const char *text, gint64 seconds) {
  guint64 at, midnight = NOW - G_GUINT64_CONSTANT(12 * 3600) * G_USEC_PER_SEC;

  gboolean understood = linli_intake_time_parse(text, NOW, &at);
  if (understood != (seconds != -1)) g_error("%s", text);
  if (understood) g_assert_cmpint(((gint64)at - (gint64)midnight) / G_USEC_PER_SEC, ==, seconds);
}

static void a_time_is_read_as_people_write_it(void) {
  static const gint64 day = 86400, hour = 3600;

  assert_time("9:05", 9 * hour + 300);
  assert_time("09：05", 9 * hour + 300);
  assert_time("14:30", -day + 14 * hour + 1800); /* still to come today */
  assert_time("昨天 9:05", -day + 9 * hour + 300);
  assert_time("昨天9:05", -day + 9 * hour + 300);
  assert_time("Yesterday 23:59", -hour / 60);
  assert_time("前天 0:00", -2 * day);
  assert_time("11-23 14:30", -day + 14 * hour + 1800);
  assert_time("11/23 14:30", -day + 14 * hour + 1800);
  assert_time("2026-11-24 00:00", 0);
  assert_time("12-31 00:00", -328 * day); /* of last year: this year's is still to come */
  for (guint i = 0; i < 8; i++)
    assert_time(
        ((const char *const[]){"noon", "25:00", "9:60", "9:05 or so", "2-30 9:00", "9", "-1:30", "明天 9:00"})[i],
        -1);
}

static void a_time_is_shown_as_it_is_read(void) {
  guint64 at;
  g_autofree char *text = linli_intake_time_text(NOW), *none = linli_intake_time_text(0);

  g_assert_cmpstr(text, ==, "2026-11-24 12:00");
  g_assert_true(linli_intake_time_parse(text, NOW, &at));
  g_assert_cmpuint(at, ==, NOW);
  g_assert_cmpstr(none, ==, "");
  g_assert_true(linli_intake_time_parse(" ", NOW, &at));
  g_assert_cmpuint(at, ==, 0);
}

static void each_short_field_has_its_limit(void) {
  g_auto(LinliIntake) intake = {0};
  struct {
    const char *field;
    char **text;
  } each[] = {{"caller_phone", &intake.phone}, {"caller_name", &intake.name}, {"place", &intake.place}};

  fill(&intake);
  for (guint i = 0; i < G_N_ELEMENTS(each); i++) {
    g_autofree char *most = g_strnfill(wire_field_by_name(fields(), each[i].field)->max, 'x');
    g_autofree char *more = g_strconcat(most, "x", NULL);
    set(each[i].text, most);
    assert_lacks(&intake, NULL);
    set(each[i].text, more);
    assert_lacks(&intake, each[i].field);
    set(each[i].text, "");
  }
}

static gboolean sent(GByteArray *body, const char *field, WireAny *any) {
  return linli_row_field((WireBytes){body->data, body->len}, wire_field_by_name(fields(), field)->number, any);
}

static void what_is_sent_is_what_was_typed(void) {
  g_auto(LinliIntake) intake = {0};
  WireAny any;

  fill(&intake);
  g_autoptr(GByteArray) body = linli_intake_body(&intake);
  g_autofree char *text = g_strstrip(g_strdup(intake.text));
  g_assert_true(sent(body, "text", &any));
  g_assert_cmpmem(any.bytes.data, any.bytes.len, text, strlen(text));
  g_assert_true(sent(body, "caller_phone", &any));
  g_assert_cmpmem(any.bytes.data, any.bytes.len, intake.phone, strlen(intake.phone));
  g_assert_true(sent(body, "place", &any) && sent(body, "grid", &any) && sent(body, "call", &any));
}

static void an_anonymous_request_carries_no_caller(void) {
  g_auto(LinliIntake) intake = {0};
  WireAny any;

  linli_intake_init(&intake);
  set(&intake.text, "楼道灯不亮");
  g_autoptr(GByteArray) body = linli_intake_body(&intake);
  g_assert_false(sent(body, "caller_phone", &any));
  g_assert_false(sent(body, "caller_name", &any));
  g_assert_false(sent(body, "call", &any));
  g_assert_true(sent(body, "channel", &any)); /* required: the phone when none was chosen */
}

static guint64 number_sent(GByteArray *body, const char *field) {
  WireAny any;

  return sent(body, field, &any) ? any.value : G_MAXUINT64;
}

/* Absent is "as the category has it"; "no" is an answer of its own. */
static void not_confidential_is_said_only_when_somebody_said_it(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  intake.confidential = FALSE;
  g_autoptr(GByteArray) no = linli_intake_body(&intake);
  g_assert_cmpuint(number_sent(no, "confidential"), ==, 0);
  intake.confidential_said = FALSE;
  g_autoptr(GByteArray) open = linli_intake_body(&intake);
  g_assert_cmpuint(number_sent(open, "confidential"), ==, G_MAXUINT64);
  g_assert_cmpuint(number_sent(open, "class"), ==, PROTO_REQUEST_CLASS_URGENT);
  g_assert_cmpuint(number_sent(open, "occurred_at"), ==, intake.occurred_at);
}

static void a_remark_names_no_caller(void) {
  g_auto(LinliIntake) intake = {0};

  fill(&intake);
  set(&intake.name, "居民甲");
  g_autofree char *remark = linli_intake_remark(&intake);
  g_assert_nonnull(strstr(remark, "电梯停运"));
  g_assert_null(strstr(remark, intake.phone));
  g_assert_null(strstr(remark, intake.name));
}

int main(int argc, char **argv) {
  g_setenv("TZ", "Asia/Shanghai", TRUE);
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/intake/" #name, name)
  TEST(a_draft_gives_back_what_was_typed);
  TEST(an_empty_form_leaves_no_draft);
  TEST(a_choice_alone_is_a_draft);
  TEST(the_servers_copy_holds_all_but_the_phone);
  TEST(the_next_of_a_call_keeps_caller_and_place_alone);
  TEST(a_damaged_draft_changes_nothing);
  TEST(what_lacks_is_said_at_its_field);
  TEST(limits_are_bytes_and_hold_to_the_last);
  TEST(what_is_too_long_is_counted_in_characters);
  TEST(what_has_not_happened_yet_is_not_registered);
  TEST(a_time_is_read_as_people_write_it);
  TEST(a_time_is_shown_as_it_is_read);
  TEST(each_short_field_has_its_limit);
  TEST(what_is_sent_is_what_was_typed);
  TEST(an_anonymous_request_carries_no_caller);
  TEST(not_confidential_is_said_only_when_somebody_said_it);
  TEST(a_remark_names_no_caller);
  return g_test_run();
}
