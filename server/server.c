/* server.c: brings the rooms up in order, keeps time, hears signals, and ends without losing anything.
 *
 *   up      metrics, sessions, tls, sign-in, core, listener, "ready"
 *   drain   SIGTERM: stop listening -> GOAWAY(spread) -> clients leave, commits end -> close the rest -> run out
 *   HUP     certificate and log level anew
 *
 * Owner: main. Invariants: what is up is taken down in the reverse order; no room is freed before the loop has run
 * out. Ends: within END_MS of the first signal; a second signal ends at once. */
#include "server/server.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/uuid.h"
#include "proto/proto_tables.h"
#include "server/core.h"
#include "server/db.h"
#include "server/listener.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/session_line.h"
#include "server/signin.h"
#include "server/tls.h"

enum {
  API = 1,
  READY_SECONDS = 5,
  HELLO_MS = 60000,
  TICK_MS = 1000,
  EARLY_TICK_MS = 50,
  END_MS = 10000,
  CLOSE_ALL_MS = 8000,
  SPREAD_MIN_MS = 100,
  SPREAD_MAX_MS = 5000,
  RUN_OUT_TURNS = 2000,
  SPARE_FILES = 100,
};

typedef struct {
  Server server;
  uv_loop_t loop;
  uv_timer_t tick; /* each second; each 50 ms before it is ready and while draining */
  uv_signal_t signals[3];
  uint64_t second;
  uint64_t began_ms;
  uint64_t hello_ms;           /* when this process reports itself next */
  bool ready;                  /* told */
  uint64_t drain_ms, leave_ms; /* when draining began, and until when clients may leave by themselves */
  bool core_up, ended, timed;
  int status;
} Process;

static Process *process_of(Server *server) {
  return (Process *)((char *)server - offsetof(Process, server));
}

/* --- The end ------------------------------------------------------------------------------------------------- */

/* Everything is closed; the loop runs only for the close callbacks. */
static void end(Process *process) {
  if (process->ended) return;
  process->ended = true;
  listener_stop(&process->server);
  tls_end(&process->server);
  metrics_end(&process->server);
  signin_end(&process->server);
  if (process->core_up) core_end(&process->server);
  if (!process->timed) return;
  uv_close((uv_handle_t *)&process->tick, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(process->signals); i++)
    uv_close((uv_handle_t *)&process->signals[i], NULL);
}

static void drain(Process *process) {
  Server *server = &process->server;
  uint64_t waited = server->now_ms - process->drain_ms;
  bool empty = sessions_count(server) == 0;

  if (empty && (!process->core_up || core_idle(server))) {
    end(process);
  } else if (waited >= END_MS) {
    log_event(LOG_WARN, "end_forced", LOG_NUMBER("sessions", sessions_count(server)));
    end(process);
  } else if (server->now_ms >= process->leave_ms && (core_idle(server) || waited >= CLOSE_ALL_MS)) {
    sessions_close(server, "shutdown");
  }
}

static void on_tick(uv_timer_t *timer);

void server_stop(Server *server, const char *reason) {
  Process *process = process_of(server);

  if (server->draining) {
    log_event(LOG_WARN, "end_at_once", LOG_TEXT("reason", reason));
    end(process);
    return;
  }
  uint64_t spread = CLAMP(sessions_count(server) * 2, SPREAD_MIN_MS, SPREAD_MAX_MS);
  log_event(LOG_INFO, "draining", LOG_TEXT("reason", reason), LOG_NUMBER("sessions", sessions_count(server)),
            LOG_NUMBER("spread_ms", spread));
  server->draining = true;
  process->drain_ms = server->now_ms;
  process->leave_ms = server->now_ms + spread + SPREAD_MIN_MS;
  listener_stop(server);
  sessions_goaway(server, spread);
  uv_timer_start(&process->tick, on_tick, 0, EARLY_TICK_MS);
}

/* --- Ready --------------------------------------------------------------------------------------------------- */

/* What sd_notify(3) sends. */
static void notify_manager(const char *text) {
  const char *path = g_getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  size_t len = path ? strlen(path) : 0;

  if (len < 2 || len >= sizeof to.sun_path) return;
  memcpy(to.sun_path, path, len);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
    log_event(LOG_WARN, "notify_failed", LOG_TEXT("why", g_strerror(errno)));
  close(fd);
}

/* Once, when the database has answered, or after some seconds without: then too it serves, as it does when the
 * database goes away later. */
static void tell_ready(Server *server) {
  const char *address = listener_address(server);

  if (process_of(server)->ready) return;
  process_of(server)->ready = true;
  uv_timer_set_repeat(&process_of(server)->tick, TICK_MS);
  if (server->config->ready_fd >= 0 && dprintf((int)server->config->ready_fd, "ready %s\n", address) < 0)
    log_event(LOG_WARN, "ready_fd_failed", LOG_TEXT("why", g_strerror(errno)));
  notify_manager("READY=1");
  log_event(LOG_INFO, "serving", LOG_TEXT("address", address), LOG_TEXT("version", LINLI_VERSION),
            LOG_NUMBER("protocol", server->proto->version));
}

/* --- Time and signals ---------------------------------------------------------------------------------------- */

static void on_hello_told(void *user, const DbResult *result) {
  Process *process = user;

  if (result->status == DB_OK) {
    tell_ready(&process->server);
    return;
  }
  process->hello_ms = process->server.now_ms + (process->ready ? TICK_MS : EARLY_TICK_MS);
  if (process->ready || result->status != DB_AWAY)
    log_event(LOG_WARN, "process_hello_failed", LOG_TEXT("why", result->message));
}

