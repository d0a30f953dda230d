/* client_live.c: the live view is what a plain sort of the replica would be, and what it tells a list is every
 * difference: replayed onto an array, items-changed gives the view. Random life against the plainest model. */
#include <string.h>

#include "client/core/live.h"
#include "common/uuid.h"

enum { ROWS = 60, STEPS = 400, STREAM = 6 };
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
  Uuid id = {{0x01, (guint8)n}};

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

static void on_items(GListModel *model, guint position, guint removed, guint added, GArray *mirror) {
  g_array_remove_range(mirror, position, removed);
  for (guint i = 0; i < added; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(model, position + i);
    Uuid id = linli_card_id(card);
    g_array_insert_val(mirror, position + i, id);
  }
}

static void assert_mirror(LinliLive *live, GArray *mirror) {
  g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(live)), ==, mirror->len);
  for (guint i = 0; i < mirror->len; i++) {
    g_autoptr(LinliCard) card = g_list_model_get_item(G_LIST_MODEL(live), i);
    g_assert_true(uuid_compare(linli_card_id(card), g_array_index(mirror, Uuid, i)) == 0);
  }
}

static void change_something(GRand *rand) {
  for (int i = g_rand_int_range(rand, 1, 6); i > 0; i--) {
    Row *r = &rows[g_rand_int_range(rand, 0, ROWS)];
    r->there = g_rand_int_range(rand, 0, 8) != 0;
    r->state = (guint64)g_rand_int_range(rand, 1, 10);
    r->class = (guint64)g_rand_int_range(rand, 1, 6);
    r->due_at = g_rand_boolean(rand) ? now + (guint64)g_rand_int_range(rand, 0, 20) * HOUR - 10 * HOUR : 0;
    r->closed_at = is_open(r) ? 0 : now;
  }
}

static void test_random_life(void) {
  g_autoptr(GRand) rand = g_rand_new_with_seed(g_test_rand_int());
  g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, NULL);
  g_autoptr(LinliLive) live = linli_live_new(replica, clock_now, NULL);
  g_autoptr(GArray) mirror = g_array_new(FALSE, FALSE, sizeof(Uuid));
  gboolean frozen = FALSE, lifts = FALSE;

  g_signal_connect(live, "items-changed", G_CALLBACK(on_items), mirror);
  for (guint64 step = 1; step <= STEPS; step++) {
    change_something(rand);
    tell(replica, step);
    if (g_rand_int_range(rand, 0, 10) == 0) now += HOUR;
    linli_live_tick(live);
    if (g_rand_int_range(rand, 0, 6) == 0) {
      frozen = !frozen;
      (frozen ? linli_live_freeze : linli_live_thaw)(live);
    }
    if (!frozen && g_rand_int_range(rand, 0, 8) == 0) {
      lifts = !lifts;
      linli_live_show_text(live, lifts ? "dianti" : "");
    }
    g_assert_true(linli_live_flush(live, 0));
    assert_counts(live);
    assert_mirror(live, mirror);
    if (!frozen) assert_shown(live, lifts);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/live/random-life", test_random_life);
  return g_test_run();
}
