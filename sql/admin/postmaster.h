/* postmaster.h: finding a cluster's running PostgreSQL by its postmaster.pid, and telling a stale one.
 *
 * A pid file proves nothing by itself: after a crash or a reboot its number may belong to anybody. A postmaster's
 * working directory is its data folder, and so is that of its children; /proc says so, whatever the pid file says. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

typedef struct {
  pid_t pid;     /* 0: does not run */
  char run[108]; /* the socket's folder */
  bool ready;
} Postmaster;

Postmaster postmaster_find(const char *data);
/* Whether any process works in data. */
bool postmaster_anybody(const char *data);
/* Removes a pid file, and the socket's lock, that name a process which is not data's postmaster. */
void postmaster_forget(const char *data, const char *run);
