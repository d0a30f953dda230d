/* db.c: the lanes: which call goes over which connection, and when. A call waits in its lane while every connection
 * is full; with no connection up it is answered DB_AWAY from the next turn of the loop. */
#include "server/db.h"

#include <string.h>
#include <uv.h>

#include "server/db_conn.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"

enum { CONTROL_DEPTH = 8, CONTROL_TIMEOUT_MS = 30000 };

typedef struct {
  DbConn **conns;
  guint count;
  GQueue waiting; /* of DbCall */
} Lane;

struct Db {
  Server *server;
  Lane lanes[DB_LANES];
  GHashTable *statements; /* "name/count" -> DbStatement */
  uint32_t next_statement;
  GQueue homeless; /* of DbCall: to be answered DB_AWAY */
  uv_timer_t soon;
  void (*on_write)(void *user, bool up);
  void *on_write_user;
  void (*on_opened)(void *user);
  void *on_opened_user;
  bool ended;
};

struct DbCall {
  Db *db;
  DbLane lane;
  const DbStatement *statement;
  DbParams *params, *second; /* second: of a snapshot, the parameter of its head */
  DbDone done;
  DbSnapshotDone snapshot;
  DbBatchDone batch;
  void *user;
  DbConn *conn; /* while it is in flight */
  bool cancelled;
};

/* --- Statements ----------------------------------------------------------------------------------------------- */

static void statement_free(gpointer data) {
  DbStatement *statement = data;
  g_free(statement->name);
  g_free(statement->text);
  g_free(statement);
}

static const DbStatement *statement_for(Db *db, const char *function, size_t count) {
  char key[128];
  g_snprintf(key, sizeof key, "%s/%zu", function, count);
  DbStatement *statement = g_hash_table_lookup(db->statements, key);
  if (statement) return statement;

  GString *text = g_string_new("SELECT * FROM ");
  g_string_append_printf(text, "%s%s(", strchr(function, '.') ? "" : "api_1.", function);
  for (size_t i = 1; i <= count; i++)
    g_string_append_printf(text, i > 1 ? ", $%zu" : "$%zu", i);
  g_string_append_c(text, ')');
  statement = g_new(DbStatement, 1);
  *statement = (DbStatement){db->next_statement++, g_strdup(key), g_string_free(text, FALSE)};
  g_hash_table_insert(db->statements, statement->name, statement);
  return statement;
}

/* --- Answers -------------------------------------------------------------------------------------------------- */

static void call_free(DbCall *call) {
  db_params_free(call->params);
  db_params_free(call->second);
  g_free(call);
}

static void answer(DbCall *call, const DbUnitResult *unit) {
  const DbResult *result = &unit->result;

  if (result->status == DB_FAILED) metric_add(call->db->server, METRIC_DB_FAILURES, 1);
  if (call->snapshot) {
    DbResult rows = *result;
    bool good = result->status == DB_OK;
    rows.rows = good ? unit->rows[2] : NULL;
    call->snapshot(call->user, &rows, good ? unit->rows[1] : NULL);
  } else if (call->done) {
    call->done(call->user, result);
  }
  call_free(call);
}

static void on_unit(void *user, const DbUnitResult *unit) {
  answer(user, unit);
}

static void answer_away(DbCall *call, DbStatus status) {
  const DbUnitResult unit = {.result = {.status = status, .message = "the database is away", .detail = ""},
                             .sqlstate = ""};
  answer(call, &unit);
}

static void on_soon(uv_timer_t *timer) {
  Db *db = timer->data;
  GQueue homeless = db->homeless;
  DbCall *call;

  g_queue_init(&db->homeless);
  while ((call = g_queue_pop_head(&homeless)))
    answer_away(call, call->cancelled ? DB_TIMEOUT : DB_AWAY);
}

/* Not from inside db_call: its caller does not have the handle yet. */
static void answer_soon(DbCall *call) {
  g_queue_push_tail(&call->db->homeless, call);
  if (!uv_is_closing((uv_handle_t *)&call->db->soon)) uv_timer_start(&call->db->soon, on_soon, 0, 0);
}

/* --- Lanes ---------------------------------------------------------------------------------------------------- */

static bool lane_is_up(const Lane *lane) {
  for (guint i = 0; i < lane->count; i++)
    if (db_conn_is_ready(lane->conns[i])) return true;
  return false;
}

static DbConn *lane_room(const Lane *lane, bool idle) {
  for (guint i = 0; i < lane->count; i++)
    if (db_conn_is_idle(lane->conns[i])) return lane->conns[i];
  if (idle) return NULL;
  for (guint i = 0; i < lane->count; i++)
    if (db_conn_has_room(lane->conns[i])) return lane->conns[i];
  return NULL;
}

static void send_call(DbCall *call, DbConn *conn) {
  call->conn = conn;
  if (call->snapshot) {
    const DbStep steps[] = {{&db_begin_read, NULL},
                            {statement_for(call->db, "stream_head", 1), call->second},
                            {call->statement, call->params},
                            {&db_commit, NULL}};
    db_conn_send(conn, steps, G_N_ELEMENTS(steps), on_unit, call);
  } else {
    const DbStep step = {call->statement, call->params};
    db_conn_send(conn, &step, 1, on_unit, call);
  }
}

