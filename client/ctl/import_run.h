/* import_run.h: what both imports share: the file and its header, the sums, the rejects, the line that shows
 * progress, the stop by a signal, and the words at the end. Owner: the import. */
#pragma once

#include "client/ctl/csv.h"
#include "client/ctl/ctl.h"
#include "client/ctl/import_rejects.h"

typedef struct {
  Ctl *ctl;
  char *file;
  char *rejects_path; /* as given; NULL: the usual one */
  char *encoding;     /* NULL: find out */
  CsvReader *csv;
  GPtrArray *header; /* of char * */
  Rejects *rejects;
  guint64 rows, added, changed, already;
  guint64 expected; /* rows in all, once known; for progress */
  gint64 began, shown;
  guint on_int, on_term;
  gboolean stopped, terminal;
  GError *error; /* the first thing that ends the run */
} ImportRun;

/* What a row was, kept until it is decided. */
typedef struct {
  guint64 row, line;
  GPtrArray *fields;
} ImportedRow;

/* The options of a verb, in any order. */
G_GNUC_WARN_UNUSED_RESULT gboolean import_options(const GOptionEntry *entries, int argc, char **argv, GError **error);
/* Opens the file and reads its header. */
G_GNUC_WARN_UNUSED_RESULT gboolean import_begin(ImportRun *run, GError **error);
/* From the first row again. */
G_GNUC_WARN_UNUSED_RESULT gboolean import_again(ImportRun *run, GError **error);
/* Signals stop it from now on, rejects are written, the clock runs. */
G_GNUC_WARN_UNUSED_RESULT gboolean import_work(ImportRun *run, GError **error);
/* reason is a clause such as "has no number"; it becomes a sentence in the rejects file. */
void import_reject(ImportRun *run, const CsvRow *row, const char *reason);
void import_reject_kept(ImportRun *run, const ImportedRow *row, const char *reason);
ImportedRow *import_keep(const CsvRow *row);
void import_row_free(ImportedRow *row);
/* A refusal in words. g_free. */
char *import_refusal(const ImportRun *run, const LinliAnswer *answer);
void import_progress(ImportRun *run);
/* Prints the sums, frees what the run owns, and says how to exit. error (taken over) ended the run early. more:
 * further members of the JSON line, beginning with a comma, or "". */
int import_end(ImportRun *run, GError *error, const char *more);
