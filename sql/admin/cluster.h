/* cluster.h: the private PostgreSQL of `linlid --embedded DIR`.
 *
 *   DIR/pg    the cluster's data (PG_VERSION, postmaster.pid …)     owned by PostgreSQL's user
 *   DIR/run   the only way in: a Unix socket, mode 0700, no TCP     the same
 *   DIR/wal   archived WAL, once a backup has asked for it          the same
 *   DIR/log   what PostgreSQL says                                  the same
 *   DIR/tls   CA, certificate, keys (certs.h)                       owned by the caller
 *
 * PostgreSQL's user is the caller, or, since PostgreSQL refuses root, the system user `postgres`. Where that user
 * cannot reach DIR (/root is 0700), what is its own lies in /var/lib/linli, and DIR holds links (home.h).
 *
 * Invariants: the cluster is detached and found again through postmaster.pid, so it outlives whoever started it, kill
 * -9 included; one caller at a time works on DIR (DIR/cluster.lock); data of another major version is never touched.
 * Owner: nobody in the process. cluster_ensure() may be called again at any time; cluster_stop() ends the cluster.
 * Synchronous, and slow the first time (initdb: about 2 s). Errors are sentences that say what to do next. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLUSTER_MAJOR = 15, CLUSTER_PORT = 5432 }; /* the port only names the socket */

#define ADMIN_ERROR (admin_error_quark())
GQuark admin_error_quark(void);

typedef struct {
  char *dir;         /* absolute */
  char *owner_url;   /* superuser `linli` of database `linli`: upgrade, backup, audit */
  char *linlid_url;  /* role `linlid`, which may only EXECUTE api_N; exists once upgrade_run() has run */
  char *certificate; /* PEM files, see certs.h */
  char *key;
  char *ca;
  bool made;    /* there was no cluster before this call */
  bool started; /* it was not running before this call */
} ClusterInfo;

/* Frees what is inside and zeroes it. */
void cluster_info_clear(ClusterInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClusterInfo, cluster_info_clear)

/* Makes, starts or adopts the cluster of dir, with database `linli` and valid certificates. dir is made if absent. On
 * success the caller clears *info; on failure it is zeroed. Runs no upgrades: upgrade_run() does. */
G_GNUC_WARN_UNUSED_RESULT bool cluster_ensure(const char *dir, ClusterInfo *info, GError **why);

/* Ends the cluster, sessions included (pg_ctl's mode fast); true when it was not running. */
G_GNUC_WARN_UNUSED_RESULT bool cluster_stop(const char *dir, GError **why);

/* The process id of dir's running postmaster, 0 when it does not run. Takes no lock, asks no database. */
pid_t cluster_pid(const char *dir);
