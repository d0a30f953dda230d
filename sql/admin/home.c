#include "sql/admin/home.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKET_FOLDER_MAX = 107 - (int)sizeof "/.s.PGSQL.5432" };

void home_close(Home *home) {
  g_clear_pointer(&home->dir, g_free);
  g_clear_pointer(&home->at, g_free);
  g_clear_pointer(&home->pg, g_free);
  g_clear_pointer(&home->run, g_free);
  g_clear_pointer(&home->wal, g_free);
  g_clear_pointer(&home->log, g_free);
  program_user_clear(&home->user);
  if (home->lock > 0) close(home->lock);
  home->lock = -1;
}

static bool other_user(const Home *home) {
  return geteuid() == 0 && home->user.uid != 0;
}

bool home_take(const Home *home, const char *path, GError **why) {
  g_autofree char *owner = g_strdup_printf("%u:%u", (unsigned)home->user.uid, (unsigned)home->user.gid);
  const char *argv[] = {"chown", "-R", "-h", owner, "--", path, NULL};
  struct stat st;
  return !other_user(home) || lstat(path, &st) != 0 || st.st_uid != 0 || program_run(NULL, argv, why);
}

bool home_folder(const Home *home, const char *path, GError **why) {
  struct stat st;
  if (mkdir(path, 0700) == 0) {
    if (other_user(home) && lchown(path, home->user.uid, home->user.gid) != 0)
      return admin_fail(why, "%s could not be given to user %s: %s.", path, home->user.name, g_strerror(errno));
    return true;
  }
  if (errno != EEXIST)
    return admin_fail(why, "%s could not be made: %s. Choose a folder you may write to.", path, g_strerror(errno));
  if (!home_take(home, path, why)) return false;
  if (lstat(path, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid != home->user.uid)
    return admin_fail(why,
                      "%s must be a folder of user %s with mode 0700, and is not: put it right, or move it away.",
                      path, home->user.name);
  return true;
}

bool home_write(const Home *home, const char *path, const char *text, GError **why) {
  if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, why)) return false;
  if (other_user(home) && lchown(path, home->user.uid, home->user.gid) != 0)
    return admin_fail(why, "%s could not be given to user %s: %s.", path, home->user.name, g_strerror(errno));
  return true;
}

/* DIR is Linli's own folder: PostgreSQL's group may pass through it, and nobody else. */
static bool let_pass(const Home *home, const char *path, GError **why) {
  struct stat st;
  if (stat(path, &st) != 0) return admin_fail(why, "%s cannot be looked at: %s.", path, g_strerror(errno));
  if (st.st_uid != 0 || (st.st_mode & 01)) return true;
  if (chown(path, (uid_t)-1, home->user.gid) != 0 || chmod(path, (st.st_mode & 07777) | 010) != 0)
    return admin_fail(why, "%s could not be opened to user %s: %s.", path, home->user.name, g_strerror(errno));
  return true;
}

static bool reachable(const Home *home, const char *path) {
  const char *argv[] = {"test", "-x", path, NULL};
  return !other_user(home) || program_run(&home->user, argv, NULL);
}

static char *short_id(const char *dir) {
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, dir, -1);
  return g_strndup(digest, 16);
}

/* Replaces a link; anything else in the way is a person's to judge. */
static bool link_to(const char *target, const char *name, GError **why) {
  g_autofree char *now = g_file_read_link(name, NULL);
  if (now && strcmp(now, target) == 0) return true;
  if (now) (void)g_unlink(name);
  if (symlink(target, name) == 0) return true;
  return admin_fail(why, "%s could not be linked to %s: %s.", name, target, g_strerror(errno));
}

