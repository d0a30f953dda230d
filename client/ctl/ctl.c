/* ctl.c: see ctl.h. */
#include "client/ctl/ctl.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "client/ctl/output.h"
#include "proto/proto_tables.h"

enum { USUAL_TIMEOUT_S = 30, RETRY_MS = 250 };
#define PROGRAM "linlictl " LINLI_VERSION

/* --- Options -------------------------------------------------------------------------------------------------- */

typedef struct {
  const char *name;
  gboolean *flag;
  const char **text;
  int *number;
} Option;

/* The value of --name or --name=value at argv[*i]; NULL: it is not that option. */
static const char *value_of(const char *name, int argc, char **argv, int *i, gboolean *lacks) {
  const char *word = argv[*i] + 2;
  gsize len = strlen(name);

  *lacks = FALSE;
  if (strncmp(word, name, len) != 0) return NULL;
  if (word[len] == '=') return word + len + 1;
  if (word[len] != '\0') return NULL;
  if (*i + 1 < argc) return argv[++*i];
  *lacks = TRUE;
  return NULL;
}

/* 1 taken, 0 not ours, -1 error. */
static int take_option(const Option *options, gsize n, int argc, char **argv, int *i, GError **error) {
  gboolean lacks;

  if (strncmp(argv[*i], "--", 2) != 0 || !argv[*i][2]) return 0;
  for (gsize k = 0; k < n; k++) {
    if (options[k].flag) {
      if (strcmp(argv[*i] + 2, options[k].name) != 0) continue;
      *options[k].flag = TRUE;
      return 1;
    }
    const char *value = value_of(options[k].name, argc, argv, i, &lacks);
    if (lacks) {
      g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "--%s needs a value.", options[k].name);
      return -1;
    }
    if (!value) continue;
    if (options[k].text) *options[k].text = value;
    if (options[k].number) *options[k].number = atoi(value);
    return 1;
  }
  return 0;
}

gboolean ctl_options(Ctl *ctl, int *argc, char **argv, GError **error) {
  const char *outbox = NULL, *lang = NULL;
  const Option options[] = {
      {"json", &ctl->json, NULL, NULL},
      {"no-outbox", &ctl->no_outbox, NULL, NULL},
      {"help", &ctl->help, NULL, NULL},
      {"server", NULL, &ctl->options.server, NULL},
      {"ca", NULL, &ctl->options.ca, NULL},
      {"user", NULL, &ctl->options.user, NULL},
      {"password-file", NULL, &ctl->options.password_file, NULL},
      {"config", NULL, &ctl->options.config, NULL},
      {"outbox", NULL, &outbox, NULL},
      {"lang", NULL, &lang, NULL},
      {"timeout", NULL, NULL, &ctl->timeout_s},
  };
  int kept = 0;

  ctl->timeout_s = USUAL_TIMEOUT_S;
  for (int i = 0; i < *argc; i++) {
    int taken = take_option(options, G_N_ELEMENTS(options), *argc, argv, &i, error);
    if (taken < 0) return FALSE;
    if (!taken) argv[kept++] = argv[i];
  }
  *argc = kept;
  ctl->outbox_file = g_strdup(outbox);
  if (lang) g_setenv("LC_ALL", lang, TRUE);
  if (ctl->timeout_s > 0) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "--timeout takes seconds, 1 or more.");
  return FALSE;
}

void ctl_clear(Ctl *ctl) {
  g_clear_pointer(&ctl->courier, linli_courier_free);
  g_clear_pointer(&ctl->outbox, linli_outbox_close);
  if (ctl->session) linli_session_stop(ctl->session);
  g_clear_object(&ctl->session);
  g_clear_pointer(&ctl->tokens, linli_tokens_free);
  g_clear_pointer(&ctl->settings, linli_settings_unref);
  g_clear_pointer(&ctl->loop, g_main_loop_unref);
  g_clear_pointer(&ctl->outbox_file, g_free);
}

/* --- Connecting ----------------------------------------------------------------------------------------------- */

gboolean ctl_settings(Ctl *ctl, GError **error) {
  if (ctl->settings) return TRUE;
  ctl->settings = linli_settings_load(&ctl->options, error);
  if (!ctl->settings) return FALSE;
  g_autofree char *folder = linli_settings_state_folder(error);
  if (!folder) return FALSE;
  ctl->tokens = linli_tokens_in_folder(folder, error);
  return ctl->tokens != NULL;
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, gpointer data) {
  if (state == LINLI_STATE_READY || state == LINLI_STATE_FAILED) g_main_loop_quit(data);
}

