/* tls.c: lines: sockets whose bytes are decrypted into sessions and encrypted out of them, by turns of the loop.
 *
 *   FRESH --first record--> HANDSHAKE --finished--> OPEN --session closing--> ENDING --peer's FIN, 1 s--> closed
 *     \______________________________ any error, EOF, abort ______________________________________________^
 *
 * Owner: the server. Invariants: the slabs (in, plain, gather, out) hold bytes only within one call from the loop;
 * bytes of a handshake that is not whole or waits for its ration are held by its line, at most a record's; a line is
 * in a queue only while its socket is open; a line holds one reference to its session until its close callback. Ends:
 * tls_end(), loop, tls_free(). */
#include "server/tls.h"

#include <malloc.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <string.h>

#include "server/limits.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"
#include "server/session_line.h"
#include "server/tls_context.h"

enum {
  SLAB = 64 * 1024,
  RECORD = 16 * 1024,
  RECORD_HEADER = 5,
  TURN_BYTES = 64 * 1024, /* of plain text a line may encrypt in a turn */
  OUT_SLAB = 96 * 1024,   /* a turn's records, or a flight of the handshake */
  HELD_MAX = RECORD_HEADER + RECORD,
  HANDSHAKE_TURN_US = 4000,
  WAITING_MAX = 256 * 1024, /* of TLS's own answers (alerts, key updates) that the peer does not take */
  TRIM_AFTER = 64,
};

typedef enum { LINE_FRESH, LINE_HANDSHAKE, LINE_OPEN, LINE_ENDING, LINE_CLOSED } LineState;

struct TlsLine {
  uv_tcp_t tcp;
  Server *server;
  SSL *ssl; /* made with the first record */
  Session *session;
  GByteArray *held;     /* ciphertext whose handshake waits for its ration */
  GList dirty, waiting; /* links of the two queues */
  bool is_dirty, is_waiting;
  uint8_t state;
  uint16_t writes;    /* with libuv */
  const char *reason; /* why it was lost, where the session does not know */
  void (*gone)(Server *server, const char *key);
  char key[LIMITS_KEY_SIZE];
};

struct Tls {
  SSL_CTX *ctx;
  BIO_METHOD *bio;
  Tickets *tickets;
  GQueue dirty, waiting;
  GHashTable *lines;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;
  size_t churn;              /* handshakes and ends since memory was given back */
  size_t churn_before;       /* of them, at the last look */
  uint64_t turn_ns, idle_ns; /* when the loop last went to sleep, and how long it had slept in all */
  const uint8_t *in_at, *in_end;
  size_t out_len;
  uint8_t in[SLAB], plain[RECORD], gather[RECORD], out[OUT_SLAB];
};

/* What the kernel did not take at once. */
typedef struct {
  uv_write_t write;
  TlsLine *line;
  size_t plain; /* bytes of the session's that this stands for */
  size_t len;
  uint8_t data[];
} Rest;

static void line_lose(TlsLine *line, const char *reason);

/* --- BIO: OpenSSL's side of the slabs ------------------------------------------------------------------------ */

static int bio_read(BIO *bio, char *out, int len) {
  Tls *tls = BIO_get_data(bio);
  size_t n = MIN((size_t)len, (size_t)(tls->in_end - tls->in_at));

  BIO_clear_retry_flags(bio);
  if (n == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  memcpy(out, tls->in_at, n);
  tls->in_at += n;
  return (int)n;
}

static int bio_write(BIO *bio, const char *data, int len) {
  Tls *tls = BIO_get_data(bio);

  BIO_clear_retry_flags(bio);
  if ((size_t)len > OUT_SLAB - tls->out_len) return -1; /* never within TURN_BYTES: fatal for the line */
  memcpy(tls->out + tls->out_len, data, (size_t)len);
  tls->out_len += (size_t)len;
  return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio) {
  BIO_set_init(bio, 1);
  return 1;
}

static BIO_METHOD *bio_method(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "slab");

  if (!method) return NULL;
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_ctrl);
  BIO_meth_set_create(method, bio_create);
  return method;
}

