/* program.h: runs PostgreSQL's programs, as the user they accept.
 *
 * PostgreSQL refuses to run as root, so root runs them as another user of the system through setpriv (util-linux,
 * always there); anybody else runs them directly. Programs get a clean environment (messages in English, no PG…
 * variables), no standard input, and "/" as working directory. */
#pragma once

#include <gio/gio.h>
#include <pwd.h>
#include <stdbool.h>

typedef struct {
  uid_t uid;
  gid_t gid;
  char *name;
} ProgramUser;

void program_user_clear(ProgramUser *user);

/* Who is to run the cluster whose data is at data: its owner where it exists and is not root's; else the caller;
 * else, for root, the system user `postgres`. */
G_GNUC_WARN_UNUSED_RESULT bool program_user(const char *data, ProgramUser *user, GError **why);

/* The path of a program of PostgreSQL CLUSTER_MAJOR, g_free(). */
G_GNUC_WARN_UNUSED_RESULT char *program_path(const char *name, GError **why);

/* Runs argv (found on PATH, or absolute) and waits. user NULL: as the caller. A program that fails is an error with
 * the last lines it wrote. */
G_GNUC_WARN_UNUSED_RESULT bool program_run(const ProgramUser *user, const char *const *argv, GError **why);

/* *why = ADMIN_ERROR with the sentence; returns false. */
bool admin_fail(GError **why, const char *format, ...) G_GNUC_PRINTF(2, 3);
