/* instant.h: instants and dates as text: ISO 8601 in, ISO 8601 out, without locale, zone tables or allocation.
 *
 * An instant is UTC microseconds since 1970, never before it and never past the year 9999; a date is days since 1970,
 * from 0001-01-01 to 9999-12-31, in the proleptic Gregorian calendar. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INSTANT_SIZE = 28, DATE_SIZE = 11 }; /* buffers, NUL included */

/* "2026-11-24T04:10:03.123456+00:00": T or a space; no fraction or one to six digits; Z, ±hh, ±hhmm or ±hh:mm. */
G_GNUC_WARN_UNUSED_RESULT bool instant_parse(const char *text, size_t len, uint64_t *micros);
/* Prints with Z and as many digits of fraction as are needed, none when it is a whole second; returns the length.
 * An instant past 9999 prints as the last one. */
size_t instant_format(uint64_t micros, char out[INSTANT_SIZE]);

/* "2026-11-24" */
G_GNUC_WARN_UNUSED_RESULT bool date_parse(const char *text, size_t len, int64_t *days);
size_t date_format(int64_t days, char out[DATE_SIZE]);
