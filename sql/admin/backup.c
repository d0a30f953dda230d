#include "sql/admin/backup.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sql/admin/cluster.h"
#include "sql/admin/cluster_inner.h"
#include "sql/admin/pg.h"
#include "sql/admin/postmaster.h"
#include "sql/admin/settings.h"

enum { ARCHIVE_SECONDS = 120, RECOVERY_SECONDS = 1800 };

static char *stamp(void) {
  g_autoptr(GDateTime) now = g_date_time_new_now_utc();
  g_autofree char *seconds = g_date_time_format(now, "%Y%m%dT%H%M%S");
  return g_strdup_printf("%s.%03dZ", seconds, g_date_time_get_microsecond(now) / 1000);
}

static bool make_folder(const char *path, GError **why) {
  if (g_mkdir_with_parents(path, 0700) == 0) return true;
  return admin_fail(why, "%s could not be made: %s. Choose a folder you may write to.", path, g_strerror(errno));
}

static bool move(const char *from, const char *to, GError **why) {
  if (g_rename(from, to) == 0) return true;
  return admin_fail(why, "%s could not be renamed to %s: %s.", from, to, g_strerror(errno));
}

/* Copies the archived segments that `to` lacks. owner: who is to own them, NULL for the caller. */
static bool copy_wal(const char *from, const char *to, const Home *owner, GError **why) {
  g_autoptr(GDir) folder = g_dir_open(from, 0, NULL);
  for (const char *name; folder && (name = g_dir_read_name(folder));) {
    g_autofree char *source = g_build_filename(from, name, NULL), *target = g_build_filename(to, name, NULL);
    g_autofree char *part = g_strconcat(target, ".part", NULL);
    const char *copy[] = {"cp", "--preserve=timestamps", "--", source, part, NULL};
    g_autofree char *chown_to =
        owner ? g_strdup_printf("%u:%u", (unsigned)owner->user.uid, (unsigned)owner->user.gid) : NULL;
    const char *give[] = {"chown", chown_to, "--", part, NULL};
    const char *flush[] = {"sync", "--", part, NULL};
    if (!g_str_has_suffix(name, ".gz") || g_file_test(target, G_FILE_TEST_EXISTS)) continue;
    if (!program_run(NULL, copy, why) || (owner && geteuid() == 0 && !program_run(NULL, give, why)) ||
        !program_run(NULL, flush, why) || !move(part, target, why))
      return false;
  }
  return true;
}

/* Segments before `first`, which a backup in another folder holds now, need not stay. History files do. */
static void forget_wal(const char *wal, const char *first) {
  g_autoptr(GDir) folder = g_dir_open(wal, 0, NULL);
  for (const char *name; folder && (name = g_dir_read_name(folder));)
    if (strlen(name) == 27 && g_str_has_suffix(name, ".gz") && strncmp(name + 8, first + 8, 16) < 0) {
      g_autofree char *path = g_build_filename(wal, name, NULL);
      (void)g_unlink(path);
    }
}

/* Everything written so far goes to the archive; waits until it is there. The empty transaction before it is a commit
 * that a recovery up to a moment after the last real one can stop at. */
static bool archive_now(PGconn *db, GError **why) {
  g_autofree char *commit = pg_value(db, "SELECT pg_current_xact_id()", NULL, why);
  g_autofree char *last = commit ? pg_value(db, "SELECT pg_walfile_name(pg_switch_wal())", NULL, why) : NULL;
  gint64 until = g_get_monotonic_time() + ARCHIVE_SECONDS * G_USEC_PER_SEC;
  while (last && g_get_monotonic_time() < until) {
    const char *params[] = {last, NULL};
    g_autofree char *done = pg_value(db, "SELECT last_archived_wal >= $1 FROM pg_stat_archiver", params, why);
    if (!done) return false;
    if (*done == 't') return true;
    g_usleep(50000);
  }
  return last && admin_fail(why, "WAL was not archived within %d s; DIR/log/postgresql says why. Is the disk full?",
                            ARCHIVE_SECONDS);
}

static bool archiving_on(const char *dir, PGconn *db, Home *home, GError **why) {
  if (!home_open(dir, home, why)) return false;
  if (settings_archiving(home->pg)) return true;
  g_autoptr(PGresult) done = NULL;
  if (!settings_write(home, home->pg, true, why)) return false;
  done = pg_ask(db, "SELECT pg_reload_conf()", NULL, why);
  return done != NULL;
}

static bool verify(const char *base, GError **why) {
  g_autofree char *program = program_path("pg_verifybackup", why);
  const char *argv[] = {program, "--quiet", base, NULL};
  if (!program) return false;
  if (program_run(NULL, argv, why)) return true;
  g_prefix_error(why, "The backup in %s is damaged: use another one. ", base);
  return false;
}

static bool base_backup(const char *url, const char *base, GError **why) {
  g_autofree char *program = program_path("pg_basebackup", why);
  const char *argv[] = {program,
                        "--dbname",
                        url,
                        "--pgdata",
                        base,
                        "--wal-method=stream",
                        "--checkpoint=fast",
                        "--manifest-checksums=SHA256",
                        "--no-password",
                        NULL};
  return program && program_run(NULL, argv, why) && verify(base, why);
}

