/* query.h: a query's rows, page after page, until there are no more or the reader has enough.
 * One page is in flight at a time, so a slow reader slows the server's work and nothing else. Owner: itself; it ends
 * with `finished`, or silently by linli_walk_stop(). */
#pragma once

#include "client/core/session.h"

typedef struct LinliWalk LinliWalk;

/* FALSE: enough. row: fields of the message that the query returns, until it returns. */
typedef gboolean (*LinliRowFunc)(WireBytes row, gpointer data);
/* error NULL: all rows came, or the reader had enough. */
typedef void (*LinliFinished)(const GError *error, gpointer data);

/* page: rows wanted at once, 0 for the server's 100. The session must be READY, else `finished` says what is wrong.
 */
LinliWalk *linli_walk_start(LinliSession *session, const ProtoQuery *query, WireBytes body, guint page,
                            LinliRowFunc row, LinliFinished finished, gpointer data);
void linli_walk_stop(LinliWalk *walk);

/* An answer that is not DONE, as an error: LINLI_REFUSAL, LINLI_WIRE_ERROR, or CONNECT. */
GError *linli_answer_error(const Proto *proto, const LinliAnswer *answer);
