/* pg_world.c: see pg_world.h. PostgreSQL refuses to run as root: it is started as user postgres then. */
#include "tests/unit/pg_world.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/proto_tables.h"
#include "server/db.h"
#include "server/metrics.h"

static char *folder;
static bool late;

static void shell(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void shell(const char *format, ...) {
  const char *as = geteuid() == 0 ? "runuser -u postgres -- " : "";
  va_list args;

  va_start(args, format);
  g_autofree char *command = g_strdup_vprintf(format, args);
  va_end(args);
  g_autofree char *line = g_strdup_printf("cd / && %s%s >>%s/log 2>&1", as, command, folder);
  if (system(line) != 0) g_error("failed: %s", line);
}

static void make_cluster(void) {
  const char *bin = "/usr/lib/postgresql/15/bin";
  g_autofree char *initdb = g_build_filename(bin, "initdb", NULL);

  if (access(initdb, X_OK) != 0) {
    printf("skipped: PostgreSQL 15 is not installed\n");
    exit(77);
  }
  folder = g_strdup("/tmp/linli-pg-XXXXXX");
  g_assert_nonnull(mkdtemp(folder));
  g_assert_cmpint(chmod(folder, 0777), ==, 0);
  shell("%s -D %s/data -U owner -A trust --no-sync -E UTF8 --lc-collate=C --lc-ctype=C.UTF-8", initdb, folder);
  shell("%s/pg_ctl -D %s/data -w -o \"-c listen_addresses='' -c unix_socket_directories=%s -c fsync=off\" start", bin,
        folder, folder);
}

static PGconn *connect_owner(const Server *server) {
  PGconn *conn = PQconnectdb(server->config->database);
  g_assert_cmpint(PQstatus(conn), ==, CONNECTION_OK);
  return conn;
}

char *pg_world_ask(Server *server, const char *sql) {
  PGconn *conn = connect_owner(server);
  PGresult *r = PQexec(conn, sql);
  if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
    g_error("%s: %s", sql, PQerrorMessage(conn));
  char *value = g_strdup(PQntuples(r) > 0 ? PQgetvalue(r, 0, 0) : "");
  PQclear(r);
  PQfinish(conn);
  return value;
}

static bool is_up(void *user) {
  return db_is_up(((Server *)user)->db);
}

Server *pg_world_begin(const char *sql) {
  Server *server = g_new0(Server, 1);
  char *why = NULL;

  make_cluster();
  server->config = g_new0(Config, 1);
  server->config->database = g_strdup_printf("postgresql://owner@/postgres?host=%s", folder);
  server->config->write_connections = 2;
  server->config->read_connections = server->config->control_connections = 2;
  server->config->batch_max = 50;
  server->config->query_timeout_ms = 2000;
  server->config->ring_events = 64;
  server->proto = &proto_linli;
  server->loop = g_new0(uv_loop_t, 1);
  uv_loop_init(server->loop);
  if (!metrics_start(server, &why)) g_error("%s", why);
  g_free(pg_world_ask(server, sql));
  server->db = db_new(server, server->config->database);
  pg_world_until(server, is_up, server, "the database is up");
  return server;
}

static void on_late(uv_timer_t *timer) {
  (void)timer;
  late = true;
}

void pg_world_until(Server *server, bool (*done)(void *user), void *user, const char *what) {
  uv_timer_t timer;

  late = false;
  uv_timer_init(server->loop, &timer);
  uv_timer_start(&timer, on_late, 20000, 0);
  while (!done(user) && !late)
    uv_run(server->loop, UV_RUN_ONCE);
  if (late) g_error("after 20 s still not: %s", what);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(server->loop, UV_RUN_NOWAIT);
}

void pg_world_end(Server *server) {
  db_end(server->db);
  metrics_end(server);
  uv_run(server->loop, UV_RUN_DEFAULT);
  db_free(server->db);
  metrics_free(server);
  g_assert_cmpint(uv_loop_close(server->loop), ==, 0);
  shell("/usr/lib/postgresql/15/bin/pg_ctl -D %s/data -m immediate -w stop", folder);
  g_autofree char *removal = g_strdup_printf("rm -rf %s", folder);
  if (system(removal) != 0) g_warning("left: %s", folder);
  g_free(folder);
  g_free(server->config->database);
  g_free(server->config);
  g_free(server->loop);
  g_free(server);
}