static void pump(Db *db, DbLane which) {
  Lane *lane = &db->lanes[which];

  while (!g_queue_is_empty(&lane->waiting)) {
    DbCall *call = g_queue_peek_head(&lane->waiting);
    DbConn *conn = lane_room(lane, call->snapshot != NULL);
    if (!conn) return;
    g_queue_pop_head(&lane->waiting);
    send_call(call, conn);
  }
}

static void enqueue(DbCall *call) {
  Db *db = call->db;
  Lane *lane = &db->lanes[call->lane];

  if (db->ended || !lane_is_up(lane)) {
    answer_soon(call);
    return;
  }
  g_queue_push_tail(&lane->waiting, call);
  pump(db, call->lane);
}

static DbLane lane_of(const Db *db, const DbConn *conn) {
  for (guint l = 0; l < DB_LANES; l++)
    for (guint i = 0; i < db->lanes[l].count; i++)
      if (db->lanes[l].conns[i] == conn) return (DbLane)l;
  return DB_LANES; /* while it is being made */
}

static void count_connections(Db *db) {
  int64_t up = 0;
  for (guint l = 0; l < DB_LANES; l++)
    for (guint i = 0; i < db->lanes[l].count; i++)
      up += db_conn_is_ready(db->lanes[l].conns[i]);
  if (up > metric_value(db->server, METRIC_DB_CONNECTIONS)) metric_add(db->server, METRIC_DB_RECONNECTS, 1);
  metric_set(db->server, METRIC_DB_CONNECTIONS, up);
}

static void on_opened(void *user, DbConn *conn) {
  Db *db = user;

  (void)conn;
  if (!db->ended && db->on_opened) db->on_opened(db->on_opened_user);
}

static void on_ready(void *user, DbConn *conn) {
  Db *db = user;
  DbLane lane = lane_of(db, conn);

  if (lane == DB_LANES || db->ended) return;
  if (db_conn_is_idle(conn)) count_connections(db);
  pump(db, lane);
  if (lane == DB_WRITE && db->on_write && db_conn_is_idle(conn)) db->on_write(db->on_write_user, true);
}

static void on_lost(void *user, DbConn *conn) {
  Db *db = user;
  DbLane lane = lane_of(db, conn);
  DbCall *call;

  if (lane == DB_LANES || db->ended) return;
  count_connections(db);
  if (lane_is_up(&db->lanes[lane])) {
    pump(db, lane);
    return;
  }
  while ((call = g_queue_pop_head(&db->lanes[lane].waiting)))
    answer_away(call, DB_AWAY);
  if (lane == DB_WRITE && db->on_write) db->on_write(db->on_write_user, false);
}

/* --- Calls ---------------------------------------------------------------------------------------------------- */

static DbCall *call_new(Db *db, DbLane lane, const char *function, DbParams *params, void *user) {
  DbCall *call = g_new0(DbCall, 1);
  call->db = db;
  call->lane = lane;
  call->statement = statement_for(db, function, params->count);
  call->params = params;
  call->user = user;
  return call;
}

DbCall *db_call(Db *db, DbLane lane, const char *function, DbParams *params, DbDone done, void *user) {
  DbCall *call = call_new(db, lane, function, params, user);
  call->done = done;
  enqueue(call);
  return call;
}

void db_call_snapshot(Db *db, const uint8_t *session, int64_t stream, DbSnapshotDone done, void *user) {
  DbParams *params = db_params_new();
  db_put_bytes(params, session, 32);
  db_put_int8(params, stream);
  DbCall *call = call_new(db, DB_READ, "snapshot", params, user);
  call->second = db_params_new();
  db_put_int8(call->second, stream);
  call->snapshot = done;
  enqueue(call);
}

void db_cancel(DbCall *call) {
  if (call->cancelled || call->lane != DB_READ) return;
  call->cancelled = true;
  if (call->conn)
    db_conn_cancel(call->conn);
  else if (g_queue_remove(&call->db->lanes[call->lane].waiting, call))
    answer_soon(call);
}

static void on_batch(void *user, const DbUnitResult *unit) {
  DbCall *call = user;
  bool good = unit->result.status == DB_OK, ours = unit->failed > 0 && unit->failed < unit->count - 1;
  const DbBatchResult result = {.result = unit->result,
                                .rows = good ? unit->rows + 1 : NULL,
                                .failed = !good && ours ? unit->failed - 1 : SIZE_MAX,
                                .deadlock = strcmp(unit->sqlstate, "40P01") == 0};

  if (unit->result.status == DB_FAILED) metric_add(call->db->server, METRIC_DB_FAILURES, 1);
  call->batch(call->user, &result);
  call_free(call);
}

