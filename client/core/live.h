/* live.h: requests in the order of their pressure, as one live list for widgets: filtered and sorted by itself.
 *
 *   replica ── changed ──> stale ── read ──> lines (keys, queues) ──> moved ── told ──> GListModel of LinliCard
 *                              at most a budget's worth a frame          cards change where they stand
 *
 * Order: unsigned critical ones first, then by effective deadline, then by id: the same on every desk. What is shown
 * is a queue of the whole, narrowed by what somebody types (sought.h). While frozen, rows change in place but neither
 * move, come nor go; thawing takes what waited. What changed is read, counted and told by linli_live_flush(), which
 * the owner calls once a frame after "gathered": a desk from its frame clock, a test by hand.
 * Invariants: after a flush that says TRUE, a count is the number of lines of its queue, frozen or not; items-changed
 * describes every row that came, went or moved, and a card that somebody holds says every other change; what is far
 * from the cards that are held (live_tell.h) is told in one piece, whatever its length; when everything is another,
 * the cards that are held of the first rows become the new first rows. Owner: whoever made it; the
 * replica must outlive it. One thread. */
#pragma once

#include <gio/gio.h>

#include "client/core/card.h"
#include "client/core/queue.h"
#include "client/core/replica.h"

#define LINLI_TYPE_LIVE linli_live_get_type()
G_DECLARE_FINAL_TYPE(LinliLive, linli_live, LINLI, LIVE, GObject)

/* now: UTC microseconds by the server's clock; for what is due. */
typedef guint64 (*LinliNow)(gpointer data);
LinliLive *linli_live_new(LinliReplica *replica, LinliNow now, gpointer data);

/* What is shown. team 0: of all. text NULL or empty: no filter. Each keeps the others. */
void linli_live_show_queue(LinliLive *live, LinliQueue queue);
void linli_live_show_team(LinliLive *live, guint64 team);
void linli_live_show_text(LinliLive *live, const char *text);
LinliQueue linli_live_queue(LinliLive *live);
guint linli_live_count(LinliLive *live, LinliQueue queue);
/* Where a request stands in what is shown; FALSE when it is not. */
gboolean linli_live_find(LinliLive *live, Uuid id, guint *position);

/* Rows stay where they are; `waiting` tells how many new ones would come. */
void linli_live_freeze(LinliLive *live);
void linli_live_thaw(LinliLive *live);
guint linli_live_waiting(LinliLive *live);

/* Tells widgets what has gathered; budget_us: give up after that many microseconds and say FALSE, 0 for no bound. */
gboolean linli_live_flush(LinliLive *live, gint64 budget_us);
/* Moves what has become due since the last call (deadlines pass without events). Once a second is enough. */
void linli_live_tick(LinliLive *live);
/* Signals besides GListModel's: "gathered" (something waits for a flush), "counts-changed". */
