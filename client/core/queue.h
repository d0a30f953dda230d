/* queue.h: the queues of a board, and how pressing a request is: what follows from a request and the time alone.
 * Pure.
 */
#pragma once

#include <glib.h>

#include "proto/proto_tables.h"

typedef enum {
  LINLI_QUEUE_CRITICAL,     /* 特急未签收 */
  LINLI_QUEUE_REGISTERED,   /* 待受理 */
  LINLI_QUEUE_ACCEPTED,     /* 待派单 */
  LINLI_QUEUE_RETURNED,     /* 退单待定: accepted, and came back */
  LINLI_QUEUE_DUE_SOON,     /* 临期: 75 % of the stage's time has passed */
  LINLI_QUEUE_OVERDUE,      /* 超时 */
  LINLI_QUEUE_DISPATCHED,   /* 待签收 */
  LINLI_QUEUE_IN_PROGRESS,  /* 办理中 */
  LINLI_QUEUE_REPORTED,     /* 待核查 */
  LINLI_QUEUE_CALLBACK,     /* 待回访 */
  LINLI_QUEUE_NOBODY,       /* 无主件: not dispatched 4 hours after it was registered */
  LINLI_QUEUE_OPEN,         /* 全部在办 */
  LINLI_QUEUE_CLOSED_TODAY, /* 今日办结, newest first */
  LINLI_QUEUES
} LinliQueue;
const char *linli_queue_label(LinliQueue queue); /* in the user's language; static */

/* When the clock of the stage that runs was started: UTC microseconds. */
guint64 linli_stage_began(const ProtoRequest *request);

/* How pressing the deadline is: colour and icon follow from it, everywhere. share: of the stage's time that has
 * passed, above 1 when it is over; 0 without a deadline. now: UTC microseconds. */
typedef enum {
  LINLI_CALM,
  LINLI_DUE_SOON,
  LINLI_DUE_NOW,
  LINLI_OVERDUE
} LinliUrgency; /* < 75 %, < 90 %, < 100 %, over */
LinliUrgency linli_urgency(const ProtoRequest *request, guint64 now, double *share);
/* 特急 that no team has signed: pinned on top of every list. */
gboolean linli_is_pinned(const ProtoRequest *request);
gboolean linli_is_open(const ProtoRequest *request);
