/* store.c: see store.h. The connection is the worker's once linli_store_load() is done. */
#include "client/core/store.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

enum { LAYOUT = 1 };

typedef struct {
  guint32 noun;
  Uuid id;
  guint64 stream;
  GBytes *body;
} PutRow; /* body NULL: drop */
typedef struct {
  guint64 stream, seq, chain;
  gboolean drop;
} PutStream;

struct LinliBatch {
  GArray *rows, *streams;
  gboolean end;
};

struct LinliStore {
  sqlite3 *db;
  char *path, *digest;
  GThread *worker;
  GAsyncQueue *batches;
  GMutex lock; /* of the members below */
  GCond idle;
  guint under_way;
  char *trouble;
};

/* --- Batches -------------------------------------------------------------------------------------------------- */

static void row_clear(gpointer data) {
  g_clear_pointer(&((PutRow *)data)->body, g_bytes_unref);
}

LinliBatch *linli_batch_new(void) {
  LinliBatch *b = g_new0(LinliBatch, 1);

  b->rows = g_array_new(FALSE, FALSE, sizeof(PutRow));
  b->streams = g_array_new(FALSE, FALSE, sizeof(PutStream));
  g_array_set_clear_func(b->rows, row_clear);
  return b;
}

void linli_batch_free(LinliBatch *batch) {
  g_array_unref(batch->rows);
  g_array_unref(batch->streams);
  g_free(batch);
}

void linli_batch_put_row(LinliBatch *batch, guint32 noun, Uuid id, guint64 stream, GBytes *body) {
  PutRow row = {noun, id, stream, g_bytes_ref(body)};

  g_array_append_val(batch->rows, row);
}

void linli_batch_drop_row(LinliBatch *batch, guint32 noun, Uuid id) {
  PutRow row = {noun, id, 0, NULL};

  g_array_append_val(batch->rows, row);
}

void linli_batch_put_stream(LinliBatch *batch, guint64 stream, guint64 seq, guint64 chain) {
  PutStream put = {stream, seq, chain, FALSE};

  g_array_append_val(batch->streams, put);
}

void linli_batch_drop_stream(LinliBatch *batch, guint64 stream) {
  PutStream put = {stream, 0, 0, TRUE};

  g_array_append_val(batch->streams, put);
}

/* --- SQLite --------------------------------------------------------------------------------------------------- */

