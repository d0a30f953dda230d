/* test_server_batch.c: batches against a real PostgreSQL: what aborts, what is lost, and in which order. */
#include <glib.h>
#include <string.h>

#include "server/batch.h"
#include "server/outcome.h"
#include "tests/unit/pg_world.h"

/* One function with the shape of every command: what it does is said by `mode`. Writing twice under one id is a fault
 * that the unique index would show. */
static const char SETUP[] =
    "CREATE SCHEMA api_1;"
    "CREATE TYPE api_1.outcome AS (refusal text, detail text, repeated boolean, stream bigint, seq bigint, row_id "
    "uuid,"
    " at timestamptz, actor bigint, kind text, chain bytea, audience smallint, teams bigint[], barred bigint,"
    " was_audience smallint, was_teams bigint[], whole boolean, body text, note text);"
    "CREATE TABLE head (stream bigint PRIMARY KEY, seq bigint NOT NULL);"
    "CREATE TABLE done (id bigint PRIMARY KEY, stream bigint, seq bigint, xid xid8 DEFAULT pg_current_xact_id(),"
    " place bigserial);"
    "INSERT INTO head SELECT s, 0 FROM generate_series(1, 40) s;"
    "CREATE FUNCTION api_1.work(stream bigint, id bigint, mode text) RETURNS api_1.outcome LANGUAGE plpgsql AS $$"
    "DECLARE o api_1.outcome; n bigint; BEGIN"
    "  UPDATE head h SET seq = seq + 1 WHERE h.stream = work.stream RETURNING seq INTO n;"
    "  SELECT d.seq, true INTO o.seq, o.repeated FROM done d WHERE d.id = work.id;"
    "  IF FOUND THEN RETURN o; END IF;"
    "  IF mode = 'fail' THEN RAISE EXCEPTION 'a fault'; END IF;"
    "  IF mode = 'die' THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END IF;"
    "  IF mode = 'slow' THEN PERFORM pg_sleep(0.2); END IF;"
    "  IF mode LIKE 'cross%' THEN PERFORM pg_sleep(0.3);"
    "    UPDATE head h SET seq = seq WHERE h.stream = substr(mode, 6)::bigint; END IF;"
    "  INSERT INTO done VALUES (work.id, work.stream, n);"
    "  o.stream := stream; o.seq := n; o.repeated := false; RETURN o; END $$;"
    "CREATE FUNCTION api_1.nap(seconds double precision) RETURNS TABLE (n int) LANGUAGE sql AS"
    " 'SELECT 1 FROM pg_sleep(seconds)';";

typedef struct {
  int64_t id;
  DbStatus status;
  int64_t seq;
  bool repeated;
  int order;
} Told;

static Server *server;
static Told told[4096];
static int n_told;
static int64_t next_id = 1;

static void on_done(void *user, const DbResult *result) {
  Told *one = user;
  one->status = result->status;
  one->order = n_told++;
  if (result->status != DB_OK) return;
  g_assert_cmpint(PQntuples(result->rows), ==, 1);
  one->seq = db_get_int8(result->rows, 0, OUTCOME_SEQ);
  one->repeated = db_get_bool(result->rows, 0, OUTCOME_REPEATED);
}

static Told *submit_id(int64_t stream, int64_t id, const char *mode) {
  Told *one = &told[id];
  DbParams *params = db_params_new();

  *one = (Told){.id = id, .order = -1};
  db_put_int8(params, stream);
  db_put_int8(params, id);
  db_put_text(params, mode, strlen(mode));
  g_assert_cmpint(batch_submit(server, stream, "work", params, on_done, one), ==, BATCH_TAKEN);
  return one;
}

static Told *submit(int64_t stream, const char *mode) {
  return submit_id(stream, next_id++, mode);
}

static bool all_told(void *user) {
  (void)user;
  return batch_waiting(server) == 0;
}

static bool is_up(void *user) {
  (void)user;
  return db_is_up(server->db);
}

static bool writers_are_free(void *user) {
  (void)user;
  return db_writes_free(server->db) == 2;
}

static void finish(void) {
  pg_world_until(server, all_told, NULL, "every command is answered");
}

static int64_t ask(const char *sql) {
  g_autofree char *value = pg_world_ask(server, sql);
  return g_ascii_strtoll(value, NULL, 10);
}

static void commands_of_a_turn_share_a_transaction(void) {
  Told *first = submit(1, "");
  for (int i = 0; i < 9; i++)
    submit(1, "");
  finish();
  g_assert_cmpint(first->status, ==, DB_OK);
  g_assert_cmpint(ask("SELECT count(DISTINCT xid) FROM done WHERE stream = 1"), ==, 1);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream = 1"), ==, 10);
}

/* Whether commands of two streams were committed together, and one whose streams were not locked in ascending order.
 */
