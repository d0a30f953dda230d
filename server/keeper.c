/* keeper.c: see keeper.h. */
#include "server/keeper.h"

#include <uv.h>

#include "server/db.h"
#include "server/log.h"
#include "server/server.h"
#include "sql/admin/cluster.h"

enum { PATIENCE_TICKS = 2 };

struct Keeper {
  uv_work_t work;
  Server *server;
  char *pid_file;
  GError *why;
  unsigned away; /* ticks in a row without a database */
  bool working, ended;
};

Keeper *keeper_new(Server *server) {
  Keeper *keeper = g_new0(Keeper, 1);

  keeper->server = server;
  if (server->config->embedded)
    keeper->pid_file = g_build_filename(server->config->embedded, "pg", "postmaster.pid", NULL);
  return keeper;
}

/* On a worker thread: it waits for PostgreSQL to recover. */
static void on_work(uv_work_t *work) {
  Keeper *keeper = work->data;
  g_auto(ClusterInfo) info = {0};

  if (!cluster_ensure(keeper->server->config->embedded, &info, &keeper->why) && !keeper->why)
    g_set_error_literal(&keeper->why, ADMIN_ERROR, 0, "no reason was given");
}

static void on_worked(uv_work_t *work, int status) {
  Keeper *keeper = work->data;

  keeper->working = false;
  keeper->away = 0;
  if (status == 0 && !keeper->why)
    log_event(LOG_WARN, "database_brought_back", LOG_TEXT("dir", keeper->server->config->embedded));
  else if (keeper->why)
    log_event(LOG_ERROR, "database_not_brought_back", LOG_TEXT("why", keeper->why->message));
  g_clear_error(&keeper->why);
  if (keeper->ended) keeper_free(keeper);
}

static bool has_died(const Keeper *keeper) {
  return g_file_test(keeper->pid_file, G_FILE_TEST_EXISTS) && cluster_pid(keeper->server->config->embedded) == 0;
}

void keeper_tick(Keeper *keeper) {
  if (!keeper->pid_file || keeper->working || keeper->ended || keeper->server->draining) return;
  keeper->away = db_is_up(keeper->server->db) ? 0 : keeper->away + 1;
  if (keeper->away < PATIENCE_TICKS || !has_died(keeper)) return;
  keeper->work.data = keeper;
  keeper->working = uv_queue_work(keeper->server->loop, &keeper->work, on_work, on_worked) == 0;
}

void keeper_end(Keeper *keeper) {
  keeper->ended = true;
}

void keeper_free(Keeper *keeper) {
  if (keeper->working) return; /* on_worked frees it */
  g_free(keeper->pid_file);
  g_free(keeper);
}