static gboolean wait_ready(Ctl *ctl, GError **error) {
  gulong handler = g_signal_connect(ctl->session, "state-changed", G_CALLBACK(on_state), ctl->loop);

  linli_session_start(ctl->session);
  if (linli_session_state(ctl->session) != LINLI_STATE_READY) g_main_loop_run(ctl->loop);
  g_signal_handler_disconnect(ctl->session, handler);
  if (linli_session_state(ctl->session) == LINLI_STATE_READY) return TRUE;
  const GError *problem = linli_session_problem(ctl->session);
  g_propagate_error(error, problem
                               ? g_error_copy(problem)
                               : g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT, "There is no connection. Try again."));
  return FALSE;
}

gboolean ctl_connect(Ctl *ctl, GError **error) {
  if (!ctl_settings(ctl, error)) return FALSE;
  if (!ctl->loop) ctl->loop = g_main_loop_new(NULL, FALSE);
  if (!ctl->session) ctl->session = linli_session_new(ctl->settings, ctl->tokens, ctl->proto, PROGRAM);
  linli_session_set_patience(ctl->session, (gint64)ctl->timeout_s * 1000);
  return wait_ready(ctl, error);
}

LinliOutbox *ctl_outbox(Ctl *ctl, gboolean on_disk, GError **error) {
  if (ctl->outbox) return ctl->outbox;
  g_autofree char *folder = linli_settings_state_folder(error);
  if (!folder) return NULL;
  g_autofree char *usual = g_build_filename(folder, "outbox.sqlite", NULL);
  ctl->outbox = linli_outbox_open(on_disk ? (ctl->outbox_file ? ctl->outbox_file : usual) : NULL, error);
  return ctl->outbox;
}

/* --- Queries -------------------------------------------------------------------------------------------------- */

typedef struct {
  Ctl *ctl;
  LinliRowFunc row;
  gpointer data;
  guint n;
  gboolean over;
  GError *error;
} Rows;

static gboolean on_row(WireBytes row, gpointer data) {
  Rows *rows = data;

  rows->n++;
  return rows->row(row, rows->data);
}

static void on_finished(const GError *error, gpointer data) {
  Rows *rows = data;

  rows->over = TRUE;
  rows->error = error ? g_error_copy(error) : NULL;
  g_main_loop_quit(rows->ctl->loop);
}

static gboolean only_a_delay(const GError *error) {
  if (error->domain == LINLI_WIRE_ERROR)
    return error->code == PROTO_ERROR_DATABASE_AWAY || error->code == PROTO_ERROR_BUSY ||
           error->code == PROTO_ERROR_SHUTDOWN || error->code == PROTO_ERROR_RATE;
  return g_error_matches(error, LINLI_ERROR, LINLI_ERROR_CONNECT);
}

static gboolean on_wait_over(gpointer loop) {
  g_main_loop_quit(loop);
  return G_SOURCE_REMOVE;
}

