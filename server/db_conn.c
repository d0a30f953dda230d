/* db_conn.c: see db_conn.h. What blocks in libpq 15 (lookup and connecting, cancelling) runs on the thread pool; a
 * PGconn is touched by one thread at a time: the opening one hands it over whole, the cancelling one has a PGcancel.
 */
#include "server/db_conn.h"

#include <string.h>
#include <sys/socket.h>

#include "server/log.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MAX_MS = 2000, DRAIN_MAX = 100000, CANCEL_AGAIN_MS = 100 };

const DbStatement db_begin = {0, "begin", "BEGIN"};
const DbStatement db_begin_read = {1, "begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
const DbStatement db_commit = {2, "commit", "COMMIT"};
const DbStatement db_rollback = {3, "rollback", "ROLLBACK"};

/* What the next results of a unit answer: the preparing of a statement, or a step. */
typedef struct {
  uint32_t statement;
  int32_t step; /* -1: preparing */
} Expected;

typedef struct {
  DbUnitDone done;
  void *user;
  bool transaction, failed;
  size_t steps, n_expected, at, failed_at;
  bool answered; /* the result of expected[at] has come, its end has not */
  DbStatus status;
  char sqlstate[6];
  char *message, *detail;
  PGresult **rows; /* in the same block, as expected is */
  Expected *expected;
} Unit;

typedef enum { CLOSED, OPENING, READY, ENDED } State;

typedef struct {
  uv_work_t work;
  DbConn *conn;
  char *url, *name, *setup;
  PGconn *pg;
} Opening;
typedef struct {
  uv_work_t work;
  DbConn *conn;
  PGcancel *cancel;
} Cancelling;

struct DbConn {
  uv_loop_t *loop;
  char *url, *name, *setup;
  guint depth;
  const DbConnHooks *hooks;
  void *user;
  State state;
  PGconn *pg;
  uv_poll_t *poll;
  int events;
  uv_timer_t again; /* to open, or to cancel once more */
  unsigned backoff_ms;
  Opening *opening;
  Cancelling *cancelling;
  GQueue units;         /* of Unit, in the order sent */
  GByteArray *prepared; /* a byte a statement id */
  bool cancel;          /* the unit in flight is to end */
  bool unreplicated;    /* a COMMIT was answered without its standby */
  bool stale;           /* its statements no longer fit the schema: to be opened anew */
};

static void open_conn(DbConn *conn);

/* --- Units ---------------------------------------------------------------------------------------------------- */

static Unit *unit_new(size_t steps, DbUnitDone done, void *user) {
  size_t rows = steps * sizeof(PGresult *), expected = 2 * steps * sizeof(Expected);
  Unit *unit = g_malloc0(sizeof *unit + rows + expected);
  unit->done = done;
  unit->user = user;
  unit->steps = steps;
  unit->failed_at = SIZE_MAX;
  unit->rows = (PGresult **)(unit + 1);
  unit->expected = (Expected *)((char *)(unit + 1) + rows);
  return unit;
}

static void unit_finish(Unit *unit) {
  DbUnitResult result = {.result = {unit->status, unit->status == DB_OK ? unit->rows[0] : NULL,
                                    unit->message ? unit->message : "", unit->detail ? unit->detail : ""},
                         .sqlstate = unit->sqlstate,
                         .rows = unit->rows,
                         .count = unit->steps,
                         .failed = unit->failed_at};

  if (unit->done) unit->done(unit->user, &result);
  for (size_t i = 0; i < unit->steps; i++)
    PQclear(unit->rows[i]);
  g_free(unit->message);
  g_free(unit->detail);
  g_free(unit);
}

static void unit_fail(Unit *unit, DbStatus status, const char *sqlstate, const char *message, const char *detail) {
  if (unit->failed) return; /* the first failure is the cause */
  unit->failed = true;
  unit->status = status;
  g_strlcpy(unit->sqlstate, sqlstate ? sqlstate : "", sizeof unit->sqlstate);
  unit->message = g_strdup(message);
  unit->detail = g_strdup(detail);
}

/* A refusal; stopped, or lost a conflict: not done, may be asked again; the server or the moment does not allow it;
 * anything else is ours. */
static DbStatus judge(const char *state) {
  static const char *const away[] = {"08", "53", "57", "58", "F0"};
  if (!state) return DB_AWAY;
  if (strcmp(state, "LI001") == 0) return DB_REFUSED;
  if (strncmp(state, "22", 2) == 0) return DB_VALUE;
  if (strcmp(state, "57014") == 0 || strcmp(state, "55P03") == 0 || strncmp(state, "40", 2) == 0) return DB_TIMEOUT;
  if (strcmp(state, "25006") == 0 || strcmp(state, "25P03") == 0) return DB_AWAY;
  for (size_t i = 0; i < G_N_ELEMENTS(away); i++)
    if (strncmp(state, away[i], 2) == 0) return DB_AWAY;
  return DB_FAILED;
}

/* The step whose turn it is, or whose preparing that is. */
static size_t step_now(const Unit *unit) {
  for (size_t i = unit->at; i < unit->n_expected; i++)
    if (unit->expected[i].step >= 0) return (size_t)unit->expected[i].step;
  return SIZE_MAX;
}

static void unit_error(DbConn *conn, Unit *unit, const PGresult *r) {
  const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  const char *words = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
  DbStatus status = judge(state);

  if (unit->failed) return;
  /* A plan of a schema that was replaced, or a standby that was a primary: both are cured by a new connection. */
  if (state && (strcmp(state, "0A000") == 0 || strcmp(state, "26000") == 0 || strcmp(state, "25006") == 0))
    conn->stale = true;
  if (status == DB_FAILED || status == DB_VALUE)
    log_event(status == DB_VALUE ? LOG_WARN : LOG_ERROR, "database_call_failed", LOG_TEXT("sqlstate", state),
              LOG_TEXT("why", words), LOG_TEXT("where", PQresultErrorField(r, PG_DIAG_CONTEXT)));
  unit->failed_at = step_now(unit);
  unit_fail(unit, status, state, words ? words : PQresultErrorMessage(r),
            PQresultErrorField(r, PG_DIAG_MESSAGE_DETAIL));
}

/* --- Results -------------------------------------------------------------------------------------------------- */

static bool statement_of(const Unit *unit, const DbStatement *statement) {
  return unit->at < unit->n_expected && unit->expected[unit->at].step >= 0 &&
         unit->expected[unit->at].statement == statement->id;
}

static void take_good(DbConn *conn, Unit *unit, PGresult *r) {
  const Expected *expected = &unit->expected[unit->at];

  if (expected->step < 0) {
    conn->prepared->data[expected->statement] = 1;
  } else if (!unit->rows[expected->step]) {
    if (statement_of(unit, &db_commit) && (conn->unreplicated || strcmp(PQcmdStatus(r), "COMMIT") != 0))
      unit_fail(unit, DB_AWAY, "", "the commit might not have reached the standby", NULL);
    unit->rows[expected->step] = r;
    return;
  }
  PQclear(r);
}

static void rolled_back(void *user, const DbUnitResult *result) {
  DbConn *conn = user;
  if (result->result.status != DB_OK) conn->stale = true;
}

/* The unit at the head has had its sync. */
static void end_unit(DbConn *conn) {
  static const DbStep rollback = {&db_rollback, NULL};
  Unit *unit = g_queue_pop_head(&conn->units);
  bool undo = unit->transaction && unit->failed;

  conn->unreplicated = conn->cancel = false;
  if (undo) db_conn_send(conn, &rollback, 1, rolled_back, conn);
  unit_finish(unit);
}

/* False: the connection is not to be trusted any more. */
static bool take(DbConn *conn, PGresult *r) {
  Unit *unit = g_queue_peek_head(&conn->units);

  if (!r) {
    if (!unit || !unit->answered) return false;
    unit->answered = false;
    unit->at++;
    return true;
  }
  ExecStatusType status = PQresultStatus(r);
  if (status == PGRES_PIPELINE_SYNC) {
    PQclear(r);
    if (!unit) return false;
    if (unit->at < unit->n_expected) unit_fail(unit, DB_AWAY, "", "an answer is missing", NULL);
    end_unit(conn);
    return true;
  }
  if (!unit || unit->at >= unit->n_expected) {
    PQclear(r);
    return false;
  }
  unit->answered = true;
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
    take_good(conn, unit, r);
    return true;
  }
  if (status != PGRES_PIPELINE_ABORTED) unit_error(conn, unit, r);
  PQclear(r);
  return true;
}

