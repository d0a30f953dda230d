/* client_order.c: a list that knows its positions is a sorted array, whatever comes and goes. */
#include "client/core/order.h"

enum { ELEMENTS = 3000, STEPS = 20000 };

static guint elements[ELEMENTS];

static gint by_value(gconstpointer a, gconstpointer b) {
  guint x = *(const guint *)a, y = *(const guint *)b;

  return x < y ? -1 : x > y;
}

/* How many that are there stand before it. */
static guint place(const gboolean *there, guint n) {
  guint before = 0;

  for (guint i = 0; i < n; i++)
    before += (guint)there[i];
  return before;
}

static void assert_sorted(const LinliOrder *order, const gboolean *there) {
  g_autofree gpointer *copy = g_new(gpointer, ELEMENTS);
  guint n = 0;

  linli_order_copy(order, copy);
  for (guint i = 0; i < ELEMENTS; i++) {
    if (!there[i]) continue;
    g_assert_true(linli_order_get(order, n) == &elements[i] && copy[n] == &elements[i]);
    n++;
  }
  g_assert_cmpuint(linli_order_length(order), ==, n);
  g_assert_null(linli_order_get(order, n));
}

static void positions_are_those_of_a_sorted_array(void) {
  static gboolean there[ELEMENTS];
  LinliOrder *order = linli_order_new(by_value);

  for (guint step = 0; step < STEPS; step++) {
    /* Mostly growing at first, mostly shrinking in the end: blocks split, and go. */
    guint n = (guint)g_test_rand_int_range(0, ELEMENTS);
    if (there[n] != (g_test_rand_int_range(0, STEPS) < (gint)step)) continue;
    g_assert_cmpuint(linli_order_place(order, &elements[n]), ==, place(there, n));
    guint at = there[n] ? linli_order_remove(order, &elements[n]) : linli_order_insert(order, &elements[n]);
    g_assert_cmpuint(at, ==, place(there, n));
    there[n] = !there[n];
    if (step % 500 == 0) assert_sorted(order, there);
  }
  assert_sorted(order, there);
  linli_order_free(order);
}

static void what_is_filled_can_be_changed(void) {
  gboolean there[ELEMENTS];
  gpointer sorted[ELEMENTS];
  LinliOrder *order = linli_order_new(by_value);

  for (guint i = 0; i < ELEMENTS; i++) {
    sorted[i] = &elements[i];
    there[i] = TRUE;
  }
  linli_order_fill(order, sorted, ELEMENTS);
  assert_sorted(order, there);
  for (guint i = 0; i < ELEMENTS; i += 2) {
    g_assert_cmpuint(linli_order_remove(order, &elements[i]), ==, i / 2);
    there[i] = FALSE;
  }
  assert_sorted(order, there);
  linli_order_fill(order, sorted, 0);
  g_assert_cmpuint(linli_order_length(order), ==, 0);
  g_assert_cmpuint(linli_order_insert(order, &elements[7]), ==, 0);
  linli_order_free(order);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  for (guint i = 0; i < ELEMENTS; i++)
    elements[i] = i;
  g_test_add_func("/order/random", positions_are_those_of_a_sorted_array);
  g_test_add_func("/order/filled", what_is_filled_can_be_changed);
  return g_test_run();
}
