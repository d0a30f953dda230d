#include "sql/admin/postmaster.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The same folder, by device and inode: paths may be links. */
static bool works_in(const char *pid, const struct stat *data) {
  struct stat st;
  g_autofree char *cwd = g_build_filename("/proc", pid, "cwd", NULL);
  return stat(cwd, &st) == 0 && st.st_dev == data->st_dev && st.st_ino == data->st_ino;
}

Postmaster postmaster_find(const char *data) {
  Postmaster found = {0};
  struct stat st;
  g_autofree char *path = g_build_filename(data, "postmaster.pid", NULL), *text = NULL;
  if (stat(data, &st) != 0 || !g_file_get_contents(path, &text, NULL, NULL)) return found;
  /* Lines: pid, data folder, start time, port, socket's folder, address, shared memory key, state. */
  g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
  guint count = g_strv_length(lines);
  pid_t pid = (pid_t)atoi(count ? lines[0] : "0");
  g_autofree char *number = g_strdup_printf("%d", (int)pid);
  if (pid <= 0 || (kill(pid, 0) != 0 && errno != EPERM) || !works_in(number, &st)) return found;
  found.pid = pid;
  if (count > 4) g_strlcpy(found.run, lines[4], sizeof found.run);
  found.ready = count > 7 && g_str_has_prefix(lines[7], "ready");
  return found;
}

bool postmaster_anybody(const char *data) {
  struct stat st;
  g_autoptr(GDir) proc = g_dir_open("/proc", 0, NULL);
  if (!proc || stat(data, &st) != 0) return false;
  for (const char *name; (name = g_dir_read_name(proc));)
    if (g_ascii_isdigit(*name) && works_in(name, &st)) return true;
  return false;
}

void postmaster_forget(const char *data, const char *run) {
  if (postmaster_anybody(data)) return;
  g_autofree char *pid = g_build_filename(data, "postmaster.pid", NULL);
  g_autofree char *lock = g_build_filename(run, ".s.PGSQL.5432.lock", NULL);
  (void)g_unlink(pid);
  (void)g_unlink(lock);
}
