/* test_session.c: the session's state machine, its output and its clocks, in memory. Named by what each would catch.
 */
#include <string.h>

#include "server/session_private.h"
#include "tests/unit/session_world.h"

static void add(GByteArray *bytes, uint32_t type, const char *fields, uint32_t len) {
  wire_frame(type, 5, (WireBytes){(const uint8_t *)fields, len}, bytes);
}

static World *at(State state) {
  World *world = world_new();

  world_connect(world);
  if (state == STATE_SIGN_IN) world_hello(world);
  if (state == STATE_READY) world_sign_in(world);
  world_pump(world, SIZE_MAX);
  g_byte_array_set_size(world->out, 0);
  return world;
}

static void send_frame(World *world, uint32_t type, const char *fields, uint32_t len) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  add(bytes, type, fields, len);
  world_feed(world, bytes);
  world_pump(world, SIZE_MAX);
}

static void hello_is_answered_with_the_version_both_speak(void) {
  World *world = world_new();
  WireFrame frame;
  WireError wrong;
  ProtoHello hello;
  g_autoptr(WireArena) arena = wire_arena_new();

  world_connect(world);
  world_hello(world);
  world_pump(world, SIZE_MAX);
  g_assert_true(world_next(world, &frame));
  g_assert_cmpuint(frame.type, ==, PROTO_FRAME_HELLO);
  g_assert_true(wire_decode(&proto_msg_hello, frame.fields, false, arena, &hello, &wrong));
  g_assert_cmpuint(hello.lowest, ==, 1);
  g_assert_cmpuint(hello.highest, ==, 1);
  g_assert_cmpuint(hello.max_frame, ==, 1 << 20);
  world_free(world);
}

static void no_common_version_is_said_and_ends(void) {
  World *world = at(STATE_HELLO);

  send_frame(world, PROTO_FRAME_HELLO, "\x04\x02\x08\x09", 4); /* lowest 2, highest 9 */
  world_expect_error(world, PROTO_ERROR_VERSION);
  g_assert_true(session_is_closing(world->session));
  world_free(world);
}

/* What the table of session_frames.c must say, written down a second time. */
static bool is_allowed(State state, uint32_t type) {
  switch (type) {
  case PROTO_FRAME_HELLO:
    return state == STATE_HELLO;
  case PROTO_FRAME_SIGN_IN:
  case PROTO_FRAME_RESUME:
    return state == STATE_SIGN_IN;
  case PROTO_FRAME_PING:
  case PROTO_FRAME_PONG:
    return state != STATE_HELLO;
  case PROTO_FRAME_SIGN_OUT:
  case PROTO_FRAME_SUBSCRIBE:
  case PROTO_FRAME_UNSUBSCRIBE:
  case PROTO_FRAME_COMMAND:
  case PROTO_FRAME_QUERY:
  case PROTO_FRAME_CANCEL:
  case PROTO_FRAME_PRESENT:
    return state == STATE_READY;
  default:
    return false;
  }
}

static void every_frame_in_every_state_is_handled_or_unexpected(void) {
  static const State states[] = {STATE_HELLO, STATE_SIGN_IN, STATE_READY};

  for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
    for (uint32_t type = 0; type < 0x40; type++) {
      World *world = at(states[i]);
      send_frame(world, type, "", 0);
      if (!is_allowed(states[i], type)) {
        world_expect_error(world, PROTO_ERROR_UNEXPECTED);
        g_assert_true(session_is_closing(world->session));
        g_assert_cmpuint(world->dispatch_ends, ==, 1);
      } else if (session_is_closing(world->session) && type != PROTO_FRAME_SIGN_OUT) {
        world_expect_error(world, PROTO_ERROR_BAD_FRAME); /* a field is missing */
      }
      world_free(world);
    }
  }
}