static bool make_ssl(TlsLine *line) {
  Tls *tls = line->server->tls;
  BIO *bio = BIO_new(tls->bio);

  line->ssl = SSL_new(tls->ctx);
  if (!bio || !line->ssl) {
    BIO_free(bio);
    return false;
  }
  BIO_set_data(bio, tls);
  SSL_set_bio(line->ssl, bio, bio);
  SSL_set_accept_state(line->ssl);
  return true;
}

/* --- Queues -------------------------------------------------------------------------------------------------- */

static void mark_dirty(TlsLine *line) {
  if (line->is_dirty || line->state == LINE_CLOSED) return;
  line->is_dirty = true;
  g_queue_push_tail_link(&line->server->tls->dirty, &line->dirty);
}

static void mark_waiting(TlsLine *line) {
  if (line->is_waiting || line->state == LINE_CLOSED) return;
  line->is_waiting = true;
  g_queue_push_tail_link(&line->server->tls->waiting, &line->waiting);
  metric_set(line->server, METRIC_HANDSHAKES_WAITING, line->server->tls->waiting.length);
}

static void leave_queues(TlsLine *line) {
  Tls *tls = line->server->tls;

  if (line->is_dirty) g_queue_unlink(&tls->dirty, &line->dirty);
  if (line->is_waiting) g_queue_unlink(&tls->waiting, &line->waiting);
  line->is_dirty = line->is_waiting = false;
  metric_set(line->server, METRIC_HANDSHAKES_WAITING, tls->waiting.length);
}

/* The session's side (session_line.h). */
static void on_wake(void *line) {
  mark_dirty(line);
}

static void on_abort(void *line) {
  line_lose(line, "aborted");
}

static const SessionLine line_ops = {.wake = on_wake, .abort = on_abort};

/* --- End of a line ------------------------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
  TlsLine *line = handle->data;
  Server *server = line->server;

  g_hash_table_remove(server->tls->lines, line);
  server->tls->churn++;
  SSL_free(line->ssl);
  if (line->held) g_byte_array_unref(line->held);
  if (line->session) session_lost(line->session, line->reason ? line->reason : "lost");
  line->gone(server, line->key);
  g_free(line);
}

/* Closes the socket at once. Legal in every state and repeated; what the session has put off, its own close does. */
static void line_lose(TlsLine *line, const char *reason) {
  if (line->state == LINE_CLOSED) return;
  if (line->state == LINE_HANDSHAKE) metric_add(line->server, METRIC_HANDSHAKES_FAILED, 1);
  leave_queues(line);
  line->state = LINE_CLOSED;
  if (!line->reason) line->reason = reason;
  uv_close((uv_handle_t *)&line->tcp, on_closed);
}

/* --- Out ----------------------------------------------------------------------------------------------------- */

static void on_written(uv_write_t *write, int status) {
  Rest *rest = (Rest *)write;
  TlsLine *line = rest->line;

  line->writes--;
  if (status == 0) {
    metric_add(line->server, METRIC_BYTES_OUT, (int64_t)rest->len);
    session_sent(line->session, rest->plain);
    mark_dirty(line);
  } else {
    line_lose(line, "write_failed");
  }
  g_free(rest);
}

static void queue_rest(TlsLine *line, size_t from, size_t plain) {
  Tls *tls = line->server->tls;
  size_t len = tls->out_len - from;
  Rest *rest = g_malloc(sizeof *rest + len);

  rest->line = line;
  rest->plain = plain;
  rest->len = len;
  memcpy(rest->data, tls->out + from, len);
  uv_buf_t buf = uv_buf_init((char *)rest->data, (unsigned)len);
  int status = uv_write(&rest->write, (uv_stream_t *)&line->tcp, &buf, 1, on_written);
  if (status == 0) {
    line->writes++;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&line->tcp) > WAITING_MAX) line_lose(line, "slow");
    return;
  }
  g_free(rest);
  line_lose(line, "write_failed");
}

