/* session.c: a session's life, its output and its clocks. What frames mean is in session_frames.c.
 *
 *   queue   [ reply | block | block | reply ]  ring of blocks; a reply is a block nobody else holds
 *            ^ sent_of_first
 *   backlog = queued (in the ring) + in_flight (encrypted, not yet with the kernel)
 *
 * Owner: the room's list until the line is lost; references after. Invariants: queued is the sum of the ring less
 * sent_of_first; closing never calls other rooms from inside their own calls, session_pump() does; an idle session
 * holds neither ring nor partial frame. Ends: session_close -> pump -> line flushes -> session_lost -> last unref. */
#include "server/session_private.h"

#include <string.h>

#include "proto/proto_tables.h"
#include "server/dispatch.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/signin.h"

/* --- The room ------------------------------------------------------------------------------------------------ */

bool sessions_start(Server *server) {
  server->sessions = g_new0(SessionRoom, 1);
  server->sessions->arena = wire_arena_new();
  server->sessions->scratch = g_byte_array_sized_new(4096);
  return true;
}

void sessions_free(Server *server) {
  if (!server->sessions) return;
  wire_arena_free(server->sessions->arena);
  g_byte_array_unref(server->sessions->scratch);
  g_clear_pointer(&server->sessions, g_free);
}

size_t sessions_count(const Server *server) {
  return server->sessions->count;
}

/* --- Life ---------------------------------------------------------------------------------------------------- */

Session *session_new(Server *server, const SessionLine *ops, void *line, const char *address) {
  SessionRoom *room = server->sessions;
  Session *session = g_new0(Session, 1);

  session->refs = 1;
  session->server = server;
  session->ops = ops;
  session->line = line;
  session->number = ++room->last_number;
  session->state = STATE_HELLO;
  session->since_ms = session->heard_ms = session->progress_ms = server->now_ms;
  g_strlcpy(session->address, address, sizeof session->address);
  session->next = room->first;
  if (room->first) room->first->previous = session;
  room->first = session;
  room->count++;
  return session;
}

Session *session_ref(Session *session) {
  session->refs++;
  return session;
}

static void drop_output(Session *session) {
  for (uint32_t i = 0; i < session->queue_count; i++)
    block_unref(session->queue[(session->queue_at + i) & (session->queue_size - 1)]);
  g_clear_pointer(&session->queue, g_free);
  session->queue_size = session->queue_at = session->queue_count = 0;
  session->queued = session->sent_of_first = 0;
}

void session_unref(Session *session) {
  if (--session->refs > 0) return;
  drop_output(session);
  if (session->partial) g_byte_array_unref(session->partial);
  g_free(session);
}

void session_enter(Session *session, State state) {
  if (session->state == STATE_READY) metric_add(session->server, METRIC_SESSIONS_READY, -1);
  if (state == STATE_READY) metric_add(session->server, METRIC_SESSIONS_READY, 1);
  session->state = (uint8_t)state;
  session->since_ms = session->server->now_ms;
}

void session_close(Session *session, const char *reason) {
  if (session->state == STATE_CLOSING) return;
  session_enter(session, STATE_CLOSING);
  session->reason = reason;
  session->drained = NULL;
  g_clear_pointer(&session->partial, g_byte_array_unref);
  log_event(LOG_INFO, "session_closing", LOG_SESSION(session), LOG_TEXT("reason", reason),
            LOG_TEXT("address", session->address), LOG_NUMBER("account", session->account));
  if (!session->lost) session->ops->wake(session->line);
}

static void settle(Session *session) {
  if (session->settled) return;
  session->settled = true;
  signin_drop(session);
  dispatch_end(session);
  follow_end(session);
}

void session_lost(Session *session, const char *reason) {
  session_close(session, reason);
  session->lost = true;
  settle(session);
  drop_output(session);
  session->in_flight = 0;
  if (session->previous)
    session->previous->next = session->next;
  else
    session->server->sessions->first = session->next;
  if (session->next) session->next->previous = session->previous;
  session->server->sessions->count--;
  session_unref(session);
}

