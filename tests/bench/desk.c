/* desk.c: see desk.h. */
#include "tests/bench/desk.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "proto/proto_tables.h"

enum { SLAB = 64 * 1024, FRAME_MAX = 8 * 1024 * 1024, RETRIES_MAX = 5 };

/* One loop, one thread: what is read is used up before the next read. */
static char cipher[SLAB];
static uint8_t plain[SLAB];

/* --- Sending -------------------------------------------------------------------------------------------------- */

typedef struct {
  uv_write_t write;
  uv_buf_t buf;
} Late;

static void on_late(uv_write_t *write, int status) {
  Late *late = (Late *)write;
  (void)status; /* a broken connection shows at its read */
  g_free(late->buf.base);
  g_free(late);
}

static void write_late(Desk *desk, const char *data, size_t len) {
  Late *late = g_new0(Late, 1);
  late->buf = uv_buf_init(g_memdup2(data, len), (unsigned)len);
  if (uv_write(&late->write, (uv_stream_t *)&desk->tcp, &late->buf, 1, on_late) != 0) on_late(&late->write, 0);
}

static void flush(Desk *desk) {
  char *data;
  long len = BIO_get_mem_data(desk->out, &data);

  if (len <= 0 || desk->state == DESK_CLOSED) return;
  uv_buf_t buf = uv_buf_init(data, (unsigned)len);
  int done = uv_try_write((uv_stream_t *)&desk->tcp, &buf, 1);
  if (done < 0) done = 0;
  if (done < len) write_late(desk, data + done, (size_t)(len - done));
  (void)!BIO_reset(desk->out);
}

void desk_send(Desk *desk, const GByteArray *frames) {
  if (desk->state == DESK_CLOSED || desk->state < DESK_SIGNING) return;
  ERR_clear_error();
  if (SSL_write(desk->ssl, frames->data, (int)frames->len) <= 0)
    desk_close(desk, "TLS took nothing");
  else
    flush(desk);
}

static void send_message(Desk *desk, uint32_t correlation, const WireMessage *message, const void *value) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  wire_frame_message(message, correlation, value, out);
  desk_send(desk, out);
}

static void send_hello(Desk *desk) {
  static const char program[] = "linli-load";
  ProtoHello hello = {.has = PROTO_HAS_HELLO_LOWEST | PROTO_HAS_HELLO_HIGHEST | PROTO_HAS_HELLO_PROGRAM,
                      .lowest = 1,
                      .highest = 1,
                      .program = {(const uint8_t *)program, sizeof program - 1}};
  send_message(desk, 0, &proto_msg_hello, &hello);
}

static void send_resume(Desk *desk) {
  ProtoResume resume = {.has = PROTO_HAS_RESUME_TOKEN | PROTO_HAS_RESUME_DEVICE,
                        .token = {desk->token, sizeof desk->token},
                        .device = desk->device};
  send_message(desk, ++desk->correlation, &proto_msg_resume, &resume);
}

static void send_subscribe(Desk *desk) {
  g_autoptr(GPtrArray) bodies = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
  g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(WireBytes));

  for (guint i = 0; i < desk->cursors->len; i++) {
    const Cursor *at = &g_array_index(desk->cursors, Cursor, i);
    ProtoCursor cursor = {
        .has = PROTO_HAS_CURSOR_STREAM, .stream = at->stream, .since = at->since, .chain = at->chain};
    if (at->since) cursor.has |= PROTO_HAS_CURSOR_SINCE | PROTO_HAS_CURSOR_CHAIN;
    GByteArray *body = g_byte_array_new();
    wire_encode(&proto_msg_cursor, &cursor, body);
    WireBytes item = {body->data, body->len};
    g_ptr_array_add(bodies, body);
    g_array_append_val(items, item);
  }
  ProtoSubscribe subscribe = {.has = PROTO_HAS_SUBSCRIBE_ITEMS, .items = {items->data, items->len}};
  send_message(desk, ++desk->correlation, &proto_msg_subscribe, &subscribe);
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void become_ready(Desk *desk) {
  desk->state = DESK_READY;
  desk->hooks->ready(desk);
}

