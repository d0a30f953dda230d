/* db_result.c: values out of libpq's binary results. A value of another size than its type has is read as nothing:
 * the api and this program are of one version, and a fault there must not become a read past the end here. */
#include <string.h>

#include "server/db.h"

static const int64_t EPOCH_US = INT64_C(946684800000000);

static uint64_t big_endian(const void *data, int len) {
  const uint8_t *p = data;
  uint64_t value = 0;
  for (int i = 0; i < len; i++)
    value = value << 8 | p[i];
  return value;
}

static const void *value_of(const PGresult *r, int row, int column, int len) {
  if (column < 0 || PQgetisnull(r, row, column) || PQgetlength(r, row, column) != len) return NULL;
  return PQgetvalue(r, row, column);
}

bool db_is_null(const PGresult *r, int row, int column) {
  return column < 0 || PQgetisnull(r, row, column);
}

int64_t db_get_int8(const PGresult *r, int row, int column) {
  const void *value = value_of(r, row, column, 8);
  return value ? (int64_t)big_endian(value, 8) : 0;
}

int64_t db_get_int(const PGresult *r, int row, int column) {
  if (column < 0 || PQgetisnull(r, row, column)) return 0;
  const void *value = PQgetvalue(r, row, column);
  switch (PQgetlength(r, row, column)) {
  case 2:
    return (int16_t)big_endian(value, 2);
  case 4:
    return (int32_t)big_endian(value, 4);
  case 8:
    return (int64_t)big_endian(value, 8);
  default:
    return 0;
  }
}

bool db_get_bool(const PGresult *r, int row, int column) {
  const uint8_t *value = value_of(r, row, column, 1);
  return value && *value;
}

int64_t db_get_time(const PGresult *r, int row, int column) {
  const void *value = value_of(r, row, column, 8);
  return value ? (int64_t)big_endian(value, 8) + EPOCH_US : 0;
}

Uuid db_get_uuid(const PGresult *r, int row, int column) {
  const void *value = value_of(r, row, column, 16);
  Uuid id = {{0}};
  if (value) memcpy(id.b, value, sizeof id.b);
  return id;
}

WireBytes db_get_bytes(const PGresult *r, int row, int column) {
  enum { OID_JSONB = 3802 };
  if (column < 0 || PQgetisnull(r, row, column)) return (WireBytes){NULL, 0};
  const uint8_t *data = (const uint8_t *)PQgetvalue(r, row, column);
  uint32_t len = (uint32_t)PQgetlength(r, row, column);
  if (PQftype(r, column) == OID_JSONB && len > 0) return (WireBytes){data + 1, len - 1};
  return (WireBytes){data, len};
}

typedef struct {
  const uint8_t *at, *end;
  size_t count;
} ArrayReader;

/* One dimension; NULL elements are skipped by array_next. */
static ArrayReader array_open(const PGresult *r, int row, int column) {
  WireBytes bytes = db_get_bytes(r, row, column);
  ArrayReader reader = {.at = bytes.data, .end = bytes.data ? bytes.data + bytes.len : NULL};
  if (bytes.len < 20 || big_endian(bytes.data, 4) != 1) return reader;
  reader.count = big_endian(bytes.data + 12, 4);
  reader.at = bytes.data + 20;
  return reader;
}

static bool array_next(ArrayReader *reader, WireBytes *element) {
  while (reader->count > 0 && reader->end - reader->at >= 4) {
    int32_t len = (int32_t)big_endian(reader->at, 4);
    reader->at += 4;
    reader->count--;
    if (len < 0) continue;
    if (len > reader->end - reader->at) return false;
    *element = (WireBytes){reader->at, (uint32_t)len};
    reader->at += len;
    return true;
  }
  return false;
}

size_t db_get_int8_array(const PGresult *r, int row, int column, int64_t *out, size_t max) {
  ArrayReader reader = array_open(r, row, column);
  WireBytes element;
  size_t n = 0;
  while (n < max && array_next(&reader, &element))
    out[n++] = element.len == 8 ? (int64_t)big_endian(element.data, 8) : 0;
  return n;
}

size_t db_get_text_array(const PGresult *r, int row, int column, WireBytes *out, size_t max) {
  ArrayReader reader = array_open(r, row, column);
  size_t n = 0;
  while (n < max && array_next(&reader, &out[n]))
    n++;
  return n;
}

int db_column(const PGresult *r, const char *name) {
  return PQfnumber(r, name);
}
