/* clock.c: see clock.h. */
#include "client/core/clock.h"

#include <time.h>

gint64 linli_clock_local(void) {
  struct timespec now;

  clock_gettime(CLOCK_BOOTTIME, &now);
  return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

void linli_clock_sample(LinliClock *clock, gint64 sent, guint64 server_now, gint64 received) {
  guint at = clock->count++ % LINLI_CLOCK_SAMPLES;
  gint64 round_trip = MAX(received - sent, 0);

  clock->samples[at].round_trip = round_trip;
  clock->samples[at].offset = (gint64)server_now + round_trip / 2 - received;
}

static gint best(const LinliClock *clock) {
  gint found = -1;

  for (guint i = 0; i < MIN(clock->count, LINLI_CLOCK_SAMPLES); i++)
    if (found < 0 || clock->samples[i].round_trip < clock->samples[found].round_trip) found = (gint)i;
  return found;
}

guint64 linli_clock_now(const LinliClock *clock) {
  gint at = best(clock);

  if (at < 0) return (guint64)g_get_real_time();
  return (guint64)(linli_clock_local() + clock->samples[at].offset);
}

gint64 linli_clock_round_trip(const LinliClock *clock) {
  gint at = best(clock);

  return at < 0 ? -1 : clock->samples[at].round_trip;
}