static const char SHARED[] = "SELECT count(*) FROM (SELECT xid FROM done WHERE stream BETWEEN %d AND %d GROUP BY xid"
                             " HAVING count(DISTINCT stream) > 1) x";
static const char DISORDER[] =
    "SELECT count(*) FROM (SELECT stream, lag(stream) OVER (PARTITION BY xid ORDER BY place) AS last FROM done) x"
    " WHERE last > stream";

static int64_t shared(int first, int last) {
  g_autofree char *sql = g_strdup_printf(SHARED, first, last);
  return ask(sql);
}

static void streams_share_a_transaction_in_ascending_order(void) {
  for (int i = 0; i < 200; i++)
    submit(7 - i % 6, "");
  finish();
  g_assert_cmpint(shared(2, 7), >, 0);
  g_assert_cmpint(ask(DISORDER), ==, 0);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream BETWEEN 2 AND 7"), ==, 200);
}

static void a_few_streams_go_side_by_side(void) {
  pg_world_until(server, writers_are_free, NULL, "both write connections are free");
  submit(20, "");
  submit(21, "");
  finish();
  g_assert_cmpint(shared(20, 21), ==, 0);
}

static void order_within_a_stream_is_kept(void) {
  Told *all[120];
  for (int i = 0; i < 120; i++)
    all[i] = submit(8, "");
  finish();
  for (int i = 1; i < 120; i++) {
    g_assert_cmpint(all[i]->seq, ==, all[i - 1]->seq + 1);
    g_assert_cmpint(all[i]->order, >, all[i - 1]->order);
  }
}

static void a_fault_costs_only_its_own_command(void) {
  Told *before = submit(9, ""), *bad = submit(9, "fail"), *after = submit(9, "");
  finish();
  g_assert_cmpint(before->status, ==, DB_OK);
  g_assert_cmpint(bad->status, ==, DB_FAILED);
  g_assert_cmpint(after->status, ==, DB_OK);
  g_assert_cmpint(after->seq, ==, before->seq + 1);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream = 9"), ==, 2);
}

static void a_fault_leaves_the_other_streams_together(void) {
  Told *bad[2], *good[28];
  for (int i = 0, b = 0, g = 0; i < 30; i++)
    if (i % 15 == 7)
      bad[b++] = submit(22 + i % 6, "fail");
    else
      good[g++] = submit(22 + i % 6, "");
  finish();
  for (int i = 0; i < 2; i++)
    g_assert_cmpint(bad[i]->status, ==, DB_FAILED);
  for (int i = 0; i < 28; i++)
    g_assert_cmpint(good[i]->status, ==, DB_OK);
  g_assert_cmpint(shared(22, 27), >, 0);
  g_assert_cmpint(ask("SELECT count(DISTINCT xid) FROM done WHERE stream BETWEEN 22 AND 27"), <, 10);
}

static void a_lost_connection_leaves_the_stream_undecided(void) {
  pg_world_until(server, writers_are_free, NULL, "both write connections are free");
  Told *before = submit(10, ""), *deadly = submit(10, "die"), *other = submit(11, "");
  finish();
  g_assert_cmpint(before->status, ==, DB_AWAY);
  g_assert_cmpint(deadly->status, ==, DB_AWAY);
  g_assert_cmpint(other->status, ==, DB_OK);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream = 10"), ==, 0);
  pg_world_until(server, is_up, NULL, "the lanes are up");
  Told *again = submit_id(10, before->id, "");
  finish();
  g_assert_cmpint(again->status, ==, DB_OK);
}

static void a_repeated_command_returns_its_first_outcome(void) {
  Told *first = submit(12, "");
  finish();
  int64_t seq = first->seq;
  Told *again = submit_id(12, first->id, "");
  finish();
  g_assert_true(again->repeated);
  g_assert_cmpint(again->seq, ==, seq);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream = 12"), ==, 1);
}

static void a_slow_stream_does_not_hold_another(void) {
  pg_world_until(server, writers_are_free, NULL, "both write connections are free");
  Told *slow = submit(13, "slow"), *quick = submit(14, "");
  finish();
  g_assert_cmpint(quick->order, <, slow->order);
}

static void killed_writers_decide_each_command_once(void) {
  int64_t first = next_id;
  for (int i = 0; i < 400; i++)
    submit(15 + i % 3, i % 40 == 7 ? "die" : "");
  finish();
  for (int round = 0; round < 3; round++) {
    pg_world_until(server, is_up, NULL, "the lanes are up");
    for (int64_t id = first; id < next_id; id++)
      if (told[id].status == DB_AWAY) submit_id(15 + (id - first) % 3, id, "");
    finish();
  }
  for (int64_t id = first; id < next_id; id++)
    g_assert_cmpint(told[id].status, ==, DB_OK);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream BETWEEN 15 AND 17"), ==, 400);
}

