/* order.h: a sorted list that knows at which position each of its elements stands.
 *
 *   [ a b c d | e f g | h i j k l ]     blocks of at most 512 pointers; a position is what stands in the blocks
 * before
 *
 * Finding, inserting and removing cost two binary searches and the length of a block; a hundred thousand elements are
 * two hundred blocks. Invariants: no two elements compare equal; no block is empty; what makes an element compare as
 * it does changes only while it is out of the list, or so that it stays between its neighbours. Elements are not
 * owned. One thread. */
#pragma once

#include <glib.h>

typedef struct LinliOrder LinliOrder;

LinliOrder *linli_order_new(GCompareFunc compare);
void linli_order_free(LinliOrder *order);
guint linli_order_length(const LinliOrder *order);
/* NULL beyond the end. */
gpointer linli_order_get(const LinliOrder *order, guint position);
/* How many elements stand before it; it need not be in the list. */
guint linli_order_place(const LinliOrder *order, gconstpointer element);
/* All of them, in order, to where there is room for as many. */
void linli_order_copy(const LinliOrder *order, gpointer *elements);
/* Return the position. */
guint linli_order_insert(LinliOrder *order, gpointer element);
guint linli_order_remove(LinliOrder *order, gpointer element); /* it must be there */
/* Anew, from n elements that are sorted already. */
void linli_order_fill(LinliOrder *order, const gpointer *sorted, guint n);
