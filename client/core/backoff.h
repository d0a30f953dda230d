/* backoff.h: how long to wait before the next attempt, so that ten thousand desks do not return at the same moment.
 * 0.1 s, doubling to 30 s; of each step a random part between one half and the whole. A plain value; zero it to
 * begin. */
#pragma once

#include <glib.h>

enum { LINLI_BACKOFF_FIRST_MS = 100, LINLI_BACKOFF_LAST_MS = 30000 };

typedef struct { guint step; } LinliBackoff;

/* Milliseconds; chance is in [0, 1). */
guint linli_backoff_next(LinliBackoff *backoff, double chance);
void linli_backoff_reset(LinliBackoff *backoff);
