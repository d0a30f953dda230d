/* client_rules.c: every state and action, judged by the rows that the database plants: they are read from its own
 * text (argument 1: sql/upgrades/0013_transitions.sql), so that a change there is judged here. */
#include <string.h>

#include "client/core/rules.h"

enum { WATER = 7, POWER = 8, ME = 40, OTHER = 41 };
static const guint64 ALL_RIGHTS = ~G_GUINT64_CONSTANT(0);

static GArray *rows; /* of ProtoTransition */
static const WireEnum *const STATES = &proto_enum_request_state, *const ACTIONS = &proto_enum_request_action;

/* --- The rows ------------------------------------------------------------------------------------------------- */

static guint64 number_of(const WireEnum *of, const char *name) {
  const WireLabel *label = name && *name ? wire_label_by_name(of, name) : NULL;

  if (name && *name && !label) g_error("%s is in the state machine and not in the schema", name);
  return label ? label->number : 0;
}

static void add(const char *state, const char *action, const char *result, const char *next, const char *needs,
                const char *who, gboolean offered) {
  ProtoTransition row = {.id = rows->len + 1,
                         .state = number_of(STATES, state),
                         .action = number_of(ACTIONS, action),
                         .result = number_of(&proto_enum_callback_result, result),
                         .next_state = number_of(STATES, next),
                         .needs = number_of(&proto_enum_right, needs),
                         .who = number_of(&proto_enum_transition_who, who),
                         .offered = offered};
  g_array_append_val(rows, row);
}

/* ('state', 'action', '', 'next', 'right' or NULL, 'who', true) */
static void read_rows(const char *sql) {
  g_autoptr(GRegex) regex =
      g_regex_new("\\('(\\w+)', *'(\\w+)', *'(\\w*)', *'(\\w+)', *(?:'(\\w+)'|NULL), *'(\\w+)', *"
                  "(true|false)\\)",
                  0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;

  g_regex_match(regex, sql, 0, &match);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    g_auto(GStrv) m = g_match_info_fetch_all(match);
    add(m[1], m[2], m[3], m[4], m[5], m[6], *m[7] == 't');
  }
}

/* What may be done in every state: ('action', 'right', true). */
static void read_everywhere(const char *sql) {
  g_autoptr(GRegex) regex = g_regex_new("\\('(\\w+)', '(\\w+)', (true|false)\\)", 0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;

  g_regex_match(regex, sql, 0, &match);
  for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
    g_autofree char *action = g_match_info_fetch(match, 1), *needs = g_match_info_fetch(match, 2),
                    *offered = g_match_info_fetch(match, 3);
    for (uint32_t s = 1; wire_label_by_number(STATES, s); s++)
      add(wire_label_by_number(STATES, s)->name, action, "", "", needs, "holder", *offered == 't');
  }
}

static void read_machine(const char *path) {
  g_autofree char *sql = NULL;
  g_autoptr(GError) error = NULL;

  g_file_get_contents(path, &sql, NULL, &error);
  g_assert_no_error(error);
  rows = g_array_new(FALSE, TRUE, sizeof(ProtoTransition));
  read_rows(sql);
  g_assert_cmpuint(rows->len, >=, 33);
  read_everywhere(sql);
  g_assert_cmpuint(rows->len, >=, 33 + 5 * 13);
}

/* --- Who and what --------------------------------------------------------------------------------------------- */

typedef struct {
  LinliWho who;
  ProtoRequest request;
  gboolean team_has_accounts;
} Case;

static Case a_case(guint64 state, guint64 rights, gint64 team) {
  Case c = {.who = {.account = ME, .rights = rights, .teams = g_array_new(FALSE, FALSE, sizeof(guint64))},
            .request = {.state = state, .team = WATER, .handler = OTHER},
            .team_has_accounts = TRUE};
  guint64 number = (guint64)team;

  if (team) g_array_append_val(c.who.teams, number);
  return c;
}

static LinliMay judge(const Case *c, guint64 action) {
  return linli_rules_judge((const ProtoTransition *)(void *)rows->data, rows->len, &c->who, &c->request, action,
                           c->team_has_accounts);
}

static void end(Case *c) {
  g_array_unref(c->who.teams);
}

static guint64 right(guint number) {
  return G_GUINT64_CONSTANT(1) << number;
}

/* Rows of a state and action, and whether one of them is offered. */
static const ProtoTransition *row_of(guint64 state, guint64 action, gboolean *offered) {
  const ProtoTransition *found = NULL;

  *offered = FALSE;
  for (guint i = 0; i < rows->len; i++) {
    const ProtoTransition *row = &g_array_index(rows, ProtoTransition, i);
    if (row->state != state || row->action != action) continue;
    found = row;
    *offered |= row->offered != 0;
  }
  return found;
}

typedef void (*Each)(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered);

