/* fuzz_session.c: the session's state machine against everything: any bytes, any order of turns, clock, close, lines
 * that take nothing. The input is a program of steps; two sessions run the same steps, the second given its bytes one
 * at a time.
 *
 * Asserted: what the server writes can always be split and decoded; frames reach a room only in READY (the dummies);
 * what waits is bounded; an unfinished frame is never longer than the state allows; both ways of cutting the bytes
 * end in the same state; every session is told about its end exactly once and freed. */
#include <string.h>

#include "server/session_private.h"
#include "tests/unit/session_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STEPS_MAX = 400, BLOCK_MAX = 60000 };

typedef struct {
  const uint8_t *at, *end;
} Input;

static uint8_t next_byte(Input *in) {
  return in->at < in->end ? *in->at++ : 0;
}

/* As many bytes as the next byte says, where there are so many. */
static WireBytes next_bytes(Input *in) {
  size_t wanted = next_byte(in);
  size_t len = MIN(wanted, (size_t)(in->end - in->at));
  WireBytes bytes = {in->at, (uint32_t)len};

  in->at += len;
  return bytes;
}

/* --- Steps --------------------------------------------------------------------------------------------------- */

static void feed(World *world, const uint8_t *data, size_t len, bool singly) {
  for (size_t from = 0; from < len; from += singly ? 1 : len) {
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, data + from, (guint)(singly ? 1 : len));
    world_feed(world, bytes);
  }
}

/* A frame with a right head, whose fields are the input's. */
static void feed_frame(World *world, Input *in, bool singly) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  uint32_t type = next_byte(in) & 0x1f;
  WireBytes fields = next_bytes(in);

  wire_frame(type, 5, fields, bytes);
  feed(world, bytes->data, bytes->len, singly);
}

static void feed_raw(World *world, Input *in, bool singly) {
  WireBytes bytes = next_bytes(in);

  feed(world, bytes.data, bytes.len, singly);
}

static void send_block(World *world, Input *in) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  uint32_t len = (uint32_t)next_byte(in) * 235;
  g_autofree uint8_t *zeros = g_malloc0(BLOCK_MAX);

  wire_frame(PROTO_FRAME_EVENT, 0, (WireBytes){zeros, len}, bytes);
  g_autoptr(Block) block = block_new(bytes->data, bytes->len);
  session_send_block(world->session, block);
}

static void on_drained(Session *session) {
  ((World *)session->line)->drained++;
}

static void finish_attempt(World *world, bool good) {
  uint8_t hash[32] = {1};

  if (!world->session->attempting || session_is_closing(world->session)) return;
  if (good)
    session_identify(world->session, 7, 1 << 3, hash, (Uuid){{1}});
  else
    session_attempt_over(world->session);
}

static void step(World *world, Input *in, bool singly) {
  uint8_t what = next_byte(in);

  switch (what % 12) {
  case 0:
    world_hello(world);
    break;
  case 1:
  case 2:
    feed_frame(world, in, singly);
    break;
  case 3:
    feed_raw(world, in, singly);
    break;
  case 4:
    world_later(world, (uint64_t)next_byte(in) * 500);
    break;
  case 5:
    world_pump(world, (size_t)next_byte(in) * 64);
    break;
  case 6:
    world->holds = !world->holds;
    break;
  case 7:
    world_kernel(world, (size_t)next_byte(in) * 512);
    break;
  case 8:
    finish_attempt(world, next_byte(in) & 1);
    break;
  case 9:
    send_block(world, in);
    break;
  case 10:
    session_when_drained(world->session, 1 + (uint32_t)next_byte(in) * 100, on_drained);
    break;
  case 11:
    if (next_byte(in) == 0) session_close(world->session, "fuzz");
    break;
  }
}

/* --- Meaning ------------------------------------------------------------------------------------------------- */

static void check(const World *world) {
  const Session *session = world->session;
  uint32_t max = session->state == STATE_READY ? (uint32_t)world->config.max_frame : EARLY_FRAME_MAX;

  g_assert_cmpuint(session->queued, <=, world->config.slow_hard + BLOCK_MAX);
  g_assert_cmpuint(session_backlog(session), ==, session->queued + session->in_flight);
  g_assert_true((session->queue == NULL) == (session->queue_count == 0) || session->queue_count == 0);
  if (session->partial) g_assert_cmpuint(session->partial->len, <, max);
  if (session->state == STATE_CLOSING) g_assert_null(session->partial);
}

static void check_output(World *world) {
  WireFrame frame;

  while (world_next(world, &frame)) {
    const ProtoFrameType *type = proto_frame(&proto_linli, frame.type);
    g_assert_nonnull(type);
    g_assert_true(type->from & PROTO_FROM_SERVER);
    if (frame.type == PROTO_FRAME_EVENT) continue; /* ours, all zeros */
    WireError error;
    g_assert_true(wire_check(type->message, frame.fields, false, &error));
  }
}

static State run(const uint8_t *data, size_t size, bool singly) {
  Input in = {data, data + size};
  World *world = world_new();

  world_connect(world);
  for (int i = 0; i < STEPS_MAX && in.at < in.end; i++) {
    step(world, &in, singly);
    check(world);
  }
  State state = (State)world->session->state;
  world->holds = false;
  world_pump(world, SIZE_MAX);
  check_output(world);
  world_free(world);
  return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  State together = run(data, size, false);
  State singly = run(data, size, true);

  g_assert_cmpint(together, ==, singly);
  return 0;
}
