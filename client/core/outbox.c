/* outbox.c: see outbox.h.
 *
 *   main thread ── jobs ──> worker: BEGIN, as many jobs as wait, COMMIT ── done jobs ──> main context: stored()
 *
 * The connection belongs to whoever holds `lock`: the worker for a batch, the main thread for linli_outbox_list(). */
#include "client/core/outbox.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_MAX = 256, BUSY_MS = 5000, LAYOUT = 1 };

typedef enum { JOB_KEEP, JOB_MARK, JOB_RESTAMP, JOB_REMOVE, JOB_SETTLE, JOB_END } JobKind;

typedef struct {
  JobKind kind;
  LinliEntry *entry;
  Uuid id;
  LinliKeptState state;
  LinliStored stored;
  gpointer data;
  GError *error;
} Job;

struct LinliOutbox {
  sqlite3 *db;
  char *path;
  GMutex lock;
  GThread *worker;
  GAsyncQueue *jobs;
  GMainContext *context;
  GMutex settle_lock;
  GCond settled;
  guint settling;
};

/* --- Entries -------------------------------------------------------------------------------------------------- */

LinliEntry *linli_entry_new(Uuid id, guint32 kind, guint64 stream, WireBytes body) {
  LinliEntry *e = g_new0(LinliEntry, 1);

  g_atomic_ref_count_init(&e->count);
  e->id = id;
  e->kind = kind;
  e->stream = stream;
  e->body = g_bytes_new(body.data, body.len);
  e->kept_at = (guint64)g_get_real_time();
  return e;
}

LinliEntry *linli_entry_ref(LinliEntry *entry) {
  g_atomic_ref_count_inc(&entry->count);
  return entry;
}

void linli_entry_unref(LinliEntry *entry) {
  if (!g_atomic_ref_count_dec(&entry->count)) return;
  g_bytes_unref(entry->body);
  g_free(entry->server);
  g_free(entry->account);
  g_free(entry->detail);
  g_free(entry);
}

/* --- SQLite --------------------------------------------------------------------------------------------------- */

static void set_disk_error(LinliOutbox *o, int rc, GError **error) {
  const char *what = sqlite3_errmsg(o->db);
  const char *next =
      rc == SQLITE_FULL || rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN
          ? linli_text("Nothing was sent. Make room on the disk and repeat it")
      : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB
          ? linli_text("Move the file away, keep it, and tell the administrator: it holds what was not yet sent")
      : rc == SQLITE_BUSY ? linli_text("Another program holds it. Close that and repeat")
                          : linli_text("Check the folder and its permissions, and repeat");

  g_set_error(error, LINLI_ERROR, LINLI_ERROR_DISK, linli_text("The outbox %s cannot be used: %s. %s."),
              o->path ? o->path : "(memory)", what, next);
}

static gboolean run(LinliOutbox *o, const char *sql, GError **error) {
  int rc = sqlite3_exec(o->db, sql, NULL, NULL, NULL);

  if (rc == SQLITE_OK) return TRUE;
  set_disk_error(o, rc & 0xff, error);
  return FALSE;
}

static void bind_id(sqlite3_stmt *s, int at, Uuid id) {
  sqlite3_bind_blob(s, at, id.b, sizeof id.b, SQLITE_TRANSIENT);
}

static gboolean step(LinliOutbox *o, sqlite3_stmt *s, GError **error) {
  int rc = sqlite3_step(s);

  if (rc != SQLITE_DONE) set_disk_error(o, rc & 0xff, error);
  sqlite3_finalize(s);
  return rc == SQLITE_DONE;
}

static sqlite3_stmt *prepare(LinliOutbox *o, const char *sql, GError **error) {
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(o->db, sql, -1, &s, NULL);

  if (rc != SQLITE_OK) set_disk_error(o, rc & 0xff, error);
  return s;
}

