/* server.h: the process: its loop, its clock and a slot for every room, so that rooms find each other.
 *
 *   main -> server_run: edge up (tls, listener, sign-in, metrics) -> core_start (core.h) -> loop -> drain -> core_end
 *
 * Plain struct, visible to server/ alone. Every slot is written by the room that owns it and by nobody else.
 * Invariants: one thread, one loop; a slot is set before the loop runs and cleared after its last callback.
 * Ends: server_stop() drains (no new connections, GOAWAY spread, commits in flight) and ends within 10 s. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
#include "common/proto.h"
#include "server/config.h"

typedef struct Batches Batches;
typedef struct Db Db;
typedef struct Dispatcher Dispatcher;
typedef struct Doorbell Doorbell;
typedef struct Heads Heads;
typedef struct Keeper Keeper;
typedef struct Listener Listener;
typedef struct Metrics Metrics;
typedef struct Presence Presence;
typedef struct Scheduler Scheduler;
typedef struct Sealer Sealer;
typedef struct SessionRoom SessionRoom;
typedef struct SignIns SignIns;
typedef struct Streams Streams;
typedef struct Tls Tls;

typedef struct Server {
  uv_loop_t *loop;
  const Proto *proto;
  Config *config;
  Uuid instance;   /* of this process; new at each start */
  uint64_t now_ms; /* monotonic, set once a turn of the loop before callbacks run */
  bool draining;   /* no new work is begun; what is in flight ends */

  Metrics *metrics; /* edge */
  Tls *tls;
  Listener *listener;
  SessionRoom *sessions;
  SignIns *sign_ins;

  Db *db; /* core */
  Batches *batches;
  Streams *streams;
  Presence *presence;
  Dispatcher *dispatcher;
  Doorbell *doorbell;
  Scheduler *scheduler;
  Sealer *sealer;
  Keeper *keeper;
  Heads *heads;
} Server;

/* Short forms for rooms that hold a Server and want one thing of it. */
static inline uv_loop_t *server_loop(const Server *server) {
  return server->loop;
}
static inline const Proto *server_proto(const Server *server) {
  return server->proto;
}
static inline const Config *server_config(const Server *server) {
  return server->config;
}
static inline Db *server_db(const Server *server) {
  return server->db;
}

/* Wall clock, microseconds since 1970. */
static inline int64_t server_wall_us(void) {
  return g_get_real_time();
}

/* Runs until told to end; returns the exit status: 0 ended as told, 1 could not start (a sentence is in the log). */
G_GNUC_WARN_UNUSED_RESULT int server_run(Config *config);
/* Begins the graceful end, as SIGTERM does; a second call ends at once. reason: short, for the log. */
void server_stop(Server *server, const char *reason);
