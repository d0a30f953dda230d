/* sought.h: what somebody types into a filter, asked of a hundred thousand requests while they type.
 *
 *   "电梯 hyl"  =  the words 电梯 and hyl     each in one of: number, title, place; names of category, community,
 * grid, team
 *
 * A word is Chinese, pinyin, initials or digits (common/pinyin.h). Nothing is kept of a request but the three bytes
 * of LinliSeen, by which a text that grows or shrinks letter by letter asks each request once for each length: what a
 * text does not find, no longer one finds. Names are those held when the text was set. Owner: whoever made it; the
 * replica must outlive it. */
#pragma once

#include "client/core/replica.h"

typedef struct LinliSought LinliSought;

/* What is known of one request and the text; all zero for a request that is new or has changed. */
typedef struct {
  guint32 text;   /* which one; see sought.c */
  guint8 yes, no; /* the longest beginning of it that matches, the shortest that does not */
} LinliSeen;

LinliSought *linli_sought_new(LinliReplica *replica);
void linli_sought_free(LinliSought *sought);

/* text NULL or empty: everything. What the change does to what is found: */
typedef enum {
  LINLI_SOUGHT_SAME,
  LINLI_SOUGHT_LESS, /* nothing that was not found before */
  LINLI_SOUGHT_OTHER,
} LinliSoughtChange;
LinliSoughtChange linli_sought_set(LinliSought *sought, const char *text);
gboolean linli_sought_is_empty(const LinliSought *sought); /* no word in it */
gboolean linli_sought_matches(LinliSought *sought, WireBytes request, LinliSeen *seen);
