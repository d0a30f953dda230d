/* replay_play.h: the play itself: cases whose steps fall due, sent by whoever plays that part.
 *
 *   [ case, case, … ]  by the moment of its next step ── due ──> sent ── decided ──> back with the step after
 *
 * Invariant: a step is sent only when the one before was decided; so a server that dies in between delays a case and
 * never skips a step. A refused step ends its case (a refused remark does not). Owner: the replay. */
#pragma once

#include "client/ctl/journal.h"
#include "client/ctl/replay_cast.h"
#include "client/ctl/replay_plan.h"

typedef struct ReplayPlay ReplayPlay;

typedef struct {
  guint cases, registered, closed, returned, done, undecided;
  gint64 took_us, late_us; /* late: the longest that a step was sent after its moment */
  guint p50_us, p99_us;    /* from handing over to outcome */
  GHashTable *refused;     /* identifier -> count, as pointer */
} ReplaySums;

/* cast, tree and journal must outlive it. speed: how many times faster than the file; 0: without waiting. */
ReplayPlay *replay_play_new(Ctl *ctl, const Cast *cast, const Tree *tree, Journal *journal, double speed);
void replay_play_free(ReplayPlay *play);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReplayPlay, replay_play_free)

/* Steps after horizon are left out; times are the file's, as in the row. */
void replay_play_add(ReplayPlay *play, const MappedRow *row, guint32 seed);
void replay_play_until(ReplayPlay *play, gint64 horizon);
/* Runs the loop until every step is decided, *stopped is set and nothing is in flight, or a session gave up. */
G_GNUC_WARN_UNUSED_RESULT gboolean replay_play_run(ReplayPlay *play, const gboolean *stopped, GError **error);
/* Good until the play is freed. */
const ReplaySums *replay_play_sums(ReplayPlay *play);