static gboolean do_keep(LinliOutbox *o, Job *job, GError **error) {
  LinliEntry *e = job->entry;
  sqlite3_stmt *s = prepare(o,
                            "INSERT INTO command (id, kind, stream, made_at, version, body, state, kept_at, server, "
                            "account, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            error);
  gsize len;
  gconstpointer body = g_bytes_get_data(e->body, &len);

  if (!s) return FALSE;
  bind_id(s, 1, e->id);
  sqlite3_bind_int64(s, 2, e->kind);
  sqlite3_bind_int64(s, 3, (sqlite3_int64)e->stream);
  sqlite3_bind_int64(s, 4, (sqlite3_int64)e->made_at);
  sqlite3_bind_int64(s, 5, (sqlite3_int64)e->version);
  sqlite3_bind_blob64(s, 6, len ? body : "", len, SQLITE_TRANSIENT);
  sqlite3_bind_int(s, 7, (int)job->state);
  sqlite3_bind_int64(s, 8, (sqlite3_int64)e->kept_at);
  sqlite3_bind_text(s, 9, e->server ? e->server : "", -1, SQLITE_TRANSIENT);
  sqlite3_bind_text(s, 10, e->account ? e->account : "", -1, SQLITE_TRANSIENT);
  sqlite3_bind_int64(s, 11, (sqlite3_int64)e->code);
  if (e->detail) sqlite3_bind_text(s, 12, e->detail, -1, SQLITE_TRANSIENT);
  return step(o, s, error);
}

static gboolean do_mark(LinliOutbox *o, Job *job, GError **error) {
  sqlite3_stmt *s = prepare(o, "UPDATE command SET state = ?, code = ?, detail = ? WHERE id = ?", error);

  if (!s) return FALSE;
  sqlite3_bind_int(s, 1, (int)job->state);
  sqlite3_bind_int64(s, 2, (sqlite3_int64)job->entry->code);
  if (job->entry->detail) sqlite3_bind_text(s, 3, job->entry->detail, -1, SQLITE_TRANSIENT);
  bind_id(s, 4, job->id);
  return step(o, s, error);
}

static gboolean do_restamp(LinliOutbox *o, Job *job, GError **error) {
  sqlite3_stmt *s = prepare(o, "UPDATE command SET id = ? WHERE id = ? AND state = 0", error);

  if (!s) return FALSE;
  bind_id(s, 1, job->id);
  bind_id(s, 2, job->entry->id);
  return step(o, s, error);
}

static gboolean do_remove(LinliOutbox *o, Job *job, GError **error) {
  sqlite3_stmt *s = prepare(o, "DELETE FROM command WHERE id = ?", error);

  if (!s) return FALSE;
  bind_id(s, 1, job->id);
  return step(o, s, error);
}

static gboolean do_job(LinliOutbox *o, Job *job, GError **error) {
  switch (job->kind) {
  case JOB_KEEP:
    return do_keep(o, job, error);
  case JOB_MARK:
    return do_mark(o, job, error);
  case JOB_RESTAMP:
    return do_restamp(o, job, error);
  case JOB_REMOVE:
    return do_remove(o, job, error);
  case JOB_SETTLE:
  case JOB_END:
    break;
  }
  return TRUE;
}

static gboolean do_batch(LinliOutbox *o, Job **jobs, guint n, GError **error) {
  gboolean fine = run(o, "BEGIN IMMEDIATE", error);

  for (guint i = 0; i < n && fine; i++)
    fine = do_job(o, jobs[i], error);
  if (fine) fine = run(o, "COMMIT", error);
  if (!fine) sqlite3_exec(o->db, "ROLLBACK", NULL, NULL, NULL);
  return fine;
}

/* --- The worker ----------------------------------------------------------------------------------------------- */

static void job_free(gpointer data) {
  Job *job = data;

  g_clear_pointer(&job->entry, linli_entry_unref);
  g_clear_error(&job->error);
  g_free(job);
}

static gboolean report(gpointer data) {
  GPtrArray *jobs = data;

  for (guint i = 0; i < jobs->len; i++) {
    Job *job = jobs->pdata[i];
    if (job->stored) job->stored(job->error, job->data);
  }
  return G_SOURCE_REMOVE;
}

static void settle_one(LinliOutbox *o) {
  g_mutex_lock(&o->settle_lock);
  o->settling--;
  g_cond_broadcast(&o->settled);
  g_mutex_unlock(&o->settle_lock);
}

/* A batch that fails is tried job by job, so that one bad command does not take the others along. */
static void store(LinliOutbox *o, GPtrArray *jobs) {
  g_autoptr(GError) error = NULL;

  g_mutex_lock(&o->lock);
  if (!do_batch(o, (Job **)jobs->pdata, jobs->len, &error))
    for (guint i = 0; i < jobs->len; i++) {
      Job *job = jobs->pdata[i];
      (void)!do_batch(o, &job, 1, &job->error);
    }
  g_mutex_unlock(&o->lock);
  for (guint i = 0; i < jobs->len; i++)
    if (((Job *)jobs->pdata[i])->kind == JOB_SETTLE) settle_one(o);
}

static gpointer work(gpointer data) {
  LinliOutbox *o = data;
  gboolean end = FALSE;

  while (!end) {
    GPtrArray *jobs = g_ptr_array_new_with_free_func(job_free);
    Job *job = g_async_queue_pop(o->jobs);
    while (job) {
      end = end || job->kind == JOB_END;
      g_ptr_array_add(jobs, job);
      job = jobs->len < BATCH_MAX ? g_async_queue_try_pop(o->jobs) : NULL;
    }
    store(o, jobs);
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, report, jobs, (GDestroyNotify)g_ptr_array_unref);
    g_source_attach(source, o->context);
    g_source_unref(source);
  }
  return NULL;
}

