/* session_frames.c: what each frame of a client means, by state.
 *
 *   state   HELLO      SIGN_IN                                    READY
 *   frames  hello      sign_in resume (no attempt under way)      command query subscribe … sign_out
 *                      ping pong                                  ping pong
 *
 * Owner: session.c. Invariant: a frame is handled only after its bytes were judged by the schema; anything else is
 * said as an error and ends the connection. To add a frame, start at session_handlers[]. */
#include "server/session_private.h"

#include <string.h>

#include "proto/proto_tables.h"
#include "server/dispatch.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/signin.h"

typedef union {
  ProtoHello hello;
  ProtoSignIn sign_in;
  ProtoResume resume;
  ProtoPing ping;
  ProtoPong pong;
  ProtoSubscribe subscribe;
  ProtoUnsubscribe unsubscribe;
  ProtoCommandFrame command;
  ProtoQueryFrame query;
  ProtoPresent present;
} Decoded;

/* Says why and ends: the way out for everything a client may not do. */
static void fail(Session *session, uint32_t correlation, uint32_t code, const char *reason, const char *detail) {
  metric_add(session->server, METRIC_BAD_FRAMES, 1);
  log_event(LOG_WARN, "bad_frame", LOG_SESSION(session), LOG_TEXT("address", session->address),
            LOG_TEXT("reason", reason), LOG_TEXT("detail", detail));
  session_error(session, correlation, code, 0, detail);
  session_close(session, reason);
}

/* --- Before sign-in ------------------------------------------------------------------------------------------ */

static void on_hello(Session *session, uint32_t correlation, const Decoded *frame) {
  Server *server = session->server;
  const ProtoHello *theirs = &frame->hello;
  uint64_t ours = server->proto->version;

  if (theirs->lowest > theirs->highest || theirs->lowest > ours || theirs->highest < 1) {
    fail(session, correlation, PROTO_ERROR_VERSION, "version", NULL);
    return;
  }
  uint64_t chosen = MIN(theirs->highest, ours);
  static const char program[] = "linlid " LINLI_VERSION;
  ProtoHello hello = {
      .has = PROTO_HAS_HELLO_LOWEST | PROTO_HAS_HELLO_HIGHEST | PROTO_HAS_HELLO_PROGRAM | PROTO_HAS_HELLO_NOW |
             PROTO_HAS_HELLO_MAX_FRAME | PROTO_HAS_HELLO_INSTANCE,
      .lowest = chosen,
      .highest = chosen,
      .program = {(const uint8_t *)program, sizeof program - 1},
      .now = (uint64_t)server_wall_us(),
      .max_frame = (uint64_t)server->config->max_frame,
      .instance = server->instance,
  };
  session_enter(session, STATE_SIGN_IN);
  session_reply(session, PROTO_FRAME_HELLO, correlation, &proto_msg_hello, &hello);
  g_autofree char *name = g_strndup((const char *)theirs->program.data, theirs->program.len);
  log_event(LOG_DEBUG, "hello", LOG_SESSION(session), LOG_TEXT("address", session->address),
            LOG_TEXT("program", name));
}

/* One attempt at a time: a second one while the first is under way is out of order. */
static bool attempt(Session *session, uint32_t correlation) {
  if (session->attempting) {
    fail(session, correlation, PROTO_ERROR_UNEXPECTED, "unexpected", "A sign-in is under way already.");
    return false;
  }
  session->attempting = true;
  return true;
}

static void on_sign_in(Session *session, uint32_t correlation, const Decoded *frame) {
  if (attempt(session, correlation)) signin_password(session, correlation, &frame->sign_in);
}

static void on_resume(Session *session, uint32_t correlation, const Decoded *frame) {
  if (attempt(session, correlation)) signin_resume(session, correlation, &frame->resume);
}

/* --- Any time ------------------------------------------------------------------------------------------------ */

static void on_ping(Session *session, uint32_t correlation, const Decoded *frame) {
  ProtoPong pong = {
      .has = PROTO_HAS_PONG_SENT_AT | PROTO_HAS_PONG_NOW,
      .sent_at = frame->ping.sent_at,
      .now = (uint64_t)server_wall_us(),
  };
  session_reply(session, PROTO_FRAME_PONG, correlation, &proto_msg_pong, &pong);
}

static void on_pong(Session *session, uint32_t correlation, const Decoded *frame) {
  (void)session, (void)correlation, (void)frame; /* that it came is all we wanted to know: session_feed() noted it */
}

