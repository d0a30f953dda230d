/* import_requests.c: see import.h. The file is read twice: first for the places it speaks of, then to send its rows.
 *
 *   file ─> [ community a: rows ][ b: rows ] …      AHEAD rows at most
 *                 └── the longest, BURST at once ──> the line with the fewest in flight
 *
 * The server commits what comes together in one stream in one transaction, and the serials of an office in one row:
 * rows sent one community after another cost it a tenth of rows sent as the file mixes them. */
#include "client/ctl/import.h"

#include <stdio.h>

#include "client/ctl/import_row.h"
#include "client/ctl/import_run.h"
#include "proto/proto_tables.h"

enum {
  LINES = 4, /* connections */
  LINES_MAX = 16,
  BURST = 50,
  IN_FLIGHT = 100,      /* on each line */
  AHEAD = 8192,         /* rows read and not sent */
  PATIENCE_MS = 300000, /* a server that restarts or fails over comes back */
};

typedef struct {
  ImportRun run;
  char *mapping_name;
  int lines;
  Mapping *mapping;
  Tree *tree;
  GPtrArray *sessions; /* of LinliSession */
  GPtrArray *bulks;    /* of Bulk */
  GHashTable *places;  /* stream -> GQueue of Ready */
  guint ahead, waiting;
  gboolean at_end;
} Requests;

/* A row read, and then under way. */
typedef struct {
  Requests *owner;
  guint64 stream;
  GByteArray *body;
  ImportedRow *row;
} Ready;

/* ---- Options and files ----------------------------------------------------------------------------------------- */

static gboolean read_options(Requests *r, int argc, char **argv, GError **error) {
  g_auto(GStrv) files = NULL;
  const GOptionEntry entries[] = {{"mapping", 0, 0, G_OPTION_ARG_STRING, &r->mapping_name, NULL, NULL},
                                  {"rejects", 0, 0, G_OPTION_ARG_FILENAME, &r->run.rejects_path, NULL, NULL},
                                  {"encoding", 0, 0, G_OPTION_ARG_STRING, &r->run.encoding, NULL, NULL},
                                  {"connections", 0, 0, G_OPTION_ARG_INT, &r->lines, NULL, NULL},
                                  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
                                  {0}};
  r->lines = LINES;
  if (!import_options(entries, argc, argv, error)) return FALSE;
  if (files == NULL || files[0] == NULL || files[1] != NULL || r->mapping_name == NULL || r->lines < 1 ||
      r->lines > LINES_MAX) {
    g_set_error(
        error, LINLI_ERROR, LINLI_ERROR_USAGE,
        "Usage: linlictl import requests --mapping NAME [--rejects FILE] [--encoding NAME] [--connections 1…%d] FILE",
        LINES_MAX);
    return FALSE;
  }
  r->run.file = g_strdup(files[0]);
  return TRUE;
}

static gboolean open_files(Requests *r, GError **error) {
  char *why = NULL;
  r->mapping = mapping_load(r->mapping_name, &why);
  if (r->mapping != NULL && r->run.encoding == NULL) r->run.encoding = g_strdup(mapping_tree(r->mapping)->encoding);
  if (r->mapping != NULL && !import_begin(&r->run, error)) return FALSE;
  if (r->mapping != NULL && mapping_bind(r->mapping, r->run.header, &why)) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "%s.", why);
  g_free(why);
  return FALSE;
}

/* ---- First reading: places ------------------------------------------------------------------------------------- */

static gboolean lost(const CsvRow *row, GError **error) {
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "Stopped: %s.", row->why);
  return FALSE;
}

static gboolean read_places(Requests *r, GError **error) {
  CsvRow row;
  CsvStatus status;
  while ((status = csv_next(r->run.csv, &row)) != CSV_END) {
    MappedRow mapped;
    g_autofree char *why = NULL;
    if (status == CSV_LOST) return lost(&row, error);
    r->run.expected++;
    if (status == CSV_BAD) continue;
    if (mapping_row(r->mapping, row.fields, &mapped, &why)) tree_want(r->tree, &mapped);
    mapped_row_clear(&mapped);
  }
  return TRUE;
}