static int run(LinliStore *s, const char *sql) {
  return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static int finish(sqlite3_stmt *stmt) {
  int rc = sqlite3_step(stmt);

  sqlite3_reset(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int write_rows(LinliStore *s, const LinliBatch *b) {
  sqlite3_stmt *put = NULL, *drop = NULL;
  int rc = sqlite3_prepare_v2(s->db, "REPLACE INTO row (noun, id, stream, body) VALUES (?, ?, ?, ?)", -1, &put, NULL);

  if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(s->db, "DELETE FROM row WHERE noun = ? AND id = ?", -1, &drop, NULL);
  for (guint i = 0; i < b->rows->len && rc == SQLITE_OK; i++) {
    const PutRow *row = &g_array_index(b->rows, PutRow, i);
    sqlite3_stmt *stmt = row->body ? put : drop;
    sqlite3_bind_int64(stmt, 1, row->noun);
    sqlite3_bind_blob(stmt, 2, row->id.b, sizeof row->id.b, SQLITE_STATIC);
    if (row->body) {
      gsize len;
      gconstpointer body = g_bytes_get_data(row->body, &len);
      sqlite3_bind_int64(stmt, 3, (sqlite3_int64)row->stream);
      sqlite3_bind_blob64(stmt, 4, len ? body : "", len, SQLITE_STATIC);
    }
    rc = finish(stmt);
  }
  sqlite3_finalize(put);
  sqlite3_finalize(drop);
  return rc;
}

static int write_streams(LinliStore *s, const LinliBatch *b) {
  sqlite3_stmt *put = NULL, *drop = NULL;
  int rc = sqlite3_prepare_v2(s->db, "REPLACE INTO stream (stream, seq, chain, digest) VALUES (?, ?, ?, ?)", -1, &put,
                              NULL);

  if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(s->db, "DELETE FROM stream WHERE stream = ?", -1, &drop, NULL);
  for (guint i = 0; i < b->streams->len && rc == SQLITE_OK; i++) {
    const PutStream *stream = &g_array_index(b->streams, PutStream, i);
    sqlite3_stmt *stmt = stream->drop ? drop : put;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)stream->stream);
    if (!stream->drop) {
      sqlite3_bind_int64(stmt, 2, (sqlite3_int64)stream->seq);
      sqlite3_bind_int64(stmt, 3, (sqlite3_int64)stream->chain);
      sqlite3_bind_text(stmt, 4, s->digest, -1, SQLITE_STATIC);
    }
    rc = finish(stmt);
  }
  sqlite3_finalize(put);
  sqlite3_finalize(drop);
  return rc;
}

static void write_batch(LinliStore *s, const LinliBatch *b) {
  int rc = run(s, "BEGIN IMMEDIATE");

  if (rc == SQLITE_OK) rc = write_rows(s, b);
  if (rc == SQLITE_OK) rc = write_streams(s, b);
  if (rc == SQLITE_OK) rc = run(s, "COMMIT");
  if (rc == SQLITE_OK) return;
  g_autofree char *why = g_strdup(sqlite3_errmsg(s->db));
  run(s, "ROLLBACK");
  g_mutex_lock(&s->lock);
  if (!s->trouble)
    s->trouble = g_strdup_printf(
        linli_text("The local copy %s cannot be written: %s. Work goes on without it; make room on the disk and "
                   "start again."),
        s->path, why);
  g_mutex_unlock(&s->lock);
}

/* --- The worker ----------------------------------------------------------------------------------------------- */

static gpointer work(gpointer data) {
  LinliStore *s = data;
  gboolean end = FALSE;

  while (!end) {
    LinliBatch *b = g_async_queue_pop(s->batches);
    end = b->end;
    g_autofree char *trouble = linli_store_trouble(s);
    if (!end && !trouble) write_batch(s, b);
    linli_batch_free(b);
    g_mutex_lock(&s->lock);
    s->under_way--;
    g_cond_broadcast(&s->idle);
    g_mutex_unlock(&s->lock);
  }
  return NULL;
}

void linli_store_write(LinliStore *store, LinliBatch *batch) {
  g_mutex_lock(&store->lock);
  store->under_way++;
  g_mutex_unlock(&store->lock);
  g_async_queue_push(store->batches, batch);
}

void linli_store_settle(LinliStore *store) {
  g_mutex_lock(&store->lock);
  while (store->under_way)
    g_cond_wait(&store->idle, &store->lock);
  g_mutex_unlock(&store->lock);
}

char *linli_store_trouble(LinliStore *store) {
  g_mutex_lock(&store->lock);
  char *trouble = g_strdup(store->trouble);
  g_mutex_unlock(&store->lock);
  return trouble;
}

guint linli_store_under_way(LinliStore *store) {
  g_mutex_lock(&store->lock);
  guint n = store->under_way;
  g_mutex_unlock(&store->lock);
  return n;
}

/* --- Opening and reading -------------------------------------------------------------------------------------- */

static int lay_out(LinliStore *s) {
  static const char *const steps[] = {
      "PRAGMA locking_mode = EXCLUSIVE",
      "PRAGMA journal_mode = WAL",
      "PRAGMA synchronous = NORMAL",
      "CREATE TABLE IF NOT EXISTS stream (stream INTEGER PRIMARY KEY, seq INTEGER NOT NULL, chain INTEGER NOT NULL, "
      "digest TEXT "
      "NOT NULL)",
      "CREATE TABLE IF NOT EXISTS row (noun INTEGER NOT NULL, id BLOB NOT NULL, stream INTEGER NOT NULL, body BLOB "
      "NOT NULL, "
      "PRIMARY KEY (noun, id)) WITHOUT ROWID",
      "BEGIN IMMEDIATE",
      "SELECT count(*) FROM stream",
      "COMMIT",
  };
  int rc = sqlite3_open(s->path, &s->db);

  for (gsize i = 0; i < G_N_ELEMENTS(steps) && rc == SQLITE_OK; i++)
    rc = run(s, steps[i]);
  return rc & 0xff;
}

static gboolean is_damage(int rc) {
  return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB || rc == SQLITE_FORMAT || rc == SQLITE_ERROR ||
         rc == SQLITE_SCHEMA;
}

static int begin_anew(LinliStore *s) {
  static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

  sqlite3_close(s->db);
  s->db = NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
    g_autofree char *file = g_strconcat(s->path, endings[i], NULL);
    g_unlink(file);
  }
  return lay_out(s);
}

