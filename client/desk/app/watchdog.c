/* watchdog.c: see watchdog.h. */
#include "client/desk/app/watchdog.h"

#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { ASK_US = 5000 };

typedef struct {
  gint64 away_us, cpu_us;
} Stall;

static struct {
  GThread *thread;
  clockid_t main_cpu; /* of the thread that called linli_watchdog_start() */
  gint64 limit_us;
  Stall longest[2];        /* by CPU: of the start, of what came after */
  gint asked, stop, after; /* atomic */
} dog;

static gboolean on_asked(G_GNUC_UNUSED gpointer data) {
  g_atomic_int_set(&dog.asked, FALSE);
  return G_SOURCE_REMOVE;
}

static gint64 main_cpu_us(void) {
  struct timespec t = {0};

  clock_gettime(dog.main_cpu, &t);
  return (gint64)t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static Stall ask(void) {
  gint64 since = g_get_monotonic_time(), cpu = main_cpu_us();

  g_atomic_int_set(&dog.asked, TRUE);
  g_idle_add_full(G_PRIORITY_HIGH, on_asked, NULL, NULL);
  while (g_atomic_int_get(&dog.asked) && !g_atomic_int_get(&dog.stop))
    g_usleep(1000);
  return (Stall){g_get_monotonic_time() - since, main_cpu_us() - cpu};
}

static void say(const char *what, Stall stall) {
  g_printerr("%s: %" G_GINT64_FORMAT " ms, %" G_GINT64_FORMAT " of them CPU\n", what, stall.away_us / 1000,
             stall.cpu_us / 1000);
}

static gpointer watch(G_GNUC_UNUSED gpointer data) {
  while (!g_atomic_int_get(&dog.stop)) {
    gboolean after = g_atomic_int_get(&dog.after); /* a turn that began in the start is the start's */
    Stall stall = ask();
    if (stall.cpu_us > dog.longest[after].cpu_us) dog.longest[after] = stall;
    if (stall.away_us > dog.limit_us) say(after ? "stall" : "start", stall);
    g_usleep(ASK_US);
  }
  return NULL;
}

void linli_watchdog_start(void) {
  const char *limit = g_getenv("LINLI_STALL_MS");

  if (!limit || !*limit || pthread_getcpuclockid(pthread_self(), &dog.main_cpu) != 0) return;
  dog.limit_us = MAX(1, atoi(limit)) * 1000;
  dog.thread = g_thread_new("watchdog", watch, NULL);
}

void linli_watchdog_started(void) {
  g_atomic_int_set(&dog.after, TRUE);
}

void linli_watchdog_stop(void) {
  if (!dog.thread) return;
  g_atomic_int_set(&dog.stop, TRUE);
  g_thread_join(g_steal_pointer(&dog.thread));
  say("longest start", dog.longest[FALSE]);
  say("longest stall", dog.longest[TRUE]);
}