static void each(Each check) {
  for (uint32_t state = 1; wire_label_by_number(STATES, state); state++) {
    for (uint32_t action = 1; wire_label_by_number(ACTIONS, action); action++) {
      gboolean offered;
      const ProtoTransition *row = row_of(state, action, &offered);
      check(state, action, row, offered);
    }
  }
}

/* --- Every state and action ----------------------------------------------------------------------------------- */

static void check_all_may(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  Case c = a_case(state, ALL_RIGHTS, WATER);
  LinliMay expected = !row ? LINLI_MAY_NOT_STATE : !offered ? LINLI_MAY_NOT_OFFERED : LINLI_MAY;

  /* Only what a resident was unsatisfied with goes back from the call-back. */
  if (state == PROTO_REQUEST_STATE_CALLBACK && action == PROTO_REQUEST_ACTION_REWORK) {
    g_assert_cmpint(judge(&c, action), ==, LINLI_MAY_NOT_STATE);
    c.request.callback_result = PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;
  }
  g_assert_cmpint(judge(&c, action), ==, expected);
  end(&c);
}
static void who_holds_every_right_may_what_the_table_says(void) {
  each(check_all_may);
}

static void check_none_may(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  Case c = a_case(state, 0, POWER);
  LinliMay expected = !row                                    ? LINLI_MAY_NOT_STATE
                      : !offered                              ? LINLI_MAY_NOT_OFFERED
                      : row->who == PROTO_TRANSITION_WHO_TEAM ? LINLI_MAY_NOT_TEAM
                                                              : LINLI_MAY_NOT_RIGHT;
  g_assert_cmpint(judge(&c, action), ==, expected);
  end(&c);
}
static void who_holds_none_may_nothing(void) {
  each(check_none_may);
}

/* The right that the row asks for, and it alone, is what is needed; all others together do not replace it. */
static void check_needed(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  if (!row || !offered) return;
  Case c = a_case(state, right((guint)row->needs), WATER),
       without = a_case(state, ALL_RIGHTS & ~right((guint)row->needs), WATER);
  gboolean back = state == PROTO_REQUEST_STATE_CALLBACK && action == PROTO_REQUEST_ACTION_REWORK;

  if (back) c.request.callback_result = PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;
  g_assert_cmpint(judge(&c, action), ==, LINLI_MAY);
  g_assert_cmpint(judge(&without, action), ==, LINLI_MAY_NOT_RIGHT);
  end(&c);
  end(&without);
}
static void the_right_of_the_row_is_the_one_needed(void) {
  each(check_needed);
}

static void check_handler(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  if (!row || !offered) return;
  Case c = a_case(state, ALL_RIGHTS, WATER);

  c.request.handler = ME;
  c.request.callback_result = PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;
  g_assert_cmpint(judge(&c, action), ==,
                  row->who == PROTO_TRANSITION_WHO_NOT_HANDLER ? LINLI_MAY_NOT_SAME : LINLI_MAY);
  end(&c);
}
static void who_handled_it_neither_verifies_nor_calls_back(void) {
  each(check_handler);
}

static void check_subject(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  if (!row || !offered) return;
  Case c = a_case(state, ALL_RIGHTS, WATER);

  c.request.subject_team = WATER;
  g_assert_cmpint(judge(&c, action), ==, LINLI_MAY_NOT_SUBJECT);
  end(&c);
}
static void whom_it_is_about_does_nothing(void) {
  each(check_subject);
}

static void check_moving(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  if (!row || !offered) return;
  Case c = a_case(state, ALL_RIGHTS, WATER);

  c.request.moving = 1;
  g_assert_cmpint(judge(&c, action), ==, action == PROTO_REQUEST_ACTION_COMMENT ? LINLI_MAY : LINLI_MAY_NOT_STATE);
  end(&c);
}
static void while_a_merge_is_under_way_one_may_comment(void) {
  each(check_moving);
}

static void check_confidential(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  static const guint64 helpers[] = {3, POWER};
  guint64 blind = ALL_RIGHTS & ~right(PROTO_RIGHT_SEE_CONFIDENTIAL);

  if (!row || !offered) return;
  Case stranger = a_case(state, blind, 0), helper = a_case(state, blind, POWER);
  stranger.request.confidential = helper.request.confidential = 1;
  stranger.request.callback_result = helper.request.callback_result = PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;
  helper.request.assist = (WireList){helpers, 2};
  g_assert_cmpint(judge(&stranger, action), ==, LINLI_MAY_NOT_RIGHT);
  g_assert_cmpint(judge(&helper, action), ==, row->who == PROTO_TRANSITION_WHO_TEAM ? LINLI_MAY_NOT_TEAM : LINLI_MAY);
  end(&stranger);
  end(&helper);
}
static void a_confidential_one_is_for_who_may_read_it(void) {
  each(check_confidential);
}

