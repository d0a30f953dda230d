/* doorbell.c: see doorbell.h. One connection listens; rings and polls go over the CONTROL lane. */
#include "server/doorbell.h"

#include <string.h>

#include "server/db.h"
#include "server/db_conn.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/present.h"
#include "server/server.h"
#include "server/stream.h"

/* Streams in a ring: 20 digits and a comma each, below 8,000 bytes. */
enum { RING_STREAMS = 350, POLL_SOON_MS = 20, ACCOUNT_PARTS = 10, TELL_MAX = 7900 };

static const char CHANNEL[] = "linli", PRESENT[] = "linli_present";

struct Doorbell {
  Server *server;
  DbConn *conn;
  GHashTable *due; /* streams to be rung: a set of int64_t */
  size_t ringing;  /* rings not yet answered */
  uv_timer_t ring_timer, poll_timer, soon_timer;
  bool ring_set, soon_set, polling, ended;
  unsigned part;
};

/* --- Ringing -------------------------------------------------------------------------------------------------- */

static void on_rung(void *user, const DbResult *result) {
  Doorbell *doorbell = user;
  doorbell->ringing--;
  if (result->status != DB_OK)
    log_event(LOG_WARN, "ring_lost", LOG_TEXT("why", result->message)); /* the poll's affair */
}

static void ring(Doorbell *doorbell, const int64_t *streams, size_t count) {
  DbParams *params = db_params_new();
  db_put_int8_array(params, streams, count);
  doorbell->ringing++;
  db_call(doorbell->server->db, DB_CONTROL, "ring", params, on_rung, doorbell);
}

static void on_ring_due(uv_timer_t *timer) {
  Doorbell *doorbell = timer->data;
  int64_t streams[RING_STREAMS];
  GHashTableIter iter;
  gpointer key;
  size_t count = 0;

  doorbell->ring_set = false;
  g_hash_table_iter_init(&iter, doorbell->due);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    streams[count++] = *(int64_t *)key;
    if (count < RING_STREAMS) continue;
    ring(doorbell, streams, count);
    count = 0;
  }
  if (count) ring(doorbell, streams, count);
  g_hash_table_remove_all(doorbell->due);
}

void doorbell_ring(Server *server, int64_t stream) {
  Doorbell *doorbell = server->doorbell;

  if (doorbell->ended) return;
  g_hash_table_add(doorbell->due, g_memdup2(&stream, sizeof stream));
  if (doorbell->ring_set) return;
  doorbell->ring_set = true;
  uv_timer_start(&doorbell->ring_timer, on_ring_due, (uint64_t)server->config->doorbell_ms, 0);
}

void doorbell_tell(Server *server, const char *text) {
  Doorbell *doorbell = server->doorbell;
  DbParams *params;

  if (doorbell->ended || strlen(text) > TELL_MAX) return;
  params = db_params_new();
  db_put_text(params, PRESENT, strlen(PRESENT));
  db_put_text(params, text, strlen(text));
  doorbell->ringing++;
  db_call(server->db, DB_CONTROL, "pg_catalog.pg_notify", params, on_rung, doorbell);
}

/* --- Listening ------------------------------------------------------------------------------------------------ */

static void heard_ring(Doorbell *doorbell, const char *text) {
  char *end;

  metric_add(doorbell->server, METRIC_RINGS, 1);
  for (const char *at = text; *at; at = *end ? end + 1 : end) {
    gint64 stream = g_ascii_strtoll(at, &end, 10);
    if (end == at) return;
    stream_moved(doorbell->server, stream, 0);
  }
}

static void on_notified(void *user, const PGnotify *notify) {
  Doorbell *doorbell = user;

  if (doorbell->ended || db_owns(doorbell->server->db, notify->be_pid)) return;
  if (strcmp(notify->relname, CHANNEL) == 0)
    heard_ring(doorbell, notify->extra);
  else if (strcmp(notify->relname, PRESENT) == 0)
    present_heard(doorbell->server, notify->extra);
}

