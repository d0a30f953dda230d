/* subscriptions.h: subscribe frames that wait for their answer, so that one which the server could not answer is sent
 * again: else the reader would believe itself followed, and hear nothing.
 *
 *   asked ─> answered: forgotten
 *        └─> failed ── as long as the server asks, or the backoff ──> again(cursors)
 *        └─> the line is gone: forgotten; whoever follows asks anew at the next sign-in
 *
 * Owner: the session. Ends by linli_subscriptions_free(). */
#pragma once

#include "client/core/session.h"

typedef struct LinliSubscriptions LinliSubscriptions;
typedef void (*LinliSubscribeAgain)(const LinliCursor *cursors, gsize n, gpointer data);

LinliSubscriptions *linli_subscriptions_new(LinliSubscribeAgain again, gpointer data);
void linli_subscriptions_free(LinliSubscriptions *subscriptions);
/* number: of the frame. Copies the cursors. */
void linli_subscriptions_asked(LinliSubscriptions *subscriptions, guint32 number, const LinliCursor *cursors,
                               gsize n);
void linli_subscriptions_answered(LinliSubscriptions *subscriptions, guint32 number);
/* wait_ms 0: the backoff's. FALSE: the number is of none of these. */
gboolean linli_subscriptions_failed(LinliSubscriptions *subscriptions, guint32 number, guint64 wait_ms);
void linli_subscriptions_forget(LinliSubscriptions *subscriptions);
