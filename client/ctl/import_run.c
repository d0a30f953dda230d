/* import_run.c: see import_run.h. */
#include "client/ctl/import_run.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/core/error.h"
#include "client/ctl/import.h"
#include "client/ctl/output.h"

enum { SHOW_EVERY_US = 200000 };

gboolean import_options(const GOptionEntry *entries, int argc, char **argv, GError **error) {
  g_autoptr(GOptionContext) context = g_option_context_new(NULL);
  g_autoptr(GError) why = NULL;
  char **words = g_new0(char *, (gsize)argc + 2);
  words[0] = g_strdup("linlictl");
  for (int i = 0; i < argc; i++)
    words[i + 1] = g_strdup(argv[i]);
  g_option_context_set_help_enabled(context, FALSE);
  g_option_context_add_main_entries(context, entries, NULL);
  gboolean fine = g_option_context_parse_strv(context, &words, &why);
  g_strfreev(words);
  if (!fine) g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "%s. See the list with --help.", why->message);
  return fine;
}

/* ---- The file -------------------------------------------------------------------------------------------------- */

static gboolean file_error(GError **error, char *why) {
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "%s.", why);
  g_free(why);
  return FALSE;
}

gboolean import_again(ImportRun *run, GError **error) {
  char *why = NULL;
  CsvRow row;
  g_clear_pointer(&run->csv, csv_close);
  run->csv = csv_open(run->file, run->encoding, &why);
  if (run->csv == NULL) return file_error(error, why);
  CsvStatus status = csv_next(run->csv, &row);
  if (status == CSV_END)
    return file_error(error, g_strdup_printf("%s is empty; a header and rows are needed", run->file));
  if (status != CSV_ROW) return file_error(error, g_strdup_printf("The header of %s %s", run->file, row.why));
  if (run->header == NULL) {
    run->header = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < row.fields->len; i++)
      g_ptr_array_add(run->header, g_strdup(row.fields->pdata[i]));
  }
  return TRUE;
}

gboolean import_begin(ImportRun *run, GError **error) {
  run->terminal = isatty(STDERR_FILENO) != 0;
  return import_again(run, error);
}

/* ---- While it runs --------------------------------------------------------------------------------------------- */

static gboolean on_signal(gpointer data) {
  ((ImportRun *)data)->stopped = TRUE;
  return G_SOURCE_CONTINUE;
}

gboolean import_work(ImportRun *run, GError **error) {
  run->rejects = rejects_new(run->rejects_path, run->file, run->header, error);
  if (run->rejects == NULL) return FALSE;
  run->on_int = g_unix_signal_add(SIGINT, on_signal, run);
  run->on_term = g_unix_signal_add(SIGTERM, on_signal, run);
  run->began = g_get_monotonic_time();
  return TRUE;
}

static void reject(ImportRun *run, guint64 row, guint64 line, const char *reason, const GPtrArray *fields) {
  g_autofree char *sentence = g_strdup_printf("Row %" G_GUINT64_FORMAT " %s.", row, reason);
  g_autoptr(GError) error = NULL;
  if (!rejects_add(run->rejects, row, line, sentence, fields, &error) && run->error == NULL)
    run->error = g_steal_pointer(&error);
}

void import_reject(ImportRun *run, const CsvRow *row, const char *reason) {
  reject(run, row->row, row->line, reason, row->fields);
}

void import_reject_kept(ImportRun *run, const ImportedRow *row, const char *reason) {
  reject(run, row->row, row->line, reason, row->fields);
}

ImportedRow *import_keep(const CsvRow *row) {
  ImportedRow *kept = g_new0(ImportedRow, 1);
  kept->row = row->row;
  kept->line = row->line;
  kept->fields = g_ptr_array_new_full(row->fields->len, g_free);
  for (guint i = 0; i < row->fields->len; i++)
    g_ptr_array_add(kept->fields, g_strdup(row->fields->pdata[i]));
  return kept;
}

void import_row_free(ImportedRow *row) {
  g_ptr_array_unref(row->fields);
  g_free(row);
}

