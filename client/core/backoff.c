/* backoff.c: see backoff.h. */
#include "client/core/backoff.h"

guint linli_backoff_next(LinliBackoff *backoff, double chance) {
  guint whole = LINLI_BACKOFF_LAST_MS;

  if (backoff->step < 9) whole = MIN((guint)LINLI_BACKOFF_FIRST_MS << backoff->step, (guint)LINLI_BACKOFF_LAST_MS);
  backoff->step = MIN(backoff->step + 1, 16u);
  return whole / 2 + (guint)(chance * (whole - whole / 2));
}

void linli_backoff_reset(LinliBackoff *backoff) {
  backoff->step = 0;
}