static void take_subscribed(Desk *desk, WireBytes fields) {
  ProtoSubscribed told;
  ProtoFollowing one;

  wire_arena_reset(desk->arena);
  if (!wire_decode(&proto_msg_subscribed, fields, false, desk->arena, &told, NULL)) {
    desk_close(desk, "subscribed cannot be read");
    return;
  }
  const WireBytes *items = told.items.data;
  for (uint32_t i = 0; i < told.items.count; i++) {
    if (!wire_decode(&proto_msg_following, items[i], false, desk->arena, &one, NULL) || one.refusal || one.forked) {
      desk_close(desk, "a stream was refused, or its cursor");
      return;
    }
  }
  become_ready(desk);
}

static void take_ping(Desk *desk, const WireFrame *frame) {
  ProtoPing ping;
  if (!wire_decode(&proto_msg_ping, frame->fields, false, desk->arena, &ping, NULL)) return;
  ProtoPong pong = {.has = PROTO_HAS_PONG_SENT_AT | PROTO_HAS_PONG_NOW, .sent_at = ping.sent_at, .now = ping.sent_at};
  send_message(desk, frame->correlation, &proto_msg_pong, &pong);
}

/* Nothing was decided: a desk asks again, and so that a bench can say so it is counted. */
static void take_early_error(Desk *desk, WireBytes fields) {
  ProtoError error = {0};
  bool read = wire_decode(&proto_msg_error, fields, false, desk->arena, &error, NULL);

  if (read && error.code == PROTO_ERROR_INTERNAL && desk->state == DESK_SIGNING && desk->retries++ < RETRIES_MAX)
    send_resume(desk);
  else
    desk_close(desk, "an error before it was ready");
}

static void take_frame(Desk *desk, const WireFrame *frame, uint64_t now_ns) {
  if (frame->type == PROTO_FRAME_PING) {
    take_ping(desk, frame);
  } else if (desk->state == DESK_READY) {
    desk->hooks->frame(desk, frame, now_ns);
  } else if (frame->type == PROTO_FRAME_HELLO && desk->state == DESK_SIGNING) {
    send_resume(desk);
  } else if (frame->type == PROTO_FRAME_SIGNED_IN && desk->state == DESK_SIGNING) {
    desk->state = DESK_SUBSCRIBING;
    if (desk->cursors->len)
      send_subscribe(desk);
    else
      become_ready(desk);
  } else if (frame->type == PROTO_FRAME_SUBSCRIBED && desk->state == DESK_SUBSCRIBING) {
    take_subscribed(desk, frame->fields);
  } else if (frame->type == PROTO_FRAME_ERROR) {
    take_early_error(desk, frame->fields);
  }
}

/* Hands over whole frames and returns how many bytes they were. */
static size_t split(Desk *desk, const uint8_t *data, size_t len, uint64_t now_ns) {
  size_t at = 0;
  WireFrame frame;

  while (at < len && desk->state != DESK_CLOSED && !desk->deaf) {
    int64_t size = wire_split(data + at, len - at, FRAME_MAX, &frame);
    if (size == 0) return at;
    if (size < 0) {
      desk_close(desk, "a frame that cannot be split");
      break;
    }
    take_frame(desk, &frame, now_ns);
    at += (size_t)size;
  }
  return len;
}

static void take_plain(Desk *desk, const uint8_t *data, size_t len, uint64_t now_ns) {
  if (desk->rest) {
    g_byte_array_append(desk->rest, data, (guint)len);
    size_t used = split(desk, desk->rest->data, desk->rest->len, now_ns);
    g_byte_array_remove_range(desk->rest, 0, (guint)used);
    if (!desk->rest->len) g_clear_pointer(&desk->rest, g_byte_array_unref);
    return;
  }
  size_t used = split(desk, data, len, now_ns);
  if (used == len) return;
  desk->rest = g_byte_array_new();
  g_byte_array_append(desk->rest, data + used, (guint)(len - used));
}

