/* subscriptions.c: see subscriptions.h. */
#include "client/core/subscriptions.h"

#include "client/core/backoff.h"

#define WAIT_MAX_MS 60000u

struct LinliSubscriptions {
  GHashTable *asked; /* number -> GArray of LinliCursor */
  GArray *failed;    /* of LinliCursor: to be asked for again */
  guint source;
  LinliBackoff backoff;
  LinliSubscribeAgain again;
  gpointer data;
};

LinliSubscriptions *linli_subscriptions_new(LinliSubscribeAgain again, gpointer data) {
  LinliSubscriptions *s = g_new0(LinliSubscriptions, 1);

  s->asked = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
  s->failed = g_array_new(FALSE, FALSE, sizeof(LinliCursor));
  s->again = again;
  s->data = data;
  return s;
}

void linli_subscriptions_free(LinliSubscriptions *subscriptions) {
  g_clear_handle_id(&subscriptions->source, g_source_remove);
  g_hash_table_unref(subscriptions->asked);
  g_array_unref(subscriptions->failed);
  g_free(subscriptions);
}

void linli_subscriptions_asked(LinliSubscriptions *subscriptions, guint32 number, const LinliCursor *cursors,
                               gsize n) {
  GArray *copy = g_array_sized_new(FALSE, FALSE, sizeof(LinliCursor), (guint)n);

  g_array_append_vals(copy, cursors, (guint)n);
  g_hash_table_insert(subscriptions->asked, GUINT_TO_POINTER(number), copy);
}

void linli_subscriptions_answered(LinliSubscriptions *subscriptions, guint32 number) {
  if (g_hash_table_remove(subscriptions->asked, GUINT_TO_POINTER(number)))
    linli_backoff_reset(&subscriptions->backoff);
}

static gboolean on_again(gpointer data) {
  LinliSubscriptions *s = data;
  g_autoptr(GArray) cursors = s->failed;

  s->source = 0;
  s->failed = g_array_new(FALSE, FALSE, sizeof(LinliCursor));
  s->again(&g_array_index(cursors, LinliCursor, 0), cursors->len, s->data);
  return G_SOURCE_REMOVE;
}

gboolean linli_subscriptions_failed(LinliSubscriptions *subscriptions, guint32 number, guint64 wait_ms) {
  GArray *cursors = g_hash_table_lookup(subscriptions->asked, GUINT_TO_POINTER(number));

  if (!cursors) return FALSE;
  g_array_append_vals(subscriptions->failed, cursors->data, cursors->len);
  g_hash_table_remove(subscriptions->asked, GUINT_TO_POINTER(number));
  if (!wait_ms) wait_ms = linli_backoff_next(&subscriptions->backoff, g_random_double());
  if (!subscriptions->source)
    subscriptions->source = g_timeout_add((guint)MIN(wait_ms, (guint64)WAIT_MAX_MS), on_again, subscriptions);
  return TRUE;
}

void linli_subscriptions_forget(LinliSubscriptions *subscriptions) {
  g_clear_handle_id(&subscriptions->source, g_source_remove);
  g_hash_table_remove_all(subscriptions->asked);
  g_array_set_size(subscriptions->failed, 0);
}
