/* desk_intake.c: a new request as a value: what a draft keeps of it, what keeps it from being sent, what is sent. */
#include <string.h>

#include "client/core/row.h"
#include "client/desk/intake/intake_form.h"

/* Emoji with joiners, right-to-left, combining marks, and what a key file gives a meaning of its own. */
#define HARD " \t[request]\nphone=\\n;#\n👩‍👩‍👧 שלום e\u0301\u0301 电梯停运 "

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
  intake->confidential = TRUE;
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
  g_assert_true(read.confidential);
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

  g_assert_cmpstr(linli_intake_lacks(intake, &problem), ==, field);
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
  Uuid request;
  WireAny any;

  fill(&intake);
  memset(&request, 0x11, sizeof request);
  g_autoptr(GByteArray) body = linli_intake_body(&intake, request);
  g_autofree char *text = g_strstrip(g_strdup(intake.text));
  g_assert_true(sent(body, "text", &any));
  g_assert_cmpmem(any.bytes.data, any.bytes.len, text, strlen(text));
  g_assert_true(sent(body, "caller_phone", &any));
  g_assert_cmpmem(any.bytes.data, any.bytes.len, intake.phone, strlen(intake.phone));
  g_assert_true(sent(body, "place", &any) && sent(body, "grid", &any) && sent(body, "call", &any));
}

static void an_anonymous_request_carries_no_caller(void) {
  g_auto(LinliIntake) intake = {0};
  Uuid request = {0};
  WireAny any;

  linli_intake_init(&intake);
  set(&intake.text, "楼道灯不亮");
  g_autoptr(GByteArray) body = linli_intake_body(&intake, request);
  g_assert_false(sent(body, "caller_phone", &any));
  g_assert_false(sent(body, "caller_name", &any));
  g_assert_false(sent(body, "call", &any));
  g_assert_true(sent(body, "channel", &any)); /* required: the phone when none was chosen */
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/intake/" #name, name)
  TEST(a_draft_gives_back_what_was_typed);
  TEST(an_empty_form_leaves_no_draft);
  TEST(a_damaged_draft_changes_nothing);
  TEST(what_lacks_is_said_at_its_field);
  TEST(limits_are_bytes_and_hold_to_the_last);
  TEST(each_short_field_has_its_limit);
  TEST(what_is_sent_is_what_was_typed);
  TEST(an_anonymous_request_carries_no_caller);
  return g_test_run();
}
