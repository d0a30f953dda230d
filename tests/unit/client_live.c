/* client_live.c: the live view is what a plain sort of the replica would be, and what it tells a list is every
 * difference: replayed onto an array, items-changed gives the view, and the cards that the list holds here and there
 * say what is new in them. Random life against the plainest model. */
#include <string.h>

#include "client/core/live.h"
#include "common/uuid.h"

enum { ROWS = 400, STEPS = 400, STREAM = 6, HELD = 30, STRETCH = 10, TOLD_MAX = 11 };
#define HOUR G_GUINT64_CONSTANT(3600000000)

typedef struct {
  gboolean there;
  guint64 state, class, due_at, team, closed_at;
} Row;

static Row rows[ROWS];
static guint64 now = 1000000 * HOUR;

static guint64 clock_now(G_GNUC_UNUSED gpointer data) {
  return now;
}

static Uuid id_of(guint n) {
  Uuid id = {{0x01, (guint8)(n >> 8), (guint8)n}};

  return id;
}

static void put_text(GByteArray *body, const char *field, const char *text) {
  wire_put_bytes(body, wire_field_by_name(&proto_msg_request, field)->number,
                 (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void put(GByteArray *body, const char *field, guint64 value) {
  if (value) wire_put_uint(body, wire_field_by_name(&proto_msg_request, field)->number, value);
}

static const char *title_of(guint n) {
  return n % 2 ? "6号楼电梯停运" : "路灯不亮";
}

static GByteArray *body_of(guint n) {
  GByteArray *body = g_byte_array_new();
  const Row *r = &rows[n];

  wire_put_uuid(body, 1, id_of(n));
  put_text(body, "number", "260415-0127");
  put(body, "state", r->state);
  put(body, "class", r->class);
  put(body, "due_at", r->due_at);
  put(body, "due_stage", r->due_at ? PROTO_DEADLINE_STAGE_FINISH : 0);
  put(body, "team", r->team);
  put_text(body, "title", title_of(n));
  put(body, "community", 1);
  put(body, "version", 1);
  put(body, "channel", PROTO_CHANNEL_PHONE);
  put(body, "nature", PROTO_REQUEST_NATURE_HELP);
  put_text(body, "text", title_of(n));
  put(body, "registered_at", now - HOUR);
  put(body, "closed_at", r->closed_at);
  return body;
}

/* The whole stream anew: the replica tells listeners what differs, and nothing else. */
static void tell(LinliReplica *replica, guint64 seq) {
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
  WireBytes out[ROWS];
  guint n = 0;

  for (guint i = 0; i < ROWS; i++) {
    if (!rows[i].there) continue;
    GByteArray *body = body_of(i), *row = g_byte_array_new();
    ProtoSnapshotRow in = {.has = PROTO_HAS_SNAPSHOT_ROW_NOUN | PROTO_HAS_SNAPSHOT_ROW_BODY,
                           .noun = PROTO_MESSAGE_REQUEST,
                           .body = {body->data, body->len}};
    wire_encode(&proto_msg_snapshot_row, &in, row);
    g_ptr_array_add(kept, body);
    g_ptr_array_add(kept, row);
    out[n++] = (WireBytes){row->data, row->len};
  }
  ProtoSnapshot frame = {.stream = STREAM, .seq = seq, .chain = seq, .first = TRUE, .last = TRUE, .rows = {out, n}};
  g_assert_cmpint(linli_replica_snapshot(replica, &frame), ==, LINLI_TAKEN);
}

/* --- The model ------------------------------------------------------------------------------------------------ */

static gboolean is_open(const Row *r) {
  return r->state < PROTO_REQUEST_STATE_CLOSED;
}

static gboolean is_pinned(const Row *r) {
  return r->class == PROTO_REQUEST_CLASS_CRITICAL && r->state <= PROTO_REQUEST_STATE_DISPATCHED;
}

static gint by_pressure(gconstpointer a, gconstpointer b) {
  guint x = *(const guint *)a, y = *(const guint *)b;
  guint64 due_x = rows[x].due_at ? rows[x].due_at : G_MAXUINT64,
          due_y = rows[y].due_at ? rows[y].due_at : G_MAXUINT64;

  if (is_pinned(&rows[x]) != is_pinned(&rows[y])) return is_pinned(&rows[x]) ? -1 : 1;
  if (due_x != due_y) return due_x < due_y ? -1 : 1;
  return x < y ? -1 : 1;
}

static GArray *expected(gboolean lifts_only) {
  GArray *order = g_array_new(FALSE, FALSE, sizeof(guint));

  for (guint i = 0; i < ROWS; i++)
    if (rows[i].there && is_open(&rows[i]) && (!lifts_only || i % 2)) g_array_append_val(order, i);
  g_array_sort(order, by_pressure);
  return order;
}

static void assert_shown(LinliLive *live, gboolean lifts_only) {
  g_autoptr(GArray) order = expected(lifts_only);

  g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(live)), ==, order->len);
  for (guint i = 0; i < order->len; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(G_LIST_MODEL(live), i);
    Uuid id = id_of(g_array_index(order, guint, i));
    guint position;
    g_assert_true(uuid_compare(linli_card_id(card), id) == 0);
    g_assert_true(linli_live_find(live, id, &position));
    g_assert_cmpuint(position, ==, i);
  }
}

static void assert_counts(LinliLive *live) {
  guint open = 0, critical = 0, overdue = 0;

  for (guint i = 0; i < ROWS; i++) {
    if (!rows[i].there || !is_open(&rows[i])) continue;
    open++;
    critical += is_pinned(&rows[i]);
    overdue += rows[i].due_at && rows[i].due_at <= now;
  }
  g_assert_cmpuint(linli_live_count(live, LINLI_QUEUE_OPEN), ==, open);
  g_assert_cmpuint(linli_live_count(live, LINLI_QUEUE_CRITICAL), ==, critical);
  g_assert_cmpuint(linli_live_count(live, LINLI_QUEUE_OVERDUE), ==, overdue);
}

/* --- A list that believes only what it is told ---------------------------------------------------------------- */

typedef struct {
  Uuid id;         /* as it was told */
  LinliCard *card; /* held: says itself what it is */
} Item;

typedef struct {
  LinliLive *live;
  GArray *rows;           /* of Item */
  LinliCard *cards[HELD]; /* as a list widget holds those of the rows it shows: three stretches, far apart */
  guint told, changed;
} Mirror;

static void on_items(GListModel *model, guint position, guint removed, guint added, Mirror *mirror) {
  g_assert_cmpuint(mirror->rows->len - removed + added, ==, g_list_model_get_n_items(model));
  g_array_remove_range(mirror->rows, position, removed);
  for (guint i = 0; i < added; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(model, position + i);
    Item item = {linli_card_id(card), NULL};
    for (guint k = 0; k < HELD; k++)
      if (mirror->cards[k] == card) item.card = card; /* as a list widget finds its rows again */
    g_array_insert_val(mirror->rows, position + i, item);
  }
  mirror->told++;
}

static void on_card(Mirror *mirror) {
  mirror->changed++;
}

static void hold(Mirror *mirror, guint where) {
  LinliCard *before[HELD];

  memcpy(before, mirror->cards, sizeof before);
  for (guint i = 0; i < mirror->rows->len; i++) {
    Item *item = &g_array_index(mirror->rows, Item, i);
    if (item->card) *item = (Item){linli_card_id(item->card), NULL};
  }
  for (guint i = 0; i < HELD; i++) {
    guint position = where + i / STRETCH * ROWS / 4 + i % STRETCH;
    mirror->cards[i] = g_list_model_get_item(G_LIST_MODEL(mirror->live), position);
    if (mirror->cards[i]) g_array_index(mirror->rows, Item, position).card = mirror->cards[i];
    if (mirror->cards[i]) g_signal_connect_swapped(mirror->cards[i], "changed", G_CALLBACK(on_card), mirror);
  }
  for (guint i = 0; i < HELD; i++) {
    if (before[i])
      g_signal_handlers_disconnect_matched(before[i], G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_DATA,
                                           g_signal_lookup("changed", LINLI_TYPE_CARD), 0, NULL, NULL, mirror);
    g_clear_object(&before[i]);
  }
}

static void assert_mirror(LinliLive *live, Mirror *mirror) {
  g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(live)), ==, mirror->rows->len);
  for (guint i = 0; i < mirror->rows->len; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(G_LIST_MODEL(live), i);
    const Item *item = &g_array_index(mirror->rows, Item, i);
    g_assert_true(uuid_compare(linli_card_id(card), item->card ? linli_card_id(item->card) : item->id) == 0);
  }
  for (guint i = 0; i < HELD; i++) {
    if (!mirror->cards[i]) continue;
    const ProtoRequest *r = linli_card_request(mirror->cards[i]);
    const Row *row = &rows[r->id.b[1] << 8 | r->id.b[2]];
    guint position;
    if (!row->there || !linli_live_find(live, r->id, &position)) continue; /* it says what it last was */
    g_autoptr(LinliCard) listed = g_list_model_get_item(G_LIST_MODEL(live), position);
    if (listed != mirror->cards[i]) continue; /* it had gone, and is back as another */
    g_assert_cmpuint(r->state, ==, row->state);
    g_assert_cmpuint(r->due_at, ==, row->due_at);
  }
}