/* Sends what TLS has put into the slab; plain: how many of the session's bytes are in it. */
static void send_slab(TlsLine *line, size_t plain) {
  Tls *tls = line->server->tls;
  size_t sent = 0;

  if (tls->out_len == 0 || line->state == LINE_CLOSED) {
    tls->out_len = 0;
    return;
  }
  if (line->writes == 0) {
    uv_buf_t buf = uv_buf_init((char *)tls->out, (unsigned)tls->out_len);
    int status = uv_try_write((uv_stream_t *)&line->tcp, &buf, 1);
    if (status < 0 && status != UV_EAGAIN) {
      tls->out_len = 0;
      line_lose(line, "write_failed");
      return;
    }
    sent = status > 0 ? (size_t)status : 0;
    metric_add(line->server, METRIC_BYTES_OUT, (int64_t)sent);
  }
  if (sent == tls->out_len) {
    session_sent(line->session, plain);
  } else {
    if (sent > 0) session_sent(line->session, 0); /* progress */
    queue_rest(line, sent, plain);
  }
  tls->out_len = 0;
}

/* Encrypts up to a turn's share into the slab; returns the plain bytes taken, or -1 when TLS failed. */
static ssize_t encrypt_share(TlsLine *line) {
  Tls *tls = line->server->tls;
  size_t taken = 0;
  const uint8_t *data;

  while (taken < TURN_BYTES) {
    size_t len = session_next(line->session, tls->gather, MIN((size_t)RECORD, TURN_BYTES - taken), &data);
    if (len == 0) break;
    ERR_clear_error();
    int written = SSL_write(line->ssl, data, (int)len);
    if (written <= 0) return -1;
    session_taken(line->session, (size_t)written);
    taken += (size_t)written;
  }
  return (ssize_t)taken;
}

static void on_shut(uv_shutdown_t *shutdown, int status) {
  (void)status; /* the peer's FIN or the session's clock ends the line */
  g_free(shutdown);
}

/* All was said: close_notify, FIN, and the peer has a second to read it. */
static void begin_ending(TlsLine *line) {
  uv_shutdown_t *shutdown = g_new0(uv_shutdown_t, 1);

  line->state = LINE_ENDING;
  ERR_clear_error();
  SSL_shutdown(line->ssl);
  send_slab(line, 0);
  if (line->state == LINE_ENDING && uv_shutdown(shutdown, (uv_stream_t *)&line->tcp, on_shut) == 0) return;
  g_free(shutdown);
  line_lose(line, "lost");
}

static void flush_line(TlsLine *line) {
  session_pump(line->session);
  if (line->state < LINE_OPEN && session_is_closing(line->session)) {
    line_lose(line, session_close_reason(line->session));
    return;
  }
  if (line->state != LINE_OPEN || line->writes > 0) return;
  ssize_t taken = encrypt_share(line);
  if (taken < 0) {
    line->server->tls->out_len = 0;
    line_lose(line, "tls_error");
    return;
  }
  bool more = taken == TURN_BYTES;
  send_slab(line, (size_t)taken);
  if (line->state != LINE_OPEN || line->writes > 0) return;
  if (more)
    mark_dirty(line);
  else if (session_is_closing(line->session))
    begin_ending(line);
  else
    session_pump(line->session);
}

/* --- In ------------------------------------------------------------------------------------------------------ */

static void note_handshake(TlsLine *line) {
  line->state = LINE_OPEN;
  line->server->tls->churn++;
  metric_add(line->server, SSL_session_reused(line->ssl) ? METRIC_HANDSHAKES_RESUMED : METRIC_HANDSHAKES_FULL, 1);
  mark_dirty(line);
}

static void log_tls_error(TlsLine *line, const char *event) {
  char reason[160] = "";
  unsigned long code = ERR_peek_last_error();

  if (code) ERR_error_string_n(code, reason, sizeof reason);
  log_event(LOG_INFO, event, LOG_SESSION(line->session), LOG_TEXT("address", session_address(line->session)),
            LOG_TEXT("why", reason));
  ERR_clear_error();
}

/* One step of the handshake with the bytes at in_at; true when application data may follow. */
static bool step_handshake(TlsLine *line) {
  if (line->state == LINE_FRESH) {
    line->state = LINE_HANDSHAKE;
    if (!make_ssl(line)) {
      line_lose(line, "no_memory");
      return false;
    }
  }
  ERR_clear_error();
  int result = SSL_do_handshake(line->ssl);
  int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(line->ssl, result);
  if (result == 1) note_handshake(line);
  if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) log_tls_error(line, "handshake_failed");
  send_slab(line, 0);
  if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) line_lose(line, "handshake_failed");
  return line->state == LINE_OPEN;
}

