/* client_inbox.c: frames come whole however their bytes came; what is no frame or too long ends it. And the small
 * values beside it: clock and backoff. */
#include <string.h>

#include "client/core/backoff.h"
#include "client/core/clock.h"
#include "client/core/inbox.h"

static void feed(LinliInbox *inbox, const guint8 *data, gsize len) {
  while (len > 0) {
    gsize room;
    guint8 *to = linli_inbox_room(inbox, &room);
    gsize n = MIN(room, len);
    memcpy(to, data, n);
    linli_inbox_filled(inbox, n);
    data += n;
    len -= n;
  }
}

static void frames_come_whole_however_they_are_cut(void) {
  g_autoptr(GByteArray) all = g_byte_array_new();
  guint8 filler[70000];

  memset(filler, 'x', sizeof filler);
  for (guint i = 0; i < 60; i++)
    wire_frame(7 + i % 5, i, (WireBytes){filler, i * i * 19 % sizeof filler}, all);
  for (guint piece = 1; piece < 100000; piece = piece * 3 + 1) {
    g_autoptr(LinliInbox) inbox = linli_inbox_new(LINLI_FRAME_MAX);
    g_autoptr(GError) error = NULL;
    WireFrame frame;
    guint seen = 0;
    for (gsize at = 0; at < all->len; at += piece) {
      feed(inbox, all->data + at, MIN(piece, all->len - at));
      while (linli_inbox_next(inbox, &frame, &error)) {
        g_assert_cmpuint(frame.correlation, ==, seen);
        g_assert_cmpuint(frame.fields.len, ==, seen * seen * 19 % sizeof filler);
        seen++;
      }
      g_assert_no_error(error);
    }
    g_assert_cmpuint(seen, ==, 60);
  }
}

static void a_frame_over_the_limit_ends_it(void) {
  g_autoptr(LinliInbox) inbox = linli_inbox_new(1000);
  g_autoptr(GByteArray) all = g_byte_array_new();
  g_autoptr(GError) error = NULL;
  guint8 filler[2000] = {0};
  WireFrame frame;

  wire_frame(7, 1, (WireBytes){filler, sizeof filler}, all);
  feed(inbox, all->data, 8); /* the length alone is enough to judge */
  g_assert_false(linli_inbox_next(inbox, &frame, &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_PROTOCOL);
}

static void what_is_no_frame_ends_it(void) {
  g_autoptr(LinliInbox) inbox = linli_inbox_new(LINLI_FRAME_MAX);
  g_autoptr(GError) error = NULL;
  WireFrame frame;

  feed(inbox, (const guint8 *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12);
  g_assert_false(linli_inbox_next(inbox, &frame, &error));
  g_assert_error(error, LINLI_ERROR, LINLI_ERROR_PROTOCOL);
}

static void the_nearest_answer_sets_the_clock(void) {
  LinliClock clock = {.count = 0};
  gint64 local = linli_clock_local();

  g_assert_cmpint(linli_clock_round_trip(&clock), ==, -1);
  linli_clock_sample(&clock, local - 900000, 5000000, local);  /* far: 0.9 s */
  linli_clock_sample(&clock, local - 1000, 9000000000, local); /* near: it counts */
  linli_clock_sample(&clock, local - 500000, 77, local);
  g_assert_cmpint(linli_clock_round_trip(&clock), ==, 1000);
  g_assert_cmpint(ABS((gint64)linli_clock_now(&clock) - 9000000500), <, G_USEC_PER_SEC);
  for (guint i = 0; i < LINLI_CLOCK_SAMPLES; i++)
    linli_clock_sample(&clock, local - 200000, 1000, local);
  g_assert_cmpint(linli_clock_round_trip(&clock), ==, 200000); /* the near one is forgotten in time */
}

static void waits_grow_and_are_spread(void) {
  LinliBackoff low = {0}, high = {0};
  guint last = 0;

  for (guint i = 0; i < 20; i++) {
    guint a = linli_backoff_next(&low, 0), b = linli_backoff_next(&high, 0.999);
    g_assert_cmpuint(a, >=, last);
    g_assert_cmpuint(b, >=, a);
    g_assert_cmpuint(b, <=, LINLI_BACKOFF_LAST_MS);
    last = a;
  }
  g_assert_cmpuint(last, ==, LINLI_BACKOFF_LAST_MS / 2);
  linli_backoff_reset(&low);
  g_assert_cmpuint(linli_backoff_next(&low, 0), ==, LINLI_BACKOFF_FIRST_MS / 2);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/inbox/" #name, name)
  TEST(frames_come_whole_however_they_are_cut);
  TEST(a_frame_over_the_limit_ends_it);
  TEST(what_is_no_frame_ends_it);
  TEST(the_nearest_answer_sets_the_clock);
  TEST(waits_grow_and_are_spread);
  return g_test_run();
}
