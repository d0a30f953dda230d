/* replay.c: see replay.h. */
#include "client/ctl/replay.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl/import.h"
#include "client/ctl/import_run.h"
#include "client/ctl/replay_play.h"

enum { ACCOUNTS = 40, PATIENCE_MS = 300000 };

typedef struct {
  ImportRun run; /* the file */
  char *mapping_name, *speed_text, *from_text, *to_text, *journal_path;
  int limit, accounts;
  int seed;
  gboolean tree_only, stopped;
  double speed;
  gint64 from, to; /* as mapped rows have them; 0: open */
  Mapping *mapping;
  Bulk *admin;
  Tree *tree;
  Cast *cast;
  Journal *journal;
  ReplayPlay *play;
  GStrv servers;
  gint64 last; /* registration */
  guint rows;
} Replay;

static const char USAGE[] =
    "linlictl replay FILE --mapping NAME --speed X [--from DAY] [--to DAY] [--limit N] [--accounts 5…200]\n"
    "                [--journal FILE] [--seed S] [--tree-only] [--server A,B,C]\n"
    "  Plays the file as live work, X times as fast (3600: an hour a second; max: without waiting), by many "
    "accounts.\n"
    "  Days are the file's own, the last one whole. The journal has a line a command and a line a decision.\n";

/* ---- Options --------------------------------------------------------------------------------------------------- */

static gboolean bad_option(GError **error, const char *sentence) {
  g_set_error_literal(error, LINLI_ERROR, LINLI_ERROR_USAGE, sentence);
  return FALSE;
}

static gboolean read_speed(Replay *r, GError **error) {
  char *end = NULL;
  if (r->speed_text == NULL)
    return bad_option(error, "Usage: linlictl replay FILE --mapping NAME --speed X: X times as "
                             "fast as the file, or max.");
  if (strcmp(r->speed_text, "max") == 0) return TRUE;
  r->speed = g_ascii_strtod(r->speed_text, &end);
  if (*end == '\0' && r->speed > 0 && r->speed <= 1e9) return TRUE;
  return bad_option(error, "--speed takes a number, such as 3600 for an hour a second, or max.");
}

static gboolean read_options(Replay *r, int argc, char **argv, GError **error) {
  g_auto(GStrv) files = NULL;
  const GOptionEntry entries[] = {{"mapping", 0, 0, G_OPTION_ARG_STRING, &r->mapping_name, NULL, NULL},
                                  {"speed", 0, 0, G_OPTION_ARG_STRING, &r->speed_text, NULL, NULL},
                                  {"from", 0, 0, G_OPTION_ARG_STRING, &r->from_text, NULL, NULL},
                                  {"to", 0, 0, G_OPTION_ARG_STRING, &r->to_text, NULL, NULL},
                                  {"limit", 0, 0, G_OPTION_ARG_INT, &r->limit, NULL, NULL},
                                  {"accounts", 0, 0, G_OPTION_ARG_INT, &r->accounts, NULL, NULL},
                                  {"journal", 0, 0, G_OPTION_ARG_FILENAME, &r->journal_path, NULL, NULL},
                                  {"seed", 0, 0, G_OPTION_ARG_INT, &r->seed, NULL, NULL},
                                  {"encoding", 0, 0, G_OPTION_ARG_STRING, &r->run.encoding, NULL, NULL},
                                  {"tree-only", 0, 0, G_OPTION_ARG_NONE, &r->tree_only, NULL, NULL},
                                  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
                                  {0}};
  r->accounts = ACCOUNTS;
  if (!import_options(entries, argc, argv, error) || (!r->tree_only && !read_speed(r, error))) return FALSE;
  if (files == NULL || files[0] == NULL || files[1] != NULL || r->mapping_name == NULL)
    return bad_option(error,
                      "Usage: linlictl replay FILE --mapping NAME --speed X [--from DAY] [--to DAY] [--limit N] "
                      "[--accounts N] [--journal FILE] [--seed S] [--tree-only]");
  if (r->accounts < CAST_MIN || r->accounts > CAST_MAX) return bad_option(error, "--accounts takes 5 to 200.");
  if (r->limit < 0) return bad_option(error, "--limit takes a number of rows, 1 or more.");
  r->run.file = g_strdup(files[0]);
  return TRUE;
}

/* A day or an instant of the file, as a mapped row has it. last: a day counts to its end. */
static gboolean read_moment(const Replay *r, const char *text, gboolean last, gint64 *out, GError **error) {
  const MappingTree *tree = mapping_tree(r->mapping);
  if (text == NULL) return TRUE;
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(tree->zone);
  gboolean day = strlen(text) == strlen("2011-07-06");
  g_autofree char *whole = day ? g_strconcat(text, "T00:00:00", NULL) : g_strdup(text);
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(whole, zone);
  if (time == NULL)
    return bad_option(error, "--from and --to take a day (2011-07-06) or an instant (2011-07-06T11:00:00).");
  *out = g_date_time_to_unix(time) * G_USEC_PER_SEC + tree->shift_us + (day && last ? G_TIME_SPAN_DAY : 0);
  return TRUE;
}