/* START WAL LOCATION: 0/2000028 (file 000000010000000000000002) */
static char *first_segment(const char *base) {
  g_autofree char *path = g_build_filename(base, "backup_label", NULL), *text = NULL;
  const char *at = g_file_get_contents(path, &text, NULL, NULL) ? strstr(text, "(file ") : NULL;
  return at && strlen(at) > 30 ? g_strndup(at + 6, 24) : NULL;
}

bool backup_make(const char *dir, const char *to, char **made, GError **why) {
  g_auto(ClusterInfo) info = {0};
  g_auto(Home) home = {.lock = -1};
  g_autoptr(PGconn) db = NULL;
  g_autofree char *now = stamp(), *target = g_canonicalize_filename(to, NULL);
  g_autofree char *whole = g_strdup_printf("%s/linli-%s", target, now), *part = g_strconcat(whole, ".part", NULL);
  g_autofree char *base = g_build_filename(part, "base", NULL), *wal = g_build_filename(target, "wal", NULL);
  if (!cluster_ensure(dir, &info, why) || !(db = pg_open(info.owner_url, why)) || !archiving_on(dir, db, &home, why))
    return false;
  g_autofree char *archive = g_strdup(home.wal);
  home_close(&home); /* a backup takes long, and must not keep linlid from starting */
  if (!make_folder(part, why) || !make_folder(wal, why) || !base_backup(info.owner_url, base, why) ||
      !archive_now(db, why) || !copy_wal(archive, wal, NULL, why) || !move(part, whole, why))
    return false;
  g_autofree char *named = g_build_filename(whole, "base", NULL), *first = first_segment(named);
  if (first) forget_wal(archive, first);
  *made = g_steal_pointer(&whole);
  return true;
}

/* The folder with base/ in it, and the WAL beside. */
static char *find_backup(const char *from, GError **why) {
  g_autofree char *here = g_canonicalize_filename(from, NULL), *newest = NULL;
  g_autofree char *manifest = g_build_filename(here, "base", "backup_manifest", NULL);
  if (g_file_test(manifest, G_FILE_TEST_EXISTS)) return g_steal_pointer(&here);
  g_autoptr(GDir) folder = g_dir_open(here, 0, NULL);
  for (const char *name; folder && (name = g_dir_read_name(folder));)
    if (g_str_has_prefix(name, "linli-") && g_str_has_suffix(name, "Z") && g_strcmp0(name, newest) > 0) {
      g_free(newest);
      newest = g_strdup(name);
    }
  if (newest) return g_build_filename(here, newest, NULL);
  admin_fail(why, "%s holds no backup: name a folder that 'linlictl backup' has made.", here);
  return NULL;
}

/* START TIMELINE: 1 */
static unsigned base_timeline(const char *base) {
  g_autofree char *path = g_build_filename(base, "backup_label", NULL), *text = NULL;
  const char *at = g_file_get_contents(path, &text, NULL, NULL) ? strstr(text, "START TIMELINE: ") : NULL;
  return at ? (unsigned)strtoul(at + strlen("START TIMELINE: "), NULL, 10) : 1;
}

/* Each restore begins a timeline. A moment belongs to the one that was being written then: the last whose history
 * file is not younger. Following the newest, as PostgreSQL would, could not reach what an earlier restore gave up. */
static unsigned timeline_at(const char *wal, unsigned first, gint64 moment) {
  unsigned found = first;
  g_autoptr(GDir) folder = g_dir_open(wal, 0, NULL);
  for (const char *name; folder && (name = g_dir_read_name(folder));) {
    GStatBuf st;
    g_autofree char *path = g_build_filename(wal, name, NULL);
    unsigned timeline = (unsigned)strtoul(name, NULL, 16);
    if (strlen(name) == strlen("00000002.history.gz") && g_str_has_suffix(name, ".history.gz") && timeline > found &&
        g_stat(path, &st) == 0 && st.st_mtime <= moment)
      found = timeline;
  }
  return found;
}

/* The moment until names; NULL with *why set when it names none. */
static GDateTime *instant(const char *until, GError **why) {
  g_autoptr(GTimeZone) zone = g_time_zone_new_local();
  GDateTime *time = g_date_time_new_from_iso8601(until, zone);
  if (!time)
    admin_fail(
        why,
        "'%s' is not an instant: write it as 2025-01-31T09:30:00, with +08:00 or Z behind where the zone is not "
        "this machine's.",
        until);
  return time;
}

/* time NULL: with latest, all there is; without, the end of the backup. */
static char *recovery_text(const Home *home, const char *base, GDateTime *time, bool latest) {
  const char *command = "restore_command = 'test -f ../wal/%f.gz && gzip -dc ../wal/%f.gz > %p'\n"
                        "recovery_target_action = 'promote'\n";
  if (latest) return g_strdup(command);
  if (!time)
    return g_strconcat(command, "recovery_target = 'immediate'\nrecovery_target_timeline = 'current'\n", NULL);
  g_autoptr(GDateTime) utc = g_date_time_to_utc(time);
  g_autofree char *text = g_date_time_format(utc, "%Y-%m-%d %H:%M:%S.%f+00");
  unsigned timeline = timeline_at(home->wal, base_timeline(base), g_date_time_to_unix(time));
  return g_strdup_printf("%srecovery_target_time = '%s'\nrecovery_target_timeline = '%u'\n", command, text, timeline);
}

