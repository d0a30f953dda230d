/* home.h: where a cluster's folders are, made with the right owner and reachable for PostgreSQL's user.
 *
 * Usually the home is DIR itself. When root's DIR cannot be reached by the user PostgreSQL runs as (a parent such as
 * /root is 0700), opening that parent would be for its owner to decide, so the home is /var/lib/linli/ID, and DIR/pg,
 * DIR/wal and DIR/log/postgresql are links into it. The socket's folder is in the home too, unless the path would not
 * fit a socket's address (107 bytes): then it is /tmp/linli-ID. ID is a digest of DIR's path. */
#pragma once

#include <stdbool.h>
#include "sql/admin/program.h"

typedef struct {
  char *dir; /* absolute, made */
  char *at;  /* the home */
  char *pg, *run, *wal, *log;
  ProgramUser user;
  int lock; /* file descriptor; -1 */
} Home;

/* Makes what is absent, except pg. With the lock held until home_close(): one caller at a time works on DIR. */
G_GNUC_WARN_UNUSED_RESULT bool home_open(const char *dir, Home *home, GError **why);
void home_close(Home *home);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Home, home_close)

/* A folder that is the cluster user's own, mode 0700. An existing one is taken only if it already is. */
G_GNUC_WARN_UNUSED_RESULT bool home_folder(const Home *home, const char *path, GError **why);
/* As root: what a copy or a careless chown gave to root, path and all below it, goes back to the cluster's user. */
G_GNUC_WARN_UNUSED_RESULT bool home_take(const Home *home, const char *path, GError **why);
/* Writes text to path, whole or not at all, as a file of the cluster's user. */
G_GNUC_WARN_UNUSED_RESULT bool home_write(const Home *home, const char *path, const char *text, GError **why);
