/* rate.c: see rate.h. */
#include "server/rate.h"

typedef struct {
  uint32_t kind;
  uint64_t full_at_ms;
} Bucket;

struct Rates {
  GHashTable *by_session; /* -> GArray of Bucket */
};

Rates *rates_new(void) {
  Rates *rates = g_new(Rates, 1);
  rates->by_session = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
  return rates;
}

void rates_free(Rates *rates) {
  g_hash_table_unref(rates->by_session);
  g_free(rates);
}

static Bucket *bucket_for(Rates *rates, const void *session, uint32_t kind) {
  GArray *buckets = g_hash_table_lookup(rates->by_session, session);
  Bucket fresh = {kind, 0};

  if (!buckets) {
    buckets = g_array_new(FALSE, FALSE, sizeof(Bucket));
    g_hash_table_insert(rates->by_session, (gpointer)session, buckets);
  }
  for (guint i = 0; i < buckets->len; i++)
    if (g_array_index(buckets, Bucket, i).kind == kind) return &g_array_index(buckets, Bucket, i);
  g_array_append_val(buckets, fresh);
  return &g_array_index(buckets, Bucket, buckets->len - 1);
}

/* When the bucket would be full again with one more taken; *wait_ms: until that may be. */
static uint64_t one_more(const Bucket *bucket, uint32_t count, uint32_t seconds, uint64_t now_ms, uint64_t *wait_ms) {
  uint64_t each = MAX((uint64_t)seconds * 1000 / count, 1), whole = each * count;
  uint64_t full_at = MAX(bucket->full_at_ms, now_ms) + each;

  *wait_ms = full_at > now_ms + whole ? full_at - now_ms - whole : 0;
  return full_at;
}

uint64_t rate_take(Rates *rates, const void *session, uint32_t kind, uint32_t count, uint32_t seconds,
                   uint64_t now_ms) {
  uint64_t wait_ms, full_at;

  if (!count) return 0;
  Bucket *bucket = bucket_for(rates, session, kind);
  full_at = one_more(bucket, count, seconds, now_ms, &wait_ms);
  if (!wait_ms) bucket->full_at_ms = full_at;
  return wait_ms;
}

uint64_t rate_wait(Rates *rates, const void *session, uint32_t kind, uint32_t count, uint32_t seconds,
                   uint64_t now_ms) {
  const GArray *buckets = g_hash_table_lookup(rates->by_session, session);
  uint64_t wait_ms;

  for (guint i = 0; count && buckets && i < buckets->len; i++) {
    const Bucket *bucket = &g_array_index(buckets, Bucket, i);
    if (bucket->kind != kind) continue;
    one_more(bucket, count, seconds, now_ms, &wait_ms);
    return wait_ms;
  }
  return 0;
}

void rate_forget(Rates *rates, const void *session) {
  g_hash_table_remove(rates->by_session, session);
}
