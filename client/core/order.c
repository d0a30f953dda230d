/* order.c: see order.h. */
#include "client/core/order.h"

#include <string.h>

enum { BLOCK_MAX = 512, BLOCK_FILL = 384 };

typedef struct {
  gpointer *at; /* room for BLOCK_MAX */
  guint n;
} Block;

struct LinliOrder {
  GCompareFunc compare;
  GArray *blocks; /* of Block */
  guint length;
};

static Block *block(const LinliOrder *order, guint index) {
  return &g_array_index(order->blocks, Block, index);
}

static void block_clear(gpointer data) {
  g_free(((Block *)data)->at);
}

LinliOrder *linli_order_new(GCompareFunc compare) {
  LinliOrder *order = g_new0(LinliOrder, 1);

  order->compare = compare;
  order->blocks = g_array_new(FALSE, FALSE, sizeof(Block));
  g_array_set_clear_func(order->blocks, block_clear);
  return order;
}

void linli_order_free(LinliOrder *order) {
  g_array_unref(order->blocks);
  g_free(order);
}

guint linli_order_length(const LinliOrder *order) {
  return order->length;
}

gpointer linli_order_get(const LinliOrder *order, guint position) {
  if (position >= order->length) return NULL;
  for (guint i = 0;; i++) {
    const Block *b = block(order, i);
    if (position < b->n) return b->at[position];
    position -= b->n;
  }
}

void linli_order_copy(const LinliOrder *order, gpointer *elements) {
  for (guint i = 0; i < order->blocks->len; i++) {
    const Block *b = block(order, i);
    memcpy(elements, b->at, b->n * sizeof *b->at);
    elements += b->n;
  }
}

/* --- Searching ------------------------------------------------------------------------------------------------ */

/* The last block that begins before the element, or the first one; there is one. */
static guint block_of(const LinliOrder *order, gconstpointer element) {
  guint low = 0, high = order->blocks->len;

  while (high - low > 1) {
    guint middle = low + (high - low) / 2;
    if (order->compare(block(order, middle)->at[0], element) <= 0)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* How many of a block stand before the element. */
static guint place_in(const LinliOrder *order, const Block *b, gconstpointer element) {
  guint low = 0, high = b->n;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    if (order->compare(b->at[middle], element) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static guint before(const LinliOrder *order, guint index) {
  guint n = 0;

  for (guint i = 0; i < index; i++)
    n += block(order, i)->n;
  return n;
}

guint linli_order_place(const LinliOrder *order, gconstpointer element) {
  if (!order->length) return 0;
  guint index = block_of(order, element);
  return before(order, index) + place_in(order, block(order, index), element);
}

/* --- Changing ------------------------------------------------------------------------------------------------- */

static void add_block(LinliOrder *order, guint index, const gpointer *from, guint n) {
  Block b = {g_new(gpointer, BLOCK_MAX), n};

  memcpy(b.at, from, n * sizeof *from);
  g_array_insert_val(order->blocks, index, b);
}

static void split(LinliOrder *order, guint index) {
  Block *b = block(order, index);
  guint half = b->n / 2, rest = b->n - half;

  b->n = half;
  add_block(order, index + 1, b->at + half, rest);
}

guint linli_order_insert(LinliOrder *order, gpointer element) {
  if (!order->length) {
    linli_order_fill(order, &element, 1);
    return 0;
  }
  guint index = block_of(order, element);
  if (block(order, index)->n == BLOCK_MAX) {
    split(order, index);
    index = block_of(order, element);
  }
  Block *b = block(order, index);
  guint at = place_in(order, b, element);
  memmove(b->at + at + 1, b->at + at, (b->n - at) * sizeof *b->at);
  b->at[at] = element;
  b->n++;
  order->length++;
  return before(order, index) + at;
}

guint linli_order_remove(LinliOrder *order, gpointer element) {
  guint index = block_of(order, element);
  Block *b = block(order, index);
  guint at = place_in(order, b, element), position = before(order, index) + at;

  g_assert(at < b->n && b->at[at] == element);
  b->n--;
  order->length--;
  memmove(b->at + at, b->at + at + 1, (b->n - at) * sizeof *b->at);
  if (b->n == 0) g_array_remove_index(order->blocks, index);
  return position;
}

void linli_order_fill(LinliOrder *order, const gpointer *sorted, guint n) {
  g_array_set_size(order->blocks, 0);
  for (guint at = 0; at < n; at += BLOCK_FILL)
    add_block(order, order->blocks->len, sorted + at, MIN(BLOCK_FILL, n - at));
  order->length = n;
}
