/* board_model.h: what the board shows, counted and ordered from a replica; no terminal, no connection.
 * Queues by state, the overdue ones, and the open requests by deadline, unsigned critical ones first. */
#pragma once

#include "client/core/replica.h"

typedef enum {
  BOARD_CRITICAL_UNSIGNED, /* 特急未签收 */
  BOARD_REGISTERED,
  BOARD_ACCEPTED,
  BOARD_DISPATCHED,
  BOARD_IN_PROGRESS,
  BOARD_REPORTED,
  BOARD_CALLBACK,
  BOARD_OVERDUE,
  BOARD_COUNTS
} BoardCount;

typedef struct {
  guint counts[BOARD_COUNTS], open;
  GPtrArray *rows; /* of GBytes: bodies, the most pressing first; at most what was asked for */
} BoardModel;

/* now: UTC microseconds. */
void board_model_read(BoardModel *model, LinliReplica *replica, guint64 now, guint max_rows);
void board_model_clear(BoardModel *model);

/* The label of a count in the user's language. */
const char *board_count_label(BoardCount count);
/* 剩1:20, 超0:35, 剩3天; empty without a deadline. Into a buffer of 32. */
void board_left(guint64 due_at, guint64 now, gboolean chinese, char out[32]);
