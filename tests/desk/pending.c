/* pending.c: a command that nobody has decided yet does not keep the desk's context alive, its asker hears so once,
 * and it is on disk for the next start. */
#include <glib/gstdio.h>
#include <gio/gio.h>

#include "client/desk/app/context.h"

static char *folder;

static LinliContext *open_context(void) {
  g_autoptr(GError) error = NULL;
  LinliContext *context = linli_context_new(folder, linli_tokens_in_memory(), &error);
  g_autoptr(LinliSettings) settings = linli_settings_named("127.0.0.1:9", NULL, "somebody", NULL);

  g_assert_no_error(error);
  g_assert_true(linli_context_open(context, settings, &error)); /* nobody listens there */
  g_assert_no_error(error);
  return context;
}

static void on_decided(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data) {
  g_assert_null(entry);
  g_assert_null(answer);
  g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  ++*(guint *)data;
}

static void what_waits_does_not_hold_the_context(void) {
  LinliContext *context = open_context();
  g_autoptr(GByteArray) body = g_byte_array_new();
  guint told = 0;

  wire_put_uuid(body, 1, (Uuid){{1}});
  linli_context_submit(context, PROTO_COMMAND_REQUEST_SIGN, 6, 3, body, 0, on_decided, &told);
  linli_context_submit(context, PROTO_COMMAND_REQUEST_SIGN, 6, 3, body, 0, NULL, NULL);
  g_object_add_weak_pointer(G_OBJECT(context), (gpointer *)&context);
  g_object_unref(context);
  g_assert_null(context);
  g_assert_cmpuint(told, ==, 1);
}

static void and_is_there_at_the_next_start(void) {
  LinliContext *context = open_context();
  g_autoptr(GPtrArray) list = linli_courier_list(linli_context_courier(context));

  g_assert_cmpuint(list->len, ==, 2);
  g_assert_cmpuint(((LinliEntry *)list->pdata[0])->kind, ==, PROTO_COMMAND_REQUEST_SIGN);
  g_object_unref(context);
}

static void remove_all(const char *path) {
  g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *inner = g_build_filename(path, name, NULL);
    remove_all(inner);
  }
  g_remove(path);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  folder = g_dir_make_tmp("linli-pending-XXXXXX", NULL);
  what_waits_does_not_hold_the_context();
  and_is_there_at_the_next_start();
  remove_all(folder);
  g_free(folder);
  return 0;
}