static void a_second_attempt_while_one_is_under_way_is_unexpected(void) {
  World *world = at(STATE_SIGN_IN);
  char fields[64];
  uint32_t len = 0;

  memcpy(fields, "\x06\x02li\x0a\x01x\x0f", 8); /* account, password, device */
  len = 8 + 16;
  memset(fields + 8, 3, 16);
  send_frame(world, PROTO_FRAME_SIGN_IN, fields, len);
  g_assert_cmpuint(world->passwords, ==, 1);
  g_assert_false(session_is_closing(world->session));
  send_frame(world, PROTO_FRAME_SIGN_IN, fields, len);
  g_assert_cmpuint(world->passwords, ==, 1);
  world_expect_error(world, PROTO_ERROR_UNEXPECTED);
  world_free(world);
}

static void a_large_frame_before_sign_in_allocates_nothing(void) {
  World *world = at(STATE_SIGN_IN);
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  wire_put_varint(bytes, 500000);
  world_feed(world, bytes);
  g_assert_null(world->session->partial);
  world_pump(world, SIZE_MAX);
  world_expect_error(world, PROTO_ERROR_TOO_LARGE);
  world_free(world);
}

static void a_frame_of_the_early_limit_passes_and_one_byte_more_does_not(void) {
  for (uint32_t more = 0; more < 2; more++) {
    World *world = at(STATE_SIGN_IN);
    g_autofree char *fields = g_malloc0(EARLY_FRAME_MAX);
    uint32_t body = EARLY_FRAME_MAX - 2 - 2 + more; /* length takes 2, type and correlation 1 each */
    send_frame(world, 0x3f, fields, body);
    world_expect_error(world, more ? PROTO_ERROR_TOO_LARGE : PROTO_ERROR_UNEXPECTED);
    world_free(world);
  }
}

static void frames_cut_anywhere_are_the_same_frames(void) {
  g_autoptr(GByteArray) all = g_byte_array_new();

  for (int i = 0; i < 5; i++)
    add(all, PROTO_FRAME_PING, "\x04\x07", 2);
  for (guint cut = 1; cut < all->len; cut++) {
    World *world = at(STATE_READY);
    WireFrame frame;
    unsigned pongs = 0;
    for (guint from = 0; from < all->len; from += cut) {
      g_autoptr(GByteArray) part = g_byte_array_new();
      g_byte_array_append(part, all->data + from, MIN(cut, all->len - from));
      world_feed(world, part);
    }
    world_pump(world, SIZE_MAX);
    while (world_next(world, &frame))
      pongs += frame.type == PROTO_FRAME_PONG;
    g_assert_cmpuint(pongs, ==, 5);
    g_assert_null(world->session->partial);
    world_free(world);
  }
}

static void closing_is_legal_everywhere_and_tells_each_room_once(void) {
  static const State states[] = {STATE_HELLO, STATE_SIGN_IN, STATE_READY};

  for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
    World *world = at(states[i]);
    for (int k = 0; k < 3; k++) {
      session_close(world->session, "test");
      session_close(world->session, "again");
      world_pump(world, SIZE_MAX);
    }
    g_assert_cmpstr(session_close_reason(world->session), ==, "test");
    world_free(world); /* asserts: once each */
  }
}

static void a_close_inside_a_handler_waits_for_the_pump(void) {
  World *world = at(STATE_READY);
  ProtoCommandFrame command = {
      .has = PROTO_HAS_COMMAND_FRAME_ID | PROTO_HAS_COMMAND_FRAME_KIND | PROTO_HAS_COMMAND_FRAME_STREAM |
             PROTO_HAS_COMMAND_FRAME_MADE_AT | PROTO_HAS_COMMAND_FRAME_BODY,
      .kind = 1,
      .stream = 4,
  };
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  wire_frame_message(&proto_msg_command_frame, 1, &command, bytes);
  wire_frame_message(&proto_msg_command_frame, 2, &command, bytes);
  world->closes_inside = 1;
  world_feed(world, bytes); /* the dummies assert that nothing is told meanwhile */
  g_assert_cmpuint(world->commands, ==, 1);
  g_assert_cmpuint(world->dispatch_ends, ==, 0);
  world_pump(world, SIZE_MAX);
  g_assert_cmpuint(world->dispatch_ends, ==, 1);
  world_free(world);
}