static void push(LinliOutbox *o, JobKind kind, LinliEntry *entry, Uuid id, LinliKeptState state, LinliStored stored,
                 gpointer data) {
  Job *job = g_new0(Job, 1);

  job->kind = kind;
  job->entry = entry ? linli_entry_ref(entry) : NULL;
  job->id = id;
  job->state = state;
  job->stored = stored;
  job->data = data;
  g_async_queue_push(o->jobs, job);
}

void linli_outbox_keep(LinliOutbox *outbox, LinliEntry *entry, LinliStored stored, gpointer data) {
  push(outbox, JOB_KEEP, entry, entry->id, entry->state, stored, data);
}

void linli_outbox_mark(LinliOutbox *outbox, LinliEntry *entry, LinliKeptState state, LinliStored stored,
                       gpointer data) {
  entry->state = state;
  push(outbox, JOB_MARK, entry, entry->id, state, stored, data);
}

void linli_outbox_restamp(LinliOutbox *outbox, LinliEntry *entry, Uuid id, LinliStored stored, gpointer data) {
  push(outbox, JOB_RESTAMP, entry, id, LINLI_KEPT, stored, data);
}

void linli_outbox_remove(LinliOutbox *outbox, Uuid id, LinliStored stored, gpointer data) {
  push(outbox, JOB_REMOVE, NULL, id, LINLI_KEPT, stored, data);
}

/* To remove nothing is a job like another, and takes its turn. */
void linli_outbox_after(LinliOutbox *outbox, LinliStored stored, gpointer data) {
  linli_outbox_remove(outbox, (Uuid){{0}}, stored, data);
}

void linli_outbox_settle(LinliOutbox *outbox) {
  g_mutex_lock(&outbox->settle_lock);
  outbox->settling++;
  push(outbox, JOB_SETTLE, NULL, (Uuid){{0}}, LINLI_KEPT, NULL, NULL);
  while (outbox->settling)
    g_cond_wait(&outbox->settled, &outbox->settle_lock);
  g_mutex_unlock(&outbox->settle_lock);
}

/* --- Reading -------------------------------------------------------------------------------------------------- */

static LinliEntry *entry_from(sqlite3_stmt *s) {
  Uuid id = {{0}};
  WireBytes body = {sqlite3_column_blob(s, 5), (uint32_t)sqlite3_column_bytes(s, 5)};

  if (sqlite3_column_bytes(s, 0) == (int)sizeof id.b) memcpy(id.b, sqlite3_column_blob(s, 0), sizeof id.b);
  LinliEntry *e = linli_entry_new(id, (guint32)sqlite3_column_int64(s, 1), (guint64)sqlite3_column_int64(s, 2), body);
  e->made_at = (guint64)sqlite3_column_int64(s, 3);
  e->version = (guint64)sqlite3_column_int64(s, 4);
  e->state = (LinliKeptState)sqlite3_column_int(s, 6);
  e->kept_at = (guint64)sqlite3_column_int64(s, 7);
  e->server = g_strdup((const char *)sqlite3_column_text(s, 8));
  e->account = g_strdup((const char *)sqlite3_column_text(s, 9));
  e->code = (guint64)sqlite3_column_int64(s, 10);
  e->detail = g_strdup((const char *)sqlite3_column_text(s, 11));
  return e;
}

