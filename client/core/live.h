/* live.h: requests in the order of their pressure, as one live list for widgets: filtered and sorted by itself.
 *
 *   replica ── changed ──> lines (integer keys, folded text) in a GSequence ── shown ones ──> GListModel of LinliCard
 *                              └─ queues: how many of each, always counted                    (made when asked for)
 *
 * Order: unsigned critical ones first, then by effective deadline, then by id: the same on every desk. What is shown
 * is a queue of the whole, narrowed by what somebody types (Chinese, pinyin, initials, number). While frozen, rows
 * change in place but neither move, come nor go; thawing takes what waited. Changes are told to widgets once a frame
 * at most: the owner calls linli_live_flush() (a desk from its frame clock, a test by hand). Invariants: a count is
 * the number of lines of its queue, frozen or not; items-changed describes every difference; nothing is decoded twice
 * for one change. Owner: whoever made it; the replica must outlive it. One thread. */
#pragma once

#include <gio/gio.h>

#include "client/core/replica.h"
#include "common/pinyin.h"

typedef enum {
  LINLI_QUEUE_CRITICAL,     /* 特急未签收 */
  LINLI_QUEUE_REGISTERED,   /* 待受理 */
  LINLI_QUEUE_ACCEPTED,     /* 待派单 */
  LINLI_QUEUE_RETURNED,     /* 退单待定: accepted, and came back */
  LINLI_QUEUE_DUE_SOON,     /* 临期: 75 % of the stage's time has passed */
  LINLI_QUEUE_OVERDUE,      /* 超时 */
  LINLI_QUEUE_DISPATCHED,   /* 待签收 */
  LINLI_QUEUE_IN_PROGRESS,  /* 办理中 */
  LINLI_QUEUE_REPORTED,     /* 待核查 */
  LINLI_QUEUE_CALLBACK,     /* 待回访 */
  LINLI_QUEUE_NOBODY,       /* 无主件: not dispatched 4 hours after it was registered */
  LINLI_QUEUE_OPEN,         /* 全部在办 */
  LINLI_QUEUE_CLOSED_TODAY, /* 今日办结, newest first */
  LINLI_QUEUES
} LinliQueue;
const char *linli_queue_label(LinliQueue queue); /* in the user's language; static */

/* How pressing the deadline is: colour and icon follow from it, everywhere. share: of the stage's time that has
 * passed, above 1 when it is over; 0 without a deadline. now: UTC microseconds. */
typedef enum {
  LINLI_CALM,
  LINLI_DUE_SOON,
  LINLI_DUE_NOW,
  LINLI_OVERDUE
} LinliUrgency; /* < 75 %, < 90 %, < 100 %, over */
LinliUrgency linli_urgency(const ProtoRequest *request, guint64 now, double *share);
/* 特急 that no team has signed: pinned on top of every list. */
gboolean linli_is_pinned(const ProtoRequest *request);
gboolean linli_is_open(const ProtoRequest *request);

/* One request as a list shows it: a value at the moment it was asked for; a new one comes when it changes. */
#define LINLI_TYPE_CARD linli_card_get_type()
G_DECLARE_FINAL_TYPE(LinliCard, linli_card, LINLI, CARD, GObject)
Uuid linli_card_id(LinliCard *card);
const ProtoRequest *linli_card_request(LinliCard *card); /* views live as long as the card */
WireBytes linli_card_body(LinliCard *card);
guint64 linli_card_stream(LinliCard *card);

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

/* Whether that request is found by those words, whatever is shown; closed ones too. folded: fold_text() of them. */
gboolean linli_live_fits(LinliLive *live, Uuid id, const char *folded, const PinyinQuery *sounds);

/* Rows stay where they are; `waiting` tells how many new ones would come. */
void linli_live_freeze(LinliLive *live);
void linli_live_thaw(LinliLive *live);
guint linli_live_waiting(LinliLive *live);

/* Tells widgets what has gathered; budget_us: give up after that many microseconds and say FALSE, 0 for no bound. */
gboolean linli_live_flush(LinliLive *live, gint64 budget_us);
/* Moves what has become due since the last call (deadlines pass without events). Once a second is enough. */
void linli_live_tick(LinliLive *live);
/* Signals besides GListModel's: "gathered" (something waits for a flush), "counts-changed". */