static void say_hello(Server *server) {
  DbParams *params = db_params_new();

  db_put_uuid(params, server->instance);
  db_put_int4(params, API);
  process_of(server)->hello_ms = server->now_ms + HELLO_MS;
  db_call(server->db, DB_CONTROL, "process_hello", params, on_hello_told, process_of(server));
}

static void on_tick(uv_timer_t *timer) {
  Process *process = timer->data;
  Server *server = &process->server;

  server->now_ms = uv_now(server->loop);
  if (server->draining) {
    drain(process);
    if (process->ended) return;
  }
  if (server->now_ms >= process->hello_ms) say_hello(server);
  uint64_t second = server->now_ms / 1000;
  if (second == process->second) return;
  process->second = second;
  sessions_tick(server);
  signin_tick(server);
  tls_tick_second(server);
  if (second % 60 == 0) tls_tick_minute(server);
  if (server->now_ms >= process->began_ms + READY_SECONDS * 1000) tell_ready(server);
}

/* The file may name another level and other certificate files; everything else needs a restart. */
static void reload(Server *server) {
  Config *config = server->config, *fresh;
  g_autofree char *why = NULL;
  g_autofree char *tls_why = NULL;
  LogLevel level;

  int argc = (int)g_strv_length(config->arguments);
  if (config_load(argc, config->arguments, &fresh, &why) == CONFIG_OK) {
    if (log_level_parse(fresh->log_level, &level)) log_set_level(level);
    if (fresh->certificate && fresh->key) { /* embedded mode has its own */
      g_free(config->certificate);
      g_free(config->key);
      config->certificate = g_steal_pointer(&fresh->certificate);
      config->key = g_steal_pointer(&fresh->key);
    }
    config_free(fresh);
  } else {
    log_event(LOG_ERROR, "reload_failed", LOG_TEXT("why", why));
  }
  if (tls_reload(server, &tls_why))
    log_event(LOG_INFO, "certificate_reloaded", LOG_TEXT("file", config->certificate));
  else
    log_event(LOG_ERROR, "certificate_kept", LOG_TEXT("why", tls_why));
}

static void on_signal(uv_signal_t *handle, int number) {
  Process *process = handle->data;

  if (number == SIGHUP)
    reload(&process->server);
  else
    server_stop(&process->server, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void keep_time(Process *process) {
  static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

  uv_timer_init(&process->loop, &process->tick);
  process->tick.data = process;
  uv_timer_start(&process->tick, on_tick, EARLY_TICK_MS, EARLY_TICK_MS);
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
    uv_signal_init(&process->loop, &process->signals[i]);
    process->signals[i].data = process;
    uv_signal_start(&process->signals[i], on_signal, numbers[i]);
  }
  process->timed = true;
}

/* --- Up and down --------------------------------------------------------------------------------------------- */

/* A descriptor a connection: as many as the system lets this user have. */
static void raise_file_limit(const Config *config) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < (rlim_t)config->max_connections + SPARE_FILES)
    log_event(LOG_WARN, "few_files", LOG_NUMBER("limit", limit.rlim_cur),
              LOG_NUMBER("max_connections", config->max_connections),
              LOG_TEXT("do", "raise LimitNOFILE or lower max-connections"));
}

static bool bring_up(Process *process, char **why) {
  Server *server = &process->server;
  uint8_t random[UUID_RANDOM];

  if (!metrics_start(server, why) || !sessions_start(server) || !signin_start(server, why) || !tls_start(server, why))
    return false;
  randombytes_buf(random, sizeof random);
  server->instance = uuid_v7((uint64_t)(server_wall_us() / 1000), random);
  process->core_up = core_start(server, why);
  if (!process->core_up) return false;
  keep_time(process);
  process->began_ms = server->now_ms;
  return listener_start(server, why);
}

/* Runs the loop until every handle is closed. Bounded: a room that forgets a handle must not hang the end. */
static void run_out(Process *process) {
  end(process);
  for (unsigned i = 0; i < RUN_OUT_TURNS && uv_run(&process->loop, UV_RUN_NOWAIT) != 0; i++)
    g_usleep(1000);
  if (uv_loop_close(&process->loop) != 0) log_event(LOG_WARN, "handles_left_open");
}

static void take_down(Process *process) {
  Server *server = &process->server;

  listener_free(server);
  tls_free(server);
  if (process->core_up) core_free(server);
  signin_free(server);
  sessions_free(server);
  metrics_free(server);
}

int server_run(Config *config) {
  Process *process = g_new0(Process, 1);
  Server *server = &process->server;
  g_autofree char *why = NULL;
  LogLevel level = LOG_INFO;

  if (log_level_parse(config->log_level, &level)) log_set_level(level);
  signal(SIGPIPE, SIG_IGN);
  raise_file_limit(config);
  uv_loop_init(&process->loop);
  uv_loop_configure(&process->loop, UV_METRICS_IDLE_TIME); /* for the metric of the loop's turns */
  server->loop = &process->loop;
  server->proto = &proto_linli;
  server->config = config;
  server->now_ms = uv_now(server->loop);
  if (bring_up(process, &why)) {
    uv_run(&process->loop, UV_RUN_DEFAULT);
    log_event(LOG_INFO, "ended");
  } else {
    process->status = 1;
    log_event(LOG_ERROR, "not_started", LOG_TEXT("why", why));
  }
  run_out(process);
  take_down(process);
  int status = process->status;
  g_free(process);
  return status;
}
