/* watch.c: see watch.h. */
#include "client/ctl/watch.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ctl/event_line.h"
#include "client/ctl/resolve.h"
#include "client/ctl/route.h"
#include "proto/proto_tables.h"

typedef struct {
  guint64 stream, last, chain;
  gboolean has_last, has_chain, awaiting; /* awaiting: the answer to our subscribe */
} Place;

typedef struct {
  Ctl *ctl;
  GArray *communities; /* of guint64 */
  gboolean all, office, account, snapshots, chosen;
  gint64 since; /* -1: from now on */
  gint64 count; /* lines still wanted; -1: all */
  guint idle_s, idle_source;
  GHashTable *places; /* guint64 -> Place */
  GError *error;
} Watch;

static void stop(Watch *w, GError *error) {
  if (w->error)
    g_clear_error(&error);
  else
    w->error = error;
  g_main_loop_quit(w->ctl->loop);
}

/* --- Words ---------------------------------------------------------------------------------------------------- */

static gboolean number_word(const char *name, const char *text, gint64 *value, GError **error) {
  g_autoptr(GError) why = NULL;
  guint64 number;

  if (text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &number, &why)) {
    *value = (gint64)number;
    return TRUE;
  }
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "--%s takes a whole number.", name);
  return FALSE;
}

static gboolean add_communities(Watch *w, const char *text, GError **error) {
  g_auto(GStrv) names = g_strsplit(text, ",", -1);
  guint64 number;

  for (char **name = names; *name; name++) {
    if (!resolve_number(w->ctl, "community", g_strstrip(*name), (ResolveIn){0, 0}, &number, error)) return FALSE;
    g_array_append_val(w->communities, number);
  }
  return TRUE;
}

static gboolean take_flag(Watch *w, const char *word) {
  gboolean *flag = strcmp(word, "--all") == 0         ? &w->all
                   : strcmp(word, "--office") == 0    ? &w->office
                   : strcmp(word, "--account") == 0   ? &w->account
                   : strcmp(word, "--snapshots") == 0 ? &w->snapshots
                                                      : NULL;

  if (!flag) return FALSE;
  *flag = TRUE;
  if (flag != &w->snapshots) w->chosen = TRUE;
  return TRUE;
}

static gboolean take_words(Watch *w, int argc, char **argv, GError **error) {
  for (int i = 0; i < argc; i++) {
    const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
    gint64 idle;
    if (take_flag(w, word)) continue;
    i++;
    if (strcmp(word, "--since") == 0) {
      if (!number_word("since", next, &w->since, error)) return FALSE;
    } else if (strcmp(word, "--count") == 0) {
      if (!number_word("count", next, &w->count, error)) return FALSE;
    } else if (strcmp(word, "--until-idle") == 0) {
      if (!number_word("until-idle", next, &idle, error)) return FALSE;
      w->idle_s = (guint)MIN(idle, 86400);
    } else if (strcmp(word, "--community") == 0 && next) {
      w->chosen = TRUE;
      if (!add_communities(w, next, error)) return FALSE;
    } else {
      g_set_error(
          error, LINLI_ERROR, LINLI_ERROR_USAGE,
          "watch does not know \"%s\". It takes --community C, --all, --office, --account, --since N, --until-idle "
          "SECONDS, --count N, --snapshots.",
          word);
      return FALSE;
    }
  }
  return TRUE;
}

/* --- Lines ---------------------------------------------------------------------------------------------------- */

static void say(Watch *w, const char *line) {
  if (printf("%s\n", line) < 0 || fflush(stdout) != 0) {
    stop(w, g_error_new(LINLI_ERROR, LINLI_ERROR_DISK, "Nobody reads standard output any more."));
    return;
  }
  if (w->count > 0 && --w->count == 0) stop(w, NULL);
}

static gboolean on_idle(gpointer data) {
  Watch *w = data;

  w->idle_source = 0;
  stop(w, NULL);
  return G_SOURCE_REMOVE;
}

