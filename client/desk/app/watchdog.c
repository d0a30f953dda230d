/* watchdog.c: see watchdog.h. */
#include "client/desk/app/watchdog.h"

#include <glib.h>
#include <stdlib.h>

enum { ASK_US = 5000 };

static struct {
  GThread *thread;
  gint64 limit_us, longest_us;
  gint asked, stop; /* atomic */
} dog;

static gboolean on_asked(G_GNUC_UNUSED gpointer data) {
  g_atomic_int_set(&dog.asked, FALSE);
  return G_SOURCE_REMOVE;
}

static gpointer watch(G_GNUC_UNUSED gpointer data) {
  while (!g_atomic_int_get(&dog.stop)) {
    gint64 since = g_get_monotonic_time();
    g_atomic_int_set(&dog.asked, TRUE);
    g_idle_add_full(G_PRIORITY_HIGH, on_asked, NULL, NULL);
    while (g_atomic_int_get(&dog.asked) && !g_atomic_int_get(&dog.stop))
      g_usleep(1000);
    gint64 away = g_get_monotonic_time() - since;
    dog.longest_us = MAX(dog.longest_us, away);
    if (away > dog.limit_us) g_printerr("stall: %" G_GINT64_FORMAT " ms\n", away / 1000);
    g_usleep(ASK_US);
  }
  return NULL;
}

void linli_watchdog_start(void) {
  const char *limit = g_getenv("LINLI_STALL_MS");

  if (!limit || !*limit) return;
  dog.limit_us = MAX(1, atoi(limit)) * 1000;
  dog.thread = g_thread_new("watchdog", watch, NULL);
}

void linli_watchdog_stop(void) {
  if (!dog.thread) return;
  g_atomic_int_set(&dog.stop, TRUE);
  g_thread_join(g_steal_pointer(&dog.thread));
  g_printerr("longest stall: %" G_GINT64_FORMAT " ms\n", dog.longest_us / 1000);
}
