/* replica.h: the rows that this account may see, as the streams have left them: the fold of snapshots and events, by
 * the schema's tables alone.
 *
 *   snapshot ── staged until its last frame ──┐
 *   event (last + 1 only) ── fold ────────────┴─> rows in memory ─> listeners
 *                                                     └─ what changed, a few times a second ─> store.h
 *
 * Invariants: of each stream a prefix is held, never a mixture; a listener is told of every difference once, after it
 * is there; a snapshot that breaks off changes nothing. A row belongs to the stream that last gave it whole; another
 * stream may neither change nor erase it. Owner: whoever made it; one thread. Ends by linli_replica_free(), which
 * writes. */
#pragma once

#include "client/core/session.h"
#include "proto/proto_tables.h"

typedef struct LinliReplica LinliReplica;

/* path NULL: in memory. Never fails: a file that cannot be used is a trouble (below), not an end. */
LinliReplica *linli_replica_new(const Proto *proto, const char *path);
/* The same on a thread of its own, for who has other things to do meanwhile; end waits for it and gives it. */
typedef struct LinliReplicaLoad LinliReplicaLoad;
LinliReplicaLoad *linli_replica_load_begin(const Proto *proto, const char *path);
G_GNUC_WARN_UNUSED_RESULT LinliReplica *linli_replica_load_end(LinliReplicaLoad *load);
void linli_replica_free(LinliReplica *replica);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliReplica, linli_replica_free)
/* A sentence about the file, for people; NULL: all is well. g_free. */
char *linli_replica_trouble(LinliReplica *replica);
/* Writes what is not written yet, and waits for it. */
void linli_replica_settle(LinliReplica *replica);

typedef enum {
  LINLI_TAKEN,
  LINLI_STALE, /* held already */
  LINLI_GAP,   /* not last + 1, or it cannot be read: subscribe again from the cursor */
} LinliTake;

LinliTake linli_replica_event(LinliReplica *replica, const ProtoEventFrame *event);
LinliTake linli_replica_snapshot(LinliReplica *replica, const ProtoSnapshot *snapshot);
/* The history held is not the server's: the cursor counts no more, the rows stay until the snapshot replaces them. */
void linli_replica_distrust(LinliReplica *replica, guint64 stream);
/* The stream may not be followed any more: its rows go. */
void linli_replica_forget(LinliReplica *replica, guint64 stream);
/* Where it stands; has_since FALSE when it holds nothing of it. */
LinliCursor linli_replica_cursor(LinliReplica *replica, guint64 stream);
/* Streams of which anything is held; of guint64. */
GArray *linli_replica_streams(LinliReplica *replica);

/* The row's body, or data NULL; good until the replica takes something. */
WireBytes linli_replica_get(LinliReplica *replica, guint32 noun, Uuid id);
guint linli_replica_count(LinliReplica *replica, guint32 noun);
/* FALSE ends it. Nothing may be taken meanwhile. */
typedef gboolean (*LinliReplicaEach)(Uuid id, guint64 stream, WireBytes body, gpointer data);
void linli_replica_foreach(LinliReplica *replica, guint32 noun, LinliReplicaEach each, gpointer data);

/* before, after: data NULL for none; after lies where it is until the row changes again. noun 0 listens to all. */
typedef void (*LinliReplicaChanged)(LinliReplica *replica, guint32 noun, Uuid id, WireBytes before, WireBytes after,
                                    gpointer data);
guint linli_replica_listen(LinliReplica *replica, guint32 noun, LinliReplicaChanged changed, gpointer data);
void linli_replica_unlisten(LinliReplica *replica, guint listener);
