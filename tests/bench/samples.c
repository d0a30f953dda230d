/* samples.c: see samples.h. */
#include "tests/bench/samples.h"

void samples_begin(Samples *samples) {
  if (!samples->us) samples->us = g_array_sized_new(FALSE, FALSE, sizeof(uint32_t), 1 << 16);
  g_array_set_size(samples->us, 0);
}

void samples_add(Samples *samples, uint64_t ns) {
  uint32_t us = (uint32_t)MIN(ns / 1000, UINT32_MAX);
  g_array_append_val(samples->us, us);
}

static gint compare(gconstpointer a, gconstpointer b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

uint32_t samples_at(Samples *samples, double share) {
  if (!samples->us || !samples->us->len) return 0;
  g_array_sort(samples->us, compare);
  guint at = (guint)(share * samples->us->len);
  return g_array_index(samples->us, uint32_t, MIN(at, samples->us->len - 1));
}