/* Each waits for what the other holds. PostgreSQL ends one, which is run again; from then on nothing is shared. */
static void a_circle_of_waits_is_undone_and_streams_go_apart(void) {
  pg_world_until(server, writers_are_free, NULL, "both write connections are free");
  Told *one = submit(28, "cross29"), *other = submit(29, "cross28");
  finish();
  g_assert_cmpint(one->status, ==, DB_OK);
  g_assert_cmpint(other->status, ==, DB_OK);
  for (int i = 0; i < 60; i++)
    submit(30 + i % 10, "");
  finish();
  g_assert_cmpint(shared(30, 39), ==, 0);
  g_assert_cmpint(ask("SELECT count(*) FROM done WHERE stream BETWEEN 30 AND 39"), ==, 60);
}

/* --- Calls ---------------------------------------------------------------------------------------------------- */

typedef struct {
  bool done;
  DbStatus status;
} Call;

static void on_call(void *user, const DbResult *result) {
  Call *call = user;
  call->done = true;
  call->status = result->status;
}

static bool call_is_done(void *user) {
  return ((Call *)user)->done;
}

static DbParams *seconds(double value) {
  DbParams *params = db_params_new();
  union {
    double d;
    uint64_t u;
  } bits = {value};
  bits.u = GUINT64_TO_BE(bits.u);
  db_put_bytes(params, &bits, sizeof bits);
  return params;
}

static void a_cancelled_call_ends_and_its_connection_goes_on(void) {
  Call slow = {0}, next = {0};
  DbCall *handle = db_call(server->db, DB_READ, "nap", seconds(1.5), on_call, &slow);
  uv_run(server->loop, UV_RUN_NOWAIT);
  gint64 began = g_get_monotonic_time();
  db_cancel(handle);
  pg_world_until(server, call_is_done, &slow, "the cancelled call is answered");
  g_assert_cmpint(slow.status, ==, DB_TIMEOUT);
  g_assert_cmpint(g_get_monotonic_time() - began, <, 1000000);
  for (int i = 0; i < 5; i++) {
    next = (Call){0};
    db_call(server->db, DB_READ, "nap", seconds(0), on_call, &next);
    pg_world_until(server, call_is_done, &next, "a call after a cancel is answered");
    g_assert_cmpint(next.status, ==, DB_OK);
  }
}

static void a_read_is_stopped_by_its_timeout(void) {
  Call call = {0};
  db_call(server->db, DB_READ, "nap", seconds(10), on_call, &call);
  pg_world_until(server, call_is_done, &call, "the timeout");
  g_assert_cmpint(call.status, ==, DB_TIMEOUT);
}

static void an_unknown_function_is_a_fault_and_nothing_more(void) {
  Call call = {0}, next = {0};
  db_call(server->db, DB_CONTROL, "nothing", db_params_new(), on_call, &call);
  db_call(server->db, DB_CONTROL, "nap", seconds(0), on_call, &next);
  pg_world_until(server, call_is_done, &call, "the fault");
  pg_world_until(server, call_is_done, &next, "the call after it");
  g_assert_cmpint(call.status, ==, DB_FAILED);
  g_assert_cmpint(next.status, ==, DB_OK);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  server = pg_world_begin(SETUP);
  server->batches = batches_new(server);
  g_test_add_func("/batch/turn", commands_of_a_turn_share_a_transaction);
  g_test_add_func("/batch/share", streams_share_a_transaction_in_ascending_order);
  g_test_add_func("/batch/few", a_few_streams_go_side_by_side);
  g_test_add_func("/batch/order", order_within_a_stream_is_kept);
  g_test_add_func("/batch/fault", a_fault_costs_only_its_own_command);
  g_test_add_func("/batch/fault-shared", a_fault_leaves_the_other_streams_together);
  g_test_add_func("/batch/lost", a_lost_connection_leaves_the_stream_undecided);
  g_test_add_func("/batch/repeat", a_repeated_command_returns_its_first_outcome);
  g_test_add_func("/batch/slow", a_slow_stream_does_not_hold_another);
  g_test_add_func("/batch/killed", killed_writers_decide_each_command_once);
  g_test_add_func("/batch/circle", a_circle_of_waits_is_undone_and_streams_go_apart);
  g_test_add_func("/db/cancel", a_cancelled_call_ends_and_its_connection_goes_on);
  g_test_add_func("/db/timeout", a_read_is_stopped_by_its_timeout);
  g_test_add_func("/db/unknown", an_unknown_function_is_a_fault_and_nothing_more);
  int status = g_test_run();
  batches_end(server->batches);
  Batches *batches = server->batches;
  pg_world_end(server);
  batches_free(batches);
  return status;
}
