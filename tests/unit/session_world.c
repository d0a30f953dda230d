/* session_world.c: the line, and dummies for dispatch, follow, sign-in and metrics. */
#include "tests/unit/session_world.h"

#include "server/dispatch.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/signin.h"

static World *the_world;  /* dummies are told only a session */
static GByteArray *taken; /* bytes of the frame world_next() gave last */

/* --- Dummies ------------------------------------------------------------------------------------------------- */

void metric_add(Server *server, MetricId id, int64_t n) {
  (void)server, (void)id, (void)n;
}

void dispatch_command(Session *session, uint32_t correlation, const ProtoCommandFrame *frame) {
  g_assert_true(session_is_open(session));
  (void)frame;
  the_world->commands++;
  if (!session_begin(session, correlation)) return;
  if (the_world->closes_inside > 0) session_close(session, "test");
}

void dispatch_query(Session *session, uint32_t correlation, const ProtoQueryFrame *frame) {
  g_assert_true(session_is_open(session));
  (void)correlation, (void)frame;
  the_world->queries++;
}

void dispatch_cancel(Session *session, uint32_t correlation) {
  g_assert_true(session_is_open(session));
  (void)correlation;
}

void dispatch_end(Session *session) {
  (void)session;
  g_assert_false(the_world->inside);
  the_world->dispatch_ends++;
}

void follow_subscribe(Session *session, uint32_t correlation, const ProtoSubscribe *frame) {
  g_assert_true(session_is_open(session));
  (void)correlation, (void)frame;
  the_world->subscribes++;
}

void follow_unsubscribe(Session *session, const ProtoUnsubscribe *frame) {
  g_assert_true(session_is_open(session));
  (void)frame;
}

void follow_present(Session *session, const ProtoPresent *frame) {
  g_assert_true(session_is_open(session));
  (void)frame;
  the_world->presents++;
}

void follow_tick(Session *session) {
  (void)session;
}

void follow_end(Session *session) {
  (void)session;
  g_assert_false(the_world->inside);
  the_world->follow_ends++;
}

void signin_password(Session *session, uint32_t correlation, const ProtoSignIn *frame) {
  (void)correlation, (void)frame;
  the_world->asker = session;
  the_world->passwords++;
}

void signin_resume(Session *session, uint32_t correlation, const ProtoResume *frame) {
  (void)session, (void)correlation, (void)frame;
  the_world->resumes++;
}

void signin_out(Session *session) {
  the_world->outs++;
  session_close(session, "signed_out");
}

void signin_drop(Session *session) {
  if (the_world->asker == session) the_world->asker = NULL;
  g_assert_false(the_world->inside);
  the_world->drops++;
}

/* --- The line ------------------------------------------------------------------------------------------------ */

static void on_wake(void *line) {
  ((World *)line)->woken = true;
}

static void on_abort(void *line) {
  ((World *)line)->aborted = true;
}

static const SessionLine line = {on_wake, on_abort};

World *world_new(void) {
  World *world = the_world = g_new0(World, 1);

  log_set_level(LOG_ERROR);
  world->config = (Config){.max_frame = 1 << 20,
                           .slow_hard = 1 << 20,
                           .slow_seconds = 60,
                           .hello_seconds = 5,
                           .sign_in_seconds = 30,
                           .ping_seconds = 30,
                           .silent_seconds = 90,
                           .max_calls = 8};
  world->server.config = &world->config;
  world->server.proto = &proto_linli;
  world->server.now_ms = 1000000;
  world->out = g_byte_array_new();
  g_assert_true(sessions_start(&world->server));
  return world;
}

void world_connect(World *world) {
  world->session = session_new(&world->server, &line, world, "192.0.2.1");
}

void world_disconnect(World *world) {
  if (world->lost) return;
  world->lost = true;
  session_lost(world->session, "peer_closed");
}

