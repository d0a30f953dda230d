/* courier.h: carries the outbox's commands to the server, each exactly once, each stream in the order they were
 * given.
 *
 *   submit ─> on disk ─> marked SENT ─> in flight ─> DONE: removed
 *                            ^              ├──────> REFUSED: told, kept until acknowledged
 *                            └── wait <─────┴──────> UNDECIDED: again, with the same id
 * One in flight a stream; streams side by side.
 *
 * One in flight a stream is what keeps the order when the first of two meets `busy` and the second would not.
 * Undecided ones wait what the server asks (retry_after), or for the next READY, or back off. What can never be
 * decided (bad_field, unknown_kind, sent 90 days ago) goes to a person. Owner: whoever made it; session and outbox
 * must outlive it. */
#pragma once

#include "client/core/outbox.h"
#include "client/core/session.h"

typedef struct LinliCourier LinliCourier;

/* error: the disk did not take it, and nothing was sent. Else answer: DONE, REFUSED, or UNDECIDED for good. */
typedef void (*LinliDecided)(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data);
/* After each change of what linli_courier_list() says. */
typedef void (*LinliCourierChanged)(LinliCourier *courier, gpointer data);
/* An answer that only delays: for a word to the user. */
typedef void (*LinliDelayed)(const LinliEntry *entry, const LinliAnswer *answer, gpointer data);

LinliCourier *linli_courier_new(LinliSession *session, LinliOutbox *outbox);
/* Calls nobody any more; what is on disk stays there. */
void linli_courier_free(LinliCourier *courier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliCourier, linli_courier_free)

void linli_courier_on_changed(LinliCourier *courier, LinliCourierChanged changed, gpointer data);
void linli_courier_on_delayed(LinliCourier *courier, LinliDelayed delayed, gpointer data);
/* Takes over what an earlier process left for this server and account; refused ones stay where they are. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_courier_take_over(LinliCourier *courier, LinliDecided decided, gpointer data,
                                                           GError **error);
/* Takes a copy. decided may be NULL. Works in every state of the session. */
void linli_courier_submit(LinliCourier *courier, const LinliCommand *command, LinliDecided decided, gpointer data);
/* The same, but it may be recalled for hold_ms: on disk at once, and it leaves when the time is up, when a later
 * command of its stream is submitted, or at the next start. */
void linli_courier_submit_held(LinliCourier *courier, const LinliCommand *command, guint hold_ms,
                               LinliDecided decided, gpointer data);
/* FALSE: it has left. Else it is gone from the disk, and decided comes with G_IO_ERROR_CANCELLED. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_courier_recall(LinliCourier *courier, Uuid id);
/* The user has seen the refusal: it leaves the disk. */
void linli_courier_acknowledge(LinliCourier *courier, Uuid id);
/* Takes that back: the entry, which came back once, is on disk and in the list as before. */
void linli_courier_restore(LinliCourier *courier, LinliEntry *entry);
/* What the outbox holds of this account: what came back and what is not decided, each in the order it was given. Of
 * LinliEntry, a reference each. */
GPtrArray *linli_courier_list(LinliCourier *courier);

/* Commands not yet decided, and since when the oldest is kept (UTC microseconds, 0 for none): 待上传 3 条，最早
 * 09:12. */
guint linli_courier_waiting(LinliCourier *courier, guint64 *oldest);
