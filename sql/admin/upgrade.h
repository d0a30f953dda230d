/* upgrade.h: brings a database to what this program was built with (../README.md says what is in the files).
 *
 *   upgrades/NNNN_name.sql   each once, in order, in its own transaction; noted in linli.upgrade with its SHA-256
 *   api_1/….sql              all in one transaction, whenever their text together has changed; then the rights
 *   demo/demo….sql           only for upgrade_demo()
 *
 * The files are inside the program (GResource). Everything runs as role linli_owner under an advisory lock, so any
 * number of processes may start at once. An upgrade whose text changed after it ran is refused; a database newer than
 * the program is left alone, api included. Makes the roles linli_owner (NOLOGIN) and linlid (LOGIN) if they are
 * absent.
 *
 * owner_url: postgresql://… of a role that may do this (the embedded cluster's owner_url; in production a superuser,
 * or the database's owner with CREATEROLE). Synchronous. Errors name file and line, and say what to do next. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
  unsigned upgrades; /* that ran now, or would run */
  bool api;          /* the api functions were loaded now, or would be */
  bool newer;        /* the database has upgrades that this program does not know: nothing was done */
  unsigned number;   /* of the last upgrade, afterwards */
} UpgradeReport;

/* report may be NULL. */
G_GNUC_WARN_UNUSED_RESULT bool upgrade_run(const char *owner_url, UpgradeReport *report, GError **why);

/* Changes nothing. *files: NULL-terminated names of what would run, g_strfreev(); may be NULL. Works on an empty
 * database too. */
G_GNUC_WARN_UNUSED_RESULT bool upgrade_check(const char *owner_url, UpgradeReport *report, char ***files,
                                             GError **why);

/* The first administrator: linli.bootstrap(name, title, argon2id of password). Refused once there is an account. */
G_GNUC_WARN_UNUSED_RESULT bool upgrade_bootstrap(const char *owner_url, const char *name, const char *title,
                                                 const char *password, GError **why);

/* Whether the database has an account yet. False with *why set when it cannot be asked. */
G_GNUC_WARN_UNUSED_RESULT bool upgrade_has_account(const char *owner_url, bool *has, GError **why);

/* The demo office: loads demo/demo*.sql and runs linli.demo(days, requests, argon2id of password). */
G_GNUC_WARN_UNUSED_RESULT bool upgrade_demo(const char *owner_url, int days, int requests, const char *password,
                                            GError **why);