bool db_batch(Db *db, const DbWrite *writes, size_t count, DbBatchDone done, void *user) {
  DbConn *conn = db->ended ? NULL : lane_room(&db->lanes[DB_WRITE], true);
  if (!conn) return false;
  g_autofree DbStep *steps = g_new(DbStep, count + 2);
  DbCall *call = g_new0(DbCall, 1);

  call->db = db;
  call->lane = DB_WRITE;
  call->batch = done;
  call->user = user;
  steps[0] = (DbStep){&db_begin, NULL};
  for (size_t i = 0; i < count; i++)
    steps[i + 1] = (DbStep){statement_for(db, writes[i].function, writes[i].params->count), writes[i].params};
  steps[count + 1] = (DbStep){&db_commit, NULL};
  db_conn_send(conn, steps, count + 2, on_batch, call);
  return true;
}

void db_on_write(Db *db, void (*cb)(void *user, bool write_up), void *user) {
  db->on_write = cb;
  db->on_write_user = user;
}

void db_on_opened(Db *db, void (*cb)(void *user), void *user) {
  db->on_opened = cb;
  db->on_opened_user = user;
}

bool db_write_is_up(const Db *db) {
  return lane_is_up(&db->lanes[DB_WRITE]);
}

size_t db_writes_free(const Db *db) {
  const Lane *lane = &db->lanes[DB_WRITE];
  size_t count = 0;

  for (guint i = 0; i < lane->count && !db->ended; i++)
    count += db_conn_is_idle(lane->conns[i]);
  return count;
}

bool db_is_up(const Db *db) {
  for (guint l = 0; l < DB_LANES; l++)
    if (!lane_is_up(&db->lanes[l])) return false;
  return true;
}

size_t db_waiting(const Db *db, DbLane lane) {
  return db->lanes[lane].waiting.length;
}

bool db_owns(const Db *db, int backend_pid) {
  for (guint i = 0; i < db->lanes[DB_CONTROL].count; i++)
    if (db_conn_pid(db->lanes[DB_CONTROL].conns[i]) == backend_pid) return true;
  return false;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

static void lane_open(Db *db, DbLane which, const char *url, int64_t count, guint depth, const char *name,
                      const char *setup) {
  static const DbConnHooks hooks = {on_opened, on_ready, on_lost, NULL};
  const DbConnOptions options = {.loop = db->server->loop,
                                 .url = url,
                                 .name = name,
                                 .setup = setup,
                                 .depth = depth,
                                 .hooks = &hooks,
                                 .user = db};
  Lane *lane = &db->lanes[which];

  g_queue_init(&lane->waiting);
  lane->conns = g_new0(DbConn *, (gsize)count);
  for (int64_t i = 0; i < count; i++) {
    lane->conns[i] = db_conn_new(&options);
    lane->count++;
  }
}

Db *db_new(Server *server, const char *url) {
  Db *db = g_new0(Db, 1);
  const Config *config = server->config;
  const char *common = "SET TimeZone = 'UTC'; SET jit = off; SET tcp_user_timeout = '10s'";
  /* What commands ask is found by key whatever the value: a plan made for one value is never worth its making. */
  g_autofree char *write = g_strdup_printf("%s; SET statement_timeout = 0; SET plan_cache_mode = force_generic_plan; "
                                           "SET idle_in_transaction_session_timeout = '2s'",
                                           common);
  g_autofree char *read = g_strdup_printf("%s; SET statement_timeout = %" G_GINT64_FORMAT "; "
                                          "SET idle_in_transaction_session_timeout = '10s'",
                                          common, config->query_timeout_ms);
  g_autofree char *control = g_strdup_printf("%s; SET statement_timeout = %d", common, CONTROL_TIMEOUT_MS);

  db->server = server;
  db->next_statement = DB_STATEMENTS_FIXED;
  db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, statement_free);
  g_queue_init(&db->homeless);
  uv_timer_init(server->loop, &db->soon);
  db->soon.data = db;
  lane_open(db, DB_WRITE, url, config->write_connections, 1, "linlid write", write);
  lane_open(db, DB_READ, url, config->read_connections, 1, "linlid read", read);
  lane_open(db, DB_CONTROL, url, config->control_connections, CONTROL_DEPTH, "linlid control", control);
  return db;
}

void db_end(Db *db) {
  DbCall *call;

  if (db->ended) return;
  db->ended = true;
  for (guint l = 0; l < DB_LANES; l++)
    for (guint i = 0; i < db->lanes[l].count; i++)
      db_conn_end(db->lanes[l].conns[i]);
  for (guint l = 0; l < DB_LANES; l++)
    while ((call = g_queue_pop_head(&db->lanes[l].waiting)))
      answer_away(call, DB_AWAY);
  while ((call = g_queue_pop_head(&db->homeless)))
    answer_away(call, DB_AWAY);
  uv_close((uv_handle_t *)&db->soon, NULL);
}

void db_free(Db *db) {
  DbCall *call;

  if (!db) return;
  while ((call = g_queue_pop_head(&db->homeless)))
    answer_away(call, DB_AWAY);
  for (guint l = 0; l < DB_LANES; l++) {
    for (guint i = 0; i < db->lanes[l].count; i++)
      db_conn_free(db->lanes[l].conns[i]);
    g_free(db->lanes[l].conns);
  }
  g_hash_table_unref(db->statements);
  g_free(db);
}
