/* clock.h: the server's time, as well as it can be known here.
 *
 *   sent ── half the round trip ──> server's now ── half the round trip ──> received
 *
 * Of the last eight exchanges the one with the shortest round trip counts. Local instants come from CLOCK_BOOTTIME,
 * so neither a person who sets the clock nor a night in the bag moves what we believe. A plain value; zero it to
 * begin. */
#pragma once

#include <glib.h>

enum { LINLI_CLOCK_SAMPLES = 8 };

typedef struct {
  struct { gint64 offset, round_trip; } samples[LINLI_CLOCK_SAMPLES];
  guint count;
} LinliClock;

/* Microseconds of this machine since it started. */
gint64 linli_clock_local(void);
/* One exchange: local instants of sending and receiving, and the server's UTC microseconds in between. */
void linli_clock_sample(LinliClock *clock, gint64 sent, guint64 server_now, gint64 received);
/* UTC microseconds; this machine's own when there was no exchange yet. */
guint64 linli_clock_now(const LinliClock *clock);
/* The shortest round trip seen lately, microseconds; -1 for none. */
gint64 linli_clock_round_trip(const LinliClock *clock);
