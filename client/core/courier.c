/* courier.c: see courier.h. */
#include "client/core/courier.h"

#include <gio/gio.h>

#include "client/core/backoff.h"
#include "client/core/clock.h"
#include "client/core/identity.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"

#define LOG_KEEPS_MS (G_GUINT64_CONSTANT(90) * 24 * 3600 * 1000)

typedef enum { ITEM_STORING, ITEM_IDLE, ITEM_FLYING } ItemState;

typedef struct {
  gint count;            /* one for the queue, one for each call under way */
  LinliCourier *courier; /* NULL once that is gone */
  LinliEntry *entry;
  LinliDecided decided;
  gpointer data;
  ItemState state;
  guint32 number;
  guint hold; /* source: until then it may be recalled and does not leave */
} Item;

typedef struct {
  LinliCourier *courier;
  GQueue items; /* in order */
  guint wait;   /* source: until the head may be tried again */
  LinliBackoff backoff;
} Lane; /* one stream's */

struct LinliCourier {
  LinliSession *session;
  LinliOutbox *outbox;
  GHashTable *lanes;   /* stream (guint64 *) -> Lane */
  GPtrArray *returned; /* of LinliEntry: refused or for a person, until acknowledged */
  gulong state_handler;
  LinliCourierChanged changed;
  gpointer changed_data;
  LinliDelayed delayed;
  gpointer delayed_data;
};

static void pump(LinliCourier *c, Lane *lane);

static Item *item_ref(Item *item) {
  item->count++;
  return item;
}

static void item_unref(gpointer data) {
  Item *item = data;

  if (--item->count) return;
  g_clear_handle_id(&item->hold, g_source_remove);
  linli_entry_unref(item->entry);
  g_free(item);
}

static void lane_free(gpointer data) {
  Lane *lane = data;

  g_clear_handle_id(&lane->wait, g_source_remove);
  for (GList *l = lane->items.head; l; l = l->next) {
    Item *item = l->data;
    item->courier = NULL;
    g_clear_handle_id(&item->hold, g_source_remove);
    item_unref(item);
  }
  g_queue_clear(&lane->items);
  g_free(lane);
}

static Lane *lane_of(LinliCourier *c, guint64 stream) {
  Lane *lane = g_hash_table_lookup(c->lanes, &stream);

  if (lane) return lane;
  lane = g_new0(Lane, 1);
  lane->courier = c;
  g_queue_init(&lane->items);
  guint64 *key = g_new(guint64, 1);
  *key = stream;
  g_hash_table_insert(c->lanes, key, lane);
  return lane;
}

static void tell_changed(LinliCourier *c) {
  if (c->changed) c->changed(c, c->changed_data);
}

/* The head of its lane is settled: the caller is told, and the next one goes. */
static void settle(Item *item, const LinliAnswer *answer, const GError *error) {
  LinliCourier *c = item->courier;
  Lane *lane = lane_of(c, item->entry->stream);

  g_queue_remove(&lane->items, item);
  linli_backoff_reset(&lane->backoff);
  LinliDecided decided = item->decided;
  item->courier = NULL;
  pump(c, lane);
  tell_changed(c);
  if (decided) decided(item->entry, answer, error, item->data);
  item_unref(item);
}

/* --- Answers -------------------------------------------------------------------------------------------------- */

static gboolean on_wait_over(gpointer data) {
  Lane *lane = data;

  lane->wait = 0;
  pump(lane->courier, lane);
  return G_SOURCE_REMOVE;
}

static void again_later(Item *item, const LinliAnswer *answer) {
  LinliCourier *c = item->courier;
  Lane *lane = lane_of(c, item->entry->stream);
  guint64 wait = answer->retry_after_ms ? MIN(answer->retry_after_ms, (guint64)600000)
                                        : linli_backoff_next(&lane->backoff, g_random_double());

  item->state = ITEM_IDLE;
  if (!lane->wait) lane->wait = g_timeout_add((guint)wait, on_wait_over, lane);
  if (c->delayed && (answer->code || answer->detail)) c->delayed(item->entry, answer, c->delayed_data);
}