static void not_idle(Watch *w) {
  g_clear_handle_id(&w->idle_source, g_source_remove);
  if (w->idle_s) w->idle_source = g_timeout_add_seconds(w->idle_s, on_idle, w);
}

static Place *place_of(Watch *w, guint64 stream) {
  return g_hash_table_lookup(w->places, &stream);
}

static void subscribe_to(Watch *w, Place *only) {
  g_autoptr(GArray) cursors = g_array_new(FALSE, FALSE, sizeof(LinliCursor));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, w->places);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Place *p = value;
    if (only && p != only) continue;
    LinliCursor cursor = {.stream = p->stream,
                          .since = p->last,
                          .chain = p->chain,
                          .has_since = p->has_last,
                          .has_chain = p->has_chain};
    p->awaiting = TRUE;
    g_array_append_val(cursors, cursor);
  }
  linli_session_subscribe(w->ctl->session, &g_array_index(cursors, LinliCursor, 0), cursors->len);
}

static void gap(Watch *w, const Place *p, guint64 came) {
  stop(w,
       g_error_new(LINLI_ERROR, LINLI_ERROR_PROTOCOL,
                   "A gap: of stream %" G_GUINT64_FORMAT " event %" G_GUINT64_FORMAT " was next, %" G_GUINT64_FORMAT
                   " came. Tell an administrator; `linlictl audit verify` checks the history.",
                   p->stream, p->last + 1, came));
}

static void on_event(G_GNUC_UNUSED LinliSession *session, const ProtoEventFrame *event, Watch *w) {
  Place *p = place_of(w, event->stream);

  if (!p || p->awaiting || w->error || w->count == 0 || (p->has_last && event->seq <= p->last)) return;
  if (!p->has_last || event->seq != p->last + 1) {
    gap(w, p, event->seq);
    return;
  }
  p->last = event->seq;
  p->chain = event->chain;
  p->has_chain = TRUE;
  g_autofree char *line =
      w->ctl->json ? event_line_json(w->ctl->proto, event) : event_line_text(w->ctl->proto, event);
  not_idle(w);
  say(w, line);
}

static void on_snapshot(G_GNUC_UNUSED LinliSession *session, const ProtoSnapshot *snapshot, Watch *w) {
  Place *p = place_of(w, snapshot->stream);

  if (!p || !snapshot->last || w->error) return;
  gboolean from_nothing = !p->has_last || p->last == 0;
  if (!from_nothing && snapshot->seq > p->last && !w->snapshots) {
    stop(w, g_error_new(
                LINLI_ERROR, LINLI_ERROR_PROTOCOL,
                "Of stream %" G_GUINT64_FORMAT " the server gives a snapshot at %" G_GUINT64_FORMAT " instead of the "
                "events from %" G_GUINT64_FORMAT " on: that is too far back. Take a later --since, or --snapshots.",
                p->stream, snapshot->seq, p->last + 1));
    return;
  }
  gboolean skipped = p->has_last && snapshot->seq > p->last;
  p->last = snapshot->seq;
  p->chain = snapshot->chain;
  p->has_last = p->has_chain = TRUE;
  if (!w->snapshots && !skipped) return;
  g_autofree char *line = g_strdup_printf("{\"stream\":%" G_GUINT64_FORMAT ",\"snapshot\":%" G_GUINT64_FORMAT "}",
                                          snapshot->stream, snapshot->seq);
  say(w, line);
}

static void on_following(G_GNUC_UNUSED LinliSession *session, const ProtoFollowing *following, Watch *w) {
  Place *p = place_of(w, following->stream);

  if (!p) return;
  p->awaiting = FALSE;
  not_idle(w);
  if (following->has & PROTO_HAS_FOLLOWING_REFUSAL) {
    stop(w, g_error_new(LINLI_REFUSAL, (gint)following->refusal, "%s (stream %" G_GUINT64_FORMAT ")",
                        linli_sentence(w->ctl->proto->refusals, following->refusal), following->stream));
  } else if (following->forked) {
    p->has_last = p->has_chain = FALSE; /* the snapshot that follows begins anew */
    g_autofree char *line =
        g_strdup_printf("{\"stream\":%" G_GUINT64_FORMAT ",\"forked\":true,\"held\":%" G_GUINT64_FORMAT
                        ",\"head\":%" G_GUINT64_FORMAT "}",
                        p->stream, p->last, following->head);
    say(w, line);
  }
}