static void tell_notifications(DbConn *conn) {
  PGnotify *notify;
  while (conn->state == READY && (notify = PQnotifies(conn->pg))) {
    if (conn->hooks->notified) conn->hooks->notified(conn->user, notify);
    PQfreemem(notify);
  }
}

/* Takes what has been read; never waits. */
static bool drain(DbConn *conn) {
  for (unsigned i = 0; i < DRAIN_MAX; i++) {
    if (conn->state != READY || g_queue_is_empty(&conn->units) || PQisBusy(conn->pg)) return true;
    if (!take(conn, PQgetResult(conn->pg))) return false;
  }
  return false;
}

/* --- Losing and opening --------------------------------------------------------------------------------------- */

static void free_handle(uv_handle_t *handle) {
  g_free(handle);
}

static void fail_units(DbConn *conn, const char *why) {
  GQueue units = conn->units;
  Unit *unit;

  g_queue_init(&conn->units);
  while ((unit = g_queue_pop_head(&units))) {
    unit_fail(unit, DB_AWAY, "", why, NULL);
    unit_finish(unit);
  }
}

static void close_pg(DbConn *conn) {
  if (conn->poll) {
    uv_poll_stop(conn->poll);
    uv_close((uv_handle_t *)conn->poll, free_handle);
    conn->poll = NULL;
  }
  PQfinish(conn->pg);
  conn->pg = NULL;
  g_byte_array_set_size(conn->prepared, 0);
  conn->unreplicated = conn->stale = conn->cancel = false;
}

