/* outcome.c: api_1.outcome -> frame outcome. */
#include "server/outcome.h"

#include <string.h>

#include "server/db.h"

enum { DETAIL_MAX = 400 };

uint32_t outcome_refusal(const Proto *proto, const char *identifier, size_t len) {
  for (uint32_t i = 0; i < proto->refusals->count; i++) {
    const WireLabel *label = &proto->refusals->labels[i];
    if (strlen(label->name) == len && memcmp(label->name, identifier, len) == 0) return label->number;
  }
  return 0;
}

WireBytes outcome_text(const char *text, size_t len, uint32_t max) {
  if (len > max) {
    len = max;
    while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
      len--;
  }
  return (WireBytes){(const uint8_t *)text, (uint32_t)len};
}

/* A row with a number has a uuid whose first eight bytes are zero. */
static bool row_number(Uuid id, uint64_t *number) {
  static const uint8_t zero[8];
  *number = 0;
  if (memcmp(id.b, zero, sizeof zero) != 0) return false;
  for (int i = 8; i < 16; i++)
    *number = *number << 8 | id.b[i];
  return true;
}

static void put_uint(const PGresult *rows, int column, uint64_t *value, uint64_t *has, uint64_t bit) {
  if (db_is_null(rows, 0, column)) return;
  *value = (uint64_t)db_get_int8(rows, 0, column);
  *has |= bit;
}

bool outcome_read(const Proto *proto, const PGresult *rows, ProtoOutcome *frame) {
  *frame = (ProtoOutcome){.has = 0};
  if (PQntuples(rows) != 1 || PQnfields(rows) != OUTCOME_COLUMNS) return false;
  put_uint(rows, OUTCOME_STREAM, &frame->stream, &frame->has, PROTO_HAS_OUTCOME_STREAM);
  put_uint(rows, OUTCOME_SEQ, &frame->seq, &frame->has, PROTO_HAS_OUTCOME_SEQ);
  if (!db_is_null(rows, 0, OUTCOME_ROW_ID) && row_number(db_get_uuid(rows, 0, OUTCOME_ROW_ID), &frame->row))
    frame->has |= PROTO_HAS_OUTCOME_ROW;
  if (db_get_bool(rows, 0, OUTCOME_REPEATED)) {
    frame->repeated = 1;
    frame->has |= PROTO_HAS_OUTCOME_REPEATED;
  }
  WireBytes detail = db_get_bytes(rows, 0, OUTCOME_DETAIL);
  if (detail.len) {
    frame->detail = outcome_text((const char *)detail.data, detail.len, DETAIL_MAX);
    frame->has |= PROTO_HAS_OUTCOME_DETAIL;
  }
  WireBytes refusal = db_get_bytes(rows, 0, OUTCOME_REFUSAL);
  if (!refusal.data) return true;
  frame->refusal = outcome_refusal(proto, (const char *)refusal.data, refusal.len);
  frame->has |= PROTO_HAS_OUTCOME_REFUSAL;
  return frame->refusal != 0;
}
