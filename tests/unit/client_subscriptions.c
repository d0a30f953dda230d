/* client_subscriptions.c: a subscription that the server could not answer is asked for again, and nothing else is. */
#include "client/core/subscriptions.h"

typedef struct {
  guint times;
  GArray *streams; /* of guint64 */
} Asked;

static void on_again(const LinliCursor *cursors, gsize n, gpointer data) {
  Asked *asked = data;

  asked->times++;
  for (gsize i = 0; i < n; i++)
    g_array_append_val(asked->streams, cursors[i].stream);
}

static const LinliCursor FIRST[] = {{.stream = 6, .since = 4, .has_since = TRUE}, {.stream = 10}};
static const LinliCursor SECOND[] = {{.stream = 14}};

static void turn_until_quiet(void) {
  for (guint i = 0; i < 500 && g_main_context_pending(NULL); i++)
    g_main_context_iteration(NULL, FALSE);
}

static void turn_until(const guint *times, guint wanted) {
  while (*times < wanted)
    g_main_context_iteration(NULL, TRUE);
}

static void what_failed_is_asked_for_again_together(void) {
  Asked asked = {0, g_array_new(FALSE, FALSE, sizeof(guint64))};
  LinliSubscriptions *s = linli_subscriptions_new(on_again, &asked);

  linli_subscriptions_asked(s, 1, FIRST, G_N_ELEMENTS(FIRST));
  linli_subscriptions_asked(s, 2, SECOND, G_N_ELEMENTS(SECOND));
  g_assert_true(linli_subscriptions_failed(s, 1, 1));
  g_assert_true(linli_subscriptions_failed(s, 2, 1));
  g_assert_false(linli_subscriptions_failed(s, 2, 1));
  turn_until(&asked.times, 1);
  g_assert_cmpuint(asked.streams->len, ==, 3);
  g_assert_cmpuint(g_array_index(asked.streams, guint64, 2), ==, 14);
  linli_subscriptions_free(s);
  g_array_unref(asked.streams);
}

static void what_was_answered_or_is_anothers_is_not(void) {
  Asked asked = {0, g_array_new(FALSE, FALSE, sizeof(guint64))};
  LinliSubscriptions *s = linli_subscriptions_new(on_again, &asked);

  linli_subscriptions_asked(s, 1, FIRST, G_N_ELEMENTS(FIRST));
  linli_subscriptions_answered(s, 1);
  g_assert_false(linli_subscriptions_failed(s, 1, 1));
  g_assert_false(linli_subscriptions_failed(s, 77, 1));
  turn_until_quiet();
  g_assert_cmpuint(asked.times, ==, 0);
  linli_subscriptions_free(s);
  g_array_unref(asked.streams);
}

static void a_line_that_is_gone_takes_them_along(void) {
  Asked asked = {0, g_array_new(FALSE, FALSE, sizeof(guint64))};
  LinliSubscriptions *s = linli_subscriptions_new(on_again, &asked);

  linli_subscriptions_asked(s, 1, FIRST, G_N_ELEMENTS(FIRST));
  linli_subscriptions_asked(s, 2, SECOND, G_N_ELEMENTS(SECOND));
  g_assert_true(linli_subscriptions_failed(s, 1, 1));
  linli_subscriptions_forget(s);
  g_assert_false(linli_subscriptions_failed(s, 2, 1));
  linli_subscriptions_asked(s, 3, SECOND, G_N_ELEMENTS(SECOND));
  g_assert_true(linli_subscriptions_failed(s, 3, 1));
  turn_until(&asked.times, 1);
  g_assert_cmpuint(asked.streams->len, ==, 1);
  linli_subscriptions_free(s);
  g_array_unref(asked.streams);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/subscriptions/failed", what_failed_is_asked_for_again_together);
  g_test_add_func("/subscriptions/answered", what_was_answered_or_is_anothers_is_not);
  g_test_add_func("/subscriptions/gone", a_line_that_is_gone_takes_them_along);
  return g_test_run();
}
