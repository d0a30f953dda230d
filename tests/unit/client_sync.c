/* client_sync.c: which streams a replica follows, told by a session that says so without a line. */
#include "client/core/sync.h"

enum {
  OFFICE = 2 * 4 + PROTO_STREAM_KIND_OFFICE,
  ROOT = 1 * 4 + PROTO_STREAM_KIND_OFFICE,
  NEIGHBOUR = 3 * 4 + PROTO_STREAM_KIND_OFFICE
};

typedef struct {
  LinliSession *session;
  LinliReplica *replica;
  LinliSync *sync;
  guint alarms;
} World;

static void on_forked(G_GNUC_UNUSED LinliSync *sync, G_GNUC_UNUSED guint64 stream, gpointer data) {
  ((World *)data)->alarms++;
}

static void sign_in(World *w, guint64 office) {
  LinliWho who = {.account = 9, .office = office};

  who.communities = g_array_new(FALSE, FALSE, sizeof(guint64));
  who.teams = g_array_new(FALSE, FALSE, sizeof(guint64));
  g_signal_emit_by_name(w->session, "signed-in", &who);
  g_array_unref(who.communities);
  g_array_unref(who.teams);
}

static World world_new(guint64 office) {
  World w = {0};
  g_autoptr(LinliSettings) settings = linli_settings_named("localhost:1", NULL, "nobody", NULL);
  static LinliTokens *tokens;

  if (!tokens) tokens = linli_tokens_in_memory();
  w.session = linli_session_new(settings, tokens, &proto_linli, "test");
  w.replica = linli_replica_new(&proto_linli, NULL);
  w.sync = linli_sync_new(w.session, w.replica);
  sign_in(&w, office);
  return w;
}

static void world_end(World *w) {
  linli_sync_free(w->sync);
  g_object_unref(w->session);
  linli_replica_free(w->replica);
}

static void answer(World *w, guint64 stream, guint64 refusal) {
  ProtoFollowing following = {.stream = stream, .refusal = refusal, .has = refusal ? PROTO_HAS_FOLLOWING_REFUSAL : 0};

  g_signal_emit_by_name(w->session, "following", &following);
}

/* An empty working set; TRUE: it was taken. */
static gboolean takes_a_snapshot(World *w, guint64 stream) {
  ProtoSnapshot snapshot = {.stream = stream, .seq = 5, .chain = 1, .first = 1, .last = 1};

  g_signal_emit_by_name(w->session, "snapshot", &snapshot);
  return linli_replica_cursor(w->replica, stream).has_since != 0;
}

static void the_root_office_is_followed_besides_ones_own(void) {
  World w = world_new(2);

  linli_sync_on_forked(w.sync, on_forked, &w);
  answer(&w, OFFICE, 0);
  answer(&w, ROOT, 0);
  g_assert_true(takes_a_snapshot(&w, OFFICE));
  g_assert_true(takes_a_snapshot(&w, ROOT));
  g_assert_false(takes_a_snapshot(&w, NEIGHBOUR));
  g_assert_cmpuint(w.alarms, ==, 0);
  world_end(&w);
}

static void a_refusal_of_it_is_silent_and_what_was_held_goes(void) {
  World w = world_new(2);

  linli_sync_on_forked(w.sync, on_forked, &w);
  answer(&w, OFFICE, 0);
  answer(&w, ROOT, 0);
  g_assert_true(takes_a_snapshot(&w, ROOT));
  sign_in(&w, 2);
  answer(&w, ROOT, PROTO_REFUSAL_NOT_ALLOWED);
  g_assert_false(linli_replica_cursor(w.replica, ROOT).has_since);
  g_assert_false(takes_a_snapshot(&w, ROOT));
  g_assert_true(takes_a_snapshot(&w, OFFICE));
  g_assert_cmpuint(w.alarms, ==, 0);
  world_end(&w);
}

static void who_belongs_to_the_root_office_follows_it_once(void) {
  World w = world_new(1);

  answer(&w, ROOT, 0);
  g_assert_true(takes_a_snapshot(&w, ROOT));
  g_assert_false(takes_a_snapshot(&w, OFFICE));
  world_end(&w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/sync/root", the_root_office_is_followed_besides_ones_own);
  g_test_add_func("/sync/refused", a_refusal_of_it_is_silent_and_what_was_held_goes);
  g_test_add_func("/sync/once", who_belongs_to_the_root_office_follows_it_once);
  return g_test_run();
}