static gboolean never_heals(guint64 code) {
  return code == PROTO_ERROR_BAD_FIELD || code == PROTO_ERROR_UNKNOWN_KIND || code == PROTO_ERROR_TOO_LARGE ||
         code == PROTO_ERROR_BAD_FRAME;
}

static void keep_answer(Item *item, const LinliAnswer *answer, LinliKeptState state) {
  g_free(item->entry->detail);
  item->entry->code = answer->code;
  item->entry->detail = g_strdup(answer->detail);
  linli_outbox_mark(item->courier->outbox, item->entry, state, NULL, NULL);
  g_ptr_array_add(item->courier->returned, linli_entry_ref(item->entry));
}

static void on_answer(G_GNUC_UNUSED LinliSession *session, const LinliAnswer *answer, gpointer data) {
  Item *item = data;
  gboolean nobody_decided = answer->verdict == LINLI_UNDECIDED ||
                            (answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_SIGNED_OUT);

  item->number = 0;
  if (!item->courier) {
    item_unref(item);
    return;
  }
  if (answer->verdict == LINLI_UNDECIDED && never_heals(answer->code)) {
    keep_answer(item, answer, LINLI_FOR_A_PERSON);
    settle(item, answer, NULL);
  } else if (nobody_decided) {
    again_later(item, answer);
  } else {
    if (answer->verdict == LINLI_DONE)
      linli_outbox_remove(item->courier->outbox, item->entry->id, NULL, NULL);
    else
      keep_answer(item, answer, LINLI_KEPT_REFUSED);
    settle(item, answer, NULL);
  }
  item_unref(item);
}

/* --- Sending -------------------------------------------------------------------------------------------------- */

static void send(LinliCourier *c, Item *item) {
  gsize len;
  const uint8_t *body = g_bytes_get_data(item->entry->body, &len);
  LinliCommand command = {.id = item->entry->id,
                          .kind = item->entry->kind,
                          .stream = item->entry->stream,
                          .made_at = item->entry->made_at,
                          .version = item->entry->version,
                          .body = {body, (uint32_t)len}};

  item->state = ITEM_IDLE;
  item->number = linli_session_command(c->session, &command, 0, on_answer, item);
  if (!item->number) return; /* READY will come and pump */
  item->state = ITEM_FLYING;
  item_ref(item);
}

static void on_marked(const GError *error, gpointer data) {
  Item *item = data;

  if (item->courier && error) {
    /* It is on disk, only not marked: it goes once the disk takes the mark. */
    LinliAnswer answer = {.verdict = LINLI_UNDECIDED, .detail = error->message};
    item->entry->state = LINLI_KEPT;
    again_later(item, &answer);
  } else if (item->courier) {
    send(item->courier, item);
  }
  item_unref(item);
}

static gboolean too_old(LinliCourier *c, const LinliEntry *entry) {
  guint64 made = uuid_time_ms(entry->id), now = linli_session_now(c->session) / 1000;

  return made + LOG_KEEPS_MS < now;
}

static void to_a_person(Item *item) {
  LinliAnswer answer = {.verdict = LINLI_UNDECIDED,
                        .code = 0,
                        .detail = "it may have been sent more than 90 days ago, and the server no longer remembers"};

  keep_answer(item, &answer, LINLI_FOR_A_PERSON);
  settle(item, &answer, NULL);
}

static void on_restamped(const GError *error, gpointer data) {
  Item *item = data;

  if (item->courier) {
    item->state = ITEM_IDLE;
    if (error)
      settle(item, NULL, error);
    else
      pump(item->courier, lane_of(item->courier, item->entry->stream));
  }
  item_unref(item);
}

static void restamp(LinliCourier *c, Item *item) {
  Uuid id = linli_new_id_at(linli_session_now(c->session) / 1000);

  item->state = ITEM_STORING;
  linli_outbox_restamp(c->outbox, item->entry, id, on_restamped, item_ref(item));
  linli_outbox_settle(c->outbox); /* rare: a quarter after it was typed; the worker reads the old id until then */
  item->entry->id = id;
}

