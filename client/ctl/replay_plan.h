/* replay_plan.h: which steps a row of the file becomes, and when, in the file's own time.
 *
 *   registered ─ accept ─ dispatch ─ sign ─ contact ─ report ─ verify ─ call back
 *       |           └ a few minutes each, by the seed      |        └ within hours
 *    as in the file                                    as in the file; an open row ends at contact
 *
 * One in eight comes back once before it is signed; a few get a remark. Pure: the same seed and number give the same.
 */
#pragma once

#include <glib.h>

typedef enum {
  STEP_REGISTER,
  STEP_ACCEPT,
  STEP_DISPATCH,
  STEP_RETURN,
  STEP_SIGN,
  STEP_CONTACT,
  STEP_COMMENT,
  STEP_REPORT,
  STEP_VERIFY,
  STEP_CALLBACK,
} ReplayStep;

enum { REPLAY_STEPS_MAX = 12, REPLAY_CLOSED_FLOOR_S = 60 };

typedef struct {
  struct {
    ReplayStep step;
    gint64 at;
  } steps[REPLAY_STEPS_MAX]; /* ascending; at in microseconds */
  guint count;
  gboolean anonymous;
} ReplayPlan;

/* closed_at 0: still open in the file. */
void replay_plan(guint32 seed, const char *number, gint64 registered_at, gint64 closed_at, ReplayPlan *plan);
/* The command a step sends, such as "request.accept". */
const char *replay_step_name(ReplayStep step);
