/* limits.c: counts of connections by address.
 *
 * Owner: the listener. Invariants: an address is in the table only while it has a connection; the total is the sum of
 * the table. Ends with limits_free(). */
#include "server/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

struct Limits {
  int64_t total, max_total, max_per_address;
  GHashTable *counts; /* key text -> count */
};

Limits *limits_new(int64_t total, int64_t per_address) {
  Limits *limits = g_new0(Limits, 1);

  limits->max_total = total;
  limits->max_per_address = per_address;
  limits->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  return limits;
}

void limits_free(Limits *limits) {
  if (!limits) return;
  g_hash_table_unref(limits->counts);
  g_free(limits);
}

void limits_name(const struct sockaddr *peer, char *address, char *key) {
  g_strlcpy(address, "unknown", LIMITS_KEY_SIZE);
  g_strlcpy(key, "unknown", LIMITS_KEY_SIZE);
  if (peer->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)peer;
    inet_ntop(AF_INET, &in->sin_addr, address, LIMITS_KEY_SIZE);
    g_strlcpy(key, address, LIMITS_KEY_SIZE);
  } else if (peer->sa_family == AF_INET6) {
    struct in6_addr at = ((const struct sockaddr_in6 *)peer)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&at)) {
      inet_ntop(AF_INET, at.s6_addr + 12, address, LIMITS_KEY_SIZE);
      g_strlcpy(key, address, LIMITS_KEY_SIZE);
      return;
    }
    inet_ntop(AF_INET6, &at, address, LIMITS_KEY_SIZE);
    memset(at.s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, &at, key, LIMITS_KEY_SIZE);
  }
}

bool limits_enter(Limits *limits, const char *key) {
  int64_t count = (int64_t)(gintptr)g_hash_table_lookup(limits->counts, key);

  if (limits->total >= limits->max_total || count >= limits->max_per_address) return false;
  g_hash_table_insert(limits->counts, g_strdup(key), (gpointer)(gintptr)(count + 1));
  limits->total++;
  return true;
}

void limits_leave(Limits *limits, const char *key) {
  int64_t count = (int64_t)(gintptr)g_hash_table_lookup(limits->counts, key);

  g_return_if_fail(count > 0);
  limits->total--;
  if (count == 1)
    g_hash_table_remove(limits->counts, key);
  else
    g_hash_table_insert(limits->counts, g_strdup(key), (gpointer)(gintptr)(count - 1));
}

int64_t limits_total(const Limits *limits) {
  return limits->total;
}