static void read_plain(TlsLine *line) {
  Tls *tls = line->server->tls;
  int len;

  for (;;) {
    ERR_clear_error();
    len = SSL_read(line->ssl, tls->plain, RECORD);
    if (len <= 0) break;
    session_feed(line->session, tls->plain, (size_t)len);
  }
  int error = SSL_get_error(line->ssl, len);
  if (error == SSL_ERROR_SSL) log_tls_error(line, "tls_error");
  send_slab(line, 0); /* alerts and answers to key updates */
  if (error == SSL_ERROR_ZERO_RETURN)
    line_lose(line, "peer_closed");
  else if (error != SSL_ERROR_WANT_READ)
    line_lose(line, "tls_error");
}

static void take_bytes(TlsLine *line, const uint8_t *data, size_t len) {
  Tls *tls = line->server->tls;

  tls->in_at = data;
  tls->in_end = data + len;
  if (line->state <= LINE_HANDSHAKE && !step_handshake(line)) return;
  if (line->state == LINE_OPEN) read_plain(line);
}

/* Whether a handshake can begin: the whole first record, or what cannot become one and is OpenSSL's to refuse. */
static bool has_first_record(const GByteArray *held) {
  if (held->data[0] != SSL3_RT_HANDSHAKE) return true;
  if (held->len < RECORD_HEADER) return false;
  guint len = (guint)held->data[3] << 8 | held->data[4];
  return len > RECORD || held->len >= RECORD_HEADER + len;
}

/* A stranger who sends a byte now and then costs these bytes, and no state of OpenSSL's. */
static void hold(TlsLine *line, const uint8_t *data, size_t len) {
  if (!line->held) line->held = g_byte_array_new();
  if (line->held->len + len > HELD_MAX) {
    line_lose(line, "handshake_too_large");
    return;
  }
  g_byte_array_append(line->held, data, (guint)len);
  if (line->state == LINE_HANDSHAKE || has_first_record(line->held)) mark_waiting(line);
}

static void on_slab(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  (void)suggested;
  *buf = uv_buf_init((char *)((TlsLine *)handle->data)->server->tls->in, SLAB);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  TlsLine *line = stream->data;

  if (len < 0) {
    line_lose(line, len == UV_EOF ? "peer_closed" : "read_failed");
    return;
  }
  if (len == 0 || line->state >= LINE_ENDING) return;
  metric_add(line->server, METRIC_BYTES_IN, len);
  if (session_is_closing(line->session)) return; /* read so that the peer's FIN is seen, but not worth decrypting */
  if (line->state == LINE_OPEN)
    take_bytes(line, (const uint8_t *)buf->base, (size_t)len);
  else
    hold(line, (const uint8_t *)buf->base, (size_t)len);
}

/* --- A turn of the loop -------------------------------------------------------------------------------------- */

/* Lines made dirty meanwhile come next turn. */
static void flush_dirty(Tls *tls) {
  for (guint n = tls->dirty.length; n > 0 && tls->dirty.length > 0; n--) {
    TlsLine *line = g_queue_pop_head_link(&tls->dirty)->data;
    line->is_dirty = false;
    flush_line(line);
  }
}

static void ration_handshakes(Server *server) {
  Tls *tls = server->tls;
  uint64_t end = uv_hrtime() + HANDSHAKE_TURN_US * 1000ull;

  while (tls->waiting.length > 0 && uv_hrtime() < end) {
    TlsLine *line = g_queue_pop_head_link(&tls->waiting)->data;
    GByteArray *held = g_steal_pointer(&line->held);
    line->is_waiting = false;
    take_bytes(line, held->data, held->len);
    g_byte_array_unref(held);
  }
  metric_set(server, METRIC_HANDSHAKES_WAITING, tls->waiting.length);
}

static void on_idle(uv_idle_t *idle) {
  (void)idle; /* its being active makes the loop not sleep while lines wait for their turn */
}

static void rest_or_go_on(Tls *tls) {
  if (tls->dirty.length > 0 || tls->waiting.length > 0)
    uv_idle_start(&tls->idle, on_idle);
  else
    uv_idle_stop(&tls->idle);
}

/* How long the loop worked since it last came here, its waiting left out. */
static void note_turn(Server *server) {
  Tls *tls = server->tls;
  uint64_t now = uv_hrtime(), idle = uv_metrics_idle_time(server->loop);

  if (tls->turn_ns)
    metric_observe(server, METRIC_LOOP_SECONDS, (double)(now - tls->turn_ns - (idle - tls->idle_ns)) / 1e9);
  tls->turn_ns = now;
  tls->idle_ns = idle;
}