void world_free(World *world) {
  if (world->session) {
    world_disconnect(world);
    g_assert_cmpuint(world->dispatch_ends, ==, 1);
    g_assert_cmpuint(world->follow_ends, ==, 1);
    g_assert_cmpuint(world->drops, ==, 1);
  }
  g_assert_cmpuint(sessions_count(&world->server), ==, 0);
  sessions_free(&world->server);
  g_byte_array_unref(world->out);
  g_clear_pointer(&taken, g_byte_array_unref);
  g_free(world);
  the_world = NULL;
}

void world_pump(World *world, size_t take) {
  uint8_t gather[4096];
  const uint8_t *data;
  size_t len;

  if (world->lost) return;
  world->woken = false;
  session_pump(world->session);
  while (take > 0 && (len = session_next(world->session, gather, MIN(sizeof gather, take), &data)) > 0) {
    g_byte_array_append(world->out, data, (guint)len);
    session_taken(world->session, len);
    world->held += len;
    take -= len;
  }
  if (!world->holds) world_kernel(world, world->held);
  session_pump(world->session);
}

void world_kernel(World *world, size_t len) {
  len = MIN(len, world->held);
  if (len == 0 || world->lost) return;
  world->held -= len;
  session_sent(world->session, len);
}

void world_later(World *world, uint64_t ms) {
  for (uint64_t step; ms > 0; ms -= step) {
    step = MIN(ms, 1000u);
    world->server.now_ms += step;
    sessions_tick(&world->server);
  }
}

void world_feed(World *world, const GByteArray *bytes) {
  if (world->lost) return;
  world->inside = true;
  session_feed(world->session, bytes->data, bytes->len);
  world->inside = false;
}

/* --- A client ------------------------------------------------------------------------------------------------ */

static void feed_message(World *world, const WireMessage *message, const void *in) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  wire_frame_message(message, 1, in, bytes);
  world_feed(world, bytes);
}

void world_hello(World *world) {
  ProtoHello hello = {.has = PROTO_HAS_HELLO_LOWEST | PROTO_HAS_HELLO_HIGHEST, .lowest = 1, .highest = 9};
  feed_message(world, &proto_msg_hello, &hello);
}

void world_sign_in(World *world) {
  uint8_t hash[32] = {1};
  ProtoSignIn sign_in = {
      .has = PROTO_HAS_SIGN_IN_ACCOUNT | PROTO_HAS_SIGN_IN_PASSWORD | PROTO_HAS_SIGN_IN_DEVICE,
      .account = {(const uint8_t *)"li", 2},
      .password = {(const uint8_t *)"secret", 6},
      .device = {{1}},
  };

  world_hello(world);
  feed_message(world, &proto_msg_sign_in, &sign_in);
  g_assert_cmpuint(world->passwords, ==, 1);
  session_identify(world->session, 7, 1 << 3, hash, (Uuid){{1}});
  world_pump(world, SIZE_MAX);
  g_byte_array_set_size(world->out, 0);
}

bool world_next(World *world, WireFrame *frame) {
  int64_t size = wire_split(world->out->data, world->out->len, UINT32_MAX / 2, frame);

  g_assert_cmpint(size, >=, 0); /* the server never writes what cannot be split */
  if (size == 0) return false;
  if (!taken) taken = g_byte_array_new();
  g_byte_array_set_size(taken, 0);
  g_byte_array_append(taken, frame->fields.data, frame->fields.len);
  frame->fields = (WireBytes){taken->data, taken->len};
  g_byte_array_remove_range(world->out, 0, (guint)size);
  return true;
}

void world_expect_error(World *world, uint32_t code) {
  WireFrame frame;
  ProtoError error;
  WireError wrong;
  g_autoptr(WireArena) arena = wire_arena_new();

  g_assert_true(world_next(world, &frame));
  g_assert_cmpuint(frame.type, ==, PROTO_FRAME_ERROR);
  g_assert_true(wire_decode(&proto_msg_error, frame.fields, false, arena, &error, &wrong));
  g_assert_cmpuint(error.code, ==, code);
}