/* ---- Second reading: rows -------------------------------------------------------------------------------------- */

static void ready_free(gpointer data) {
  Ready *ready = data;
  g_byte_array_unref(ready->body);
  import_row_free(ready->row);
  g_free(ready);
}

static void queue_free(gpointer data) {
  g_queue_free_full(data, ready_free);
}

static void on_decided(G_GNUC_UNUSED const BulkCommand *command, const LinliAnswer *answer, gpointer data) {
  Ready *ready = data;
  ImportRun *run = &ready->owner->run;
  ready->owner->waiting--;
  if (answer->verdict == LINLI_DONE) {
    run->added++;
  } else if (answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_EXISTS) {
    run->already++;
  } else {
    g_autofree char *reason = import_refusal(run, answer);
    import_reject_kept(run, ready->row, reason);
  }
  ready_free(ready);
}

static void keep_row(Requests *r, const CsvRow *row, const MappedRow *mapped) {
  const char *system = mapping_tree(r->mapping)->system;
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autofree char *why = NULL;
  TreePlace place;
  if (!tree_place(r->tree, mapped, &place)) {
    import_reject(&r->run, row, "names a place that the file did not name when it was read first; run it again");
    return;
  }
  if (!import_row_body(mapped, system, &place, tree_category(r->tree, mapped->category), body, &why)) {
    import_reject(&r->run, row, why);
    return;
  }
  GQueue *queue = g_hash_table_lookup(r->places, &place.stream);
  if (queue == NULL) {
    queue = g_queue_new();
    g_hash_table_insert(r->places, g_memdup2(&place.stream, sizeof place.stream), queue);
  }
  Ready *ready = g_new0(Ready, 1);
  *ready = (Ready){r, place.stream, g_steal_pointer(&body), import_keep(row)};
  g_queue_push_tail(queue, ready);
  r->ahead++;
}

static void next_row(Requests *r) {
  CsvRow row;
  CsvStatus status = csv_next(r->run.csv, &row);
  g_autofree char *why = NULL;
  r->at_end = status == CSV_END || status == CSV_LOST;
  if (status == CSV_LOST) (void)!lost(&row, r->run.error == NULL ? &r->run.error : NULL);
  if (r->at_end) return;
  r->run.rows++;
  if (status == CSV_BAD) {
    import_reject(&r->run, &row, row.why);
    return;
  }
  MappedRow mapped;
  if (mapping_row(r->mapping, row.fields, &mapped, &why))
    keep_row(r, &row, &mapped);
  else
    import_reject(&r->run, &row, why);
  mapped_row_clear(&mapped);
}

static Bulk *idlest(const Requests *r) {
  Bulk *best = r->bulks->pdata[0];
  for (guint i = 1; i < r->bulks->len; i++)
    if (bulk_waiting(r->bulks->pdata[i]) < bulk_waiting(best)) best = r->bulks->pdata[i];
  return bulk_waiting(best) + BURST <= IN_FLIGHT ? best : NULL;
}

static GQueue *longest(const Requests *r) {
  GQueue *best = NULL;
  GHashTableIter iter;
  gpointer queue;
  g_hash_table_iter_init(&iter, r->places);
  while (g_hash_table_iter_next(&iter, NULL, &queue))
    if (best == NULL || g_queue_get_length(queue) > g_queue_get_length(best)) best = queue;
  return best;
}

/* Reads ahead, then sends while a line has room. */
static void send_some(Requests *r) {
  for (Bulk *line = idlest(r); line != NULL; line = idlest(r)) {
    while (!r->at_end && r->ahead < AHEAD)
      next_row(r);
    if (r->ahead == 0) return;
    GQueue *queue = longest(r);
    for (guint i = 0; i < BURST && !g_queue_is_empty(queue); i++) {
      Ready *ready = g_queue_pop_head(queue);
      r->ahead--;
      r->waiting++;
      bulk_send(line, PROTO_COMMAND_REQUEST_IMPORT, ready->stream, (WireBytes){ready->body->data, ready->body->len},
                on_decided, ready);
    }
  }
}