static void on_again(uv_timer_t *timer) {
  DbConn *conn = timer->data;
  if (conn->state == CLOSED) open_conn(conn);
  if (conn->state == READY && conn->cancel) db_conn_cancel(conn);
}

static void try_later(DbConn *conn) {
  unsigned ms = conn->backoff_ms / 2 + (unsigned)g_random_int_range(0, (gint32)conn->backoff_ms / 2 + 1);
  conn->state = CLOSED;
  conn->backoff_ms = MIN(conn->backoff_ms * 2, BACKOFF_MAX_MS);
  uv_timer_start(&conn->again, on_again, ms, 0);
}

static void lose(DbConn *conn, const char *why) {
  if (conn->state != READY) return;
  log_event(LOG_WARN, "database_connection_lost", LOG_TEXT("name", conn->name), LOG_TEXT("why", why));
  close_pg(conn);
  try_later(conn);
  fail_units(conn, "the connection was lost");
  if (conn->state != ENDED) conn->hooks->lost(conn->user, conn);
}

static void watch(DbConn *conn);

static void on_poll(uv_poll_t *poll, int status, int events) {
  DbConn *conn = poll->data;
  bool fine = status >= 0;

  if (fine && (events & UV_READABLE)) {
    fine = PQconsumeInput(conn->pg) == 1;
    fine = drain(conn) && fine;
    if (conn->state != READY) return;
    tell_notifications(conn);
    if (conn->state != READY) return;
  }
  if (fine && (events & UV_WRITABLE)) fine = PQflush(conn->pg) >= 0;
  if (!fine || PQstatus(conn->pg) == CONNECTION_BAD) {
    lose(conn, PQerrorMessage(conn->pg));
    return;
  }
  if (conn->stale && g_queue_is_empty(&conn->units) && !conn->cancelling) {
    lose(conn, "it is to be opened anew");
    return;
  }
  watch(conn);
  if (db_conn_has_room(conn)) conn->hooks->ready(conn->user, conn);
}

/* Asks for writability only while libpq holds bytes. */
static void watch(DbConn *conn) {
  int left = PQflush(conn->pg);
  int events = UV_READABLE | (left > 0 ? UV_WRITABLE : 0);

  if (conn->events == events) return;
  conn->events = events;
  uv_poll_start(conn->poll, events, on_poll);
}

/* The only notice that matters: the commit is local, its standby has not confirmed it. It is known by the function
 * that says it, for its words depend on the language. */
static void on_notice(void *user, const PGresult *notice) {
  DbConn *conn = user;
  const char *function = PQresultErrorField(notice, PG_DIAG_SOURCE_FUNCTION);

  if (function && strcmp(function, "SyncRepWaitForLSN") == 0) conn->unreplicated = true;
  log_event(LOG_WARN, "database_notice", LOG_TEXT("name", conn->name),
            LOG_TEXT("text", PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY)));
}

static void on_thread_open(uv_work_t *work) {
  Opening *opening = (Opening *)work;
  const char *keys[] = {"dbname", "application_name", "connect_timeout", "tcp_user_timeout", "client_encoding", NULL};
  const char *values[] = {opening->url, opening->name, "5", "10000", "UTF8", NULL};

  opening->pg = PQconnectdbParams(keys, values, 1);
  if (PQstatus(opening->pg) != CONNECTION_OK) return;
  PGresult *r = PQexec(opening->pg, opening->setup);
  bool fine = PQresultStatus(r) == PGRES_COMMAND_OK;
  PQclear(r);
  if (!fine || PQsetnonblocking(opening->pg, 1) != 0 || PQenterPipelineMode(opening->pg) != 1) {
    PQfinish(opening->pg);
    opening->pg = NULL;
  }
}

