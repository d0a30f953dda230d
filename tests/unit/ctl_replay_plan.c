/* ctl_replay_plan.c: the steps of a replayed row: a path through the state machine, in order, the same for the same
 * seed. */
#include <string.h>

#include "client/ctl/replay_plan.h"

enum { ROWS = 5000 };
#define DAY ((gint64)86400 * G_USEC_PER_SEC)

static void plan_of(guint32 seed, guint n, gint64 took, ReplayPlan *plan) {
  g_autofree char *number = g_strdup_printf("%u", n);
  replay_plan(seed, number, DAY * 20000, took >= 0 ? DAY * 20000 + took : 0, plan);
}

/* What may follow a step. */
static gboolean may_follow(ReplayStep before, ReplayStep after) {
  switch (after) {
  case STEP_REGISTER:
    return FALSE;
  case STEP_ACCEPT:
    return before == STEP_REGISTER;
  case STEP_COMMENT:
    return before == STEP_ACCEPT;
  case STEP_DISPATCH:
    return before == STEP_ACCEPT || before == STEP_COMMENT || before == STEP_RETURN;
  case STEP_RETURN:
  case STEP_SIGN:
    return before == STEP_DISPATCH;
  case STEP_CONTACT:
    return before == STEP_SIGN;
  case STEP_REPORT:
    return before == STEP_CONTACT;
  case STEP_VERIFY:
    return before == STEP_REPORT;
  case STEP_CALLBACK:
    return before == STEP_VERIFY;
  }
  return FALSE;
}

static void every_plan_is_a_path_in_order_of_time(void) {
  static const gint64 took[] = {-1, 0, 1, 59 * G_USEC_PER_SEC, 600 * G_USEC_PER_SEC, DAY / 2, DAY * 300};
  for (guint n = 0; n < ROWS; n++) {
    ReplayPlan plan;
    gint64 open = took[n % G_N_ELEMENTS(took)];
    plan_of(1, n, open, &plan);
    g_assert_cmpuint(plan.count, <=, REPLAY_STEPS_MAX);
    g_assert_cmpint(plan.steps[0].step, ==, STEP_REGISTER);
    g_assert_cmpint(plan.steps[0].at, ==, DAY * 20000);
    for (guint i = 1; i < plan.count; i++) {
      g_assert_true(may_follow(plan.steps[i - 1].step, plan.steps[i].step));
      g_assert_cmpint(plan.steps[i - 1].at, <=, plan.steps[i].at);
    }
    g_assert_cmpint(plan.steps[plan.count - 1].step, ==, open < 0 ? STEP_CONTACT : STEP_CALLBACK);
  }
}

static void a_report_comes_when_the_file_says_it_was_closed(void) {
  for (guint n = 0; n < ROWS; n++) {
    ReplayPlan plan;
    gint64 took = (gint64)n * 1000 * G_USEC_PER_SEC;
    plan_of(7, n, took, &plan);
    gint64 at = plan.steps[plan.count - 3].at - DAY * 20000;
    g_assert_cmpint(plan.steps[plan.count - 3].step, ==, STEP_REPORT);
    g_assert_cmpint(at, ==, MAX(took, REPLAY_CLOSED_FLOOR_S * G_USEC_PER_SEC));
  }
}

static void the_same_seed_gives_the_same_and_another_another(void) {
  guint differ = 0;
  for (guint n = 0; n < 100; n++) {
    ReplayPlan a, b, c;
    plan_of(3, n, DAY, &a);
    plan_of(3, n, DAY, &b);
    plan_of(4, n, DAY, &c);
    g_assert_cmpmem(a.steps, a.count * sizeof a.steps[0], b.steps, b.count * sizeof b.steps[0]);
    differ += a.steps[1].at != c.steps[1].at;
  }
  g_assert_cmpuint(differ, >, 90);
}

static void about_one_in_eight_comes_back(void) {
  guint returned = 0, remarks = 0;
  for (guint n = 0; n < ROWS; n++) {
    ReplayPlan plan;
    plan_of(5, n, DAY, &plan);
    for (guint i = 0; i < plan.count; i++) {
      returned += plan.steps[i].step == STEP_RETURN;
      remarks += plan.steps[i].step == STEP_COMMENT;
    }
  }
  g_assert_cmpuint(returned, >, ROWS * 10 / 100);
  g_assert_cmpuint(returned, <, ROWS * 14 / 100);
  g_assert_cmpuint(remarks, >, ROWS * 4 / 100);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/replay_plan/every_plan_is_a_path_in_order_of_time", every_plan_is_a_path_in_order_of_time);
  g_test_add_func("/replay_plan/a_report_comes_when_the_file_says_it_was_closed",
                  a_report_comes_when_the_file_says_it_was_closed);
  g_test_add_func("/replay_plan/the_same_seed_gives_the_same_and_another_another",
                  the_same_seed_gives_the_same_and_another_another);
  g_test_add_func("/replay_plan/about_one_in_eight_comes_back", about_one_in_eight_comes_back);
  return g_test_run();
}
