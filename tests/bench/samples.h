/* samples.h: durations of one run, and what half or ninety-nine of a hundred of them stay within. */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct {
  GArray *us; /* of uint32_t */
} Samples;

void samples_begin(Samples *samples); /* forgets those of the run before */
void samples_add(Samples *samples, uint64_t ns);
/* Sorts; share 0 … 1. 0 where there are none. */
uint32_t samples_at(Samples *samples, double share);
