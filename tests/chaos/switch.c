/* switch.c: a network of the test's own: a switch between namespaces that cuts, loses, delays and slows frames
 * between any two of them.
 *
 *   namespace a: tap ──┐                 ┌── tap :namespace b
 *                      ├─ pair (a, b): cut, loss, delay ─┤
 *
 * One process holds a TAP device in each namespace; every frame passes through it. Addresses are fixed by the place
 * in the list: the k-th has MAC 02:00:00:00:00:0k, so nothing is learned and nothing can be forged by mistake.
 * Delayed frames wait in a queue a pair, which keeps their order. Kernels need no netem for it.
 *
 *   pair A B cut|loss=P|delay=MS … | heal A B | heal        -> ok
 *
 * Usage: chaos_switch SEED NAMESPACE… ; prints "ready" once the devices are there. Ends with its input. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NODES_MAX = 32, FRAME_MAX = 2048, TURN_FRAMES = 64, QUEUE_MAX = 10000, MAC_BYTES = 6 };

typedef struct {
  gint64 due;
  guint len;
  guint8 bytes[];
} Held;

typedef struct {
  gboolean cut;
  double loss;
  gint64 delay; /* microseconds */
  GQueue held;  /* of Held, due in this order */
} Pair;

typedef struct {
  guint n;
  char *names[NODES_MAX];
  int taps[NODES_MAX];
  Pair pairs[NODES_MAX][NODES_MAX]; /* from, to */
  GRand *random;
} Switch;

/* --- Devices -------------------------------------------------------------------------------------------------- */

static int open_tap(const char *name_space) {
  g_autofree char *path = g_strdup_printf("/run/netns/%s", name_space);
  int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there = open(path, O_RDONLY | O_CLOEXEC);
  struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_TAP | IFF_NO_PI};

  if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) != 0) g_error("%s: %s", path, g_strerror(errno));
  int tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) g_error("/dev/net/tun: %s", g_strerror(errno));
  if (setns(home, CLONE_NEWNET) != 0) g_error("the way back: %s", g_strerror(errno));
  close(home);
  close(there);
  return tap;
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void deliver(Switch *w, guint to, const guint8 *frame, guint len) {
  if (write(w->taps[to], frame, len) < 0 && errno != EAGAIN && errno != EIO && errno != ENOBUFS)
    g_error("%s: %s", w->names[to], g_strerror(errno)); /* EIO: the device is down */
}

static void forward(Switch *w, guint from, guint to, const guint8 *frame, guint len) {
  Pair *pair = &w->pairs[from][to];

  if (pair->cut || (pair->loss > 0 && g_rand_double(w->random) < pair->loss)) return;
  if (!pair->delay && g_queue_is_empty(&pair->held)) {
    deliver(w, to, frame, len);
  } else if (g_queue_get_length(&pair->held) < QUEUE_MAX) {
    Held *held = g_malloc(sizeof *held + len);
    held->due = g_get_monotonic_time() + pair->delay;
    held->len = len;
    memcpy(held->bytes, frame, len);
    g_queue_push_tail(&pair->held, held);
  }
}

static void take_frame(Switch *w, guint from, const guint8 *frame, guint len) {
  static const guint8 ours[MAC_BYTES - 1] = {2, 0, 0, 0, 0};

  if (len < 14) return;
  if (memcmp(frame, ours, sizeof ours) == 0) {
    guint to = frame[MAC_BYTES - 1] - 1u;
    if (to < w->n && to != from) forward(w, from, to, frame, len);
  } else if (frame[0] & 1) {
    for (guint to = 0; to < w->n; to++)
      if (to != from) forward(w, from, to, frame, len);
  }
}

static void read_tap(Switch *w, guint from) {
  guint8 frame[FRAME_MAX];

  for (guint i = 0; i < TURN_FRAMES; i++) {
    ssize_t len = read(w->taps[from], frame, sizeof frame);
    if (len <= 0) return;
    take_frame(w, from, frame, (guint)len);
  }
}

