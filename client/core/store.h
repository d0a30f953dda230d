/* store.h: a replica on disk: what it held when it was last written, always one consistent prefix of each stream.
 *
 *   replica (memory) ── batch: rows, rows gone, cursors ──> worker thread: one transaction ──> SQLite (WAL, NORMAL)
 *
 * Losing the newest batch loses nothing: the streams are read again from the older cursor. A damaged file is removed
 * and begun anew; a disk that takes no more ends writing for this run, and the older prefix stays. One process holds
 * the file. Owner: the replica. Ends by linli_store_close(), which writes what is under way. */
#pragma once

#include <glib.h>

#include "client/core/error.h"

typedef struct LinliStore LinliStore;

typedef struct { guint64 stream, seq, chain; } LinliStoredStream;
typedef struct { guint32 noun; Uuid id; guint64 stream; WireBytes body; } LinliStoredRow;

/* What is to be written together. */
typedef struct LinliBatch LinliBatch;
LinliBatch *linli_batch_new(void);
void linli_batch_free(LinliBatch *batch);
void linli_batch_put_row(LinliBatch *batch, guint32 noun, Uuid id, guint64 stream, GBytes *body);
void linli_batch_drop_row(LinliBatch *batch, guint32 noun, Uuid id);
void linli_batch_put_stream(LinliBatch *batch, guint64 stream, guint64 seq, guint64 chain);
void linli_batch_drop_stream(LinliBatch *batch, guint64 stream);

/* digest: of the schema; streams written by another one are not given back. rebuilt: the file was damaged. */
G_GNUC_WARN_UNUSED_RESULT LinliStore *linli_store_open(const char *path, const char *digest, gboolean *rebuilt,
                                                       GError **error);
void linli_store_close(LinliStore *store);

/* Everything it holds, streams before rows. FALSE: damaged; it has been begun anew and holds nothing. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_store_load(LinliStore *store,
                                                    void (*stream)(const LinliStoredStream *, gpointer),
                                                    void (*row)(const LinliStoredRow *, gpointer), gpointer data);
/* Takes the batch. On the worker; in order. */
void linli_store_write(LinliStore *store, LinliBatch *batch);
/* Waits for it. */
void linli_store_settle(LinliStore *store);
/* Why nothing is written any more; NULL while it works. g_free. */
char *linli_store_trouble(LinliStore *store);
/* Batches that wait or are being written: the replica gathers while there is one. */
guint linli_store_under_way(LinliStore *store);
