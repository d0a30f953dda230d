/* uuid.h: ids that sort by the moment they were made (UUIDv7, RFC 9562), and ids derived from a name.
 *
 *   v7   48 bits: Unix milliseconds | 4: version | 12: counter or random | 2: variant | 62: random
 *
 * Pure: the caller brings time and randomness. A UuidClock makes the ids of one process ascend even when the clock
 * stands still or steps back; it belongs to its caller, is a plain value (zero it to begin) and is not shared. */
#pragma once

#include "common/wire.h"

enum { UUID_TEXT_SIZE = 37, UUID_RANDOM = 10 };

/* random: 10 bytes; 74 bits of them are used. unix_ms is taken modulo 2^48. */
Uuid uuid_v7(uint64_t unix_ms, const uint8_t random[UUID_RANDOM]);
/* Milliseconds since 1970 of a v7 id; 0 for any other. */
uint64_t uuid_time_ms(Uuid id);
/* Version 5 (SHA-1, RFC 9562 5.5): the same namespace and bytes always give the same id. */
Uuid uuid_from_name(Uuid name_space, WireBytes name);

/* 36 characters, hyphens where they belong, either case. */
G_GNUC_WARN_UNUSED_RESULT bool uuid_parse(const char *text, size_t len, Uuid *id);
/* Lower case, terminated; returns out. */
char *uuid_format(Uuid id, char out[UUID_TEXT_SIZE]);
/* By bytes, which for v7 is by time: <0, 0, >0. */
int uuid_compare(Uuid a, Uuid b);
bool uuid_is_nil(Uuid id);
guint uuid_hash(gconstpointer id);                 /* for GHashTable, keys are Uuid * */
gboolean uuid_equal(gconstpointer a, gconstpointer b);

typedef struct { uint64_t ms; uint16_t count; } UuidClock;
/* The next id: greater than every id this clock gave before. Within a millisecond 12 bits count on from where 11
 * random bits began; when they are spent the clock runs ahead by a millisecond. */
Uuid uuid_clock_next(UuidClock *clock, uint64_t unix_ms, const uint8_t random[UUID_RANDOM]);