static void too_many_calls_are_told_busy(void) {
  World *world = at(STATE_READY);

  for (int i = 0; i < 8; i++)
    g_assert_true(session_begin(world->session, 1));
  g_assert_false(session_begin(world->session, 2));
  world_pump(world, SIZE_MAX);
  world_expect_error(world, PROTO_ERROR_BUSY);
  session_done(world->session);
  g_assert_true(session_begin(world->session, 3));
  world_free(world);
}

static Block *block_of_frame(uint32_t body) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  g_autofree char *zeros = g_malloc0(body + 1);

  add(bytes, PROTO_FRAME_EVENT, zeros, body);
  return block_new(bytes->data, bytes->len);
}

static void a_large_block_is_shared_and_not_copied(void) {
  World *world = at(STATE_READY);
  g_autoptr(Block) block = block_of_frame(10000);
  uint8_t gather[4096];
  const uint8_t *data;

  session_send_block(world->session, block);
  session_send_block(world->session, block);
  g_assert_cmpuint(block->refs, ==, 3);
  g_assert_cmpuint(session_next(world->session, gather, sizeof gather, &data), ==, 4096);
  g_assert_true(data == block->data);
  world_pump(world, SIZE_MAX);
  g_assert_cmpuint(block->refs, ==, 1);
  g_assert_cmpuint(session_backlog(world->session), ==, 0);
  g_assert_null(world->session->queue);
  world_free(world);
}

static void small_blocks_are_gathered_into_one_record(void) {
  World *world = at(STATE_READY);
  g_autoptr(Block) block = block_of_frame(100);
  uint8_t gather[4096];
  const uint8_t *data;

  for (int i = 0; i < 10; i++)
    session_send_block(world->session, block);
  g_assert_cmpuint(session_next(world->session, gather, sizeof gather, &data), ==, 10 * block->len);
  g_assert_true(data == gather);
  world_free(world);
}

/* The queue is dropped, but a frame that has begun is finished: what the reader gets can still be split. */
static void a_slow_reader_is_told_between_frames_and_closed(void) {
  World *world = at(STATE_READY);
  g_autoptr(Block) block = block_of_frame(100000);
  WireFrame frame;

  world->holds = true;
  session_send_block(world->session, block);
  world_pump(world, 1000);
  while (!session_is_closing(world->session))
    session_send_block(world->session, block);
  g_assert_cmpuint(session_backlog(world->session), <, 2 * block->len);
  world_pump(world, SIZE_MAX);
  g_assert_true(world_next(world, &frame));
  g_assert_cmpuint(frame.type, ==, PROTO_FRAME_EVENT);
  world_expect_error(world, PROTO_ERROR_SLOW);
  world_free(world);
}

static void a_reader_that_takes_nothing_is_closed_after_its_time(void) {
  World *world = at(STATE_READY);
  g_autoptr(Block) block = block_of_frame(100);

  world->holds = true;
  world->config.silent_seconds = 1000;
  world->config.ping_seconds = 900;
  session_send_block(world->session, block);
  world_pump(world, SIZE_MAX);
  world_later(world, 59000);
  g_assert_false(session_is_closing(world->session));
  world_later(world, 2000);
  g_assert_cmpstr(session_close_reason(world->session), ==, "slow");
  world_later(world, 2000);
  g_assert_true(world->aborted);
  world_free(world);
}

static void the_drained_callback(Session *session) {
  (void)session;
  ((World *)session->line)->drained++;
}

static void drained_is_called_once_when_the_reader_has_caught_up(void) {
  World *world = at(STATE_READY);
  g_autoptr(Block) block = block_of_frame(1000);

  world->holds = true;
  for (int i = 0; i < 10; i++)
    session_send_block(world->session, block);
  session_when_drained(world->session, 5000, the_drained_callback);
  world_pump(world, SIZE_MAX);
  g_assert_cmpuint(world->drained, ==, 0);
  world_kernel(world, 6000);
  world_pump(world, SIZE_MAX);
  world_pump(world, SIZE_MAX);
  g_assert_cmpuint(world->drained, ==, 1);
  world_kernel(world, SIZE_MAX);
  world->woken = false;
  session_when_drained(world->session, 5000, the_drained_callback);
  g_assert_cmpuint(world->drained, ==, 1); /* not from inside */
  g_assert_true(world->woken);
  world_pump(world, SIZE_MAX);
  g_assert_cmpuint(world->drained, ==, 2);
  world_free(world);
}