GPtrArray *linli_outbox_list(LinliOutbox *outbox, const char *server, const char *account, GError **error) {
  g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)linli_entry_unref);
  int rc = SQLITE_ERROR;

  g_mutex_lock(&outbox->lock);
  sqlite3_stmt *s = prepare(outbox,
                            "SELECT id, kind, stream, made_at, version, body, state, kept_at, server, account, code, "
                            "detail FROM command WHERE (?1 IS NULL OR server = ?1) AND (?2 IS NULL OR account = ?2) "
                            "ORDER BY place",
                            error);
  if (s) {
    if (server) sqlite3_bind_text(s, 1, server, -1, SQLITE_TRANSIENT);
    if (account) sqlite3_bind_text(s, 2, account, -1, SQLITE_TRANSIENT);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
      g_ptr_array_add(list, entry_from(s));
    if (rc != SQLITE_DONE) set_disk_error(outbox, rc & 0xff, error);
    sqlite3_finalize(s);
  }
  g_mutex_unlock(&outbox->lock);
  return rc == SQLITE_DONE ? g_steal_pointer(&list) : NULL;
}

/* --- Opening and closing -------------------------------------------------------------------------------------- */

static gboolean lay_out(LinliOutbox *o, GError **error) {
  static const char table[] = "CREATE TABLE IF NOT EXISTS command (place INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB "
                              "NOT NULL UNIQUE, kind INTEGER NOT "
                              "NULL, stream INTEGER NOT NULL, made_at INTEGER NOT NULL, version INTEGER NOT NULL, "
                              "body BLOB NOT NULL, state INTEGER "
                              "NOT NULL, kept_at INTEGER NOT NULL, server TEXT NOT NULL, account TEXT NOT NULL, code "
                              "INTEGER NOT NULL DEFAULT 0, "
                              "detail TEXT)";

  sqlite3_busy_timeout(o->db, BUSY_MS);
  return run(o, "PRAGMA journal_mode = WAL", error) && run(o, "PRAGMA synchronous = FULL", error) &&
         run(o, table, error);
}

static void outbox_free(LinliOutbox *o) {
  sqlite3_close(o->db);
  g_clear_pointer(&o->jobs, g_async_queue_unref);
  g_clear_pointer(&o->context, g_main_context_unref);
  g_mutex_clear(&o->lock);
  g_mutex_clear(&o->settle_lock);
  g_cond_clear(&o->settled);
  g_free(o->path);
  g_free(o);
}

LinliOutbox *linli_outbox_open(const char *path, GError **error) {
  LinliOutbox *o = g_new0(LinliOutbox, 1);
  int made = path ? open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600) : -1; /* SQLite would let others read */
  if (made >= 0) close(made);
  int rc = sqlite3_open(path ? path : ":memory:", &o->db);

  g_mutex_init(&o->lock);
  g_mutex_init(&o->settle_lock);
  g_cond_init(&o->settled);
  o->path = g_strdup(path);
  o->context = g_main_context_ref_thread_default();
  o->jobs = g_async_queue_new_full(job_free);
  if (rc != SQLITE_OK) set_disk_error(o, rc & 0xff, error);
  if (rc != SQLITE_OK || !lay_out(o, error)) {
    outbox_free(o);
    return NULL;
  }
  o->worker = g_thread_new("outbox", work, o);
  return o;
}

void linli_outbox_close(LinliOutbox *outbox) {
  push(outbox, JOB_END, NULL, (Uuid){{0}}, LINLI_KEPT, NULL, NULL);
  g_thread_join(outbox->worker);
  outbox_free(outbox);
}
