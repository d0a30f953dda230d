/* import_rejects.h: the rows that were not taken, as a CSV file that can be corrected and brought in again:
 *
 *   rejected_row,rejected_line,rejected_because,<the file's own columns>      what could not be read has only the
 * first three
 *
 * Made at the first rejected row, or at once when it was asked for by name. Owner: the caller. */
#pragma once

#include <glib.h>

typedef struct Rejects Rejects;

/* path NULL: "<name of the file>-rejects.csv" in the present folder, made when it is needed. */
G_GNUC_WARN_UNUSED_RESULT Rejects *rejects_new(const char *path, const char *input, const GPtrArray *header,
                                               GError **error);
/* FALSE: the disk did not take it. fields may be NULL. */
G_GNUC_WARN_UNUSED_RESULT gboolean rejects_add(Rejects *rejects, guint64 row, guint64 line, const char *reason,
                                               const GPtrArray *fields, GError **error);
guint64 rejects_count(const Rejects *rejects);
const char *rejects_path(const Rejects *rejects);
/* Everything is on its way to the disk. Frees it in any case. */
G_GNUC_WARN_UNUSED_RESULT gboolean rejects_close(Rejects *rejects, GError **error);