void session_pump(Session *session) {
  if (session->state == STATE_CLOSING) {
    settle(session);
    return;
  }
  if (!session->drained || session_backlog(session) >= session->below) return;
  void (*cb)(Session *) = session->drained;
  session->drained = NULL;
  cb(session);
}

/* --- Who ----------------------------------------------------------------------------------------------------- */

bool session_is_open(const Session *session) {
  return session->state == STATE_READY;
}

bool session_is_closing(const Session *session) {
  return session->state == STATE_CLOSING;
}

const char *session_close_reason(const Session *session) {
  return session->reason;
}

Server *session_server(const Session *session) {
  return session->server;
}

uint64_t session_number(const Session *session) {
  return session->number;
}

int64_t session_account(const Session *session) {
  return session->account;
}

const uint8_t *session_token_hash(const Session *session) {
  return session->token_hash;
}

uint64_t session_rights(const Session *session) {
  return session->rights;
}

bool session_has_right(const Session *session, uint8_t right) {
  return right < 64 && (session->rights >> right & 1);
}

const char *session_address(const Session *session) {
  return session->address;
}

Follows *session_follows(const Session *session) {
  return session->follows;
}

void session_set_follows(Session *session, Follows *follows) {
  session->follows = follows;
}

Attempt *session_attempt(const Session *session) {
  return session->attempt;
}

void session_set_attempt(Session *session, Attempt *attempt) {
  session->attempt = attempt;
}

void session_set_rights(Session *session, uint64_t rights) {
  session->rights = rights;
}

Uuid session_device(const Session *session) {
  return session->device;
}

void session_identify(Session *session, int64_t account, uint64_t rights, const uint8_t token_hash[32], Uuid device) {
  session->account = account;
  session->rights = rights;
  session->device = device;
  memcpy(session->token_hash, token_hash, 32);
  session->attempting = false;
  session_enter(session, STATE_READY);
}

void session_attempt_over(Session *session) {
  session->attempting = false;
  session->since_ms = session->server->now_ms;
}

/* --- Output -------------------------------------------------------------------------------------------------- */

static void grow_queue(Session *session) {
  uint32_t size = session->queue_size ? session->queue_size * 2 : 4;
  Block **queue = g_new(Block *, size);

  for (uint32_t i = 0; i < session->queue_count; i++)
    queue[i] = session->queue[(session->queue_at + i) & (session->queue_size - 1)];
  g_free(session->queue);
  session->queue = queue;
  session->queue_size = size;
  session->queue_at = 0;
}

/* Over a bound: what waits is dropped, except the rest of a frame that has begun, and the reader is told why. */
static void close_slow(Session *session) {
  while (session->queue_count > (session->sent_of_first ? 1u : 0u)) {
    uint32_t last = (session->queue_at + --session->queue_count) & (session->queue_size - 1);
    session->queued -= session->queue[last]->len;
    block_unref(session->queue[last]);
  }
  metric_add(session->server, METRIC_SLOW_CLOSED, 1);
  session_error(session, 0, PROTO_ERROR_SLOW, 0, NULL);
  session_close(session, "slow");
}

/* Takes the reference over. */
static void push(Session *session, Block *block) {
  bool was_empty = session->queue_count == 0;

  if (session_backlog(session) == 0) session->progress_ms = session->server->now_ms;
  if (session->queue_count == session->queue_size) grow_queue(session);
  session->queue[(session->queue_at + session->queue_count++) & (session->queue_size - 1)] = block;
  session->queued += block->len;
  metric_add(session->server, METRIC_FRAMES_OUT, 1);
  if (was_empty) session->ops->wake(session->line);
  if (session_backlog(session) > (uint64_t)session->server->config->slow_hard) close_slow(session);
}