static void each_state_has_its_time_limit(void) {
  World *world = at(STATE_HELLO);

  world_later(world, 4000);
  g_assert_false(session_is_closing(world->session));
  world_later(world, 1000);
  g_assert_cmpstr(session_close_reason(world->session), ==, "hello_timeout");
  world_free(world);

  world = at(STATE_SIGN_IN);
  world_later(world, 29000);
  g_assert_false(session_is_closing(world->session));
  world_later(world, 1000);
  g_assert_cmpstr(session_close_reason(world->session), ==, "sign_in_timeout");
  world_free(world);
}

static void a_sign_in_that_waits_for_us_does_not_time_out(void) {
  World *world = at(STATE_SIGN_IN);

  world->session->attempting = true;
  for (int i = 0; i < 10; i++) {
    world_later(world, 25000);
    send_frame(world, PROTO_FRAME_PONG, "\x04\x01\x08\x01", 4);
    g_assert_false(session_is_closing(world->session));
  }
  session_attempt_over(world->session);
  world_later(world, 30000);
  g_assert_cmpstr(session_close_reason(world->session), ==, "sign_in_timeout");
  world_free(world);
}

static void a_silent_session_is_asked_and_then_closed(void) {
  World *world = at(STATE_READY);
  WireFrame frame;

  world_later(world, 31000);
  world_pump(world, SIZE_MAX);
  g_assert_true(world_next(world, &frame));
  g_assert_cmpuint(frame.type, ==, PROTO_FRAME_PING);
  world_later(world, 20000);
  world_pump(world, SIZE_MAX);
  g_assert_false(world_next(world, &frame)); /* once */
  world_later(world, 40000);
  g_assert_cmpstr(session_close_reason(world->session), ==, "silent");
  world_free(world);
}

static void a_call_in_flight_keeps_the_session_past_its_line(void) {
  World *world = at(STATE_READY);
  Session *session = session_ref(world->session);

  world_disconnect(world);
  g_assert_false(session_is_open(session));
  session_error(session, 1, PROTO_ERROR_BUSY, 0, NULL); /* ignored */
  g_assert_cmpuint(session_backlog(session), ==, 0);
  session_close(session, "again");
  world_free(world);
  session_unref(session);
}

#define CASE(name) g_test_add_func("/session/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  CASE(hello_is_answered_with_the_version_both_speak);
  CASE(no_common_version_is_said_and_ends);
  CASE(every_frame_in_every_state_is_handled_or_unexpected);
  CASE(a_second_attempt_while_one_is_under_way_is_unexpected);
  CASE(a_large_frame_before_sign_in_allocates_nothing);
  CASE(a_frame_of_the_early_limit_passes_and_one_byte_more_does_not);
  CASE(frames_cut_anywhere_are_the_same_frames);
  CASE(closing_is_legal_everywhere_and_tells_each_room_once);
  CASE(a_close_inside_a_handler_waits_for_the_pump);
  CASE(too_many_calls_are_told_busy);
  CASE(a_large_block_is_shared_and_not_copied);
  CASE(small_blocks_are_gathered_into_one_record);
  CASE(a_slow_reader_is_told_between_frames_and_closed);
  CASE(a_reader_that_takes_nothing_is_closed_after_its_time);
  CASE(drained_is_called_once_when_the_reader_has_caught_up);
  CASE(each_state_has_its_time_limit);
  CASE(a_sign_in_that_waits_for_us_does_not_time_out);
  CASE(a_silent_session_is_asked_and_then_closed);
  CASE(a_call_in_flight_keeps_the_session_past_its_line);
  return g_test_run();
}
