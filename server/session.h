/* session.h: one connection and who is behind it.
 *
 *   TLS bytes -> [ frames ] -> state machine -> dispatch / follow / signin
 *   TLS bytes <- [ out: replies (own bytes) and blocks (shared) in order ] <- everyone
 *
 *   HELLO -> SIGN_IN -> READY -> CLOSING -> gone
 *
 * Invariants: frames answer in the state they are allowed in, anything else is error `unexpected` and the end;
 * before READY a frame is at most 4 KiB; session_close() is legal in every state and repeated; memory goes with the
 * last reference, never before the last close callback of its socket. Nothing here knows a noun.
 * Owner: the listener's list until closed; a call in flight holds a reference of its own.
 * To add a frame, start at session_handlers[] in session.c. */
#pragma once

#include "common/proto.h"
#include "server/block.h"

typedef struct Server Server;
typedef struct Session Session;
typedef struct Follows Follows; /* what the session follows: follow.c's own, kept here for it */

Session *session_ref(Session *session);
void session_unref(Session *session);

/* reason: for the log and metrics, a short identifier such as "bad_frame". Queued output is flushed within 1 s. */
void session_close(Session *session, const char *reason);
bool session_is_open(const Session *session); /* READY: replies and events may be sent */

Server *session_server(const Session *session);
uint64_t session_number(const Session *session);       /* for the log */
int64_t session_account(const Session *session);
const uint8_t *session_token_hash(const Session *session); /* 32 bytes: the `session` of api functions */
uint64_t session_rights(const Session *session);       /* bit = number in enum right */
bool session_has_right(const Session *session, uint8_t right);

/* Sends a frame of its own. Ignored once closing. */
void session_reply(Session *session, uint32_t type, uint32_t correlation, const WireMessage *message, const void *in);
void session_error(Session *session, uint32_t correlation, uint32_t code, uint64_t retry_after_ms, const char *detail);
/* Sends a shared block: takes a reference of its own. */
void session_send_block(Session *session, Block *block);

/* Bytes waiting to be sent, blocks included. */
uint32_t session_backlog(const Session *session);
/* Calls back once, from the loop, when the backlog has fallen under `below` bytes; replaces an earlier request.
 * follow.c uses it to page snapshots and catch-up at the reader's speed. */
void session_when_drained(Session *session, uint32_t below, void (*cb)(Session *session));

/* Marks a frame with this correlation as in flight: counted against the session's limit of concurrent commands and
 * queries (64); session_done() takes it back. False: too many, error `busy` has been sent. */
G_GNUC_WARN_UNUSED_RESULT bool session_begin(Session *session, uint32_t correlation);
void session_done(Session *session);

/* follow.c's slot. */
Follows *session_follows(const Session *session);
void session_set_follows(Session *session, Follows *follows);