void session_send_block(Session *session, Block *block) {
  if (session->state == STATE_CLOSING) return;
  push(session, block_ref(block));
}

void session_reply(Session *session, uint32_t type, uint32_t correlation, const WireMessage *message,
                   const void *in) {
  GByteArray *scratch = session->server->sessions->scratch;

  if (session->state == STATE_CLOSING) return;
  g_assert(message->number == type);
  g_byte_array_set_size(scratch, 0);
  wire_frame_message(message, correlation, in, scratch);
  push(session, block_new(scratch->data, scratch->len));
}

void session_error(Session *session, uint32_t correlation, uint32_t code, uint64_t retry_after_ms,
                   const char *detail) {
  ProtoError error = {.has = PROTO_HAS_ERROR_CODE, .code = code};

  if (retry_after_ms) {
    error.has |= PROTO_HAS_ERROR_RETRY_AFTER;
    error.retry_after = retry_after_ms;
  }
  if (detail) {
    size_t len = strlen(detail);
    if (len > 400) len = (size_t)(g_utf8_find_prev_char(detail, detail + 400) - detail);
    error.has |= PROTO_HAS_ERROR_DETAIL;
    error.detail = (WireBytes){(const uint8_t *)detail, (uint32_t)len};
  }
  session_reply(session, PROTO_FRAME_ERROR, correlation, &proto_msg_error, &error);
}

uint32_t session_backlog(const Session *session) {
  return session->queued + session->in_flight;
}

void session_when_drained(Session *session, uint32_t below, void (*cb)(Session *session)) {
  if (session->state == STATE_CLOSING) return;
  session->drained = cb;
  session->below = below;
  if (session_backlog(session) < below) session->ops->wake(session->line);
}

static const Block *queue_peek(const Session *session, uint32_t i) {
  return session->queue[(session->queue_at + i) & (session->queue_size - 1)];
}

size_t session_next(Session *session, uint8_t *gather, size_t max, const uint8_t **data) {
  size_t len = 0, skip = session->sent_of_first;

  if (session->queue_count == 0) return 0;
  const Block *first = queue_peek(session, 0);
  if (session->queue_count == 1 || first->len - skip >= max / 2) {
    *data = first->data + skip;
    return MIN(first->len - skip, max);
  }
  for (uint32_t i = 0; i < session->queue_count && len < max; i++, skip = 0) {
    const Block *block = queue_peek(session, i);
    size_t part = MIN(block->len - skip, max - len);
    memcpy(gather + len, block->data + skip, part);
    len += part;
  }
  *data = gather;
  return len;
}

void session_taken(Session *session, size_t len) {
  session->queued -= (uint32_t)len;
  session->in_flight += (uint32_t)len;
  session->sent_of_first += (uint32_t)len;
  while (session->queue_count > 0 && session->sent_of_first >= queue_peek(session, 0)->len) {
    Block *first = session->queue[session->queue_at];
    session->sent_of_first -= first->len;
    session->queue_at = (session->queue_at + 1) & (session->queue_size - 1);
    session->queue_count--;
    block_unref(first);
  }
  if (session->queue_count == 0) drop_output(session);
}

void session_sent(Session *session, size_t len) {
  session->in_flight -= (uint32_t)MIN(len, (size_t)session->in_flight);
  session->progress_ms = session->server->now_ms;
}

/* --- Calls in flight ----------------------------------------------------------------------------------------- */

bool session_begin(Session *session, uint32_t correlation) {
  if (session->calls >= session->server->config->max_calls) {
    session_error(session, correlation, PROTO_ERROR_BUSY, 200, "Too many calls of this connection are in flight.");
    return false;
  }
  session->calls++;
  return true;
}

void session_done(Session *session) {
  g_return_if_fail(session->calls > 0);
  session->calls--;
}

/* --- Input --------------------------------------------------------------------------------------------------- */

