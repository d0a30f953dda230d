/* session.h: one account on one server, over as many connections as it takes.
 *
 *   IDLE ─start─> CONNECTING ── TLS, hello ──> SIGNING_IN ── signed_in ──> READY ─┐
 *                   ^   ^──────── WAITING (backoff, retry_after, goaway) <────────┤  line broke
 *                   └── start ── FAILED (a sentence; patience at its end) <───────┘
 *
 * Commands and queries are answered exactly once: by the server, or as UNDECIDED when the line broke or the time was
 * up. Undecided never means refused: repeat it with the same id (outbox.h, courier.h do).
 * Everything happens on the GMainContext of the thread that made the session; nothing blocks; no answer or signal
 * comes from inside the call that asked. Many sessions live in one process. Owner: whoever made it (GObject).
 *
 * Signals (pointers are good until the handler returns):
 *   state-changed (guint state)              signed-in (const LinliWho *)
 *   following (const ProtoFollowing *)       one for each stream of an answered subscribe
 *   event (const ProtoEventFrame *)          snapshot (const ProtoSnapshot *)      resync (guint64 stream)
 *   present (const ProtoPresent *)           problem (const GError *): for people; the session goes on unless FAILED
 * To add a frame, start at handlers[] in session.c. */
#pragma once

#include <glib-object.h>

#include "client/core/settings.h"
#include "client/core/tokens.h"
#include "common/proto.h"

typedef enum {
  LINLI_STATE_IDLE,
  LINLI_STATE_CONNECTING,
  LINLI_STATE_SIGNING_IN,
  LINLI_STATE_READY,
  LINLI_STATE_WAITING,
  LINLI_STATE_FAILED,
} LinliState;

/* Who signed in, and what it may do anywhere; the server decides each command by scope. */
typedef struct {
  guint64 account, office, expires_at;
  char *name, *title, *zone; /* title may be NULL */
  guint64 rights;            /* bit = number in enum right */
  GArray *communities;       /* of guint64 */
  GArray *teams;             /* of guint64 */
} LinliWho;

typedef enum { LINLI_DONE, LINLI_REFUSED, LINLI_UNDECIDED } LinliVerdict;

/* The answer to a command or a query. code: of a refusal when REFUSED; of an error when UNDECIDED, 0 when the line
 * broke or the time was up. Numbers are 0 where the server gave none. */
typedef struct {
  LinliVerdict verdict;
  guint64 code;
  guint64 retry_after_ms;
  const char *detail; /* may be NULL */
  guint64 stream, seq, row;
  gboolean repeated;
  const WireBytes *rows; /* of a query */
  guint n_rows;
  const char *next; /* NULL on the last page */
} LinliAnswer;

typedef struct {
  Uuid id; /* of the command: linli_new_id_at(linli_session_now() / 1000) */
  guint32 kind;
  guint64 stream;
  guint64 made_at; /* UTC microseconds; 0: now */
  guint64 version; /* 0: any */
  WireBytes body;
} LinliCommand;

typedef struct {
  guint64 stream, since, chain;
  gboolean has_since, has_chain;
} LinliCursor;

#define LINLI_TYPE_SESSION linli_session_get_type()
G_DECLARE_FINAL_TYPE(LinliSession, linli_session, LINLI, SESSION, GObject)

typedef void (*LinliAnswered)(LinliSession *session, const LinliAnswer *answer, gpointer data);

/* program: name and version, for the server's log. The session takes a reference to settings; tokens outlive it. */
LinliSession *linli_session_new(LinliSettings *settings, LinliTokens *tokens, const Proto *proto,
                                const char *program);
/* How long it may be without READY before it is FAILED; -1 (the default) for ever. Wrong passwords never wait. */
void linli_session_set_patience(LinliSession *session, gint64 milliseconds);
/* Connects, or connects again after FAILED; no effect in other states. */
void linli_session_start(LinliSession *session);
/* Ends the connection; what is unanswered becomes UNDECIDED. The token stays good. */
void linli_session_stop(LinliSession *session);
/* Revokes the token and stops. */
void linli_session_sign_out(LinliSession *session);

LinliState linli_session_state(LinliSession *session);
const LinliWho *linli_session_who(LinliSession *session); /* NULL before the first sign-in; the last one after */
gboolean linli_session_has_right(LinliSession *session, guint right);
const GError *linli_session_problem(LinliSession *session); /* what stands in the way; NULL in READY */
const Proto *linli_session_proto(LinliSession *session);
LinliSettings *linli_session_settings(LinliSession *session);
guint64 linli_session_now(LinliSession *session);         /* UTC microseconds, by the server's clock */
gint64 linli_session_round_trip(LinliSession *session);   /* microseconds, -1 for unknown */
guint linli_session_exchanges(LinliSession *session);     /* of instants with the server, so far */
gint64 linli_session_clock_offset(LinliSession *session); /* server's clock minus this machine's, microseconds */
gint64 linli_session_heard_at(LinliSession *session);     /* linli_clock_local() of the last frame; 0 for none */
Uuid linli_session_device(LinliSession *session);   /* this computer, to the server */
Uuid linli_session_instance(LinliSession *session);       /* of the server process; nil when it did not say */
/* SHA-256 of the certificate the server showed last, "AB:CD:…", accepted or not; NULL before it did. */
const char *linli_session_fingerprint(LinliSession *session);
guint64 linli_session_version(LinliSession *session); /* of the protocol; 0 before hello */

/* Returns a number to cancel by, or 0 when the session is not READY: then there is no answer. timeout_ms 0: 30 s. */
guint32 linli_session_command(LinliSession *session, const LinliCommand *command, guint timeout_ms,
                              LinliAnswered answered, gpointer data);
guint32 linli_session_query(LinliSession *session, guint32 kind, WireBytes body, const char *after, guint limit,
                            guint timeout_ms, LinliAnswered answered, gpointer data);
/* Asks the server to give a query up; it is still answered. */
void linli_session_cancel(LinliSession *session, guint32 number);
/* Forgets who waits: no answer will come. For disposing owners. */
void linli_session_forget(LinliSession *session, guint32 number);

/* No effect unless READY: subscribe at each signed-in. More than 4096 cursors go in several frames. */
void linli_session_subscribe(LinliSession *session, const LinliCursor *cursors, gsize n);
void linli_session_unsubscribe(LinliSession *session, const guint64 *streams, gsize n);
void linli_session_present(LinliSession *session, guint64 stream, guint32 kind, WireBytes body);
