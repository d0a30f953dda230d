/* sync.c: see sync.h. */
#include "client/core/sync.h"

#include "client/core/backoff.h"

enum { ROOT_OFFICE = 1 }; /* keeps districts, and categories that all offices share */

typedef struct {
  guint64 head;   /* as the server named it */
  gboolean named; /* an answer to our last subscribe has come */
  gboolean asked; /* a subscribe is under way: what comes before its answer does not count */
  LinliBackoff backoff;
} Followed;

struct LinliSync {
  LinliSession *session;
  LinliReplica *replica;
  GHashTable *followed; /* guint64 -> Followed */
  GArray *again;        /* streams to be asked for once more */
  guint again_source;
  gulong handlers[5];
  LinliForked forked;
  gpointer data;
};

static Followed *followed(LinliSync *y, guint64 stream) {
  return g_hash_table_lookup(y->followed, &stream);
}

static void follow(LinliSync *y, GArray *cursors, guint64 stream) {
  Followed *f = followed(y, stream);
  LinliCursor cursor = linli_replica_cursor(y->replica, stream);

  if (!f) {
    f = g_new0(Followed, 1);
    g_hash_table_insert(y->followed, g_memdup2(&stream, sizeof stream), f);
  }
  f->named = FALSE;
  f->asked = TRUE;
  g_array_append_val(cursors, cursor);
}

static gboolean on_again(gpointer data) {
  LinliSync *y = data;
  g_autoptr(GArray) cursors = g_array_new(FALSE, FALSE, sizeof(LinliCursor));

  y->again_source = 0;
  for (guint i = 0; i < y->again->len; i++)
    follow(y, cursors, g_array_index(y->again, guint64, i));
  g_array_set_size(y->again, 0);
  linli_session_subscribe(y->session, &g_array_index(cursors, LinliCursor, 0), cursors->len);
  return G_SOURCE_REMOVE;
}

static void ask_again(LinliSync *y, guint64 stream) {
  Followed *f = followed(y, stream);

  if (!f || f->asked) return;
  f->asked = TRUE;
  g_array_append_val(y->again, stream);
  if (!y->again_source)
    y->again_source = g_timeout_add(linli_backoff_next(&f->backoff, g_random_double()) / 4, on_again, y);
}

static void take(LinliSync *y, guint64 stream, LinliTake taken) {
  Followed *f = followed(y, stream);

  if (!f) return;
  if (taken == LINLI_TAKEN) linli_backoff_reset(&f->backoff);
  if (taken == LINLI_GAP) ask_again(y, stream);
}

static void on_event(G_GNUC_UNUSED LinliSession *session, const ProtoEventFrame *event, LinliSync *y) {
  Followed *f = followed(y, event->stream);

  if (f && !f->asked) take(y, event->stream, linli_replica_event(y->replica, event));
}

static void on_snapshot(G_GNUC_UNUSED LinliSession *session, const ProtoSnapshot *snapshot, LinliSync *y) {
  /* One may come unasked: after a change of rights. */
  if (followed(y, snapshot->stream)) take(y, snapshot->stream, linli_replica_snapshot(y->replica, snapshot));
}

static void on_resync(G_GNUC_UNUSED LinliSession *session, guint64 stream, LinliSync *y) {
  ask_again(y, stream);
}

static void on_following(G_GNUC_UNUSED LinliSession *session, const ProtoFollowing *following, LinliSync *y) {
  Followed *f = followed(y, following->stream);

  if (!f) return;
  if (following->has & PROTO_HAS_FOLLOWING_REFUSAL) {
    linli_replica_forget(y->replica, following->stream);
    g_hash_table_remove(y->followed, &following->stream);
    return;
  }
  f->asked = FALSE;
  f->named = TRUE;
  f->head = following->head;
  if (!following->forked) return;
  linli_replica_distrust(y->replica, following->stream);
  if (y->forked) y->forked(y, following->stream, y->data);
}

static void on_signed_in(G_GNUC_UNUSED LinliSession *session, const LinliWho *who, LinliSync *y) {
  g_autoptr(GArray) cursors = g_array_new(FALSE, FALSE, sizeof(LinliCursor));
  g_autoptr(GArray) held = linli_replica_streams(y->replica);

  g_hash_table_remove_all(y->followed);
  g_array_set_size(y->again, 0);
  follow(y, cursors, who->account * 4 + PROTO_STREAM_KIND_ACCOUNT);
  follow(y, cursors, who->office * 4 + PROTO_STREAM_KIND_OFFICE);
  if (who->office != ROOT_OFFICE) follow(y, cursors, ROOT_OFFICE * 4 + PROTO_STREAM_KIND_OFFICE);
  for (guint i = 0; i < who->communities->len; i++)
    follow(y, cursors, g_array_index(who->communities, guint64, i) * 4 + PROTO_STREAM_KIND_COMMUNITY);
  for (guint i = 0; i < held->len; i++)
    if (!followed(y, g_array_index(held, guint64, i)))
      linli_replica_forget(y->replica, g_array_index(held, guint64, i));
  linli_session_subscribe(y->session, &g_array_index(cursors, LinliCursor, 0), cursors->len);
}

gboolean linli_sync_is_current(LinliSync *sync) {
  GHashTableIter iter;
  gpointer key, value;

  if (linli_session_state(sync->session) != LINLI_STATE_READY || g_hash_table_size(sync->followed) == 0) return FALSE;
  g_hash_table_iter_init(&iter, sync->followed);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    LinliCursor at = linli_replica_cursor(sync->replica, *(guint64 *)key);
    Followed *f = value;
    if (f->asked || !f->named || (!at.has_since && f->head) || at.since < f->head) return FALSE;
  }
  return TRUE;
}

void linli_sync_on_forked(LinliSync *sync, LinliForked forked, gpointer data) {
  sync->forked = forked;
  sync->data = data;
}

LinliSync *linli_sync_new(LinliSession *session, LinliReplica *replica) {
  LinliSync *y = g_new0(LinliSync, 1);

  y->session = g_object_ref(session);
  y->replica = replica;
  y->followed = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  y->again = g_array_new(FALSE, FALSE, sizeof(guint64));
  y->handlers[0] = g_signal_connect(session, "signed-in", G_CALLBACK(on_signed_in), y);
  y->handlers[1] = g_signal_connect(session, "following", G_CALLBACK(on_following), y);
  y->handlers[2] = g_signal_connect(session, "event", G_CALLBACK(on_event), y);
  y->handlers[3] = g_signal_connect(session, "snapshot", G_CALLBACK(on_snapshot), y);
  y->handlers[4] = g_signal_connect(session, "resync", G_CALLBACK(on_resync), y);
  return y;
}

void linli_sync_free(LinliSync *sync) {
  for (gsize i = 0; i < G_N_ELEMENTS(sync->handlers); i++)
    g_signal_handler_disconnect(sync->session, sync->handlers[i]);
  g_clear_handle_id(&sync->again_source, g_source_remove);
  g_hash_table_unref(sync->followed);
  g_array_unref(sync->again);
  g_object_unref(sync->session);
  g_free(sync);
}
