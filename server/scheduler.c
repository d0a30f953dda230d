/* scheduler.c: see scheduler.h. Each second, and soon after a commit. */
#include "server/scheduler.h"

#include <string.h>

#include "server/batch.h"
#include "server/db.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/outcome.h"
#include "server/server.h"
#include "server/stream.h"

enum { LIST_MAX = 500, PERIOD_MS = 1000, HINT_MS = 20, RUNNING_MAX = 2000, AGAIN_MS = 60000 };

struct Scheduler {
  Server *server;
  const ProtoCommand *command;
  GHashTable *running; /* job -> Run; failed ones stay until they may be tried again */
  uv_timer_t period, soon;
  bool soon_set, listing, again, ended;
  size_t in_flight;
};

typedef struct {
  Scheduler *scheduler;
  int64_t job;
  uint64_t not_before_ms; /* 0: running */
} Run;

static const ProtoCommand *system_command(const Proto *proto) {
  for (size_t i = 0; i < proto->n_commands; i++)
    if (proto->commands[i].flags & PROTO_SYSTEM) return &proto->commands[i];
  return NULL;
}

/* --- Running -------------------------------------------------------------------------------------------------- */

static void on_done(void *user, const DbResult *result) {
  Run *run = user;
  Scheduler *scheduler = run->scheduler;
  Server *server = scheduler->server;

  scheduler->in_flight--;
  metric_add(server, METRIC_JOBS_RUN, 1);
  if (result->status == DB_OK) {
    if (PQntuples(result->rows) == 1 && !db_is_null(result->rows, 0, OUTCOME_KIND)) {
      stream_committed(server, result->rows, 0);
      scheduler_hint(server);
    }
    g_hash_table_remove(scheduler->running, &run->job);
  } else if (result->status == DB_AWAY) {
    g_hash_table_remove(scheduler->running, &run->job); /* found again by the next list */
  } else {
    log_event(LOG_ERROR, "job_failed", LOG_NUMBER("job", run->job), LOG_TEXT("why", result->message));
    run->not_before_ms = server->now_ms + AGAIN_MS;
  }
}

/* The same parameters as any command; the session is NULL: the system. */
static DbParams *run_params(const PGresult *rows, int row) {
  enum { STREAM, JOB, ID, DIGEST };
  DbParams *params = db_params_new();
  WireBytes digest = db_get_bytes(rows, row, DIGEST);

  db_put_null(params);
  db_put_uuid(params, db_get_uuid(rows, row, ID));
  db_put_int8(params, db_get_int8(rows, row, STREAM));
  db_put_null(params);
  db_put_time(params, server_wall_us());
  db_put_bytes(params, digest.data, digest.len);
  db_put_int8(params, db_get_int8(rows, row, JOB));
  return params;
}

static bool may_run(Scheduler *scheduler, int64_t job) {
  const Run *run = g_hash_table_lookup(scheduler->running, &job);

  if (!run) return scheduler->in_flight < RUNNING_MAX;
  if (!run->not_before_ms || run->not_before_ms > scheduler->server->now_ms) return false;
  g_hash_table_remove(scheduler->running, &job);
  return true;
}

static void run_job(Scheduler *scheduler, const PGresult *rows, int row) {
  int64_t stream = db_get_int8(rows, row, 0), job = db_get_int8(rows, row, 1);

  if (!may_run(scheduler, job)) return;
  Run *run = g_new(Run, 1);
  *run = (Run){scheduler, job, 0};
  g_hash_table_insert(scheduler->running, &run->job, run);
  scheduler->in_flight++;
  if (batch_submit(scheduler->server, stream, scheduler->command->function, run_params(rows, row), on_done, run) ==
      BATCH_TAKEN)
    return;
  scheduler->in_flight--;
  g_hash_table_remove(scheduler->running, &job);
}

/* --- Looking -------------------------------------------------------------------------------------------------- */

static void look(Scheduler *scheduler);

static void on_listed(void *user, const DbResult *result) {
  Scheduler *scheduler = user;

  scheduler->listing = false;
  if (scheduler->ended || scheduler->server->draining) return;
  if (result->status == DB_OK)
    for (int i = 0; i < PQntuples(result->rows); i++)
      run_job(scheduler, result->rows, i);
  if (scheduler->again) scheduler_hint(scheduler->server);
  scheduler->again = false;
}

static void look(Scheduler *scheduler) {
  if (scheduler->listing) {
    scheduler->again = true;
    return;
  }
  if (scheduler->server->draining || !db_write_is_up(scheduler->server->db)) return;
  DbParams *params = db_params_new();
  db_put_int4(params, LIST_MAX);
  scheduler->listing = true;
  db_call(scheduler->server->db, DB_CONTROL, "due_list", params, on_listed, scheduler);
}

static void on_period(uv_timer_t *timer) {
  look(timer->data);
}

static void on_soon(uv_timer_t *timer) {
  Scheduler *scheduler = timer->data;
  scheduler->soon_set = false;
  look(scheduler);
}

void scheduler_hint(Server *server) {
  Scheduler *scheduler = server->scheduler;

  if (!scheduler->command || scheduler->soon_set || scheduler->ended || !server->config->scheduler) return;
  scheduler->soon_set = true;
  uv_timer_start(&scheduler->soon, on_soon, HINT_MS, 0);
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

bool scheduler_is_idle(const Scheduler *scheduler) {
  return scheduler->in_flight == 0;
}

Scheduler *scheduler_new(Server *server) {
  Scheduler *scheduler = g_new0(Scheduler, 1);

  scheduler->server = server;
  scheduler->command = system_command(server->proto);
  scheduler->running = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  uv_timer_init(server->loop, &scheduler->period);
  uv_timer_init(server->loop, &scheduler->soon);
  scheduler->period.data = scheduler->soon.data = scheduler;
  if (scheduler->command && server->config->scheduler)
    uv_timer_start(&scheduler->period, on_period, PERIOD_MS, PERIOD_MS);
  return scheduler;
}

void scheduler_end(Scheduler *scheduler) {
  scheduler->ended = true;
  uv_close((uv_handle_t *)&scheduler->period, NULL);
  uv_close((uv_handle_t *)&scheduler->soon, NULL);
}

void scheduler_free(Scheduler *scheduler) {
  if (!scheduler) return;
  g_hash_table_unref(scheduler->running);
  g_free(scheduler);
}
