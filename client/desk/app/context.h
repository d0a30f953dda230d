/* context.h: what every part of the desk shares: settings, the clock, and, while somebody uses a server, one session
 * with its replica, outbox and rules. Tests may make one without a window.
 *
 *   new ── open(settings, account) ──> session + sync + replica + live + courier + drafts + rules ── close ──> new
 *
 * Widgets never touch the network: they ask here. Everything on the main thread; nothing blocks. Names of numbered
 * rows (team 17, community 3) come from linli_context_name(). Owner: the application. Ends by the last unref, after
 * close.
 *
 * Signals:
 *   "opened", "closed"
 *   "state-changed"                          the session's, or how current the board is: see linli_context_age()
 *   "tick"                                   each second while somebody listens: countdowns, ages
 *   "returned" (LinliEntry *, char *sentence)  a command was refused or needs a person; it stays in the outbox
 *   "waiting-changed"                        what linli_context_waiting() and linli_courier_list() say
 *   "names-changed"                          territory, teams, accounts or categories
 *   "forked"                                 the server's history is not ours any more: it was fetched anew
 *   "present" (const ProtoPresent *)         who looks at what */
#pragma once

#include "client/core/courier.h"
#include "client/core/draft_copies.h"
#include "client/core/drafts.h"
#include "client/core/live.h"
#include "client/core/query.h"
#include "client/core/rules.h"
#include "client/core/sync.h"

#define LINLI_TYPE_CONTEXT linli_context_get_type()
G_DECLARE_FINAL_TYPE(LinliContext, linli_context, LINLI, CONTEXT, GObject)

/* state_folder NULL: $XDG_STATE_HOME/linli. tokens: taken over; NULL: files in that folder. */
G_GNUC_WARN_UNUSED_RESULT LinliContext *linli_context_new(const char *state_folder, LinliTokens *tokens,
                                                          GError **error);

/* Who will probably be opened next: what is on disk of it is read meanwhile, on a thread. Needs no screen. */
void linli_context_expect(LinliContext *context, LinliSettings *settings);
/* Begins with that server and account; the replica is painted from disk before the line is up. One at a time. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_context_open(LinliContext *context, LinliSettings *settings, GError **error);
void linli_context_close(LinliContext *context);
gboolean linli_context_is_open(LinliContext *context);
/* Revokes the token, forgets nothing that was typed, and closes. */
void linli_context_sign_out(LinliContext *context);

GSettings *linli_context_settings(LinliContext *context); /* of the desk: language, text size … */
const char *linli_context_folder(LinliContext *context);  /* state of all accounts */
/* Of this account on this server: its replica, rules, and what a room keeps besides; NULL while closed. */
const char *linli_context_account_folder(LinliContext *context);

/* NULL while closed. */
LinliSession *linli_context_session(LinliContext *context);
LinliReplica *linli_context_replica(LinliContext *context);
LinliLive *linli_context_live(LinliContext *context); /* the board's */
LinliCourier *linli_context_courier(LinliContext *context);
LinliOutbox *linli_context_outbox(LinliContext *context);
LinliDrafts *linli_context_drafts(LinliContext *context);
LinliDraftCopies *linli_context_draft_copies(LinliContext *context); /* of those drafts, on the server */
LinliRules *linli_context_rules(LinliContext *context);
LinliSync *linli_context_sync(LinliContext *context);

guint64 linli_context_now(LinliContext *context); /* UTC microseconds by the server's clock */
/* Who this is, from the session or, before it is up, as the last sign-in left it; NULL before the first. */
const LinliWho *linli_context_who(LinliContext *context);

typedef enum {
  LINLI_AGE_CLOSED,
  LINLI_AGE_LIVE,     /* all streams at their heads, heard from within 45 s */
  LINLI_AGE_CATCHING, /* connected, reading what was missed */
  LINLI_AGE_STALE,    /* no line; the board shows `as_of` */
} LinliAge;
/* as_of: UTC microseconds of the last word from the server while everything was current; 0 unknown. */
LinliAge linli_context_age(LinliContext *context, guint64 *as_of);
/* The fingerprint of the server's certificate when it was last trusted here; NULL: never. g_free. */
char *linli_context_known_certificate(LinliContext *context);
/* Commands not yet decided; since when (UTC microseconds of this machine). */
guint linli_context_waiting(LinliContext *context, guint64 *oldest);

/* The everyday name of a numbered row (PROTO_MESSAGE_TEAM, 17); "#17" when it is not held, "" for 0. Good until
 * names-changed. */
const char *linli_context_name(LinliContext *context, guint32 noun, guint64 number);
/* Names are those of another language from now on. */
void linli_context_forget_names(LinliContext *context);
/* A row by number, decoded into *row (of the noun's struct); views live until the next call. FALSE: not held. */
gboolean linli_context_row(LinliContext *context, guint32 noun, guint64 number, gpointer row);
/* The request as the replica holds it; arena: where lists go. FALSE: not held. */
gboolean linli_context_request(LinliContext *context, Uuid id, WireArena *arena, ProtoRequest *request);
/* Whether that may be done to it now, as far as is known here. */
LinliMay linli_context_may(LinliContext *context, const ProtoRequest *request, guint64 action);

/* Sends a command: on disk before it leaves. version 0: of any row. hold_ms > 0: may be recalled so long (undo).
 * A refusal is also told by "returned". decided may be NULL; it comes exactly once: when the context is closed before
 * anybody has decided, with G_IO_ERROR_CLOSED and no entry. The command is on disk then and leaves at the next start.
 * Nothing here keeps the context alive. Returns its id. */
Uuid linli_context_submit(LinliContext *context, guint32 kind, guint64 stream, guint64 version,
                          const GByteArray *body, guint hold_ms, LinliDecided decided, gpointer data);
/* What came back goes again as a new command, made for that version and stream; the old one leaves the outbox. */
void linli_context_resend(LinliContext *context, const LinliEntry *entry, guint64 stream, guint64 version);
/* FALSE: it has left. */
gboolean linli_context_recall(LinliContext *context, Uuid id);