static void opening_free(Opening *opening) {
  g_free(opening->url);
  g_free(opening->name);
  g_free(opening->setup);
  g_free(opening);
}

static void begin_life(DbConn *conn, PGconn *pg) {
  conn->pg = pg;
  conn->state = READY;
  if (conn->backoff_ms > BACKOFF_FIRST_MS) log_event(LOG_INFO, "database_back", LOG_TEXT("name", conn->name));
  conn->backoff_ms = BACKOFF_FIRST_MS;
  conn->poll = g_new0(uv_poll_t, 1);
  conn->poll->data = conn;
  conn->events = 0;
  PQsetNoticeReceiver(pg, on_notice, conn);
  if (uv_poll_init_socket(conn->loop, conn->poll, PQsocket(pg)) < 0) {
    g_clear_pointer(&conn->poll, g_free);
    close_pg(conn);
    try_later(conn);
    return;
  }
  watch(conn);
  if (conn->hooks->opened) conn->hooks->opened(conn->user, conn);
  conn->hooks->ready(conn->user, conn);
}

static void on_opened(uv_work_t *work, int status) {
  Opening *opening = (Opening *)work;
  DbConn *conn = opening->conn;
  PGconn *pg = opening->pg;

  conn->opening = NULL;
  if (status == 0 && conn->state == OPENING && pg && PQstatus(pg) == CONNECTION_OK) {
    begin_life(conn, pg);
  } else {
    if (conn->state == OPENING)
      log_event(conn->backoff_ms == BACKOFF_FIRST_MS ? LOG_WARN : LOG_DEBUG, "database_away",
                LOG_TEXT("name", conn->name), LOG_TEXT("why", pg ? PQerrorMessage(pg) : "it could not be set up"));
    PQfinish(pg);
    if (conn->state == OPENING) try_later(conn);
  }
  opening_free(opening);
}