static void check_work_for(guint64 state, guint64 action, const ProtoTransition *row, gboolean offered) {
  if (!row || !offered || row->who != PROTO_TRANSITION_WHO_TEAM) return;
  Case c = a_case(state, right(PROTO_RIGHT_WORK_FOR), 0);

  g_assert_cmpint(judge(&c, action), ==, LINLI_MAY_NOT_TEAM);
  c.team_has_accounts = FALSE;
  g_assert_cmpint(judge(&c, action), ==, LINLI_MAY);
  c.who.rights = right(PROTO_RIGHT_WORK);
  g_assert_cmpint(judge(&c, action), ==, LINLI_MAY_NOT_TEAM);
  end(&c);
}
static void a_team_without_accounts_is_worked_for(void) {
  each(check_work_for);
}

/* --- What a command asks besides ------------------------------------------------------------------------------ */

static void what_came_back_twice_is_the_shift_leaders(void) {
  Case c = a_case(PROTO_REQUEST_STATE_ACCEPTED, right(PROTO_RIGHT_DISPATCH), 0);

  c.request.returns = 1;
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_DISPATCH), ==, LINLI_MAY);
  c.request.returns = 2;
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_DISPATCH), ==, LINLI_MAY_NOT_LEADER);
  c.who.rights |= right(PROTO_RIGHT_DISPATCH_RETURNED);
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_DISPATCH), ==, LINLI_MAY);
  end(&c);
}

static void what_the_shift_leader_dispatched_stays(void) {
  Case c = a_case(PROTO_REQUEST_STATE_IN_PROGRESS, right(PROTO_RIGHT_WORK), WATER);

  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_RETURN), ==, LINLI_MAY);
  c.request.leader_dispatched = 1;
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_RETURN), ==, LINLI_MAY_NOT_RETURN);
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_REPORT), ==, LINLI_MAY);
  end(&c);
}

static void an_unsatisfied_resident_is_called_by_the_shift_leader(void) {
  Case c = a_case(PROTO_REQUEST_STATE_CALLBACK, right(PROTO_RIGHT_CALLBACK), 0);

  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_CALLBACK), ==, LINLI_MAY);
  c.request.callback_result = PROTO_CALLBACK_RESULT_SOLVED_UNSATISFIED;
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_CALLBACK), ==, LINLI_MAY_NOT_RIGHT);
  c.who.rights |= right(PROTO_RIGHT_DISPATCH_RETURNED);
  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_CALLBACK), ==, LINLI_MAY);
  end(&c);
}

static void what_is_not_known_is_not_allowed(void) {
  Case c = a_case(99, ALL_RIGHTS, WATER);

  g_assert_cmpint(judge(&c, PROTO_REQUEST_ACTION_COMMENT), ==, LINLI_MAY_NOT_STATE);
  g_assert_cmpint(linli_rules_judge(NULL, 0, &c.who, &c.request, 1, TRUE), ==, LINLI_MAY_NOT_STATE);
  end(&c);
}

static void each_no_has_a_sentence_in_both_languages(void) {
  for (int i = 0; i < 2; i++) {
    linli_set_language(i ? "zh" : "en");
    g_assert_null(linli_may_sentence(LINLI_MAY));
    for (int may = LINLI_MAY_NOT_KNOWN; may <= LINLI_MAY_NOT_SUBJECT; may++)
      g_assert_true(g_str_has_suffix(linli_may_sentence((LinliMay)may), i ? "。" : "."));
  }
  linli_set_language(NULL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_assert_cmpint(argc, >, 1);
  read_machine(argv[1]);
  g_test_add_func("/rules/all", who_holds_every_right_may_what_the_table_says);
  g_test_add_func("/rules/none", who_holds_none_may_nothing);
  g_test_add_func("/rules/right", the_right_of_the_row_is_the_one_needed);
  g_test_add_func("/rules/handler", who_handled_it_neither_verifies_nor_calls_back);
  g_test_add_func("/rules/subject", whom_it_is_about_does_nothing);
  g_test_add_func("/rules/moving", while_a_merge_is_under_way_one_may_comment);
  g_test_add_func("/rules/confidential", a_confidential_one_is_for_who_may_read_it);
  g_test_add_func("/rules/work_for", a_team_without_accounts_is_worked_for);
  g_test_add_func("/rules/leader", what_came_back_twice_is_the_shift_leaders);
  g_test_add_func("/rules/stays", what_the_shift_leader_dispatched_stays);
  g_test_add_func("/rules/unsatisfied", an_unsatisfied_resident_is_called_by_the_shift_leader);
  g_test_add_func("/rules/unknown", what_is_not_known_is_not_allowed);
  g_test_add_func("/rules/sentences", each_no_has_a_sentence_in_both_languages);
  int failed = g_test_run();
  g_array_unref(rows);
  return failed;
}
