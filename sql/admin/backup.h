/* backup.h: base backup + archived WAL of the embedded cluster, and the way back.
 *
 *   TO/NAME/base   pg_basebackup's copy, with backup_manifest (verified before this returns)
 *   TO/NAME/wal    WAL up to the end of the base backup, and later segments as the cluster archives them into DIR/wal
 *
 * The first backup turns archiving on. A restore verifies the manifest, stops the cluster, puts the old data aside as
 * DIR/pg-before-TIME, recovers (optionally until a moment) and starts the cluster: it has succeeded when the cluster
 * answers. History then ends earlier than the desks remember: they notice by the fork check and take a snapshot. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* *made: the folder that was made, g_free(). */
G_GNUC_WARN_UNUSED_RESULT bool backup_make(const char *dir, const char *to, char **made, GError **why);

/* from: such a folder, or TO (then the newest in it). until: an instant PostgreSQL can read, or NULL for all there is.
 * *aside: where the old data is now, NULL when there was none; g_free(). */
G_GNUC_WARN_UNUSED_RESULT bool backup_restore(const char *dir, const char *from, const char *until, char **aside,
                                              GError **why);
