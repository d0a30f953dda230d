#include "sql/admin/cluster.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sql/admin/certs.h"
#include "sql/admin/cluster_inner.h"
#include "sql/admin/pg.h"
#include "sql/admin/postmaster.h"
#include "sql/admin/settings.h"

enum { START_SECONDS = 300, STOP_SECONDS = 120, ORPHAN_SECONDS = 30 };

void cluster_info_clear(ClusterInfo *info) {
  g_free(info->dir);
  g_free(info->owner_url);
  g_free(info->linlid_url);
  g_free(info->certificate);
  g_free(info->key);
  g_free(info->ca);
  *info = (ClusterInfo){0};
}

char *cluster_url(const char *run, const char *role, const char *database) {
  g_autofree char *host = g_uri_escape_string(run, NULL, FALSE);
  return g_strdup_printf("postgresql://%s@/%s?host=%s&port=%d", role, database, host, CLUSTER_PORT);
}

/* initdb works beside pg and is renamed when all is there: a cluster exists whole or not at all. */
static bool cluster_make(const Home *home, GError **why) {
  g_autofree char *fresh = g_strconcat(home->pg, ".new", NULL), *initdb = program_path("initdb", why);
  if (!initdb) return false;
  const char *clean[] = {"rm", "-rf", "--", fresh, NULL};
  const char *make[] = {initdb,
                        "--pgdata",
                        fresh,
                        "--username=linli",
                        "--data-checksums",
                        "--encoding=UTF8",
                        "--locale-provider=libc",
                        "--locale=C",
                        "--lc-collate=C",
                        "--lc-ctype=C.UTF-8",
                        "--auth=peer",
                        "--no-instructions",
                        NULL};
  if (!program_run(NULL, clean, why) || !home_folder(home, fresh, why) || !program_run(&home->user, make, why) ||
      !settings_write(home, fresh, false, why))
    return false;
  if (g_rename(fresh, home->pg) == 0) return true;
  return admin_fail(why, "%s could not be renamed to %s.", fresh, home->pg);
}

/* A cluster of another version is only ever touched by the person who reads this. */
static bool version_fits(const Home *home, GError **why) {
  g_autofree char *path = g_build_filename(home->pg, "PG_VERSION", NULL), *text = NULL;
  if (!g_file_get_contents(path, &text, NULL, NULL))
    return admin_fail(why,
                      "%s is not a PostgreSQL cluster (it has no PG_VERSION): move it away, or restore a backup with "
                      "'linlictl restore BACKUP --embedded %s'.",
                      home->pg, home->dir);
  int major = atoi(text), ours = CLUSTER_MAJOR;
  if (major == ours) return true;
  if (major > ours)
    return admin_fail(why,
                      "%s was made by PostgreSQL %d, newer than the %d this program runs: install a linli made for "
                      "PostgreSQL %d.",
                      home->pg, major, ours, major);
  return admin_fail(
      why,
      "%s was made by PostgreSQL %d and this program runs %d. Upgrade it, as user %s, with: mv %s %s-%d "
      "&& /usr/lib/postgresql/%d/bin/initdb -D %s -U linli -k -E UTF8 --locale=C --lc-ctype=C.UTF-8 && "
      "cd /tmp && /usr/lib/postgresql/%d/bin/pg_upgrade -U linli -b /usr/lib/postgresql/%d/bin "
      "-B /usr/lib/postgresql/%d/bin -d %s-%d -D %s",
      home->pg, major, ours, home->user.name, home->pg, home->pg, major, ours, home->pg, ours, major, ours, home->pg,
      major, home->pg);
}

/* After kill -9 of the postmaster its children need a moment to notice; PostgreSQL refuses to start before. */
static void wait_for_orphans(const Home *home) {
  gint64 until = g_get_monotonic_time() + ORPHAN_SECONDS * G_USEC_PER_SEC;
  while (postmaster_anybody(home->pg) && g_get_monotonic_time() < until)
    g_usleep(20000);
}

bool cluster_start(const Home *home, GError **why) {
  g_autofree char *pg_ctl = program_path("pg_ctl", why), *log = g_build_filename(home->log, "start.log", NULL);
  g_autofree char *seconds = g_strdup_printf("%d", START_SECONDS);
  if (!pg_ctl || !home_take(home, home->pg, why) ||
      !settings_write(home, home->pg, settings_archiving(home->pg), why))
    return false;
  wait_for_orphans(home);
  postmaster_forget(home->pg, home->run);
  const char *argv[] = {pg_ctl,  "start", "--pgdata", home->pg,   "--wait", "--timeout",
                        seconds, "--log", log,        "--silent", NULL};
  if (program_run(&home->user, argv, why)) return true;
  g_prefix_error(why, "PostgreSQL did not start; %s says why. ", home->log);
  return false;
}

