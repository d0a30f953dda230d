/* session_line.h: a session as the line under it sees it. tls.c is such a line; the fuzz driver is another.
 *
 *   line                                  session
 *   bytes decrypted      session_feed ->  frames, handlers
 *                        <- wake          something waits (output, the end, a callback)
 *   once a turn          session_pump ->  what was put off until nobody's code is on the stack
 *                        session_next ->  the next bytes in order; session_taken: they are encrypted
 *   the kernel took them session_sent ->  the backlog shrinks
 *   no socket any more   session_lost ->  the line's reference goes
 *
 * Invariants: the line calls from the loop only; wake() and abort() only note, they never call back into the session;
 * the session never touches the line after session_lost(). */
#pragma once

#include <stddef.h>
#include "server/session.h"

typedef struct {
  void (*wake)(void *line);
  void (*abort)(void *line); /* end at once, whatever waits */
} SessionLine;

/* All sessions of the server: the list, the arena of a frame, counts. */
G_GNUC_WARN_UNUSED_RESULT bool sessions_start(Server *server);
void sessions_free(Server *server);
/* Each second: time limits, pings, slow readers. */
void sessions_tick(Server *server);
void sessions_goaway(Server *server, uint64_t within_ms);
void sessions_close(Server *server, const char *reason);
size_t sessions_count(const Server *server);

/* address: the peer's, as text without port. One reference, the line's. */
Session *session_new(Server *server, const SessionLine *ops, void *line, const char *address);
void session_feed(Session *session, const uint8_t *data, size_t len);
void session_pump(Session *session);
/* Bytes that come next: inside a block, or gathered from several small ones into `gather`; 0 when none wait. */
size_t session_next(Session *session, uint8_t *gather, size_t max, const uint8_t **data);
void session_taken(Session *session, size_t len);
void session_sent(Session *session, size_t len);
bool session_is_closing(const Session *session);
const char *session_close_reason(const Session *session); /* NULL while open */
void session_lost(Session *session, const char *reason);

/* --- For signin.c -------------------------------------------------------------------------------------------- */
const char *session_address(const Session *session);
/* What sign-in found out; the session becomes READY. Copies. */
void session_identify(Session *session, int64_t account, uint64_t rights, const uint8_t token_hash[32], Uuid device);
void session_set_rights(Session *session, uint64_t rights);
Uuid session_device(const Session *session);
void session_attempt_over(Session *session); /* refused: it may try again */
/* signin.c's slot: the attempt whose password waits to be hashed. */
typedef struct Attempt Attempt;
Attempt *session_attempt(const Session *session);
void session_set_attempt(Session *session, Attempt *attempt);
