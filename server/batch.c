/* batch.c: see batch.h. A stream's Queue exists while something waits or commits in it. */
#include "server/batch.h"

#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"

enum { BATCH_BYTES = 256 * 1024, STREAM_WAITING_MAX = 5000, WAITING_MAX = 50000 };

typedef struct {
  const char *function;
  DbParams *params;
  BatchDone done;
  void *user;
  bool alone; /* its batch aborted: it runs in a transaction of its own */
} Item;

typedef struct {
  Batches *batches;
  int64_t stream;
  GQueue items; /* of Item, waiting */
  bool committing;
  bool ready; /* in the list of those that wait for a connection */
  GList link; /* of that list */
} Queue;

typedef struct {
  Batches *batches;
  Queue *queue;
  gint64 began;
  guint count;
  Item **items; /* in the same block, as writes is */
  DbWrite *writes;
} Batch;

struct Batches {
  Server *server;
  GHashTable *queues; /* stream -> Queue */
  GQueue ready;       /* of Queue */
  size_t waiting;
  uv_check_t turn; /* after each turn's input */
  uv_idle_t awake; /* runs while something may leave, so that the turn does not wait for input */
  bool due;
};

static void item_free(Item *item) {
  db_params_free(item->params);
  g_free(item);
}

static void answer(Batches *batches, Item *item, const DbResult *result) {
  batches->waiting--;
  metric_set(batches->server, METRIC_COMMANDS_WAITING, (int64_t)batches->waiting);
  item->done(item->user, result);
  item_free(item);
}

/* --- Queues --------------------------------------------------------------------------------------------------- */

static Queue *queue_for(Batches *batches, int64_t stream) {
  Queue *queue = g_hash_table_lookup(batches->queues, &stream);
  if (queue) return queue;
  queue = g_new0(Queue, 1);
  queue->batches = batches;
  queue->stream = stream;
  queue->link.data = queue;
  g_queue_init(&queue->items);
  g_hash_table_insert(batches->queues, &queue->stream, queue);
  return queue;
}

static void make_ready(Queue *queue) {
  if (queue->ready || queue->committing || g_queue_is_empty(&queue->items)) return;
  queue->ready = true;
  g_queue_push_tail_link(&queue->batches->ready, &queue->link);
}

static void forget_if_idle(Queue *queue) {
  if (queue->committing || queue->ready || !g_queue_is_empty(&queue->items)) return;
  g_hash_table_remove(queue->batches->queues, &queue->stream);
}

static void fail_waiting(Queue *queue) {
  static const DbResult away = {.status = DB_AWAY, .message = "the database is away", .detail = ""};
  GQueue items = queue->items;
  Item *item;

  g_queue_init(&queue->items);
  while ((item = g_queue_pop_head(&items)))
    answer(queue->batches, item, &away);
}

/* --- A batch -------------------------------------------------------------------------------------------------- */

static Batch *batch_take(Queue *queue) {
  guint max = (guint)MIN((int64_t)queue->items.length, queue->batches->server->config->batch_max);
  Batch *batch = g_malloc(sizeof *batch + max * (sizeof(Item *) + sizeof(DbWrite)));
  size_t bytes = 0;

  *batch = (Batch){.batches = queue->batches, .queue = queue, .began = g_get_monotonic_time()};
  batch->writes = (DbWrite *)(batch + 1);
  batch->items = (Item **)(batch->writes + max);
  while (batch->count < max) {
    Item *item = g_queue_peek_head(&queue->items);
    bytes += db_params_size(item->params);
    if (batch->count > 0 && (bytes > BATCH_BYTES || item->alone)) break;
    g_queue_pop_head(&queue->items);
    batch->items[batch->count] = item;
    batch->writes[batch->count++] = (DbWrite){item->function, item->params};
    if (item->alone) break;
  }
  return batch;
}

static void put_back_alone(Batch *batch) {
  for (guint i = batch->count; i > 0; i--) {
    batch->items[i - 1]->alone = true;
    g_queue_push_head(&batch->queue->items, batch->items[i - 1]);
  }
}

static void answer_all(Batch *batch, const DbResult *result, PGresult *const *rows) {
  for (guint i = 0; i < batch->count; i++) {
    DbResult own = *result;
    own.rows = result->status == DB_OK ? rows[i] : NULL;
    answer(batch->batches, batch->items[i], &own);
  }
}

static void on_awake(uv_idle_t *awake) {
  (void)awake;
}