static void store_free(LinliStore *s) {
  sqlite3_close(s->db);
  g_clear_pointer(&s->batches, g_async_queue_unref);
  g_mutex_clear(&s->lock);
  g_cond_clear(&s->idle);
  g_free(s->path);
  g_free(s->digest);
  g_free(s->trouble);
  g_free(s);
}

LinliStore *linli_store_open(const char *path, const char *digest, gboolean *rebuilt, GError **error) {
  LinliStore *s = g_new0(LinliStore, 1);

  g_mutex_init(&s->lock);
  g_cond_init(&s->idle);
  s->path = g_strdup(path);
  s->digest = g_strdup(digest);
  s->batches = g_async_queue_new();
  int rc = lay_out(s);
  *rebuilt = is_damage(rc);
  if (*rebuilt) rc = begin_anew(s);
  if (rc != SQLITE_OK) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK,
                linli_text("The local copy %s cannot be used: %s. Work goes on without it."), path,
                rc == SQLITE_BUSY ? linli_text("another program has it open") : sqlite3_errmsg(s->db));
    store_free(s);
    return NULL;
  }
  s->worker = g_thread_new("store", work, s);
  return s;
}

static int load_streams(LinliStore *s, void (*stream)(const LinliStoredStream *, gpointer), gpointer data) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(s->db, "SELECT stream, seq, chain FROM stream WHERE digest = ?", -1, &stmt, NULL);

  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_text(stmt, 1, s->digest, -1, SQLITE_STATIC);
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    LinliStoredStream one = {(guint64)sqlite3_column_int64(stmt, 0), (guint64)sqlite3_column_int64(stmt, 1),
                             (guint64)sqlite3_column_int64(stmt, 2)};
    stream(&one, data);
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int load_rows(LinliStore *s, void (*row)(const LinliStoredRow *, gpointer), gpointer data) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(s->db, "SELECT noun, id, stream, body FROM row", -1, &stmt, NULL);

  while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
    LinliStoredRow one = {.noun = (guint32)sqlite3_column_int64(stmt, 0),
                          .stream = (guint64)sqlite3_column_int64(stmt, 2)};
    one.body = (WireBytes){sqlite3_column_blob(stmt, 3), (uint32_t)sqlite3_column_bytes(stmt, 3)};
    rc = sqlite3_column_bytes(stmt, 1) == (int)sizeof one.id.b ? SQLITE_OK : SQLITE_CORRUPT;
    if (rc != SQLITE_OK) break;
    memcpy(one.id.b, sqlite3_column_blob(stmt, 1), sizeof one.id.b);
    row(&one, data);
  }
  sqlite3_finalize(stmt);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

gboolean linli_store_load(LinliStore *store, void (*stream)(const LinliStoredStream *, gpointer),
                          void (*row)(const LinliStoredRow *, gpointer), gpointer data) {
  int rc = load_streams(store, stream, data);

  if (rc == SQLITE_OK) rc = load_rows(store, row, data);
  if (rc == SQLITE_OK) return TRUE;
  if (begin_anew(store) != SQLITE_OK && !store->trouble)
    store->trouble = g_strdup_printf(
        linli_text("The local copy %s is damaged and cannot be begun anew. Work goes on without it."), store->path);
  return FALSE;
}

void linli_store_close(LinliStore *store) {
  LinliBatch *last = linli_batch_new();

  last->end = TRUE;
  linli_store_write(store, last);
  g_thread_join(store->worker);
  store_free(store);
}
