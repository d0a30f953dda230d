/* outbox.h: commands on disk before they leave this machine, until they are decided and the user has seen a refusal.
 *
 *   keep ─> KEPT ─mark─> SENT ── done ────> (gone)
 *                         ├───── refused ─> REFUSED ── acknowledged ─> (gone)
 *                         └ sent, too old, or not valid ─> FOR_A_PERSON ── acknowledged ─> (gone)
 *
 * A SQLite file (WAL, synchronous FULL) that several processes may share; each takes only what is its own, or what it
 * was told to finish. Writes run on a thread of its own, many in one transaction when they come together; `stored`
 * comes back on the main context that opened it, once the disk has it. Invariant: SENT is on disk before the first
 * byte leaves (courier.c waits for it). A file that cannot be read is never replaced: somebody typed what is in it.
 * Owner: one courier, or linlictl's `outbox` verbs. Ends by linli_outbox_close(), which waits for what is under way.
 */
#pragma once

#include <glib.h>

#include "client/core/error.h"

typedef enum { LINLI_KEPT = 0, LINLI_SENT = 1, LINLI_KEPT_REFUSED = 2, LINLI_FOR_A_PERSON = 3 } LinliKeptState;

typedef struct {
  gatomicrefcount count;
  Uuid id;
  guint32 kind;
  guint64 stream, made_at, version;
  GBytes *body;
  LinliKeptState state;
  guint64 kept_at;        /* UTC microseconds of this machine */
  char *server, *account; /* whose it is: only that account may send it */
  guint64 code;           /* of the refusal or error */
  char *detail;
} LinliEntry;

LinliEntry *linli_entry_new(Uuid id, guint32 kind, guint64 stream, WireBytes body);
LinliEntry *linli_entry_ref(LinliEntry *entry);
void linli_entry_unref(LinliEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliEntry, linli_entry_unref)

typedef struct LinliOutbox LinliOutbox;
typedef void (*LinliStored)(const GError *error, gpointer data);

/* path NULL: in memory, for bulk work that has a journal of its own. */
G_GNUC_WARN_UNUSED_RESULT LinliOutbox *linli_outbox_open(const char *path, GError **error);
void linli_outbox_close(LinliOutbox *outbox);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliOutbox, linli_outbox_close)

/* What is kept for that account on that server, oldest first; both NULL for everything. Reads the disk: at start. */
G_GNUC_WARN_UNUSED_RESULT GPtrArray *linli_outbox_list(LinliOutbox *outbox, const char *server, const char *account,
                                                       GError **error);

/* stored may be NULL. With an error nothing of it is on disk. */
void linli_outbox_keep(LinliOutbox *outbox, LinliEntry *entry, LinliStored stored, gpointer data);
void linli_outbox_mark(LinliOutbox *outbox, LinliEntry *entry, LinliKeptState state, LinliStored stored,
                       gpointer data);
/* A KEPT one under a new id, because it grew too old unsent. */
void linli_outbox_restamp(LinliOutbox *outbox, LinliEntry *entry, Uuid id, LinliStored stored, gpointer data);
void linli_outbox_remove(LinliOutbox *outbox, Uuid id, LinliStored stored, gpointer data);
/* stored comes once everything asked before has been stored and told. */
void linli_outbox_after(LinliOutbox *outbox, LinliStored stored, gpointer data);
/* Waits until what was asked before is on disk; `stored` still comes from the loop. */
void linli_outbox_settle(LinliOutbox *outbox);