/* Handles whole frames at the front; returns the bytes used up. */
static size_t take_frames(Session *session, const uint8_t *data, size_t len) {
  size_t used = 0;

  while (used < len && session->state != STATE_CLOSING) {
    uint32_t max = session->state == STATE_READY ? (uint32_t)session->server->config->max_frame : EARLY_FRAME_MAX;
    WireFrame frame;
    int64_t size = wire_split(data + used, len - used, max, &frame);
    if (size == 0) break;
    if (size < 0) {
      session_handle_unsplit(session, data + used, len - used, max);
      break;
    }
    metric_add(session->server, METRIC_FRAMES_IN, 1);
    session_handle(session, &frame);
    wire_arena_reset(session->server->sessions->arena);
    used += (size_t)size;
  }
  return used;
}

void session_feed(Session *session, const uint8_t *data, size_t len) {
  if (session->state == STATE_CLOSING) return;
  session->heard_ms = session->server->now_ms;
  session->asked = false;
  if (!session->partial) {
    size_t used = take_frames(session, data, len);
    if (session->state == STATE_CLOSING || used == len) return;
    session->partial = g_byte_array_sized_new((guint)(len - used));
    g_byte_array_append(session->partial, data + used, (guint)(len - used));
    return;
  }
  GByteArray *partial = g_byte_array_ref(session->partial); /* closing gives up the session's own reference */
  g_byte_array_append(partial, data, (guint)len);
  size_t used = take_frames(session, partial->data, partial->len);
  if (session->partial && used == partial->len)
    g_clear_pointer(&session->partial, g_byte_array_unref);
  else if (session->partial && used > 0)
    g_byte_array_remove_range(partial, 0, (guint)used);
  g_byte_array_unref(partial);
}

/* --- Clocks -------------------------------------------------------------------------------------------------- */

static bool is_past(const Session *session, uint64_t since_ms, int64_t seconds) {
  return session->server->now_ms >= since_ms + (uint64_t)seconds * 1000;
}

static void ask(Session *session) {
  ProtoPing ping = {.has = PROTO_HAS_PING_SENT_AT, .sent_at = (uint64_t)server_wall_us()};

  session->asked = true;
  session_reply(session, PROTO_FRAME_PING, 0, &proto_msg_ping, &ping);
}

static void tick(Session *session) {
  const Config *config = session->server->config;

  if (session->state == STATE_CLOSING) {
    if (session->server->now_ms >= session->since_ms + CLOSING_MS) session->ops->abort(session->line);
    return;
  }
  if (session_backlog(session) > 0 && is_past(session, session->progress_ms, config->slow_seconds)) {
    close_slow(session);
  } else if (session->state == STATE_HELLO) {
    if (is_past(session, session->since_ms, config->hello_seconds)) session_close(session, "hello_timeout");
  } else if (session->state == STATE_SIGN_IN && !session->attempting) {
    if (is_past(session, session->since_ms, config->sign_in_seconds)) session_close(session, "sign_in_timeout");
  } else if (is_past(session, session->heard_ms, config->silent_seconds)) {
    session_close(session, "silent");
  } else if (!session->asked && is_past(session, session->heard_ms, config->ping_seconds)) {
    ask(session);
  }
}

void sessions_tick(Server *server) {
  for (Session *session = server->sessions->first; session; session = session->next) {
    tick(session);
    if (session->state == STATE_READY) follow_tick(session);
  }
}

void sessions_goaway(Server *server, uint64_t within_ms) {
  ProtoGoaway goaway = {.has = PROTO_HAS_GOAWAY_WITHIN, .within = within_ms};

  for (Session *session = server->sessions->first; session; session = session->next)
    if (session->state == STATE_READY || session->state == STATE_SIGN_IN)
      session_reply(session, PROTO_FRAME_GOAWAY, 0, &proto_msg_goaway, &goaway);
}

void sessions_close(Server *server, const char *reason) {
  for (Session *session = server->sessions->first; session; session = session->next)
    session_close(session, reason);
}