static const GError *given_up(const Requests *r) {
  for (guint i = 0; i < r->sessions->len; i++)
    if (linli_session_state(r->sessions->pdata[i]) == LINLI_STATE_FAILED)
      return linli_session_problem(r->sessions->pdata[i]);
  return NULL;
}

/* Stopped: what was read and not sent does not count as read. */
static void forget_ahead(Requests *r) {
  r->run.rows -= r->ahead;
  r->ahead = 0;
  r->at_end = TRUE;
  g_hash_table_remove_all(r->places);
}

/* Everything sent is decided, unless a session gave up. */
static gboolean send_rows(Requests *r, GError **error) {
  if (!import_again(&r->run, error)) return FALSE;
  while (!(r->at_end && r->waiting + r->ahead == 0)) {
    const GError *problem = given_up(r);
    if (problem != NULL) {
      g_propagate_error(error, g_error_copy(problem));
      return FALSE;
    }
    if (r->run.stopped || r->run.error != NULL) forget_ahead(r);
    send_some(r);
    if (r->waiting > 0) g_main_context_iteration(NULL, TRUE);
    import_progress(&r->run);
  }
  if (r->run.error == NULL) return TRUE;
  g_propagate_error(error, g_steal_pointer(&r->run.error));
  return FALSE;
}

/* ---- All together ---------------------------------------------------------------------------------------------- */

static void add_line(Requests *r, LinliSession *session) {
  g_ptr_array_add(r->sessions, session);
  g_ptr_array_add(r->bulks, bulk_new(session));
}

/* The others sign in by the first one's token. */
static void open_lines(Requests *r) {
  Ctl *ctl = r->run.ctl;
  linli_session_set_patience(ctl->session, PATIENCE_MS);
  for (int i = 1; i < r->lines; i++) {
    LinliSession *session = linli_session_new(ctl->settings, ctl->tokens, ctl->proto, "linlictl import");
    linli_session_set_patience(session, PATIENCE_MS);
    linli_session_start(session);
    add_line(r, session);
  }
}

static gboolean work(Requests *r, GError **error) {
  Ctl *ctl = r->run.ctl;
  if (!open_files(r, error) || !ctl_connect(ctl, error)) return FALSE;
  add_line(r, g_object_ref(ctl->session));
  r->tree = tree_new(ctl, r->bulks->pdata[0], mapping_tree(r->mapping));
  if (!read_places(r, error) || !import_work(&r->run, error)) return FALSE;
  if (r->run.expected == 0) return TRUE;
  open_lines(r);
  return tree_make(r->tree, error) && send_rows(r, error);
}

int import_requests(Ctl *ctl, int argc, char **argv) {
  Requests r = {.run = {.ctl = ctl}};
  GError *error = NULL;
  r.sessions = g_ptr_array_new_with_free_func(g_object_unref);
  r.bulks = g_ptr_array_new_with_free_func((GDestroyNotify)bulk_free);
  r.places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, queue_free);
  if (read_options(&r, argc, argv, &error)) (void)!work(&r, &error);
  g_ptr_array_unref(r.bulks); /* before what its answers speak of */
  for (guint i = 1; i < r.sessions->len; i++)
    linli_session_stop(r.sessions->pdata[i]);
  g_ptr_array_unref(r.sessions);
  g_autofree char *more = r.tree == NULL ? g_strdup("")
                                         : g_strdup_printf(",\"communities\":%u,\"grids\":%u,\"teams\":%u",
                                                           tree_made(r.tree)->communities, tree_made(r.tree)->grids,
                                                           tree_made(r.tree)->teams);
  int how = import_end(&r.run, error, more);
  g_hash_table_unref(r.places);
  g_clear_pointer(&r.tree, tree_free);
  g_clear_pointer(&r.mapping, mapping_free);
  g_free(r.mapping_name);
  return how;
}