static void pump(LinliCourier *c, Lane *lane) {
  Item *head = g_queue_peek_head(&lane->items);

  if (!head || head->state != ITEM_IDLE || head->hold || lane->wait ||
      linli_session_state(c->session) != LINLI_STATE_READY)
    return;
  if (too_old(c, head->entry)) {
    if (head->entry->state == LINLI_KEPT)
      restamp(c, head);
    else
      to_a_person(head);
  } else if (head->entry->state == LINLI_KEPT) {
    head->state = ITEM_STORING;
    linli_outbox_mark(c->outbox, head->entry, LINLI_SENT, on_marked, item_ref(head));
    tell_changed(c);
  } else {
    send(c, head);
  }
}

/* --- From outside --------------------------------------------------------------------------------------------- */

static void on_kept(const GError *error, gpointer data) {
  Item *item = data;

  if (item->courier && error) {
    settle(item, NULL, error);
  } else if (item->courier) {
    item->state = ITEM_IDLE;
    pump(item->courier, lane_of(item->courier, item->entry->stream));
  }
  item_unref(item);
}

static Item *add(LinliCourier *c, LinliEntry *entry, LinliDecided decided, gpointer data) {
  Item *item = g_new0(Item, 1);

  item->count = 1;
  item->courier = c;
  item->entry = entry;
  item->decided = decided;
  item->data = data;
  item->state = ITEM_IDLE;
  g_queue_push_tail(&lane_of(c, entry->stream)->items, item);
  return item;
}

static gboolean on_hold_over(gpointer data) {
  Item *item = data;

  item->hold = 0;
  pump(item->courier, lane_of(item->courier, item->entry->stream));
  return G_SOURCE_REMOVE;
}

/* Somebody goes on working in this stream: what was held goes first. */
static void end_holds(LinliCourier *c, Lane *lane) {
  for (GList *l = lane->items.head; l; l = l->next)
    g_clear_handle_id(&((Item *)l->data)->hold, g_source_remove);
  pump(c, lane);
}

void linli_courier_submit(LinliCourier *courier, const LinliCommand *command, LinliDecided decided, gpointer data) {
  linli_courier_submit_held(courier, command, 0, decided, data);
}

void linli_courier_submit_held(LinliCourier *courier, const LinliCommand *command, guint hold_ms,
                               LinliDecided decided, gpointer data) {
  LinliSettings *settings = linli_session_settings(courier->session);
  LinliEntry *entry = linli_entry_new(command->id, command->kind, command->stream, command->body);
  Lane *lane = lane_of(courier, command->stream);

  entry->made_at = command->made_at ? command->made_at : linli_session_now(courier->session);
  entry->version = command->version;
  entry->server = g_strdup(linli_settings_server(settings));
  entry->account = g_strdup(linli_settings_user(settings));
  end_holds(courier, lane);
  /* It will leave as soon as it is on disk: one write says both. */
  if (!hold_ms && g_queue_is_empty(&lane->items) && !lane->wait &&
      linli_session_state(courier->session) == LINLI_STATE_READY)
    entry->state = LINLI_SENT;
  Item *item = add(courier, entry, decided, data);
  item->state = ITEM_STORING;
  if (hold_ms) item->hold = g_timeout_add(hold_ms, on_hold_over, item);
  linli_outbox_keep(courier->outbox, entry, on_kept, item_ref(item));
  tell_changed(courier);
}

static Item *held_item(LinliCourier *c, Uuid id) {
  GHashTableIter iter;
  gpointer lane;

  g_hash_table_iter_init(&iter, c->lanes);
  while (g_hash_table_iter_next(&iter, NULL, &lane)) {
    for (GList *l = ((Lane *)lane)->items.head; l; l = l->next) {
      Item *item = l->data;
      if (item->hold && uuid_compare(item->entry->id, id) == 0) return item;
    }
  }
  return NULL;
}

gboolean linli_courier_recall(LinliCourier *courier, Uuid id) {
  Item *item = held_item(courier, id);

  if (!item) return FALSE;
  g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "It was recalled before it left.");
  g_clear_handle_id(&item->hold, g_source_remove);
  linli_outbox_remove(courier->outbox, id, NULL, NULL);
  settle(item, NULL, error);
  return TRUE;
}

