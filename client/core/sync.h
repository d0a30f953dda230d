/* sync.h: keeps a replica at the heads of the streams that the session's account may follow.
 *
 *   signed_in ─> subscribe(cursors) ─> following ─> events, snapshots ─> replica
 *                    ^── gap, resync: again, for that stream ──┘         └─ forked: alarm, then a snapshot
 *
 * Follows the account's own stream, its office's and the root office's, and its communities'; what it may follow no
 * longer leaves the replica. Owner: whoever made it; session and replica must outlive it. */
#pragma once

#include "client/core/replica.h"

typedef struct LinliSync LinliSync;

/* The server's history of this stream is not the one held here: a restore or failover lost events. Tell people. */
typedef void (*LinliForked)(LinliSync *sync, guint64 stream, gpointer data);

LinliSync *linli_sync_new(LinliSession *session, LinliReplica *replica);
void linli_sync_free(LinliSync *sync);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliSync, linli_sync_free)
void linli_sync_on_forked(LinliSync *sync, LinliForked forked, gpointer data);
/* Whether all streams are at the heads that the server named, on a connection that is READY. */
gboolean linli_sync_is_current(LinliSync *sync);
