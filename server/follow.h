/* follow.h: which streams a session reads, where it stands in each, and what it may see there.
 * A subscriber holds a cursor, never an event. A reader that takes nothing while a stream's ring goes past its cursor
 * is told RESYNC and no longer follows it: bounded cost, harming nobody. The server itself hears the account's own
 * stream from sign-in on, whatever the client follows: an event there that the schema marks `rights` makes the session
 * and its streams be judged anew at once. Passing news (`ephemeral` commands)
 * goes the same way beside the log: coalesced each second, expiring after ten. */
#pragma once

#include "proto/proto_tables.h"
#include "server/session.h"
#include "server/stream.h"

/* At sign-in. account_head: where the account's stream stood before SQL looked at the account's rights. */
void follow_begin(Session *session, int64_t account_stream, int64_t account_head);
void follow_subscribe(Session *session, uint32_t correlation, const ProtoSubscribe *frame);
void follow_unsubscribe(Session *session, const ProtoUnsubscribe *frame);
void follow_present(Session *session, const ProtoPresent *frame);
/* Each second: now and then the session's streams are judged anew although nothing was heard, since a token expires
 * and a membership begins or ends with a day, and neither is an event. */
void follow_tick(Session *session);
/* The session is closing. */
void follow_end(Session *session);
/* False for some seconds after the account's rights have moved: what the session holds of them may be old, and only
 * SQL can refuse. */
bool follow_rights_settled(const Session *session);

/* --- For stream.c and snapshot.c ------------------------------------------------------------------------------ */

/* One of the session's followers waits until its backlog has fallen. */
void follow_wait(Session *session);
/* Ends one follower without a word. */
void follow_drop(Follow *follow);
void follow_snapshot_ready(Follow *follow);
/* SQL refused a snapshot of the stream to this session. */
void follow_refused(Session *session, int64_t stream, const char *refusal);
/* A rights event has passed in the stream of the session's account. */
void follow_rights_moved(Session *session);
