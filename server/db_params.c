/* db_params.c: values in PostgreSQL's binary format, gathered in one buffer. Integers are big-endian, times count
 * microseconds and dates days from 2000-01-01, an array is: dimensions, has-null, element type, size, lower bound,
 * then each element behind its length. */
#include "server/db_params.h"

#include <string.h>

enum { OID_INT8 = 20, OID_TEXT = 25, OID_UUID = 2950 };

static const int64_t EPOCH_US = INT64_C(946684800000000);
static const int32_t EPOCH_DAYS = 10957;

DbParams *db_params_new(void) {
  DbParams *params = g_new(DbParams, 1);
  params->bytes = g_byte_array_sized_new(256);
  params->count = 0;
  params->overflow = false;
  return params;
}

void db_params_free(DbParams *params) {
  if (!params) return;
  g_byte_array_unref(params->bytes);
  g_free(params);
}

size_t db_params_count(const DbParams *params) {
  return params->count;
}

size_t db_params_size(const DbParams *params) {
  return params->bytes->len;
}

static void begin(DbParams *params) {
  if (params->count == DB_PARAMS_MAX) {
    params->overflow = true;
    params->count--;
  }
  params->at[params->count].offset = params->bytes->len;
}

static void end(DbParams *params) {
  params->at[params->count].len = (int32_t)(params->bytes->len - params->at[params->count].offset);
  params->count++;
}

static void add(DbParams *params, const void *data, size_t len) {
  if (len) g_byte_array_append(params->bytes, data, (guint)len);
}

static void add32(DbParams *params, uint32_t value) {
  uint32_t v = GUINT32_TO_BE(value);
  add(params, &v, sizeof v);
}

static void add64(DbParams *params, uint64_t value) {
  uint64_t v = GUINT64_TO_BE(value);
  add(params, &v, sizeof v);
}

void db_put_null(DbParams *params) {
  begin(params);
  params->at[params->count++].len = -1;
}

void db_put_int4(DbParams *params, int32_t value) {
  begin(params);
  add32(params, (uint32_t)value);
  end(params);
}

void db_put_int8(DbParams *params, int64_t value) {
  begin(params);
  add64(params, (uint64_t)value);
  end(params);
}

void db_put_bool(DbParams *params, bool value) {
  uint8_t byte = value;
  db_put_bytes(params, &byte, 1);
}

void db_put_time(DbParams *params, int64_t unix_us) {
  db_put_int8(params, unix_us - EPOCH_US);
}

void db_put_date(DbParams *params, int32_t unix_days) {
  db_put_int4(params, unix_days - EPOCH_DAYS);
}

void db_put_uuid(DbParams *params, Uuid value) {
  db_put_bytes(params, value.b, sizeof value.b);
}

void db_put_text(DbParams *params, const char *text, size_t len) {
  db_put_bytes(params, text, len);
}

void db_put_bytes(DbParams *params, const void *data, size_t len) {
  begin(params);
  add(params, data, len);
  end(params);
}

void db_put_jsonb(DbParams *params, const char *json, size_t len) {
  static const uint8_t version = 1;
  begin(params);
  add(params, &version, 1);
  add(params, json, len);
  end(params);
}

static void array_head(DbParams *params, uint32_t type, size_t count, bool nulls) {
  begin(params);
  add32(params, count ? 1 : 0);
  add32(params, nulls);
  add32(params, type);
  if (!count) return;
  add32(params, (uint32_t)count);
  add32(params, 1);
}

void db_put_int8_array(DbParams *params, const int64_t *values, size_t count) {
  array_head(params, OID_INT8, count, false);
  for (size_t i = 0; i < count; i++) {
    add32(params, 8);
    add64(params, (uint64_t)values[i]);
  }
  end(params);
}

void db_put_int8_array_known(DbParams *params, const int64_t *values, const bool *known, size_t count) {
  array_head(params, OID_INT8, count, true);
  for (size_t i = 0; i < count; i++) {
    add32(params, known[i] ? 8 : UINT32_MAX);
    if (known[i]) add64(params, (uint64_t)values[i]);
  }
  end(params);
}

void db_put_uuid_array(DbParams *params, const Uuid *values, size_t count) {
  array_head(params, OID_UUID, count, false);
  for (size_t i = 0; i < count; i++) {
    add32(params, 16);
    add(params, values[i].b, 16);
  }
  end(params);
}

void db_put_text_array(DbParams *params, const WireBytes *values, size_t count) {
  array_head(params, OID_TEXT, count, false);
  for (size_t i = 0; i < count; i++) {
    add32(params, values[i].len);
    add(params, values[i].data, values[i].len);
  }
  end(params);
}