/* Delivers what is due; when the next one is, in milliseconds, or -1. */
static int deliver_due(Switch *w) {
  gint64 now = g_get_monotonic_time(), next = G_MAXINT64;

  for (guint from = 0; from < w->n; from++)
    for (guint to = 0; to < w->n; to++) {
      GQueue *queue = &w->pairs[from][to].held;
      Held *held;
      while ((held = g_queue_peek_head(queue)) && held->due <= now) {
        deliver(w, to, held->bytes, held->len);
        g_free(g_queue_pop_head(queue));
      }
      if (held) next = MIN(next, held->due);
    }
  return next == G_MAXINT64 ? -1 : (int)((next - now + 999) / 1000);
}

/* --- Lines ---------------------------------------------------------------------------------------------------- */

static guint node(const Switch *w, const char *name) {
  for (guint i = 0; i < w->n; i++)
    if (strcmp(w->names[i], name) == 0) return i;
  g_error("there is no %s", name);
}

/* What is on its way stays on its way: it is late, not lost. */
static void set_pair(Switch *w, guint a, guint b, char *const *words) {
  Pair *pairs[] = {&w->pairs[a][b], &w->pairs[b][a]};

  for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
    pairs[i]->cut = FALSE;
    pairs[i]->loss = 0;
    pairs[i]->delay = 0;
    for (char *const *word = words; *word; word++) {
      if (strcmp(*word, "cut") == 0) pairs[i]->cut = TRUE;
      if (g_str_has_prefix(*word, "loss=")) pairs[i]->loss = g_ascii_strtod(*word + 5, NULL);
      if (g_str_has_prefix(*word, "delay=")) pairs[i]->delay = (gint64)(g_ascii_strtod(*word + 6, NULL) * 1000);
    }
  }
}

static void obey(Switch *w, char **words) {
  char *none[] = {NULL};
  guint n = g_strv_length(words);

  if (n >= 4 && strcmp(words[0], "pair") == 0) {
    set_pair(w, node(w, words[1]), node(w, words[2]), words + 3);
  } else if (n == 3 && strcmp(words[0], "heal") == 0) {
    set_pair(w, node(w, words[1]), node(w, words[2]), none);
  } else if (n == 1 && strcmp(words[0], "heal") == 0) {
    for (guint a = 0; a < w->n; a++)
      for (guint b = a + 1; b < w->n; b++)
        set_pair(w, a, b, none);
  } else {
    g_error("what is %s?", words[0]);
  }
  printf("ok\n");
}

/* FALSE at the end of the input. */
static gboolean read_lines(Switch *w) {
  static GString *rest;
  char bytes[4096];
  ssize_t len = read(0, bytes, sizeof bytes);

  if (len <= 0) return FALSE;
  if (!rest) rest = g_string_new(NULL);
  g_string_append_len(rest, bytes, len);
  for (char *end; (end = strchr(rest->str, '\n'));) {
    g_autofree char *line = g_strndup(rest->str, (gsize)(end - rest->str));
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_string_erase(rest, 0, end - rest->str + 1);
    obey(w, words);
  }
  return TRUE;
}

int main(int argc, char **argv) {
  Switch *w = g_new0(Switch, 1);
  struct pollfd polls[NODES_MAX + 1] = {{.fd = 0, .events = POLLIN}};

  if (argc < 3 || argc - 2 > NODES_MAX) g_error("chaos_switch SEED NAMESPACE…");
  setvbuf(stdout, NULL, _IOLBF, 0);
  w->random = g_rand_new_with_seed((guint32)atoi(argv[1]));
  w->n = (guint)argc - 2;
  for (guint i = 0; i < w->n; i++) {
    w->names[i] = argv[i + 2];
    w->taps[i] = open_tap(argv[i + 2]);
    polls[i + 1] = (struct pollfd){.fd = w->taps[i], .events = POLLIN};
  }
  printf("ready\n");
  while (poll(polls, w->n + 1, deliver_due(w)) >= 0 || errno == EINTR) {
    if (polls[0].revents && !read_lines(w)) break;
    for (guint i = 0; i < w->n; i++)
      if (polls[i + 1].revents & POLLIN) read_tap(w, i);
  }
  g_rand_free(w->random);
  g_free(w);
  return 0;
}
