/* bulk.h: many commands at once over one session, each decided exactly once, in no promised order.
 *
 *   send ─> [ waiting, oldest first ] ─> [ in flight ] ─> done or refused: told
 *              ^                             └─ undecided: again with the same id, at once after a broken line,
 *              └───────── after a wait ──────────┘          else after what the server asks or a growing pause
 *
 * For work that has a record of its own (a file, a journal), so nothing here goes to disk. Whoever needs an order
 * sends the next command when the one before was told. Owner: whoever made it; the session must outlive it. */
#pragma once

#include "client/core/session.h"

typedef struct Bulk Bulk;

typedef struct {
  Uuid id;
  guint32 kind;
  guint64 stream;
  gint64 sent_at; /* linli_clock_local() when it was handed over */
} BulkCommand;

/* answer: DONE, REFUSED, or UNDECIDED when it can never be decided (not valid, not known to the server). */
typedef void (*BulkDecided)(const BulkCommand *command, const LinliAnswer *answer, gpointer data);

/* Starts nothing: the session may be in any state. */
Bulk *bulk_new(LinliSession *session);
/* Tells nobody any more. */
void bulk_free(Bulk *bulk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Bulk, bulk_free)

/* Takes a copy of the body; returns the command's id. decided never comes from inside. */
Uuid bulk_send(Bulk *bulk, guint32 kind, guint64 stream, WireBytes body, BulkDecided decided, gpointer data);
/* Not decided yet. */
guint bulk_waiting(const Bulk *bulk);
LinliSession *bulk_session(const Bulk *bulk);

/* Runs the loop until nothing waits in any of them, or a session gave up: then FALSE, with what stands in its way. */
G_GNUC_WARN_UNUSED_RESULT gboolean bulk_drain(Bulk *const *bulks, guint n, GError **error);