static bool home_elsewhere(Home *home, GError **why) {
  g_autofree char *id = short_id(home->dir);
  g_free(home->at);
  home->at = g_build_filename("/var/lib/linli", id, NULL);
  if (g_mkdir_with_parents(home->at, 0711) != 0 || chmod("/var/lib/linli", 0711) != 0)
    return admin_fail(why, "%s could not be made: %s. Choose a folder that user %s can reach.", home->at,
                      g_strerror(errno), home->user.name);
  if (!let_pass(home, home->at, why)) return false;
  if (!reachable(home, home->at))
    return admin_fail(why, "User %s can reach neither %s nor %s: choose a folder whose parents it may pass through.",
                      home->user.name, home->dir, home->at);
  g_autofree char *pg = g_build_filename(home->at, "pg", NULL), *wal = g_build_filename(home->at, "wal", NULL);
  g_autofree char *log = g_build_filename(home->at, "log", NULL);
  g_autofree char *pg_link = g_build_filename(home->dir, "pg", NULL),
                  *wal_link = g_build_filename(home->dir, "wal", NULL);
  g_autofree char *log_link = g_build_filename(home->dir, "log", "postgresql", NULL);
  return link_to(pg, pg_link, why) && link_to(wal, wal_link, why) && link_to(log, log_link, why);
}

/* DIR/pg, where it is a link or will be one, decides; a DIR that was moved keeps its data so. */
static bool home_find(Home *home, GError **why) {
  g_autofree char *pg = g_build_filename(home->dir, "pg", NULL);
  g_autofree char *linked = g_file_read_link(pg, NULL);
  home->at = linked ? g_path_get_dirname(linked) : g_strdup(home->dir);
  if (linked && g_file_test(home->at, G_FILE_TEST_IS_DIR)) return true;
  if (other_user(home) && !let_pass(home, home->dir, why)) return false;
  return reachable(home, home->dir) || home_elsewhere(home, why);
}

static bool home_folders(Home *home, GError **why) {
  bool here = strcmp(home->at, home->dir) == 0;
  g_autofree char *id = short_id(home->dir);
  home->pg = g_build_filename(home->at, "pg", NULL);
  home->run = g_build_filename(home->at, "run", NULL);
  home->wal = g_build_filename(home->at, "wal", NULL);
  home->log = here ? g_build_filename(home->at, "log", "postgresql", NULL) : g_build_filename(home->at, "log", NULL);
  if (strlen(home->run) > SOCKET_FOLDER_MAX) {
    g_free(home->run);
    home->run = g_strdup_printf("/tmp/linli-%s", id);
  }
  g_autofree char *above = g_path_get_dirname(home->log);
  if (here && other_user(home) && !let_pass(home, above, why)) return false;
  return home_folder(home, home->run, why) && home_folder(home, home->wal, why) && home_folder(home, home->log, why);
}

static bool home_lock(Home *home, GError **why) {
  g_autofree char *path = g_build_filename(home->dir, "cluster.lock", NULL);
  home->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (home->lock < 0)
    return admin_fail(why, "%s could not be opened: %s. Choose a folder you may write to.", path, g_strerror(errno));
  while (flock(home->lock, LOCK_EX) != 0)
    if (errno != EINTR) return admin_fail(why, "%s could not be locked: %s.", path, g_strerror(errno));
  return true;
}

bool home_open(const char *dir, Home *home, GError **why) {
  *home = (Home){.lock = -1};
  g_autofree char *absolute = g_canonicalize_filename(dir, NULL);
  g_autofree char *log = g_build_filename(absolute, "log", NULL), *above = g_path_get_dirname(absolute);
  if (g_mkdir_with_parents(above, 0755) != 0 || g_mkdir_with_parents(log, 0700) != 0)
    return admin_fail(why, "%s could not be made: %s. Choose a folder you may write to.", log, g_strerror(errno));
  g_autofree char *real = realpath(absolute, NULL);
  home->dir = g_strdup(real ? real : absolute);
  g_autofree char *pg = g_build_filename(home->dir, "pg", NULL);
  if (home_lock(home, why) && program_user(pg, &home->user, why) && home_find(home, why) && home_folders(home, why))
    return true;
  home_close(home);
  return false;
}
