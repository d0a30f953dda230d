/* outcome.h: columns of api_1.outcome, the fixed row that every command and stream_read returns, and what a person is
 * told of it. */
#pragma once

#include <libpq-fe.h>
#include "proto/proto_tables.h"

typedef enum {
  OUTCOME_REFUSAL,
  OUTCOME_DETAIL,
  OUTCOME_REPEATED,
  OUTCOME_STREAM,
  OUTCOME_SEQ,
  OUTCOME_ROW_ID,
  OUTCOME_AT,
  OUTCOME_ACTOR,
  OUTCOME_KIND,
  OUTCOME_CHAIN,
  OUTCOME_AUDIENCE,
  OUTCOME_TEAMS,
  OUTCOME_BARRED,
  OUTCOME_WAS_AUDIENCE,
  OUTCOME_WAS_TEAMS,
  OUTCOME_WHOLE,
  OUTCOME_BODY,
  OUTCOME_NOTE,
  OUTCOME_COLUMNS,
} OutcomeColumn;

/* Fills the frame; text points into rows. False: the row is not an outcome, or its refusal is not in the schema. */
G_GNUC_WARN_UNUSED_RESULT bool outcome_read(const Proto *proto, const PGresult *rows, ProtoOutcome *frame);
/* Number of a refusal by identifier; 0 when the schema has none. */
uint32_t outcome_refusal(const Proto *proto, const char *identifier, size_t len);
/* Text that fits a field of at most max bytes, cut between characters. */
WireBytes outcome_text(const char *text, size_t len, uint32_t max);