/* --- Receiving ------------------------------------------------------------------------------------------------ */

static void shake(Desk *desk) {
  ERR_clear_error();
  int done = SSL_do_handshake(desk->ssl);
  int why = SSL_get_error(desk->ssl, done);

  flush(desk);
  if (done == 1) {
    desk->state = DESK_SIGNING;
    send_hello(desk);
  } else if (why != SSL_ERROR_WANT_READ) {
    desk_close(desk, "the handshake failed");
  }
}

static void take_cipher(Desk *desk, uint64_t now_ns) {
  if (desk->state == DESK_SHAKING) shake(desk);
  while (desk->state > DESK_SHAKING && desk->state < DESK_CLOSED && !desk->deaf) {
    ERR_clear_error();
    int len = SSL_read(desk->ssl, plain, sizeof plain);
    if (len <= 0) {
      if (SSL_get_error(desk->ssl, len) != SSL_ERROR_WANT_READ) desk_close(desk, "the server ended TLS");
      return;
    }
    take_plain(desk, plain, (size_t)len, now_ns);
  }
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf) {
  (void)handle, (void)wanted;
  *buf = uv_buf_init(cipher, sizeof cipher);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  Desk *desk = stream->data;

  if (len < 0) {
    desk_close(desk, uv_strerror((int)len));
    return;
  }
  desk->bytes += (uint64_t)len;
  if (desk->deaf || len == 0) return;
  BIO_write(desk->in, buf->base, (int)len);
  take_cipher(desk, uv_hrtime());
}

/* --- Beginning and end ---------------------------------------------------------------------------------------- */

static void on_connected(uv_connect_t *connect, int status) {
  Desk *desk = connect->data;

  if (status < 0) {
    if (status != UV_ECANCELED) desk_close(desk, uv_strerror(status));
    return;
  }
  desk->state = DESK_SHAKING;
  uv_tcp_nodelay(&desk->tcp, 1);
  uv_read_start((uv_stream_t *)&desk->tcp, on_alloc, on_read);
  shake(desk);
}

void desk_connect(Desk *desk, uv_loop_t *loop, SSL_CTX *ctx, WireArena *arena, const struct sockaddr *to,
                  const DeskHooks *hooks) {
  desk->hooks = hooks;
  desk->arena = arena;
  desk->state = DESK_CONNECTING;
  desk->ssl = SSL_new(ctx);
  desk->in = BIO_new(BIO_s_mem());
  desk->out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(desk->in, -1);
  SSL_set_bio(desk->ssl, desk->in, desk->out);
  SSL_set_connect_state(desk->ssl);
  uv_tcp_init(loop, &desk->tcp);
  desk->tcp.data = desk->connect.data = desk;
  int status = uv_tcp_connect(&desk->connect, &desk->tcp, to, on_connected);
  if (status < 0) desk_close(desk, uv_strerror(status));
}

void desk_close(Desk *desk, const char *why) {
  if (desk->state == DESK_CLOSED) return;
  desk->state = DESK_CLOSED;
  uv_close((uv_handle_t *)&desk->tcp, NULL);
  desk->hooks->closed(desk, why);
}

/* --- A line of the file --------------------------------------------------------------------------------------- */

static bool hex(const char *text, uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    int high = g_ascii_xdigit_value(text[2 * i]), low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);
    if (low < 0) return false;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return text[2 * len] == '\0';
}

bool desk_parse(Desk *desk, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);

  desk->cursors = g_array_new(FALSE, FALSE, sizeof(Cursor));
  if (g_strv_length(words) < 2 || !hex(words[0], desk->token, 32) || !hex(words[1], desk->device.b, 16)) return false;
  for (char **word = words + 2; *word; word++) {
    Cursor at;
    if (sscanf(*word, "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ":%" G_GINT64_MODIFIER "x", &at.stream, &at.since,
               &at.chain) != 3)
      return false;
    g_array_append_val(desk->cursors, at);
  }
  return true;
}