/* --- Signed in ----------------------------------------------------------------------------------------------- */

static void on_sign_out(Session *session, uint32_t correlation, const Decoded *frame) {
  (void)correlation, (void)frame;
  signin_out(session);
}

static void on_command(Session *session, uint32_t correlation, const Decoded *frame) {
  dispatch_command(session, correlation, &frame->command);
}

static void on_query(Session *session, uint32_t correlation, const Decoded *frame) {
  dispatch_query(session, correlation, &frame->query);
}

static void on_cancel(Session *session, uint32_t correlation, const Decoded *frame) {
  (void)frame;
  dispatch_cancel(session, correlation);
}

static void on_subscribe(Session *session, uint32_t correlation, const Decoded *frame) {
  follow_subscribe(session, correlation, &frame->subscribe);
}

static void on_unsubscribe(Session *session, uint32_t correlation, const Decoded *frame) {
  (void)correlation;
  follow_unsubscribe(session, &frame->unsubscribe);
}

static void on_present(Session *session, uint32_t correlation, const Decoded *frame) {
  (void)correlation;
  follow_present(session, &frame->present);
}

/* --- The table ----------------------------------------------------------------------------------------------- */

typedef struct {
  uint32_t type;
  uint8_t states;
  const WireMessage *message;
  void (*handle)(Session *session, uint32_t correlation, const Decoded *frame);
} Handler;

static const Handler session_handlers[] = {
    {PROTO_FRAME_HELLO, STATE_HELLO, &proto_msg_hello, on_hello},
    {PROTO_FRAME_SIGN_IN, STATE_SIGN_IN, &proto_msg_sign_in, on_sign_in},
    {PROTO_FRAME_RESUME, STATE_SIGN_IN, &proto_msg_resume, on_resume},
    {PROTO_FRAME_SIGN_OUT, STATE_READY, &proto_msg_sign_out, on_sign_out},
    {PROTO_FRAME_PING, STATE_SIGN_IN | STATE_READY, &proto_msg_ping, on_ping},
    {PROTO_FRAME_PONG, STATE_SIGN_IN | STATE_READY, &proto_msg_pong, on_pong},
    {PROTO_FRAME_SUBSCRIBE, STATE_READY, &proto_msg_subscribe, on_subscribe},
    {PROTO_FRAME_UNSUBSCRIBE, STATE_READY, &proto_msg_unsubscribe, on_unsubscribe},
    {PROTO_FRAME_COMMAND, STATE_READY, &proto_msg_command_frame, on_command},
    {PROTO_FRAME_QUERY, STATE_READY, &proto_msg_query_frame, on_query},
    {PROTO_FRAME_CANCEL, STATE_READY, &proto_msg_cancel, on_cancel},
    {PROTO_FRAME_PRESENT, STATE_READY, &proto_msg_present, on_present},
};

static const Handler *handler_of(uint32_t type) {
  for (size_t i = 0; i < G_N_ELEMENTS(session_handlers); i++)
    if (session_handlers[i].type == type) return &session_handlers[i];
  return NULL;
}

void session_handle(Session *session, const WireFrame *frame) {
  const Handler *handler = handler_of(frame->type);
  Decoded decoded;
  WireError error = {0};

  if (!handler || !(handler->states & session->state)) {
    char detail[64];
    g_snprintf(detail, sizeof detail, "A frame of type %u is not allowed here.", frame->type);
    fail(session, frame->correlation, PROTO_ERROR_UNEXPECTED, "unexpected", detail);
    return;
  }
  if (!wire_decode(handler->message, frame->fields, false, session->server->sessions->arena, &decoded, &error)) {
    char detail[160];
    g_snprintf(detail, sizeof detail, "Field %s of %s: %s.", error.field ? error.field->name : "(unknown)",
               handler->message->name, wire_status_text(error.status));
    fail(session, frame->correlation, PROTO_ERROR_BAD_FRAME, "bad_frame", detail);
    return;
  }
  handler->handle(session, frame->correlation, &decoded);
}

void session_handle_unsplit(Session *session, const uint8_t *data, size_t len, uint32_t max) {
  WireReader reader = {data, data + len};
  uint64_t length;

  if (wire_read_varint(&reader, &length) == WIRE_OK && length + (uint64_t)(reader.at - data) > max)
    fail(session, 0, PROTO_ERROR_TOO_LARGE, "too_large", NULL);
  else
    fail(session, 0, PROTO_ERROR_BAD_FRAME, "bad_frame", "A frame's head is not canonical.");
}