/* Its socket may be gone, with whoever cleaned /tmp or the folder: such a postmaster is of no use to anybody. */
static bool has_socket(const Postmaster *found) {
  g_autofree char *socket = g_strdup_printf("%s/.s.PGSQL.%d", found->run, CLUSTER_PORT);
  return g_file_test(socket, G_FILE_TEST_EXISTS);
}

/* A postmaster that was found may still be starting, or on its way out. */
static bool cluster_adopt(const Home *home, Postmaster *found) {
  gint64 until = g_get_monotonic_time() + START_SECONDS * G_USEC_PER_SEC;
  while (found->pid && g_get_monotonic_time() < until && (!found->ready || has_socket(found))) {
    g_autofree char *url = found->ready ? cluster_url(found->run, "linli", "postgres") : NULL;
    if (url && PQping(url) == PQPING_OK) return true;
    g_usleep(20000);
    *found = postmaster_find(home->pg);
  }
  return false;
}

static bool cluster_up(Home *home, ClusterInfo *info, GError **why) {
  if (!g_file_test(home->pg, G_FILE_TEST_EXISTS)) {
    if (!cluster_make(home, why)) return false;
    info->made = true;
  }
  if (!version_fits(home, why)) return false;
  Postmaster found = postmaster_find(home->pg);
  if (cluster_adopt(home, &found)) {
    g_free(home->run);
    home->run = g_strdup(found.run);
    return true;
  }
  if (found.pid && found.ready && !has_socket(&found)) {
    if (!cluster_halt(home, why)) return false;
    found.pid = 0;
  }
  if (found.pid)
    return admin_fail(why,
                      "PostgreSQL runs (process %d) but does not answer; %s says why. Stop it with 'linlictl cluster "
                      "stop --embedded %s', then try again.",
                      (int)found.pid, home->log, home->dir);
  info->started = true;
  return cluster_start(home, why);
}

static bool database_ensure(const Home *home, GError **why) {
  g_autofree char *url = cluster_url(home->run, "linli", "postgres");
  g_autoptr(PGconn) db = pg_open(url, why);
  if (!db) return false;
  g_autofree char *there = pg_value(db, "SELECT 1 FROM pg_database WHERE datname = 'linli'", NULL, why);
  return there && (*there || pg_do(db, "CREATE DATABASE linli", why));
}

static void info_fill(const Home *home, const char *tls, ClusterInfo *info) {
  info->dir = g_strdup(home->dir);
  info->owner_url = cluster_url(home->run, "linli", "linli");
  info->linlid_url = cluster_url(home->run, "linlid", "linli");
  info->certificate = g_build_filename(tls, "server.pem", NULL);
  info->key = g_build_filename(tls, "server.key", NULL);
  info->ca = g_build_filename(tls, "ca.pem", NULL);
}

bool cluster_ensure(const char *dir, ClusterInfo *info, GError **why) {
  *info = (ClusterInfo){0};
  g_auto(Home) home = {.lock = -1};
  if (!home_open(dir, &home, why)) return false;
  g_autofree char *tls = g_build_filename(home.dir, "tls", NULL);
  if (!cluster_up(&home, info, why) || !database_ensure(&home, why) || !certs_ensure(tls, NULL, NULL, why)) {
    cluster_info_clear(info);
    return false;
  }
  info_fill(&home, tls, info);
  return true;
}

bool cluster_halt(const Home *home, GError **why) {
  Postmaster found = postmaster_find(home->pg);
  if (!found.pid) return true;
  g_autofree char *pg_ctl = program_path("pg_ctl", why), *seconds = g_strdup_printf("%d", STOP_SECONDS);
  const char *argv[] = {pg_ctl,   "stop",      "--pgdata", home->pg,   "--mode=fast",
                        "--wait", "--timeout", seconds,    "--silent", NULL};
  if (!pg_ctl || !program_run(&home->user, argv, why)) return false;
  wait_for_orphans(home);
  return true;
}

bool cluster_stop(const char *dir, GError **why) {
  if (!cluster_pid(dir)) return true;
  g_auto(Home) home = {.lock = -1};
  return home_open(dir, &home, why) && cluster_halt(&home, why);
}

pid_t cluster_pid(const char *dir) {
  g_autofree char *pg = g_build_filename(dir, "pg", NULL);
  return postmaster_find(pg).pid;
}
