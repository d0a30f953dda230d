/* signin.h: who a connection is: argon2id on threads of its own, tokens, and the queue before them.
 *
 *   sign_in -> api sign_in_begin -> [ known first | others ] -> hash thread -> api sign_in_end -> signed_in
 *   resume  -> api resume --------------------------------------------------------------------> signed_in
 *
 * Invariants: throttled before anything is hashed; the queue is bounded and its length told; a password is wiped as
 * soon as it was hashed or dropped; a session that closes costs no hash any more; a token exists only in the frame.
 * Owner: the server; at most one attempt a session. */
#pragma once

#include "proto/proto_tables.h"
#include "server/session.h"

typedef struct Server Server;

G_GNUC_WARN_UNUSED_RESULT bool signin_start(Server *server, char **why);
void signin_end(Server *server);  /* joins the threads; waiting hashes are given up */
void signin_free(Server *server); /* after the loop has run out */
/* Each second: tells those who wait where they are. */
void signin_tick(Server *server);

void signin_password(Session *session, uint32_t correlation, const ProtoSignIn *frame);
void signin_resume(Session *session, uint32_t correlation, const ProtoResume *frame);
/* Revokes the token, then closes the session whatever the database says. */
void signin_out(Session *session);
/* The session is closing: what waits to be hashed for it is given up. */
void signin_drop(Session *session);

/* After an event that changes rights: the session's rights are read anew; a session that has ended is closed with
 * error signed_out. */
void signin_refresh(Session *session);

/* For `secret` fields of commands: the argon2id string of a password. The password is copied (and wiped); done is
 * called once, from the loop, never from inside; encoded is NULL when the queue is full or the server ends. */
void signin_hash_async(Server *server, const char *password, size_t len,
                       void (*done)(void *user, const char *encoded), void *user);
