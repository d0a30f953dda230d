/* bulk.c: see bulk.h. */
#include "client/ctl/bulk.h"

#include "client/core/clock.h"
#include "client/core/error.h"
#include "client/core/identity.h"
#include "proto/proto_tables.h"

enum {
  WINDOW = 56, /* fewer than a session takes, so that a wait here never counts against an answer's deadline */
  PAUSE_FIRST_MS = 50,
  PAUSE_LAST_MS = 3000,
};

typedef struct {
  Bulk *bulk;
  BulkCommand command;
  guint64 serial, made_at;
  GBytes *body;
  BulkDecided decided;
  gpointer data;
  guint tries, pause;
  guint32 number; /* in flight */
} Item;

struct Bulk {
  LinliSession *session;
  GHashTable *items; /* all that is not decided, a set */
  GQueue waiting;    /* of Item, by serial */
  guint in_flight;
  guint64 serial;
  guint idle;
  gulong on_state;
};

static void pump(Bulk *b);

static void item_free(gpointer data) {
  Item *item = data;

  g_clear_handle_id(&item->pause, g_source_remove);
  g_bytes_unref(item->body);
  g_free(item);
}

static gint by_serial(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data) {
  guint64 x = ((const Item *)a)->serial, y = ((const Item *)b)->serial;

  return x < y ? -1 : x > y;
}

static void wait_again(Item *item) {
  g_queue_insert_sorted(&item->bulk->waiting, item, by_serial, NULL);
  pump(item->bulk);
}

static gboolean on_pause_over(gpointer data) {
  Item *item = data;

  item->pause = 0;
  wait_again(item);
  return G_SOURCE_REMOVE;
}

static guint pause_of(Item *item, const LinliAnswer *answer) {
  guint ms = MIN((guint)PAUSE_FIRST_MS << MIN(item->tries, 6u), (guint)PAUSE_LAST_MS);

  item->tries++;
  if (answer->retry_after_ms) return (guint)MIN(answer->retry_after_ms, 600000u);
  return ms / 2 + (guint)(g_random_double() * ms / 2);
}

static gboolean can_never_be(const LinliAnswer *answer) {
  return answer->code == PROTO_ERROR_BAD_FIELD || answer->code == PROTO_ERROR_UNKNOWN_KIND ||
         answer->code == PROTO_ERROR_TOO_LARGE;
}

/* A session that ended in between refuses without remembering it: signed in again, the same command counts. */
static gboolean only_signed_out(const LinliAnswer *answer) {
  return answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_SIGNED_OUT;
}

static void on_answer(G_GNUC_UNUSED LinliSession *session, const LinliAnswer *answer, gpointer data) {
  Item *item = data;
  Bulk *b = item->bulk;

  b->in_flight--;
  item->number = 0;
  if (answer->verdict == LINLI_UNDECIDED && !answer->code) {
    wait_again(item);
  } else if (only_signed_out(answer) || (answer->verdict == LINLI_UNDECIDED && !can_never_be(answer))) {
    item->pause = g_timeout_add(pause_of(item, answer), on_pause_over, item);
    pump(b);
  } else {
    g_hash_table_steal(b->items, item);
    pump(b);
    item->decided(&item->command, answer, item->data);
    item_free(item);
  }
}

static void pump(Bulk *b) {
  while (b->in_flight < WINDOW && !g_queue_is_empty(&b->waiting)) {
    Item *item = g_queue_peek_head(&b->waiting);
    gsize len;
    const guint8 *body = g_bytes_get_data(item->body, &len);
    LinliCommand command = {.id = item->command.id,
                            .kind = item->command.kind,
                            .stream = item->command.stream,
                            .made_at = item->made_at,
                            .body = {body, (uint32_t)len}};
    item->number = linli_session_command(b->session, &command, 0, on_answer, item);
    if (!item->number) return; /* READY pumps again */
    g_queue_pop_head(&b->waiting);
    b->in_flight++;
  }
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, gpointer data) {
  if (state == LINLI_STATE_READY) pump(data);
}

Bulk *bulk_new(LinliSession *session) {
  Bulk *b = g_new0(Bulk, 1);

  b->session = g_object_ref(session);
  b->items = g_hash_table_new_full(g_direct_hash, g_direct_equal, item_free, NULL);
  g_queue_init(&b->waiting);
  b->on_state = g_signal_connect(session, "state-changed", G_CALLBACK(on_state), b);
  return b;
}

void bulk_free(Bulk *bulk) {
  GHashTableIter iter;
  gpointer item;

  g_signal_handler_disconnect(bulk->session, bulk->on_state);
  g_clear_handle_id(&bulk->idle, g_source_remove);
  g_hash_table_iter_init(&iter, bulk->items);
  while (g_hash_table_iter_next(&iter, &item, NULL))
    if (((Item *)item)->number) linli_session_forget(bulk->session, ((Item *)item)->number);
  g_queue_clear(&bulk->waiting);
  g_hash_table_unref(bulk->items);
  g_object_unref(bulk->session);
  g_free(bulk);
}

/* Commands of one turn of the loop leave together. */
static gboolean on_idle(gpointer data) {
  Bulk *b = data;

  b->idle = 0;
  pump(b);
  return G_SOURCE_REMOVE;
}

Uuid bulk_send(Bulk *bulk, guint32 kind, guint64 stream, WireBytes body, BulkDecided decided, gpointer data) {
  Item *item = g_new0(Item, 1);
  guint64 now = linli_session_now(bulk->session);

  item->bulk = bulk;
  item->command = (BulkCommand){linli_new_id_at(now / 1000), kind, stream, linli_clock_local()};
  item->serial = bulk->serial++;
  item->made_at = now;
  item->body = g_bytes_new(body.data, body.len);
  item->decided = decided;
  item->data = data;
  g_hash_table_add(bulk->items, item);
  g_queue_push_tail(&bulk->waiting, item);
  if (!bulk->idle) bulk->idle = g_idle_add_full(G_PRIORITY_DEFAULT, on_idle, bulk, NULL);
  return item->command.id;
}

guint bulk_waiting(const Bulk *bulk) {
  return g_hash_table_size(bulk->items);
}

LinliSession *bulk_session(const Bulk *bulk) {
  return bulk->session;
}

gboolean bulk_drain(Bulk *const *bulks, guint n, GError **error) {
  for (;;) {
    guint waiting = 0;
    for (guint i = 0; i < n; i++) {
      waiting += bulk_waiting(bulks[i]);
      if (linli_session_state(bulks[i]->session) != LINLI_STATE_FAILED) continue;
      g_propagate_error(error, g_error_copy(linli_session_problem(bulks[i]->session)));
      return FALSE;
    }
    if (waiting == 0) return TRUE;
    g_main_context_iteration(NULL, TRUE);
  }
}