/* Something may leave at the end of this turn. */
static void set_due(Batches *batches) {
  if (batches->due) return;
  batches->due = true;
  if (!uv_is_closing((uv_handle_t *)&batches->awake)) uv_idle_start(&batches->awake, on_awake);
}

static void on_done(void *user, const DbResult *result, PGresult *const *rows, size_t count) {
  Batch *batch = user;
  Batches *batches = batch->batches;
  Queue *queue = batch->queue;
  bool good = result->status == DB_OK && count == batch->count;

  metric_add(batches->server, good ? METRIC_BATCHES : METRIC_BATCHES_ABORTED, 1);
  metric_observe(batches->server, METRIC_BATCH_SECONDS, (double)(g_get_monotonic_time() - batch->began) / 1e6);
  if (good || result->status == DB_AWAY || batch->count == 1)
    answer_all(batch, result, rows);
  else
    put_back_alone(batch);
  queue->committing = false;
  if (result->status == DB_AWAY) fail_waiting(queue);
  g_free(batch);
  make_ready(queue);
  forget_if_idle(queue);
  set_due(batches);
}

static void put_back(Batch *batch) {
  for (guint i = batch->count; i > 0; i--)
    g_queue_push_head(&batch->queue->items, batch->items[i - 1]);
  g_free(batch);
}

/* Gives ready streams to free connections. */
static void on_turn(uv_check_t *turn) {
  Batches *batches = turn->data;
  GList *link;

  if (!batches->due) return;
  batches->due = false;
  uv_idle_stop(&batches->awake);
  while (db_write_is_free(batches->server->db) && (link = g_queue_peek_head_link(&batches->ready))) {
    Queue *queue = link->data;
    Batch *batch = batch_take(queue);
    if (!db_batch(batches->server->db, batch->writes, batch->count, on_done, batch)) {
      put_back(batch);
      return;
    }
    g_queue_unlink(&batches->ready, link);
    queue->ready = false;
    queue->committing = true;
  }
}

static void on_write(void *user, bool up) {
  Batches *batches = user;
  GHashTableIter iter;
  gpointer value;

  set_due(batches);
  if (up) return;
  g_autoptr(GPtrArray) queues = g_ptr_array_new();
  g_hash_table_iter_init(&iter, batches->queues);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_ptr_array_add(queues, value);
  for (guint i = 0; i < queues->len; i++) {
    Queue *queue = queues->pdata[i];
    fail_waiting(queue);
    if (queue->ready) g_queue_unlink(&batches->ready, &queue->link);
    queue->ready = false;
    make_ready(queue);
    forget_if_idle(queue);
  }
}

BatchTaken batch_submit(Server *server, int64_t stream, const char *function, DbParams *params, BatchDone done,
                        void *user) {
  Batches *batches = server->batches;
  g_autoptr(DbParams) owned = params;

  if (!db_write_is_up(server->db)) return BATCH_AWAY;
  if (batches->waiting >= WAITING_MAX) return BATCH_BUSY;
  Queue *queue = queue_for(batches, stream);
  if (queue->items.length >= STREAM_WAITING_MAX) return BATCH_BUSY;
  Item *item = g_new(Item, 1);
  *item = (Item){function, g_steal_pointer(&owned), done, user, false};
  g_queue_push_tail(&queue->items, item);
  batches->waiting++;
  metric_set(server, METRIC_COMMANDS_WAITING, (int64_t)batches->waiting);
  make_ready(queue);
  set_due(batches);
  return BATCH_TAKEN;
}

size_t batch_waiting(const Server *server) {
  return server->batches ? server->batches->waiting : 0;
}

Batches *batches_new(Server *server) {
  Batches *batches = g_new0(Batches, 1);
  batches->server = server;
  batches->queues = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
  g_queue_init(&batches->ready);
  uv_check_init(server->loop, &batches->turn);
  batches->turn.data = batches;
  uv_check_start(&batches->turn, on_turn);
  uv_unref((uv_handle_t *)&batches->turn);
  uv_idle_init(server->loop, &batches->awake);
  db_on_write(server->db, on_write, batches);
  return batches;
}

void batches_end(Batches *batches) {
  uv_close((uv_handle_t *)&batches->turn, NULL);
  uv_close((uv_handle_t *)&batches->awake, NULL);
}

void batches_free(Batches *batches) {
  GHashTableIter iter;
  gpointer value;

  if (!batches) return;
  g_hash_table_iter_init(&iter, batches->queues);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    fail_waiting(value);
  g_hash_table_unref(batches->queues);
  g_free(batches);
}