static void on_resync(G_GNUC_UNUSED LinliSession *session, guint64 stream, Watch *w) {
  Place *p = place_of(w, stream);

  if (p) subscribe_to(w, p);
}

static void on_signed_in(G_GNUC_UNUSED LinliSession *session, G_GNUC_UNUSED const LinliWho *who, Watch *w) {
  subscribe_to(w, NULL);
}

static void on_problem(G_GNUC_UNUSED LinliSession *session, const GError *error, G_GNUC_UNUSED Watch *w) {
  fprintf(stderr, "linlictl: %s\n", error->message);
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, Watch *w) {
  if (state == LINLI_STATE_FAILED) stop(w, g_error_copy(linli_session_problem(w->ctl->session)));
}

/* --- The verb ------------------------------------------------------------------------------------------------- */

static void follow(Watch *w, guint64 owner, guint kind) {
  Place *p = g_new0(Place, 1);

  p->stream = route_stream(owner, kind);
  if (w->since >= 0) {
    p->last = (guint64)w->since;
    p->has_last = TRUE;
  }
  g_hash_table_replace(w->places, &p->stream, p);
}

static void choose(Watch *w) {
  const LinliWho *who = linli_session_who(w->ctl->session);
  gboolean everything = w->all || !w->chosen;
  const GArray *communities = everything ? who->communities : w->communities;

  for (guint i = 0; i < communities->len; i++)
    follow(w, g_array_index(communities, guint64, i), PROTO_STREAM_KIND_COMMUNITY);
  if (w->office) follow(w, who->office, PROTO_STREAM_KIND_OFFICE);
  if (w->account) follow(w, who->account, PROTO_STREAM_KIND_ACCOUNT);
}

static gboolean on_signal(gpointer data) {
  stop(data, NULL);
  return G_SOURCE_CONTINUE;
}

static void run(Watch *w) {
  LinliSession *session = w->ctl->session;

  g_signal_connect(session, "event", G_CALLBACK(on_event), w);
  g_signal_connect(session, "snapshot", G_CALLBACK(on_snapshot), w);
  g_signal_connect(session, "following", G_CALLBACK(on_following), w);
  g_signal_connect(session, "resync", G_CALLBACK(on_resync), w);
  g_signal_connect(session, "signed-in", G_CALLBACK(on_signed_in), w);
  g_signal_connect(session, "problem", G_CALLBACK(on_problem), w);
  g_signal_connect(session, "state-changed", G_CALLBACK(on_state), w);
  guint sources[] = {g_unix_signal_add(SIGTERM, on_signal, w), g_unix_signal_add(SIGINT, on_signal, w)};
  linli_session_set_patience(session, -1);
  not_idle(w);
  subscribe_to(w, NULL);
  g_main_loop_run(w->ctl->loop);
  for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
    g_source_remove(sources[i]);
  g_clear_handle_id(&w->idle_source, g_source_remove);
  g_signal_handlers_disconnect_by_data(session, w);
}

int watch_verb(Ctl *ctl, int argc, char **argv) {
  Watch w = {.ctl = ctl,
             .since = -1,
             .count = -1,
             .communities = g_array_new(FALSE, FALSE, sizeof(guint64)),
             .places = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free)};
  GError *error = NULL;

  if (ctl_connect(ctl, &error) && take_words(&w, argc, argv, &error)) {
    choose(&w);
    if (g_hash_table_size(w.places) == 0)
      error = g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE,
                          "This account follows no community; name one with --community, or "
                          "take --office or --account.");
    else
      run(&w);
  }
  if (!error) error = w.error;
  g_array_unref(w.communities);
  g_hash_table_unref(w.places);
  return error ? ctl_fail(ctl, error) : CTL_DONE;
}
