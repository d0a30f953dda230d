/* rate.h: `rate` of the schema: at most so many of a kind in so long, a session. A bucket of `count` that refills
 * evenly, kept as the time at which it would be full again. Sessions that use no limited kind cost nothing. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct Rates Rates;

Rates *rates_new(void);
void rates_free(Rates *rates);
/* 0: taken. Else milliseconds until one may be taken. count 0: no bound. */
G_GNUC_WARN_UNUSED_RESULT uint64_t rate_take(Rates *rates, const void *session, uint32_t kind, uint32_t count,
                                             uint32_t seconds, uint64_t now_ms);
/* The same without taking. */
uint64_t rate_wait(Rates *rates, const void *session, uint32_t kind, uint32_t count, uint32_t seconds,
                   uint64_t now_ms);
void rate_forget(Rates *rates, const void *session);
