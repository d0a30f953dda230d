/* backup.h: base backup + archived WAL of the embedded cluster, and the way back.
 *
 *   TO/linli-TIME/base   pg_basebackup's copy with its manifest, verified before this returns
 *   TO/wal               WAL segments that the cluster has archived, shared by all backups in TO
 *   DIR/wal              segments archived since the newest backup
 *
 * The first backup turns archiving on. A folder is called linli-TIME only once it is whole. A restore gives the state
 * at the end of the backup, or, with until, that of a moment since. It verifies the manifest, stops the cluster, puts
 * the old data aside and recovers; it has succeeded when the restored cluster answers, else the old data is back in
 * place. History then ends earlier than the desks remember: they notice by the fork check and take a snapshot. Not in
 * a backup: DIR/tls and the keys of sealed fields. Keep those elsewhere. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Starts the cluster if need be. *made: the folder that was made, g_free(). */
G_GNUC_WARN_UNUSED_RESULT bool backup_make(const char *dir, const char *to, char **made, GError **why);

/* from: TO/linli-TIME, or TO (then the newest in it). until: NULL, "latest", or an instant in ISO 8601 (of this
 * machine's time zone unless it names one). *aside: where the old data is now, NULL when there was none; g_free(). */
G_GNUC_WARN_UNUSED_RESULT bool backup_restore(const char *dir, const char *from, const char *until, char **aside,
                                              GError **why);