/* Several servers are one comma list, wherever it was set; the administrator uses the first. */
static gboolean split_servers(Replay *r, GError **error) {
  Ctl *ctl = r->run.ctl;
  if (!ctl_settings(ctl, error)) return FALSE;
  r->servers = g_strsplit(linli_settings_server(ctl->settings), ",", 64);
  for (guint i = 0; r->servers[i] != NULL; i++)
    if (*g_strstrip(r->servers[i]) == '\0')
      return bad_option(error, "--server has an empty name in its list; correct it.");
  if (r->servers[1] == NULL) return TRUE;
  ctl->options.server = r->servers[0];
  g_clear_pointer(&ctl->settings, linli_settings_unref);
  ctl->settings = linli_settings_load(&ctl->options, error);
  return ctl->settings != NULL;
}

static gboolean open_files(Replay *r, GError **error) {
  char *why = NULL;
  r->mapping = mapping_load(r->mapping_name, &why);
  if (r->mapping != NULL) {
    if (mapping_tree(r->mapping)->team_format == NULL)
      return bad_option(error, "The mapping names no team, so nobody could work: add team to its [tree].");
    if (r->run.encoding == NULL) r->run.encoding = g_strdup(mapping_tree(r->mapping)->encoding);
    if (!read_moment(r, r->from_text, FALSE, &r->from, error) || !read_moment(r, r->to_text, TRUE, &r->to, error) ||
        !import_begin(&r->run, error))
      return FALSE;
    if (mapping_bind(r->mapping, r->run.header, &why)) return TRUE;
  }
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "%s.", why);
  g_free(why);
  return FALSE;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

/* Each row of the slice, from the first. Rows that cannot be read are left out: an import would reject them. */
static gboolean each_row(Replay *r, void (*take)(Replay *r, const MappedRow *row), GError **error) {
  CsvRow row;
  CsvStatus status;
  r->rows = 0;
  if (!import_again(&r->run, error)) return FALSE;
  while ((status = csv_next(r->run.csv, &row)) != CSV_END && (r->limit == 0 || r->rows < (guint)r->limit)) {
    MappedRow mapped;
    g_autofree char *why = NULL;
    if (status == CSV_LOST) {
      g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "Stopped: %s.", row.why);
      return FALSE;
    }
    if (status == CSV_BAD) continue;
    if (mapping_row(r->mapping, row.fields, &mapped, &why) && (r->from == 0 || mapped.registered_at >= r->from) &&
        (r->to == 0 || mapped.registered_at < r->to)) {
      r->rows++;
      take(r, &mapped);
    }
    mapped_row_clear(&mapped);
  }
  return TRUE;
}

static void take_place(Replay *r, const MappedRow *row) {
  tree_want(r->tree, row);
}

static void take_case(Replay *r, const MappedRow *row) {
  r->last = MAX(r->last, row->registered_at);
  replay_play_add(r->play, row, (guint32)r->seed);
}

/* ---- What is told at the end ----------------------------------------------------------------------------------- */

