/* db_params.h: inside of DbParams, for db_conn.c which hands the values to libpq. */
#pragma once

#include "server/db.h"

enum { DB_PARAMS_MAX = 96 };

struct DbParams {
  GByteArray *bytes;
  uint16_t count;
  bool overflow; /* more than DB_PARAMS_MAX: the call fails, no memory was hurt */
  struct {
    uint32_t offset;
    int32_t len;
  } at[DB_PARAMS_MAX]; /* len -1: NULL */
};