static void change_row(GRand *rand, Row *r) {
  r->there = g_rand_int_range(rand, 0, 8) != 0;
  r->state = (guint64)g_rand_int_range(rand, 1, 10);
  r->class = (guint64)g_rand_int_range(rand, 1, 6);
  r->due_at = g_rand_boolean(rand) ? now + (guint64)g_rand_int_range(rand, 0, 20) * HOUR - 10 * HOUR : 0;
  r->closed_at = is_open(r) ? 0 : now;
}

/* Mostly a few, sometimes half of all. */
static void change_something(GRand *rand) {
  gint n = g_rand_int_range(rand, 0, 20) ? g_rand_int_range(rand, 1, 12) : ROWS / 2;

  while (n-- > 0)
    change_row(rand, &rows[g_rand_int_range(rand, 0, ROWS)]);
}

static const char *next_text(GRand *rand, gboolean *lifts) {
  static const char *const some[] = {"t", "ti", "tingyun", "电", "电梯 6"};

  *lifts = g_rand_boolean(rand);
  return *lifts ? some[g_rand_int_range(rand, 0, G_N_ELEMENTS(some))] : "";
}

static void test_random_life(void) {
  g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
  g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, NULL);
  g_autoptr(LinliLive) live = linli_live_new(replica, clock_now, NULL);
  Mirror mirror = {.live = live, .rows = g_array_new(FALSE, FALSE, sizeof(Item))};
  gboolean frozen = FALSE, lifts = FALSE;

  memset(rows, 0, sizeof rows);
  g_signal_connect(live, "items-changed", G_CALLBACK(on_items), &mirror);
  for (guint64 step = 1; step <= STEPS; step++) {
    change_something(rand);
    tell(replica, step);
    if (g_rand_int_range(rand, 0, 10) == 0) now += HOUR;
    linli_live_tick(live);
    if (g_rand_int_range(rand, 0, 6) == 0) {
      frozen = !frozen;
      (frozen ? linli_live_freeze : linli_live_thaw)(live);
    }
    if (!frozen && g_rand_int_range(rand, 0, 8) == 0) linli_live_show_text(live, next_text(rand, &lifts));
    mirror.told = 0;
    g_assert_true(linli_live_flush(live, 0));
    g_assert_cmpuint(mirror.told, <=, frozen ? 0 : TOLD_MAX); /* however much has changed */
    assert_counts(live);
    assert_mirror(live, &mirror);
    if (!frozen) assert_shown(live, lifts);
    if (g_rand_boolean(rand)) hold(&mirror, g_rand_boolean(rand) ? 0 : (guint)g_rand_int_range(rand, 0, ROWS / 4));
  }
  g_assert_cmpuint(mirror.changed, >, 0);
  g_signal_handlers_disconnect_by_data(live, &mirror);
  hold(&mirror, ROWS * 2); /* nothing there */
  g_array_unref(mirror.rows);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/live/random-life", test_random_life);
  return g_test_run();
}
