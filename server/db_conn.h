/* db_conn.h: one libpq connection on the loop, in pipeline mode.
 *
 *   CLOSED -> OPENING (thread pool: lookup, TCP, TLS, SETs) -> READY -> CLOSED -> … -> ENDED
 *
 * A unit is what ends in one PQpipelineSync: a call, or BEGIN … COMMIT. Statements are prepared in front of their
 * first use, in the same flush. A unit in a transaction that fails is followed by a ROLLBACK of the connection's own.
 * Invariants: each unit's done comes exactly once, never from inside db_conn_send(); a lost connection gives what it
 * had already answered, then DB_AWAY; no drain of results is unbounded. Owner: db.c's lanes and the doorbell. */
#pragma once

#include <uv.h>
#include "server/db_params.h"

typedef struct DbConn DbConn;

/* id: place in a connection's list of what it has prepared; dense, given by db.c. */
typedef struct {
  uint32_t id;
  char *name;
  char *text;
} DbStatement;
extern const DbStatement db_begin, db_begin_read, db_commit, db_rollback;
enum { DB_STATEMENTS_FIXED = 4 };

typedef struct {
  const DbStatement *statement;
  const DbParams *params;
} DbStep;

typedef struct {
  DbResult result;       /* of the first step that failed; rows is the first step's */
  const char *sqlstate;  /* "" unless PostgreSQL said one */
  PGresult *const *rows; /* one a step */
  size_t count;
  size_t failed; /* the step that failed; SIZE_MAX: none, or the connection */
} DbUnitResult;
typedef void (*DbUnitDone)(void *user, const DbUnitResult *result);

typedef struct {
  void (*opened)(void *user, DbConn *conn);             /* new: before anything is sent over it; may be NULL */
  void (*ready)(void *user, DbConn *conn);              /* may take units: new, or one has ended */
  void (*lost)(void *user, DbConn *conn);               /* after its units were answered; it opens itself again */
  void (*notified)(void *user, const PGnotify *notify); /* may be NULL */
} DbConnHooks;

typedef struct {
  uv_loop_t *loop;
  const char *url;   /* copied */
  const char *name;  /* application_name; copied */
  const char *setup; /* SQL run on each new connection; copied */
  guint depth;       /* units in flight at most */
  const DbConnHooks *hooks;
  void *user;
} DbConnOptions;

DbConn *db_conn_new(const DbConnOptions *options);
void db_conn_end(DbConn *conn);  /* fails its units with DB_AWAY, closes its handles */
void db_conn_free(DbConn *conn); /* after the loop has run out */

bool db_conn_is_ready(const DbConn *conn);
bool db_conn_is_idle(const DbConn *conn); /* ready, and nothing in flight */
bool db_conn_has_room(const DbConn *conn);
int db_conn_pid(const DbConn *conn); /* of the backend; 0 when there is none */
/* The connection has room (has_room), or is idle for more than one step. */
void db_conn_send(DbConn *conn, const DbStep *steps, size_t count, DbUnitDone done, void *user);
/* Cancels what runs now; the connection is not idle before the cancel has ended. Depth 1 only. */
void db_conn_cancel(DbConn *conn);