gboolean ctl_rows(Ctl *ctl, const ProtoQuery *query, WireBytes body, LinliRowFunc row, gpointer data,
                  GError **error) {
  gint64 end = g_get_monotonic_time() + (gint64)ctl->timeout_s * G_USEC_PER_SEC;

  for (;;) {
    Rows rows = {.ctl = ctl, .row = row, .data = data};
    if (!wait_ready(ctl, error)) return FALSE;
    linli_walk_start(ctl->session, query, body, 0, on_row, on_finished, &rows);
    while (!rows.over)
      g_main_loop_run(ctl->loop);
    if (!rows.error) return TRUE;
    if (rows.n || !only_a_delay(rows.error) || g_get_monotonic_time() > end) {
      g_propagate_error(error, rows.error);
      return FALSE;
    }
    g_error_free(rows.error);
    g_timeout_add(RETRY_MS, on_wait_over, ctl->loop);
    g_main_loop_run(ctl->loop);
  }
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

typedef struct {
  Ctl *ctl;
  CtlOutcome *outcome;
  gboolean over, late;
  guint64 delayed_by;
  GError *error;
} Sending;

static void on_decided(G_GNUC_UNUSED const LinliEntry *entry, const LinliAnswer *answer, const GError *error,
                       gpointer data) {
  Sending *s = data;

  s->over = TRUE;
  if (error) {
    s->error = g_error_copy(error);
  } else if (answer->verdict == LINLI_UNDECIDED) {
    s->error = linli_answer_error(s->ctl->proto, answer);
  } else {
    *s->outcome = (CtlOutcome){answer->verdict, answer->code,     answer->stream,          answer->seq,
                               answer->row,     answer->repeated, g_strdup(answer->detail)};
    linli_courier_acknowledge(s->ctl->courier, entry->id);
  }
  g_main_loop_quit(s->ctl->loop);
}

static void on_delayed(G_GNUC_UNUSED const LinliEntry *entry, const LinliAnswer *answer, gpointer data) {
  ((Sending *)data)->delayed_by = answer->code;
}

static gboolean on_late(gpointer data) {
  Sending *s = data;

  s->late = TRUE;
  g_main_loop_quit(s->ctl->loop);
  return G_SOURCE_REMOVE;
}

static gboolean has_secret(const WireMessage *message) {
  for (guint i = 0; i < message->count; i++)
    if (message->fields[i].flags & WIRE_SECRET) return TRUE;
  return FALSE;
}

static GError *late_error(Ctl *ctl, const Sending *s, gboolean kept) {
  const GError *problem = linli_session_problem(ctl->session);
  const char *why = problem              ? problem->message
                    : s->delayed_by      ? linli_sentence(ctl->proto->errors, s->delayed_by)
                    : linli_in_chinese() ? "服务器没有答复。"
                                         : "The server did not answer in time.";

  return g_error_new(LINLI_ERROR, LINLI_ERROR_CONNECT, "%s %s", why,
                     kept ? (linli_in_chinese() ? "内容已保存在发件箱，请运行 linlictl outbox flush。"
                                                : "The command is kept: finish it with `linlictl outbox flush`.")
                          : (linli_in_chinese()
                                 ? "结果未知，请查看后再试。"
                                 : "It was not kept, and may or may not have been done: look before repeating."));
}

gboolean ctl_command(Ctl *ctl, const ProtoCommand *kind, const LinliCommand *command, CtlOutcome *outcome,
                     GError **error) {
  gboolean on_disk = !ctl->no_outbox && !has_secret(kind->fields);
  Sending s = {.ctl = ctl, .outcome = outcome};

  if (!ctl_outbox(ctl, on_disk, error)) return FALSE;
  if (!ctl->courier) ctl->courier = linli_courier_new(ctl->session, ctl->outbox);
  linli_courier_on_delayed(ctl->courier, on_delayed, &s);
  guint late = g_timeout_add_seconds((guint)ctl->timeout_s, on_late, &s);
  linli_courier_submit(ctl->courier, command, on_decided, &s);
  while (!s.over && !s.late && linli_session_state(ctl->session) != LINLI_STATE_FAILED)
    g_main_loop_run(ctl->loop);
  if (!s.late) g_source_remove(late);
  linli_courier_on_delayed(ctl->courier, NULL, NULL);
  if (s.over && !s.error) return TRUE;
  g_propagate_error(error, s.error ? s.error : late_error(ctl, &s, on_disk));
  if (!s.over) g_clear_pointer(&ctl->courier, linli_courier_free);
  return FALSE;
}

/* --- Ending --------------------------------------------------------------------------------------------------- */

static const char *code_of(Ctl *ctl, const GError *error) {
  static const char *const ours[] = {"usage", "connect", "trust", "sign_in", "protocol", "disk"};

  if (error->domain == LINLI_REFUSAL) return linli_identifier(ctl->proto->refusals, (guint64)error->code);
  if (error->domain == LINLI_WIRE_ERROR) return linli_identifier(ctl->proto->errors, (guint64)error->code);
  if (error->domain == LINLI_ERROR && (gsize)error->code < G_N_ELEMENTS(ours)) return ours[error->code];
  return "failed";
}

static int exit_of(const GError *error) {
  if (error->domain == LINLI_REFUSAL) return CTL_REFUSED;
  if (g_error_matches(error, LINLI_ERROR, LINLI_ERROR_USAGE)) return CTL_USAGE;
  if (error->domain == LINLI_WIRE_ERROR &&
      (error->code == PROTO_ERROR_BAD_FIELD || error->code == PROTO_ERROR_UNKNOWN_KIND))
    return CTL_USAGE;
  return CTL_NO_CONNECTION;
}

int ctl_fail(Ctl *ctl, GError *error) {
  int how = exit_of(error);

  if (ctl->json)
    output_failure(how == CTL_REFUSED ? "refused" : "failed", code_of(ctl, error), error->message, NULL);
  else
    fprintf(stderr, "linlictl: %s\n", error->message);
  g_error_free(error);
  return how;
}
