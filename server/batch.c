/* batch.c: see batch.h. A stream's Queue exists while something waits or commits in it. */
#include "server/batch.h"

#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"

enum { BATCH_BYTES = 256 * 1024, STREAM_WAITING_MAX = 5000, WAITING_MAX = 50000, ABORTED_MAX = 3, APART_MS = 10000 };

typedef struct {
  Batches *batches;
  int64_t stream;
  GQueue items; /* of Item, waiting */
  bool committing;
  bool ready; /* in the list of those that wait for a connection */
  GList link; /* of that list */
} Queue;

typedef struct {
  Queue *queue;
  const char *function;
  DbParams *params;
  BatchDone done;
  void *user;
  guint8 aborted; /* transactions that it was in */
  bool alone;     /* it runs in a transaction of its own: the last one was aborted by it */
} Item;

typedef struct {
  Batches *batches;
  gint64 began;
  GPtrArray *queues; /* by stream, ascending: so counters are locked, and two processes never wait in a circle */
  GPtrArray *items;  /* of Item, queue by queue */
  size_t bytes;
} Batch;

struct Batches {
  Server *server;
  GHashTable *queues; /* stream -> Queue */
  GQueue ready;       /* of Queue, longest waiting first */
  size_t waiting;
  uint64_t apart_until_ms; /* transactions hold one stream each */
  uv_check_t turn;         /* after each turn's input */
  uv_idle_t awake;         /* runs while something may leave, so that the turn does not wait for input */
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

static Batch *batch_new(Batches *batches) {
  Batch *batch = g_new0(Batch, 1);
  batch->batches = batches;
  batch->began = g_get_monotonic_time();
  batch->queues = g_ptr_array_new();
  batch->items = g_ptr_array_new();
  return batch;
}

static void batch_free(Batch *batch) {
  g_ptr_array_unref(batch->queues);
  g_ptr_array_unref(batch->items);
  g_free(batch);
}

static bool fits(const Batch *batch, const Item *item) {
  if (batch->items->len == 0) return true;
  const Item *first = batch->items->pdata[0];
  return batch->items->len < batch->batches->server->config->batch_max && !item->alone && !first->alone &&
         batch->bytes + db_params_size(item->params) <= BATCH_BYTES;
}

/* What fits of one stream; false: nothing did. */
static bool take_queue(Batch *batch, Queue *queue) {
  Item *item = g_queue_peek_head(&queue->items);

  if (!fits(batch, item)) return false;
  g_ptr_array_add(batch->queues, queue);
  for (; item && fits(batch, item); item = g_queue_peek_head(&queue->items)) {
    g_ptr_array_add(batch->items, g_queue_pop_head(&queue->items));
    batch->bytes += db_params_size(item->params);
  }
  g_queue_unlink(&queue->batches->ready, &queue->link);
  queue->ready = false;
  queue->committing = true;
  return true;
}

static int by_stream(gconstpointer a, gconstpointer b) {
  const Item *x = *(Item *const *)a, *y = *(Item *const *)b;
  return (x->queue->stream > y->queue->stream) - (x->queue->stream < y->queue->stream);
}

/* Streams that have waited longest, as many as there are for each free connection: a few go side by side, many go
 * together, since a transaction costs more than what it holds. */
static Batch *batch_take(Batches *batches, size_t free) {
  guint most = (guint)((batches->ready.length + free - 1) / free);
  Batch *batch = batch_new(batches);

  if (batches->server->now_ms < batches->apart_until_ms) most = 1;
  for (GList *link = batches->ready.head, *next; link && batch->queues->len < most; link = next) {
    next = link->next;
    take_queue(batch, link->data);
  }
  g_ptr_array_sort(batch->items, by_stream); /* stable: within a stream the order is the author's */
  return batch;
}

static void put_back(Batch *batch) {
  for (guint i = batch->items->len; i > 0; i--) {
    Item *item = batch->items->pdata[i - 1];
    g_queue_push_head(&item->queue->items, item);
  }
}

/* What aborted it runs alone, and whatever was in too many such transactions; the others go together again. */
static void judge_aborted(Batch *batch, const DbBatchResult *result) {
  Batches *batches = batch->batches;

  if (result->deadlock) batches->apart_until_ms = batches->server->now_ms + APART_MS;
  for (guint i = 0; i < batch->items->len; i++) {
    Item *item = batch->items->pdata[i];
    item->alone = ++item->aborted >= ABORTED_MAX || (!result->deadlock && i == result->failed);
  }
}

/* A failure that no other command can have caused. */
static bool is_decided(const Batch *batch, const DbBatchResult *result) {
  const Item *first = batch->items->pdata[0];
  return batch->items->len == 1 && !(result->deadlock && first->aborted < ABORTED_MAX);
}

static void answer_all(Batch *batch, const DbBatchResult *result) {
  for (guint i = 0; i < batch->items->len; i++) {
    DbResult own = result->result;
    own.rows = own.status == DB_OK ? result->rows[i] : NULL;
    answer(batch->batches, batch->items->pdata[i], &own);
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

static void release(Batch *batch, bool away) {
  for (guint i = 0; i < batch->queues->len; i++) {
    Queue *queue = batch->queues->pdata[i];
    queue->committing = false;
    if (away) fail_waiting(queue);
    make_ready(queue);
    forget_if_idle(queue);
  }
}

static void on_done(void *user, const DbBatchResult *result) {
  Batch *batch = user;
  Batches *batches = batch->batches;
  DbStatus status = result->result.status;

  metric_add(batches->server, status == DB_OK ? METRIC_BATCHES : METRIC_BATCHES_ABORTED, 1);
  metric_observe(batches->server, METRIC_BATCH_SECONDS, (double)(g_get_monotonic_time() - batch->began) / 1e6);
  if (status == DB_OK || status == DB_AWAY || is_decided(batch, result)) {
    answer_all(batch, result);
  } else {
    judge_aborted(batch, result);
    put_back(batch);
  }
  release(batch, status == DB_AWAY);
  batch_free(batch);
  set_due(batches);
}

static bool batch_send(Batch *batch) {
  g_autofree DbWrite *writes = g_new(DbWrite, batch->items->len);

  for (guint i = 0; i < batch->items->len; i++) {
    const Item *item = batch->items->pdata[i];
    writes[i] = (DbWrite){item->function, item->params};
  }
  return db_batch(batch->batches->server->db, writes, batch->items->len, on_done, batch);
}

/* Gives ready streams to free connections. */
static void on_turn(uv_check_t *turn) {
  Batches *batches = turn->data;
  size_t free;

  if (!batches->due) return;
  batches->due = false;
  uv_idle_stop(&batches->awake);
  while (!g_queue_is_empty(&batches->ready) && (free = db_writes_free(batches->server->db)) > 0) {
    Batch *batch = batch_take(batches, free);
    if (batch_send(batch)) continue;
    put_back(batch);
    release(batch, false);
    batch_free(batch);
    return;
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
  *item = (Item){queue, function, g_steal_pointer(&owned), done, user, 0, false};
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