/* The copy, beside pg, ready to be started. */
static bool lay_out(const Home *home, const char *base, const char *fresh, const char *recovery, GError **why) {
  g_autofree char *automatic = g_build_filename(fresh, "postgresql.auto.conf", NULL);
  g_autofree char *signal = g_build_filename(fresh, "recovery.signal", NULL);
  const char *clean[] = {"rm", "-rf", "--", fresh, NULL};
  const char *copy[] = {"cp", "-a", "--reflink=auto", "--", base, fresh, NULL};
  return program_run(NULL, clean, why) && program_run(NULL, copy, why) && home_take(home, fresh, why) &&
         settings_write(home, fresh, true, why) && home_write(home, automatic, recovery, why) &&
         home_write(home, signal, "", why);
}

/* pg_ctl is content with a server that still recovers; this is not. */
static bool recovered(const Home *home, GError **why) {
  g_autofree char *url = cluster_url(home->run, "linli", "linli");
  gint64 until = g_get_monotonic_time() + RECOVERY_SECONDS * G_USEC_PER_SEC;
  while (g_get_monotonic_time() < until && postmaster_find(home->pg).pid) {
    g_autoptr(PGconn) db = pg_open(url, NULL);
    g_autofree char *busy = db ? pg_value(db, "SELECT pg_is_in_recovery()", NULL, NULL) : NULL;
    if (busy && *busy == 'f') return true;
    g_usleep(100000);
  }
  return admin_fail(why, "The restored cluster did not become ready; %s says why.", home->log);
}

static bool take_place(const Home *home, const char *fresh, const char *old, GError **why) {
  g_autofree char *automatic = g_build_filename(home->pg, "postgresql.auto.conf", NULL);
  if ((old && !move(home->pg, old, why)) || !move(fresh, home->pg, why) || !cluster_start(home, why) ||
      !recovered(home, why)) {
    g_prefix_error(why, "The moment asked for may lie outside what was archived. ");
    return false;
  }
  return home_write(home, automatic, "# Do not edit this file: ALTER SYSTEM writes it.\n", why);
}

static void put_back(const Home *home, const char *fresh, const char *old, bool running) {
  g_autoptr(GError) ignored = NULL;
  if (!g_file_test(old ? old : home->pg, G_FILE_TEST_EXISTS)) return; /* it failed before anything was moved */
  if (!cluster_halt(home, &ignored)) g_clear_error(&ignored);
  if (!g_file_test(fresh, G_FILE_TEST_EXISTS)) (void)g_rename(home->pg, fresh);
  if (old) (void)g_rename(old, home->pg);
  if (running && !cluster_start(home, &ignored)) g_clear_error(&ignored);
}

/* What was written since the last full segment is in the archive too before the cluster ends. */
static bool farewell(const Home *home, GError **why) {
  g_autofree char *url = cluster_url(home->run, "linli", "linli");
  g_autoptr(PGconn) db = settings_archiving(home->pg) ? pg_open(url, NULL) : NULL;
  return (!db || archive_now(db, why)) && cluster_halt(home, why);
}

/* Under the lock. */
static bool restore_into(const Home *home, const char *backup, GDateTime *time, bool latest, char **aside,
                         GError **why) {
  g_autofree char *base = g_build_filename(backup, "base", NULL), *above = g_path_get_dirname(backup);
  g_autofree char *wal = g_build_filename(above, "wal", NULL), *now = stamp();
  g_autofree char *fresh = g_strconcat(home->pg, ".restore", NULL), *old = NULL;
  bool running = postmaster_find(home->pg).pid != 0;
  if (g_file_test(home->pg, G_FILE_TEST_EXISTS)) old = g_strdup_printf("%s-before-%s", home->pg, now);
  if (!copy_wal(wal, home->wal, home, why)) return false;
  g_autofree char *recovery = recovery_text(home, base, time, latest);
  if (!lay_out(home, base, fresh, recovery, why) || !farewell(home, why)) return false;
  if (!take_place(home, fresh, old, why)) {
    put_back(home, fresh, old, running);
    g_prefix_error(why, "%s", old ? "The old data is in its place again. " : "");
    return false;
  }
  *aside = g_steal_pointer(&old);
  return true;
}

bool backup_restore(const char *dir, const char *from, const char *until, char **aside, GError **why) {
  bool latest = g_strcmp0(until, "latest") == 0;
  g_autofree char *backup = find_backup(from, why);
  g_autofree char *base = backup ? g_build_filename(backup, "base", NULL) : NULL;
  g_autoptr(GDateTime) time = NULL;
  g_auto(Home) home = {.lock = -1};
  if (!base || (until && !latest && !(time = instant(until, why))) || !verify(base, why)) return false;
  return home_open(dir, &home, why) && restore_into(&home, backup, time, latest, aside, why);
}