char *import_refusal(const ImportRun *run, const LinliAnswer *answer) {
  g_autoptr(GError) why = linli_answer_error(run->ctl->proto, answer);
  gsize len = strlen(why->message);
  return g_strdup_printf("was refused: %.*s", (int)(g_str_has_suffix(why->message, ".") ? len - 1 : len),
                         why->message);
}

static guint64 accounted(const ImportRun *run) {
  return run->added + run->changed + run->already + rejects_count(run->rejects);
}

void import_progress(ImportRun *run) {
  gint64 now = g_get_monotonic_time();
  if (!run->terminal || now - run->shown < SHOW_EVERY_US) return;
  run->shown = now;
  fprintf(stderr, "\r%" G_GUINT64_FORMAT " / %" G_GUINT64_FORMAT "  ", accounted(run), run->expected);
}

/* ---- The end --------------------------------------------------------------------------------------------------- */

static void print_json(const ImportRun *run, double seconds, const char *more) {
  g_autoptr(GString) path = g_string_new("null");
  if (rejects_count(run->rejects) > 0) {
    g_string_truncate(path, 0);
    output_json_text(path, rejects_path(run->rejects), -1);
  }
  printf("{\"rows\":%" G_GUINT64_FORMAT ",\"added\":%" G_GUINT64_FORMAT ",\"changed\":%" G_GUINT64_FORMAT
         ",\"already\":%" G_GUINT64_FORMAT ",\"rejected\":%" G_GUINT64_FORMAT ",\"rejects\":%s,\"stopped\":%s,"
         "\"seconds\":%.2f%s}\n",
         run->rows, run->added, run->changed, run->already, rejects_count(run->rejects), path->str,
         run->stopped ? "true" : "false", seconds, more);
}

static void print_words(const ImportRun *run, double seconds) {
  gboolean zh = linli_in_chinese();
  guint64 rejected = rejects_count(run->rejects);
  printf(zh ? "共 %" G_GUINT64_FORMAT " 行：新增 %" G_GUINT64_FORMAT "，更新 %" G_GUINT64_FORMAT
              "，已存在 %" G_GUINT64_FORMAT "，未导入 %" G_GUINT64_FORMAT "（%.1f 秒）\n"
            : "%" G_GUINT64_FORMAT " rows: %" G_GUINT64_FORMAT " added, %" G_GUINT64_FORMAT
              " changed, %" G_GUINT64_FORMAT " there already, %" G_GUINT64_FORMAT " rejected (%.1f s)\n",
         run->rows, run->added, run->changed, run->already, rejected, seconds);
  if (rejected > 0)
    printf(zh ? "未导入的行及原因见 %s，更正后可再次导入。\n"
              : "Rejected rows and why are in %s: correct them and import that file.\n",
           rejects_path(run->rejects));
  if (run->stopped)
    printf(zh ? "已中止；再次运行同一命令即可继续。\n" : "Stopped. The same command goes on where this one ended.\n");
}

int import_end(ImportRun *run, GError *error, const char *more) {
  int how = run->stopped ? IMPORT_STOPPED : CTL_DONE;
  g_clear_handle_id(&run->on_int, g_source_remove);
  g_clear_handle_id(&run->on_term, g_source_remove);
  if (run->terminal && run->shown != 0) fputs("\r\033[K", stderr);
  if (run->rejects != NULL && run->rows > 0) {
    double seconds = (double)(g_get_monotonic_time() - run->began) / G_USEC_PER_SEC;
    if (run->ctl->json)
      print_json(run, seconds, more);
    else
      print_words(run, seconds);
  }
  if (run->rejects != NULL && error == NULL)
    (void)!rejects_close(run->rejects, &error);
  else if (run->rejects != NULL)
    (void)!rejects_close(run->rejects, NULL);
  if (error != NULL) how = ctl_fail(run->ctl, error);
  g_clear_pointer(&run->csv, csv_close);
  g_clear_pointer(&run->header, g_ptr_array_unref);
  g_clear_pointer(&run->file, g_free);
  g_clear_pointer(&run->rejects_path, g_free);
  g_clear_pointer(&run->encoding, g_free);
  g_clear_error(&run->error);
  return how;
}
