/* snapshot.h: a stream's working set as frames, for one set of rights; read and encoded once for all who ask while it
 * can be continued from the stream's ring.
 *
 *   LOADING -> READY -> (nobody holds it, or the ring has left it behind) gone
 *      ^---- FAILED: the database was away; tried again each second
 *
 * Invariant: frames hold what these rights may see; the events after seq() follow without a gap. Owner: its stream's
 * list and every follower that is being given it. */
#pragma once

#include "server/stream.h"

typedef struct Snapshot Snapshot;

/* Joins or begins one for this follower; follow_snapshot_ready() is told unless it is ready at once. */
void snapshot_want(Follow *follow);
/* Lets go of the follower's snapshot; it may be NULL. */
void snapshot_leave(Follow *follow);
bool snapshot_is_ready(const Snapshot *snapshot);
int64_t snapshot_seq(const Snapshot *snapshot);
Block *snapshot_frame(const Snapshot *snapshot, guint i); /* NULL past the last */

bool snapshot_any_loading(const GPtrArray *snapshots);
void snapshot_tick(Server *server, Stream *stream);
void snapshot_unref(Snapshot *snapshot);