static void on_check(uv_check_t *check) {
  Server *server = check->data;

  server->now_ms = uv_now(server->loop);
  flush_dirty(server->tls);
  ration_handshakes(server);
}

static void on_prepare(uv_prepare_t *prepare) {
  Server *server = prepare->data;

  server->now_ms = uv_now(server->loop);
  flush_dirty(server->tls);
  rest_or_go_on(server->tls);
  note_turn(server);
}

/* --- Lines --------------------------------------------------------------------------------------------------- */

TlsLine *tls_line_new(Server *server, void (*gone)(Server *server, const char *key)) {
  TlsLine *line = g_new0(TlsLine, 1);

  line->server = server;
  line->gone = gone;
  line->dirty.data = line->waiting.data = line;
  uv_tcp_init(server->loop, &line->tcp);
  line->tcp.data = line;
  g_hash_table_add(server->tls->lines, line);
  return line;
}

uv_tcp_t *tls_line_tcp(TlsLine *line) {
  return &line->tcp;
}

void tls_line_open(TlsLine *line, const char *address, const char *key) {
  g_strlcpy(line->key, key, sizeof line->key);
  line->session = session_new(line->server, &line_ops, line, address);
  uv_tcp_nodelay(&line->tcp, 1);
  if (uv_read_start((uv_stream_t *)&line->tcp, on_slab, on_read) != 0) line_lose(line, "read_failed");
}

void tls_line_drop(TlsLine *line) {
  line_lose(line, "refused");
}

/* --- The room ------------------------------------------------------------------------------------------------ */

bool tls_start(Server *server, char **why) {
  Tls *tls = server->tls = g_new0(Tls, 1);

  g_queue_init(&tls->dirty);
  g_queue_init(&tls->waiting);
  tls->lines = g_hash_table_new(NULL, NULL);
  uv_prepare_init(server->loop, &tls->prepare);
  uv_check_init(server->loop, &tls->check);
  uv_idle_init(server->loop, &tls->idle);
  tls->prepare.data = tls->check.data = server;
  uv_prepare_start(&tls->prepare, on_prepare);
  uv_check_start(&tls->check, on_check);
  tls->tickets = tickets_open(server->config->data, why);
  if (!tls->tickets) return false;
  tls->bio = bio_method();
  tls->ctx = tls_context_new(server->config, tls->tickets, why);
  return tls->ctx && tls->bio;
}

bool tls_reload(Server *server, char **why) {
  SSL_CTX *ctx = tls_context_new(server->config, server->tls->tickets, why);

  if (!ctx) return false;
  SSL_CTX_free(server->tls->ctx);
  server->tls->ctx = ctx;
  return true;
}

void tls_tick_minute(Server *server) {
  tickets_tick(server->tls->tickets, server_wall_us() / G_USEC_PER_SEC);
}

/* After a storm of handshakes or of ends the heap is full of holes: once a second has passed without one, they are
 * given back. */
void tls_tick_second(Server *server) {
  Tls *tls = server->tls;

  if (tls->churn >= TRIM_AFTER && tls->churn == tls->churn_before) {
    malloc_trim(0);
    tls->churn = 0;
  }
  tls->churn_before = tls->churn;
}

void tls_end(Server *server) {
  Tls *tls = server->tls;
  GHashTableIter iter;
  gpointer line;

  if (!tls) return;
  g_hash_table_iter_init(&iter, tls->lines);
  while (g_hash_table_iter_next(&iter, &line, NULL))
    line_lose(line, "shutdown");
  uv_close((uv_handle_t *)&tls->prepare, NULL);
  uv_close((uv_handle_t *)&tls->check, NULL);
  uv_close((uv_handle_t *)&tls->idle, NULL);
}

void tls_free(Server *server) {
  Tls *tls = server->tls;

  if (!tls) return;
  g_hash_table_unref(tls->lines);
  SSL_CTX_free(tls->ctx);
  BIO_meth_free(tls->bio);
  tickets_free(tls->tickets);
  g_clear_pointer(&server->tls, g_free);
}