gboolean linli_courier_take_over(LinliCourier *courier, LinliDecided decided, gpointer data, GError **error) {
  LinliSettings *settings = linli_session_settings(courier->session);
  g_autoptr(GPtrArray) list =
      linli_outbox_list(courier->outbox, linli_settings_server(settings), linli_settings_user(settings), error);

  if (!list) return FALSE;
  for (guint i = 0; i < list->len; i++) {
    LinliEntry *entry = list->pdata[i];
    if (entry->state == LINLI_KEPT || entry->state == LINLI_SENT)
      add(courier, linli_entry_ref(entry), decided, data);
    else
      g_ptr_array_add(courier->returned, linli_entry_ref(entry));
  }
  g_autoptr(GList) lanes = g_hash_table_get_values(courier->lanes);
  for (GList *l = lanes; l; l = l->next)
    pump(courier, l->data);
  tell_changed(courier);
  return TRUE;
}

/* --- What came back ------------------------------------------------------------------------------------------- */

void linli_courier_acknowledge(LinliCourier *courier, Uuid id) {
  linli_outbox_remove(courier->outbox, id, NULL, NULL);
  for (guint i = 0; i < courier->returned->len; i++) {
    if (uuid_compare(((LinliEntry *)courier->returned->pdata[i])->id, id) != 0) continue;
    g_ptr_array_remove_index(courier->returned, i);
    tell_changed(courier);
    return;
  }
}

static gint by_age(gconstpointer a, gconstpointer b) {
  const LinliEntry *left = *(LinliEntry *const *)a, *right = *(LinliEntry *const *)b;

  return left->kept_at < right->kept_at ? -1 : left->kept_at > right->kept_at;
}

void linli_courier_restore(LinliCourier *courier, LinliEntry *entry) {
  linli_outbox_keep(courier->outbox, entry, NULL, NULL);
  g_ptr_array_add(courier->returned, linli_entry_ref(entry));
  g_ptr_array_sort(courier->returned, by_age);
  tell_changed(courier);
}

GPtrArray *linli_courier_list(LinliCourier *courier) {
  GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)linli_entry_unref);
  GHashTableIter iter;
  gpointer lane;

  for (guint i = 0; i < courier->returned->len; i++)
    g_ptr_array_add(list, linli_entry_ref(courier->returned->pdata[i]));
  g_hash_table_iter_init(&iter, courier->lanes);
  while (g_hash_table_iter_next(&iter, NULL, &lane))
    for (GList *l = ((Lane *)lane)->items.head; l; l = l->next)
      g_ptr_array_add(list, linli_entry_ref(((Item *)l->data)->entry));
  return list;
}

/* --- What waits ----------------------------------------------------------------------------------------------- */

guint linli_courier_waiting(LinliCourier *courier, guint64 *oldest) {
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  *oldest = 0;
  g_hash_table_iter_init(&iter, courier->lanes);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Item *head = g_queue_peek_head(&((Lane *)value)->items);
    n += g_queue_get_length(&((Lane *)value)->items);
    if (head && (!*oldest || head->entry->kept_at < *oldest)) *oldest = head->entry->kept_at;
  }
  return n;
}

void linli_courier_on_changed(LinliCourier *courier, LinliCourierChanged changed, gpointer data) {
  courier->changed = changed;
  courier->changed_data = data;
}

void linli_courier_on_delayed(LinliCourier *courier, LinliDelayed delayed, gpointer data) {
  courier->delayed = delayed;
  courier->delayed_data = data;
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, gpointer data) {
  LinliCourier *c = data;
  g_autoptr(GList) lanes = g_hash_table_get_values(c->lanes);

  if (state != LINLI_STATE_READY) return;
  for (GList *l = lanes; l; l = l->next)
    pump(c, l->data);
}

LinliCourier *linli_courier_new(LinliSession *session, LinliOutbox *outbox) {
  LinliCourier *c = g_new0(LinliCourier, 1);

  c->session = g_object_ref(session);
  c->outbox = outbox;
  c->lanes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, lane_free);
  c->returned = g_ptr_array_new_with_free_func((GDestroyNotify)linli_entry_unref);
  c->state_handler = g_signal_connect(session, "state-changed", G_CALLBACK(on_state), c);
  return c;
}

void linli_courier_free(LinliCourier *courier) {
  g_signal_handler_disconnect(courier->session, courier->state_handler);
  g_hash_table_unref(courier->lanes);
  g_ptr_array_unref(courier->returned);
  g_object_unref(courier->session);
  g_free(courier);
}