static char *refusals(const ReplaySums *sums, gboolean json) {
  g_autoptr(GString) text = g_string_new(NULL);
  GHashTableIter iter;
  gpointer code, n;
  g_hash_table_iter_init(&iter, sums->refused);
  while (g_hash_table_iter_next(&iter, &code, &n))
    g_string_append_printf(text, json ? "%s\"%s\":%u" : "%s%s %u", text->len > 0 ? (json ? "," : ", ") : "",
                           (char *)code, GPOINTER_TO_UINT(n));
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void print_sums(const Replay *r, const ReplaySums *s) {
  g_autofree char *refused = refusals(s, r->run.ctl->json);
  if (r->run.ctl->json) {
    printf("{\"rows\":%u,\"registered\":%u,\"closed\":%u,\"returned\":%u,\"acknowledged\":%u,\"refused\":{%s},"
           "\"undecided\":%u,"
           "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"late_ms\":%.0f,\"seconds\":%.2f,\"accounts\":%u,\"stopped\":%s}\n",
           s->cases, s->registered, s->closed, s->returned, s->done, refused, s->undecided, s->p50_us / 1e3,
           s->p99_us / 1e3, (double)s->late_us / 1e3, (double)s->took_us / 1e6, cast_size(r->cast),
           r->stopped ? "true" : "false");
    return;
  }
  printf(linli_in_chinese()
             ? "%u 行：登记 %u，办结 %u；确认 %u 条，拒绝 %s，未决 %u；时延 p50 %.1f ms，p99 %.1f ms；用时 %.1f 秒\n"
             : "%u rows: %u registered, %u closed; %u commands acknowledged, refused: %s, undecided: %u; "
               "p50 %.1f ms, p99 %.1f ms; %.1f s\n",
         s->cases, s->registered, s->closed, s->done, *refused != '\0' ? refused : "0", s->undecided, s->p50_us / 1e3,
         s->p99_us / 1e3, (double)s->took_us / 1e6);
}

static void print_tree(const Replay *r) {
  const TreeMade *made = tree_made(r->tree);
  printf(r->run.ctl->json
             ? "{\"office\":%" G_GUINT64_FORMAT ",\"rows\":%u,\"communities\":%u,\"added\":{\"communities\":%u,"
               "\"grids\":%u,\"teams\":%u},\"accounts\":%u}\n"
             : "Office %" G_GUINT64_FORMAT ": %u rows, %u communities (%u added, %u grids, %u teams), %u accounts.\n",
         tree_office(r->tree), r->rows, tree_communities(r->tree)->len, made->communities, made->grids, made->teams,
         cast_size(r->cast));
}

/* ---- All together ---------------------------------------------------------------------------------------------- */

static gboolean on_signal(gpointer data) {
  Replay *r = data;
  if (r->stopped) exit(IMPORT_STOPPED); /* twice: at once */
  r->stopped = TRUE;
  return G_SOURCE_CONTINUE;
}

static gboolean prepare(Replay *r, GError **error) {
  Ctl *ctl = r->run.ctl;
  if (!split_servers(r, error) || !open_files(r, error) || !ctl_connect(ctl, error)) return FALSE;
  linli_session_set_patience(ctl->session, PATIENCE_MS);
  r->admin = bulk_new(ctl->session);
  r->tree = tree_new(ctl, r->admin, mapping_tree(r->mapping));
  if (!each_row(r, take_place, error)) return FALSE;
  if (r->rows == 0) return bad_option(error, "The file has no rows between --from and --to that can be read.");
  if (!tree_make(r->tree, error)) return FALSE;
  r->cast = cast_new(ctl, r->tree, (const char *const *)r->servers, (guint)r->accounts);
  return cast_prepare(r->cast, r->admin, error);
}

static gboolean play(Replay *r, GError **error) {
  if (r->journal_path != NULL && (r->journal = journal_open(r->journal_path, error)) == NULL) return FALSE;
  if (!cast_sign_in(r->cast, error)) return FALSE;
  r->play = replay_play_new(r->run.ctl, r->cast, r->tree, r->journal, r->speed);
  if (!each_row(r, take_case, error)) return FALSE;
  replay_play_until(r->play, r->to != 0 ? r->to : r->last + G_TIME_SPAN_DAY);
  guint on_int = g_unix_signal_add(SIGINT, on_signal, r), on_term = g_unix_signal_add(SIGTERM, on_signal, r);
  gboolean fine = replay_play_run(r->play, &r->stopped, error);
  g_source_remove(on_int);
  g_source_remove(on_term);
  return fine;
}

static void clear(Replay *r) {
  g_clear_pointer(&r->cast, cast_free); /* its answers speak of the play */
  g_clear_pointer(&r->play, replay_play_free);
  g_clear_pointer(&r->admin, bulk_free);
  g_clear_pointer(&r->tree, tree_free);
  g_clear_pointer(&r->mapping, mapping_free);
  char **texts[] = {&r->mapping_name, &r->speed_text, &r->from_text, &r->to_text, &r->journal_path};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_clear_pointer(texts[i], g_free);
}

int replay_verb(Ctl *ctl, int argc, char **argv) {
  Replay r = {.run = {.ctl = ctl}};
  GError *error = NULL;
  int how = CTL_DONE;
  if (ctl->help) return fputs(USAGE, stdout) < 0 ? CTL_USAGE : CTL_DONE;
  gboolean fine = read_options(&r, argc, argv, &error) && prepare(&r, &error);
  if (fine && r.tree_only)
    print_tree(&r);
  else if (fine)
    (void)!play(&r, &error);
  if (r.play != NULL) {
    const ReplaySums *sums = replay_play_sums(r.play);
    print_sums(&r, sums);
    if (g_hash_table_size(sums->refused) > 0 || sums->undecided > 0) how = CTL_REFUSED;
  }
  if (r.journal != NULL) (void)!journal_close(r.journal, error == NULL ? &error : NULL);
  if (r.stopped) how = IMPORT_STOPPED;
  clear(&r);
  int failed = import_end(&r.run, error, "");
  if (ctl->options.server == (r.servers != NULL ? r.servers[0] : NULL)) ctl->options.server = NULL;
  g_strfreev(r.servers);
  return failed != CTL_DONE ? failed : how;
}
