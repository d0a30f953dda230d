/* follow.h: which streams a session reads, where it stands in each, and what it may see there.
 * A subscriber holds a cursor, never an event. A backlog over the soft bound (config, 256 KiB) ends the stream's
 * subscription with RESYNC: bounded cost, harming nobody. An event that the schema marks `rights` in the account's own
 * stream makes the session's streams be judged anew within a second.
 * Passing news (`ephemeral` commands) goes the same way beside the log: coalesced each second, expiring after ten. */
#pragma once

#include "proto/proto_tables.h"
#include "server/session.h"

/* At sign-in: follows the account's and the office's stream only when the client subscribes them; remembers both. */
void follow_begin(Session *session, int64_t account_stream, int64_t office_stream);
void follow_subscribe(Session *session, uint32_t correlation, const ProtoSubscribe *frame);
void follow_unsubscribe(Session *session, const ProtoUnsubscribe *frame);
void follow_present(Session *session, const ProtoPresent *frame);
/* The session is closing. */
void follow_end(Session *session);
