/* core.c: wires the core's rooms together; see core.h. */
#include "server/core.h"

#include <uv.h>

#include "server/batch.h"
#include "server/db.h"
#include "server/dispatch.h"
#include "server/doorbell.h"
#include "server/heads.h"
#include "server/keeper.h"
#include "server/present.h"
#include "server/scheduler.h"
#include "server/seal.h"
#include "server/server.h"
#include "server/stream.h"

enum { TICK_MS = 1000 };

typedef struct {
  uv_timer_t timer;
  Server *server;
} Tick;

static Tick tick; /* the process has one core */

static void on_tick(uv_timer_t *timer) {
  (void)timer;
  streams_tick(tick.server);
  present_tick(tick.server);
  keeper_tick(tick.server->keeper);
  heads_tick(tick.server);
}

static bool has_sealed(const Proto *proto) {
  for (size_t i = 0; i < proto->n_commands; i++)
    for (uint16_t f = 0; f < proto->commands[i].fields->count; f++)
      if (proto->commands[i].fields->fields[f].flags & WIRE_SEALED) return true;
  return false;
}

static bool start_sealer(Server *server, char **why) {
  const Config *config = server->config;
  g_autofree char *path = config->seal_keys ? g_strdup(config->seal_keys)
                          : config->data    ? g_build_filename(config->data, "seal-keys", NULL)
                                            : NULL;

  if (!path && !has_sealed(server->proto)) return true;
  if (path) {
    server->sealer = sealer_new(path, why);
    return server->sealer != NULL;
  }
  *why =
      g_strdup("seal-keys is not set; name a file for the keys of sealed fields, outside database and backups. It is "
               "made when it is not there");
  return false;
}

bool core_start(Server *server, char **why) {
  const char *url = server->config->database;

  if (!url) {
    *why = g_strdup("database is not set; give a postgresql:// URL, or --embedded DIR");
    return false;
  }
  if (!start_sealer(server, why)) return false;
  server->db = db_new(server, url);
  server->batches = batches_new(server);
  server->streams = streams_new(server);
  db_on_opened(server->db, streams_doubt, server->streams);
  server->presence = presence_new(server);
  server->dispatcher = dispatcher_new(server);
  server->scheduler = scheduler_new(server);
  server->doorbell = doorbell_new(server, url);
  server->keeper = keeper_new(server);
  server->heads = heads_new(server);
  tick.server = server;
  uv_timer_init(server->loop, &tick.timer);
  uv_timer_start(&tick.timer, on_tick, TICK_MS, TICK_MS);
  return true;
}

bool core_idle(const Server *server) {
  return dispatch_idle(server) && batch_waiting(server) == 0 && scheduler_is_idle(server->scheduler) &&
         doorbell_is_idle(server->doorbell);
}

void core_end(Server *server) {
  uv_close((uv_handle_t *)&tick.timer, NULL);
  keeper_end(server->keeper);
  streams_end(server->streams);
  scheduler_end(server->scheduler);
  doorbell_end(server->doorbell);
  batches_end(server->batches);
  db_end(server->db);
}

void core_free(Server *server) {
  g_clear_pointer(&server->keeper, keeper_free);
  g_clear_pointer(&server->db, db_free);
  g_clear_pointer(&server->heads, heads_free);
  g_clear_pointer(&server->batches, batches_free);
  g_clear_pointer(&server->doorbell, doorbell_free);
  g_clear_pointer(&server->scheduler, scheduler_free);
  g_clear_pointer(&server->dispatcher, dispatcher_free);
  g_clear_pointer(&server->presence, presence_free);
  g_clear_pointer(&server->streams, streams_free);
  g_clear_pointer(&server->sealer, sealer_free);
}
