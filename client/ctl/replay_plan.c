/* replay_plan.c: see replay_plan.h. */
#include "client/ctl/replay_plan.h"

enum { RETURNED_PERCENT = 12, COMMENTED_PERCENT = 6, ANONYMOUS_PERCENT = 15 };
#define MINUTES(n) ((gint64)(n)*60 * G_USEC_PER_SEC)

const char *replay_step_name(ReplayStep step) {
  static const char *const names[] = {
      [STEP_REGISTER] = "request.register", [STEP_ACCEPT] = "request.accept", [STEP_DISPATCH] = "request.dispatch",
      [STEP_RETURN] = "request.return",     [STEP_SIGN] = "request.sign",     [STEP_CONTACT] = "request.contact",
      [STEP_COMMENT] = "request.comment",   [STEP_REPORT] = "request.report", [STEP_VERIFY] = "request.verify",
      [STEP_CALLBACK] = "request.callback",
  };
  return names[step];
}

static gint64 between(GRand *rand, gint64 low, gint64 high) {
  return low + (gint64)(g_rand_double(rand) * (double)(high - low));
}

static gboolean happens(GRand *rand, int percent) {
  return g_rand_int_range(rand, 0, 100) < percent;
}

static void add(ReplayPlan *plan, ReplayStep step, gint64 at) {
  plan->steps[plan->count].step = step;
  plan->steps[plan->count++].at = at;
}

/* From registration to the first contact, as offsets. */
static void before_contact(GRand *rand, ReplayPlan *plan) {
  gint64 at = 0;
  gboolean comes_back = happens(rand, RETURNED_PERCENT), has_remark = happens(rand, COMMENTED_PERCENT);
  add(plan, STEP_REGISTER, at);
  add(plan, STEP_ACCEPT, at += between(rand, MINUTES(1) / 3, MINUTES(4)));
  if (has_remark) add(plan, STEP_COMMENT, at += between(rand, MINUTES(1) / 6, MINUTES(2)));
  add(plan, STEP_DISPATCH, at += between(rand, MINUTES(1) / 6, MINUTES(6)));
  if (comes_back) {
    add(plan, STEP_RETURN, at += between(rand, MINUTES(5), MINUTES(40)));
    add(plan, STEP_DISPATCH, at += between(rand, MINUTES(2), MINUTES(20)));
  }
  add(plan, STEP_SIGN, at += between(rand, MINUTES(1), MINUTES(25)));
  add(plan, STEP_CONTACT, at += between(rand, MINUTES(3), MINUTES(60)));
}

void replay_plan(guint32 seed, const char *number, gint64 registered_at, gint64 closed_at, ReplayPlan *plan) {
  guint32 seeds[] = {seed, g_str_hash(number)};
  GRand *rand = g_rand_new_with_seed_array(seeds, G_N_ELEMENTS(seeds));
  gint64 took = MAX(closed_at - registered_at, REPLAY_CLOSED_FLOOR_S * G_USEC_PER_SEC);
  *plan = (ReplayPlan){.anonymous = happens(rand, ANONYMOUS_PERCENT)};
  before_contact(rand, plan);
  gint64 contact = plan->steps[plan->count - 1].at, room = took - took / 5;
  /* What was closed quickly was done quickly before. */
  double pace = closed_at != 0 && contact > room ? (double)room / (double)contact : 1;
  for (guint i = 0; i < plan->count; i++)
    plan->steps[i].at = registered_at + (gint64)((double)plan->steps[i].at * pace);
  if (closed_at != 0) {
    gint64 at = registered_at + took;
    add(plan, STEP_REPORT, at);
    add(plan, STEP_VERIFY, at += between(rand, MINUTES(5), MINUTES(180)));
    add(plan, STEP_CALLBACK, at + between(rand, MINUTES(10), MINUTES(300)));
  }
  g_rand_free(rand);
}