/* --- Polling -------------------------------------------------------------------------------------------------- */

static void on_heads(void *user, const DbResult *result) {
  Doorbell *doorbell = user;

  doorbell->polling = false;
  if (result->status != DB_OK || doorbell->ended) return;
  for (int i = 0; i < PQntuples(result->rows); i++)
    stream_moved(doorbell->server, db_get_int8(result->rows, i, 0), db_get_int8(result->rows, i, 1));
}

static void poll_heads(Doorbell *doorbell) {
  g_autoptr(GArray) streams = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                    heads = g_array_new(FALSE, FALSE, sizeof(int64_t));

  if (doorbell->polling) return;
  doorbell->part = (doorbell->part + 1) % ACCOUNT_PARTS;
  stream_list(doorbell->server, doorbell->part, ACCOUNT_PARTS, streams, heads);
  if (!streams->len) return;
  DbParams *params = db_params_new();
  db_put_int8_array(params, (const int64_t *)streams->data, streams->len);
  db_put_int8_array(params, (const int64_t *)heads->data, heads->len);
  doorbell->polling = true;
  db_call(doorbell->server->db, DB_CONTROL, "heads", params, on_heads, doorbell);
}

static void on_poll_due(uv_timer_t *timer) {
  poll_heads(timer->data);
}

static void on_soon(uv_timer_t *timer) {
  Doorbell *doorbell = timer->data;
  doorbell->soon_set = false;
  poll_heads(doorbell);
}

void doorbell_poll_soon(Server *server) {
  Doorbell *doorbell = server->doorbell;

  if (doorbell->soon_set || doorbell->ended) return;
  doorbell->soon_set = true;
  uv_timer_start(&doorbell->soon_timer, on_soon, POLL_SOON_MS, 0);
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

bool doorbell_is_idle(const Doorbell *doorbell) {
  return g_hash_table_size(doorbell->due) == 0 && doorbell->ringing == 0;
}

/* What was rung while nobody listened is found by the poll. */
static void on_ready(void *user, DbConn *conn) {
  Doorbell *doorbell = user;
  (void)conn;
  if (!doorbell->ended) doorbell_poll_soon(doorbell->server);
}

static void on_lost(void *user, DbConn *conn) {
  (void)user;
  (void)conn;
}

Doorbell *doorbell_new(Server *server, const char *url) {
  static const DbConnHooks hooks = {NULL, on_ready, on_lost, on_notified};
  Doorbell *doorbell = g_new0(Doorbell, 1);
  const DbConnOptions options = {.loop = server->loop,
                                 .url = url,
                                 .name = "linlid doorbell",
                                 .depth = 1,
                                 .hooks = &hooks,
                                 .setup = "LISTEN linli; LISTEN linli_present",
                                 .user = doorbell};
  uv_timer_t *timers[] = {&doorbell->ring_timer, &doorbell->poll_timer, &doorbell->soon_timer};
  uint64_t poll = (uint64_t)server->config->poll_ms;

  doorbell->server = server;
  doorbell->due = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS(timers); i++) {
    uv_timer_init(server->loop, timers[i]);
    timers[i]->data = doorbell;
  }
  uv_timer_start(&doorbell->poll_timer, on_poll_due, poll, poll);
  doorbell->conn = db_conn_new(&options);
  return doorbell;
}

void doorbell_end(Doorbell *doorbell) {
  doorbell->ended = true;
  db_conn_end(doorbell->conn);
  uv_close((uv_handle_t *)&doorbell->ring_timer, NULL);
  uv_close((uv_handle_t *)&doorbell->poll_timer, NULL);
  uv_close((uv_handle_t *)&doorbell->soon_timer, NULL);
}

void doorbell_free(Doorbell *doorbell) {
  if (!doorbell) return;
  db_conn_free(doorbell->conn);
  g_hash_table_unref(doorbell->due);
  g_free(doorbell);
}
