/* pending.h: what a session has asked and waits for, by correlation id.
 *
 *   ask ─> [ in flight: at most LINLI_IN_FLIGHT ] ─> answered
 *     └──> [ waiting, in order ] ──┘
 * What is over the limit waits here and takes the place of an answered one, so the server never says busy.
 *
 * Invariant: each ask is answered exactly once, in a turn of the loop after the ask. Owner: the session. */
#pragma once

#include "client/core/link.h"
#include "client/core/session.h"

enum { LINLI_IN_FLIGHT = 60 };

typedef struct LinliPending LinliPending;

LinliPending *linli_pending_new(void);
void linli_pending_free(LinliPending *pending); /* answers nobody */
/* A fresh correlation id. */
guint32 linli_pending_number(LinliPending *pending);
guint32 linli_pending_ask(LinliPending *pending, LinliLink *link, const WireMessage *message, const void *in,
                          guint timeout_ms, LinliAnswered answered, gpointer data);
/* FALSE: nobody waits for that number. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_pending_answer(LinliPending *pending, LinliSession *session, guint32 number,
                                                        const LinliAnswer *answer);
void linli_pending_forget(LinliPending *pending, guint32 number);
/* Answers as undecided what has waited too long; now: linli_clock_local(). */
void linli_pending_expire(LinliPending *pending, LinliSession *session, gint64 now);
/* The line is gone: all become undecided in the next turn of the loop. */
void linli_pending_break(LinliPending *pending);
void linli_pending_set_owner(LinliPending *pending, LinliSession *session);
