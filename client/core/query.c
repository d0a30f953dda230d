/* query.c: see query.h. */
#include "client/core/query.h"

#include "proto/proto_tables.h"

struct LinliWalk {
  LinliSession *session;
  const ProtoQuery *query;
  GByteArray *body;
  guint page, idle;
  guint32 number;
  LinliRowFunc row;
  LinliFinished finished;
  gpointer data;
  gboolean in_answer, stopped;
};

static void ask(LinliWalk *w, const char *after);

static void walk_free(LinliWalk *w) {
  g_clear_handle_id(&w->idle, g_source_remove);
  g_byte_array_unref(w->body);
  g_object_unref(w->session);
  g_free(w);
}

static void finish(LinliWalk *w, const GError *error) {
  LinliFinished finished = w->finished;
  gpointer data = w->data;

  walk_free(w);
  finished(error, data);
}

GError *linli_answer_error(const Proto *proto, const LinliAnswer *answer) {
  const char *detail = answer->detail;
  gboolean refused = answer->verdict == LINLI_REFUSED;

  if (answer->verdict == LINLI_UNDECIDED && !answer->code)
    return g_error_new_literal(LINLI_ERROR, LINLI_ERROR_CONNECT,
                               linli_in_chinese()
                                   ? "连接中断或超时，结果未知，请重试。"
                                   : "The line broke or the time was up before an answer came. Try again.");
  return g_error_new(refused ? LINLI_REFUSAL : LINLI_WIRE_ERROR, (gint)answer->code, "%s%s%s%s",
                     linli_sentence(refused ? proto->refusals : proto->errors, answer->code), detail ? " (" : "",
                     detail ? detail : "", detail ? ")" : "");
}

static void on_rows(G_GNUC_UNUSED LinliSession *session, const LinliAnswer *answer, gpointer data) {
  LinliWalk *w = data;
  gboolean more = TRUE;

  w->number = 0;
  if (answer->verdict != LINLI_DONE) {
    g_autoptr(GError) error = linli_answer_error(linli_session_proto(w->session), answer);
    finish(w, error);
    return;
  }
  w->in_answer = TRUE;
  for (guint i = 0; i < answer->n_rows && more && !w->stopped; i++)
    more = w->row(answer->rows[i], w->data);
  w->in_answer = FALSE;
  if (w->stopped)
    walk_free(w);
  else if (more && answer->next)
    ask(w, answer->next);
  else
    finish(w, NULL);
}

static gboolean on_not_ready(gpointer data) {
  LinliWalk *w = data;
  const GError *problem = linli_session_problem(w->session);
  g_autoptr(GError) error =
      problem ? g_error_copy(problem)
              : g_error_new_literal(LINLI_ERROR, LINLI_ERROR_CONNECT,
                                    linli_text("There is no connection just now. Try again in a moment."));

  w->idle = 0;
  finish(w, error);
  return G_SOURCE_REMOVE;
}

static void ask(LinliWalk *w, const char *after) {
  w->number = linli_session_query(w->session, w->query->number, (WireBytes){w->body->data, w->body->len}, after,
                                  w->page, 0, on_rows, w);
  if (!w->number) w->idle = g_idle_add(on_not_ready, w);
}

LinliWalk *linli_walk_start(LinliSession *session, const ProtoQuery *query, WireBytes body, guint page,
                            LinliRowFunc row, LinliFinished finished, gpointer data) {
  LinliWalk *w = g_new0(LinliWalk, 1);

  w->session = g_object_ref(session);
  w->query = query;
  w->body = g_byte_array_new();
  if (body.len) g_byte_array_append(w->body, body.data, body.len);
  w->page = page;
  w->row = row;
  w->finished = finished;
  w->data = data;
  ask(w, NULL);
  return w;
}

void linli_walk_stop(LinliWalk *walk) {
  walk->stopped = TRUE;
  if (walk->in_answer) return;
  if (walk->number) {
    linli_session_cancel(walk->session, walk->number);
    linli_session_forget(walk->session, walk->number);
  }
  walk_free(walk);
}
