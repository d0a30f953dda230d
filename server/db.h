/* db.h: PostgreSQL without waiting: libpq connections on the loop, in three lanes.
 *
 *   WRITE   transactions made by batch.c; no statement timeout, never cancelled
 *   READ    queries, subscribe, snapshots; statement timeout (config, 10 s); cancellable
 *   CONTROL sign-in, doorbell, scheduler's candidates, heads
 *
 * Every call is a prepared statement, sent in pipeline mode, its answer given to a callback on the loop thread.
 * A connection that dies fails its calls with DB_AWAY (the caller decides whether to ask again) and is made anew with
 * jittered backoff. Name lookup and cancelling, which block in libpq 15, run on the thread pool.
 * Owner: the server. No callback is called after db_free(). */
#pragma once

#include <glib.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include "common/wire.h"

typedef struct Db Db;
typedef struct DbCall DbCall;
typedef struct Server Server;

typedef enum { DB_WRITE, DB_READ, DB_CONTROL, DB_LANES } DbLane;

typedef enum {
  DB_OK,
  DB_REFUSED, /* SQLSTATE LI001: message is the refusal's identifier, detail more */
  DB_AWAY,    /* no connection, or lost: for a write, whether it happened is unknown */
  DB_TIMEOUT, /* statement timeout, cancelled, or lost a conflict: it did not happen */
  DB_VALUE,   /* SQLSTATE class 22: SQL cannot read a value, such as an `after` that no page gave; message names it */
  DB_FAILED,  /* anything else: a fault of ours; logged with the SQLSTATE */
} DbStatus;

typedef struct {
  DbStatus status;
  const PGresult *rows; /* binary format; NULL unless DB_OK */
  const char *message;  /* identifier of a refusal, or PostgreSQL's words */
  const char *detail;
} DbResult;

typedef void (*DbDone)(void *user, const DbResult *result);

/* Parameters are gathered in one buffer; values are copied. All binary. */
typedef struct DbParams DbParams;
DbParams *db_params_new(void);
void db_params_free(DbParams *params);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbParams, db_params_free)
void db_put_null(DbParams *params);
void db_put_int4(DbParams *params, int32_t value);
void db_put_int8(DbParams *params, int64_t value);
void db_put_bool(DbParams *params, bool value);
void db_put_time(DbParams *params, int64_t unix_us);
void db_put_date(DbParams *params, int32_t unix_days);
void db_put_uuid(DbParams *params, Uuid value);
void db_put_text(DbParams *params, const char *text, size_t len);
void db_put_bytes(DbParams *params, const void *data, size_t len);
void db_put_jsonb(DbParams *params, const char *json, size_t len);
void db_put_int8_array(DbParams *params, const int64_t *values, size_t count);
/* known[i] false: that element is NULL. */
void db_put_int8_array_known(DbParams *params, const int64_t *values, const bool *known, size_t count);
void db_put_uuid_array(DbParams *params, const Uuid *values, size_t count);
void db_put_text_array(DbParams *params, const WireBytes *values, size_t count);
size_t db_params_count(const DbParams *params);
size_t db_params_size(const DbParams *params); /* bytes of the values */

/* function: name in api_N with its number of parameters taken from params; the text is
 * "SELECT * FROM api_1.<function>($1, …)", prepared once a connection under that name; a name with a dot brings its
 * own schema. `params` is taken over.
 * Returns a handle valid until done is called; done is always called exactly once, never from inside db_call. */
DbCall *db_call(Db *db, DbLane lane, const char *function, DbParams *params, DbDone done, void *user);
/* Asks for the end of a READ call; done still comes. */
void db_cancel(DbCall *call);

/* One REPEATABLE READ, READ ONLY transaction on the READ lane: stream_head(stream) and snapshot(session, stream).
 * head and rows are NULL unless DB_OK; both live during the callback. */
typedef void (*DbSnapshotDone)(void *user, const DbResult *result, const PGresult *head);
void db_call_snapshot(Db *db, const uint8_t *session, int64_t stream, DbSnapshotDone done, void *user);

/* A write transaction: BEGIN, the calls in order, COMMIT, in one flush. done comes after COMMIT was answered, or with
 * the failure. function and params stay the caller's; params must live until done. false: no write connection is free
 * now. */
typedef struct {
  const char *function;
  const DbParams *params;
} DbWrite;
typedef struct {
  DbResult result;
  PGresult *const *rows; /* one a call; NULL unless DB_OK */
  size_t failed;         /* the call that failed; SIZE_MAX: it was none of them */
  bool deadlock;         /* that call was chosen to end a circle of waits: the fault is not its own */
} DbBatchResult;
typedef void (*DbBatchDone)(void *user, const DbBatchResult *result);
G_GNUC_WARN_UNUSED_RESULT bool db_batch(Db *db, const DbWrite *writes, size_t count, DbBatchDone done, void *user);
/* Called when a write connection has become free, and once when the last one has gone (write_up tells which). */
void db_on_write(Db *db, void (*cb)(void *user, bool write_up), void *user);
/* Called for each new connection before anything is sent over it: it may lead to another server than the last one did. */
void db_on_opened(Db *db, void (*cb)(void *user), void *user);
bool db_write_is_up(const Db *db);
size_t db_writes_free(const Db *db); /* transactions that db_batch would take now */

bool db_is_up(const Db *db);                  /* every lane has a connection */
size_t db_waiting(const Db *db, DbLane lane); /* calls not yet sent */
bool db_owns(const Db *db, int backend_pid);  /* whether a notification is this process's own */

Db *db_new(Server *server, const char *url);
void db_end(Db *db);  /* fails what waits, closes the handles */
void db_free(Db *db); /* after the loop has run out */

/* Reading binary results. NULL columns: *_is_null first; the getters return 0 / empty for them. */
bool db_is_null(const PGresult *r, int row, int column);
int64_t db_get_int8(const PGresult *r, int row, int column);
int64_t db_get_int(const PGresult *r, int row, int column); /* any of int2, int4, int8 */
bool db_get_bool(const PGresult *r, int row, int column);
int64_t db_get_time(const PGresult *r, int row, int column); /* Unix microseconds */
Uuid db_get_uuid(const PGresult *r, int row, int column);
WireBytes db_get_bytes(const PGresult *r, int row, int column); /* text, bytea, jsonb (without its version byte) */
/* Elements of a bigint[] or text[] column; returns the count, at most max. */
size_t db_get_int8_array(const PGresult *r, int row, int column, int64_t *out, size_t max);
size_t db_get_text_array(const PGresult *r, int row, int column, WireBytes *out, size_t max);
int db_column(const PGresult *r, const char *name); /* -1 when absent: a fault of ours */
