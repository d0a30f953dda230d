/* live_tell.h: how a list in order is changed and its watchers told, so that it costs them little.
 *
 *        | far | held | far | held | far |        held: where there are cards (a list widget keeps one a row it
 * shows)
 *
 * A list widget answers each items-changed with a walk over every row that it keeps, and over every position of the
 * range when a row it keeps is in there. So what is far from all held cards is told in one piece, however long, and each run of
 * held cards in another. Private to live.c. */
#pragma once

#include "client/core/card.h"
#include "client/core/order.h"

/* What is known of a request without decoding it. */
typedef struct LinliLine LinliLine;

typedef struct {
  guint64 key;
  guint8 first;
} LinliPlace; /* in the order shown */

/* A line that leaves its place, takes another, or both. */
typedef struct {
  LinliLine *line;
  LinliPlace to;
  gboolean out, in;
} LinliMove;

typedef struct {
  LinliOrder *order; /* of LinliLine */
  GPtrArray *held;   /* lines with a card, whether shown or not */
  /* Takes a line's place; only while it is out of the order, or to stay between its neighbours. */
  void (*put)(LinliLine *line, LinliPlace place, gboolean shown);
  /* An unlisted line that compares as if it were there. */
  LinliLine *(*probe)(gpointer data, LinliLine *line, LinliPlace place);
  void (*changed)(gpointer data, guint position, guint removed, guint added);
  gpointer data;
} LinliTeller;

/* moves: of LinliMove. A line whose `out` is set is in the order, any other is not. */
void linli_tell_moves(const LinliTeller *teller, GArray *moves);
