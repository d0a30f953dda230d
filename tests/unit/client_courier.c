/* client_courier.c: what the outbox holds is told in order, leaves only when somebody has seen it, and comes back as
 * it was when that was a mistake. No line: the session is never started. */
#include <glib/gstdio.h>

#include "client/core/courier.h"
#include "client/core/identity.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"

typedef struct {
  char *folder, *path;
  LinliSettings *settings;
  LinliTokens *tokens;
  LinliOutbox *outbox;
  LinliSession *session;
  LinliCourier *courier;
  guint changes;
} World;

static void on_changed(G_GNUC_UNUSED LinliCourier *courier, gpointer data) {
  ((World *)data)->changes++;
}

static void open_world(World *w) {
  g_autoptr(GError) error = NULL;

  w->outbox = linli_outbox_open(w->path, &error);
  g_assert_no_error(error);
  w->session = linli_session_new(w->settings, w->tokens, &proto_linli, "test");
  w->courier = linli_courier_new(w->session, w->outbox);
  linli_courier_on_changed(w->courier, on_changed, w);
  g_assert_true(linli_courier_take_over(w->courier, NULL, NULL, &error));
  g_assert_no_error(error);
}

static void close_world(World *w) {
  linli_courier_free(w->courier);
  g_object_unref(w->session);
  linli_outbox_close(w->outbox);
}

static void begin(World *w) {
  *w = (World){.folder = g_dir_make_tmp("linli-courier-XXXXXX", NULL)};
  w->path = g_build_filename(w->folder, "outbox.sqlite", NULL);
  w->settings = linli_settings_named("127.0.0.1:9", NULL, "somebody", NULL);
  w->tokens = linli_tokens_in_memory();
  open_world(w);
}

static void end(World *w) {
  g_autoptr(GDir) dir = g_dir_open(w->folder, 0, NULL);
  const char *name;

  close_world(w);
  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(w->folder, name, NULL);
    g_unlink(path);
  }
  g_rmdir(w->folder);
  linli_settings_unref(w->settings);
  linli_tokens_free(w->tokens);
  g_free(w->path);
  g_free(w->folder);
}

/* As a refusal leaves it. */
static LinliEntry *refused(World *w, guint8 mark, guint64 code, const char *detail) {
  LinliEntry *e = linli_entry_new(linli_new_id(), PROTO_COMMAND_REQUEST_COMMENT, 6, (WireBytes){&mark, 1});

  e->server = g_strdup(linli_settings_server(w->settings));
  e->account = g_strdup(linli_settings_user(w->settings));
  e->state = LINLI_KEPT_REFUSED;
  e->code = code;
  e->detail = g_strdup(detail);
  e->kept_at = 1000 + mark;
  linli_outbox_keep(w->outbox, e, NULL, NULL);
  return e;
}

static void reopen(World *w) {
  close_world(w);
  open_world(w);
}

static void what_came_back_is_listed_with_its_reason_after_a_start(void) {
  World w;
  begin(&w);
  g_autoptr(LinliEntry) first = refused(&w, 1, PROTO_REFUSAL_CONFLICT, "version 4");
  g_autoptr(LinliEntry) second = refused(&w, 2, PROTO_REFUSAL_NOT_ALLOWED, NULL);
  guint64 oldest;

  reopen(&w);
  g_autoptr(GPtrArray) list = linli_courier_list(w.courier);
  g_assert_cmpuint(list->len, ==, 2);
  const LinliEntry *one = list->pdata[0], *two = list->pdata[1];
  g_assert_cmpint(uuid_compare(one->id, first->id), ==, 0);
  g_assert_cmpuint(one->code, ==, PROTO_REFUSAL_CONFLICT);
  g_assert_cmpstr(one->detail, ==, "version 4");
  g_assert_cmpint(uuid_compare(two->id, second->id), ==, 0);
  g_assert_cmpuint(linli_courier_waiting(w.courier, &oldest), ==, 0);
  end(&w);
}

static void what_was_seen_is_gone_and_an_undo_brings_it_back_in_its_place(void) {
  World w;
  begin(&w);
  g_autoptr(LinliEntry) first = refused(&w, 1, PROTO_REFUSAL_CONFLICT, "version 4");
  g_autoptr(LinliEntry) second = refused(&w, 2, PROTO_REFUSAL_NOT_ALLOWED, NULL);

  reopen(&w);
  w.changes = 0;
  linli_courier_acknowledge(w.courier, first->id);
  g_assert_cmpuint(w.changes, ==, 1);
  g_autoptr(GPtrArray) less = linli_courier_list(w.courier);
  g_assert_cmpuint(less->len, ==, 1);
  linli_courier_restore(w.courier, first);
  g_assert_cmpuint(w.changes, ==, 2);
  g_autoptr(GPtrArray) again = linli_courier_list(w.courier);
  g_assert_cmpuint(again->len, ==, 2);
  g_assert_cmpint(uuid_compare(((LinliEntry *)again->pdata[0])->id, first->id), ==, 0);

  reopen(&w); /* and so it is on disk */
  g_autoptr(GPtrArray) list = linli_courier_list(w.courier);
  g_assert_cmpuint(list->len, ==, 2);
  gboolean found = FALSE;
  for (guint i = 0; i < list->len; i++) {
    const LinliEntry *e = list->pdata[i];
    if (uuid_compare(e->id, first->id) != 0) continue;
    found = TRUE;
    g_assert_cmpint(e->state, ==, LINLI_KEPT_REFUSED);
    g_assert_cmpuint(e->code, ==, PROTO_REFUSAL_CONFLICT);
    g_assert_cmpstr(e->detail, ==, "version 4");
  }
  g_assert_true(found);
  end(&w);
}

static void what_waits_is_listed_until_it_is_recalled(void) {
  World w;
  begin(&w);
  const guint8 body = 7;
  LinliCommand command = {
      .id = linli_new_id(), .kind = PROTO_COMMAND_REQUEST_COMMENT, .stream = 6, .body = {&body, 1}};
  guint64 oldest;

  linli_courier_submit_held(w.courier, &command, 60000, NULL, NULL);
  linli_outbox_settle(w.outbox);
  g_assert_cmpuint(linli_courier_waiting(w.courier, &oldest), ==, 1);
  g_assert_cmpuint(oldest, >, 0);
  g_autoptr(GPtrArray) one = linli_courier_list(w.courier);
  g_assert_cmpuint(one->len, ==, 1);
  g_assert_cmpint(((LinliEntry *)one->pdata[0])->state, ==, LINLI_KEPT);
  g_assert_true(linli_courier_recall(w.courier, command.id));
  g_autoptr(GPtrArray) none = linli_courier_list(w.courier);
  g_assert_cmpuint(none->len, ==, 0);
  end(&w);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/courier/" #name, name)
  TEST(what_came_back_is_listed_with_its_reason_after_a_start);
  TEST(what_was_seen_is_gone_and_an_undo_brings_it_back_in_its_place);
  TEST(what_waits_is_listed_until_it_is_recalled);
  return g_test_run();
}