static void open_conn(DbConn *conn) {
  Opening *opening = g_new0(Opening, 1);
  opening->conn = conn;
  opening->url = g_strdup(conn->url);
  opening->name = g_strdup(conn->name);
  opening->setup = g_strdup(conn->setup);
  conn->opening = opening;
  conn->state = OPENING;
  if (uv_queue_work(conn->loop, &opening->work, on_thread_open, on_opened) == 0) return;
  conn->opening = NULL;
  opening_free(opening);
  try_later(conn);
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

DbConn *db_conn_new(const DbConnOptions *options) {
  DbConn *conn = g_new0(DbConn, 1);
  conn->loop = options->loop;
  conn->url = g_strdup(options->url);
  conn->name = g_strdup(options->name);
  conn->setup = g_strdup(options->setup);
  conn->depth = options->depth;
  conn->hooks = options->hooks;
  conn->user = options->user;
  conn->backoff_ms = BACKOFF_FIRST_MS;
  conn->prepared = g_byte_array_new();
  g_queue_init(&conn->units);
  uv_timer_init(conn->loop, &conn->again);
  conn->again.data = conn;
  open_conn(conn);
  return conn;
}

void db_conn_end(DbConn *conn) {
  if (conn->state == ENDED) return;
  bool ready = conn->state == READY;
  conn->state = ENDED;
  if (ready) close_pg(conn);
  if (conn->opening) uv_cancel((uv_req_t *)&conn->opening->work);
  uv_close((uv_handle_t *)&conn->again, NULL);
  fail_units(conn, "this server ends");
}

void db_conn_free(DbConn *conn) {
  if (!conn) return;
  g_byte_array_unref(conn->prepared);
  g_free(conn->url);
  g_free(conn->name);
  g_free(conn->setup);
  g_free(conn);
}

bool db_conn_is_ready(const DbConn *conn) {
  return conn->state == READY && !conn->stale;
}

bool db_conn_is_idle(const DbConn *conn) {
  return db_conn_is_ready(conn) && g_queue_is_empty((GQueue *)&conn->units) && !conn->cancelling;
}

bool db_conn_has_room(const DbConn *conn) {
  const Unit *last = conn->units.tail ? conn->units.tail->data : NULL;
  return db_conn_is_ready(conn) && conn->units.length < conn->depth && !conn->cancelling &&
         !(last && last->transaction);
}

int db_conn_pid(const DbConn *conn) {
  return conn->state == READY ? PQbackendPID(conn->pg) : 0;
}

/* --- Sending -------------------------------------------------------------------------------------------------- */

static bool prepares(const Unit *unit, uint32_t statement) {
  for (size_t i = 0; i < unit->n_expected; i++)
    if (unit->expected[i].step < 0 && unit->expected[i].statement == statement) return true;
  return false;
}

/* Sent and not yet answered, by this unit or by one before it: what follows in the pipeline finds it prepared.
 * Nothing is queued behind a transaction, whose abort could skip it. */
static bool is_under_way(const DbConn *conn, const Unit *unit, uint32_t statement) {
  if (prepares(unit, statement)) return true;
  for (const GList *link = conn->units.head; link; link = link->next)
    if (prepares(link->data, statement)) return true;
  return false;
}

static bool send_prepare(DbConn *conn, Unit *unit, const DbStatement *statement) {
  while (conn->prepared->len <= statement->id)
    g_byte_array_append(conn->prepared, (const uint8_t *)"", 1);
  if (conn->prepared->data[statement->id] || is_under_way(conn, unit, statement->id)) return true;
  if (!PQsendPrepare(conn->pg, statement->name, statement->text, 0, NULL)) return false;
  unit->expected[unit->n_expected++] = (Expected){statement->id, -1};
  return true;
}

static bool send_step(DbConn *conn, Unit *unit, const DbStep *step, int32_t index) {
  const char *values[DB_PARAMS_MAX];
  int lens[DB_PARAMS_MAX], formats[DB_PARAMS_MAX], count = step->params ? step->params->count : 0;

  for (int i = 0; i < count; i++) {
    bool null = step->params->at[i].len < 0;
    values[i] = null ? NULL : (const char *)step->params->bytes->data + step->params->at[i].offset;
    lens[i] = null ? 0 : step->params->at[i].len;
    formats[i] = 1;
  }
  if (!PQsendQueryPrepared(conn->pg, step->statement->name, count, values, lens, formats, 1)) return false;
  unit->expected[unit->n_expected++] = (Expected){step->statement->id, index};
  return true;
}

void db_conn_send(DbConn *conn, const DbStep *steps, size_t count, DbUnitDone done, void *user) {
  Unit *unit = unit_new(count, done, user);
  bool sent = true;

  unit->transaction = count > 1;
  g_queue_push_tail(&conn->units, unit);
  for (size_t i = 0; i < count && sent; i++)
    sent = send_prepare(conn, unit, steps[i].statement) && send_step(conn, unit, &steps[i], (int32_t)i);
  sent = sent && PQpipelineSync(conn->pg) == 1;
  if (sent) {
    watch(conn);
    return;
  }
  /* The connection is broken: the poll says so too, from the loop, and there the unit gets its answer. */
  conn->stale = true;
  shutdown(PQsocket(conn->pg), SHUT_RDWR);
  watch(conn);
}

/* --- Cancelling ----------------------------------------------------------------------------------------------- */

static void on_thread_cancel(uv_work_t *work) {
  char why[256];
  PQcancel(((Cancelling *)work)->cancel, why, sizeof why);
}

static void on_cancelled(uv_work_t *work, int status) {
  Cancelling *cancelling = (Cancelling *)work;
  DbConn *conn = cancelling->conn;

  (void)status;
  PQfreeCancel(cancelling->cancel);
  conn->cancelling = NULL;
  g_free(cancelling);
  /* A cancel that comes before its statement has begun is lost. */
  if (conn->state == READY && conn->cancel) uv_timer_start(&conn->again, on_again, CANCEL_AGAIN_MS, 0);
  if (db_conn_has_room(conn)) conn->hooks->ready(conn->user, conn);
}

void db_conn_cancel(DbConn *conn) {
  if (conn->state != READY || conn->cancelling || g_queue_is_empty(&conn->units)) return;
  conn->cancel = true;
  Cancelling *cancelling = g_new0(Cancelling, 1);
  cancelling->conn = conn;
  cancelling->cancel = PQgetCancel(conn->pg);
  conn->cancelling = cancelling;
  if (cancelling->cancel && uv_queue_work(conn->loop, &cancelling->work, on_thread_cancel, on_cancelled) == 0) return;
  PQfreeCancel(cancelling->cancel);
  conn->cancelling = NULL;
  g_free(cancelling);
}
