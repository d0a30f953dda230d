/* live.c: see live.h. */
#include "client/core/live.h"

#include <string.h>

#include "client/core/row.h"
#include "common/fold.h"
#include "common/pinyin.h"
#include "common/uuid.h"

#define HOUR  G_GUINT64_CONSTANT(3600000000)
#define NEVER G_MAXUINT64
enum { NOBODY_HOURS = 4, MANY = 400, BUDGET_STEP = 16 };

/* What is known of a request without its body. */
typedef struct {
  Uuid id;
  guint64 key; /* of the order shown: the deadline, or the closing backwards */
  guint64 due_at, soon_at, nobody_at, closed_at, team;
  guint32 queues; /* bit = LinliQueue: those it is in */
  guint8 state, returned, pinned, open;
  guint8 first;        /* pinned, as key: of the order shown, changed only when the line is put in its place */
  guint8 dirty;        /* is in `gathered`; see gather() */
  GSequenceIter *iter; /* NULL: not shown */
  char *search;        /* folded words, a line break, their pinyin keys */
} Line;

struct _LinliLive {
  GObject parent_instance;
  LinliReplica *replica;
  LinliNow now;
  gpointer now_data;
  guint listener;
  WireArena *arena;
  GHashTable *lines;   /* Uuid (in the line) -> Line */
  GSequence *shown;    /* of Line, in order; while frozen not quite */
  GPtrArray *gathered; /* of Line: changed since the last flush */
  LinliQueue queue;
  guint64 team;
  char *text;
  PinyinQuery pinyin;
  gboolean has_text, frozen, counts_told;
  guint counts[LINLI_QUEUES];
  guint64 next_change; /* of a queue by the clock alone */
  guint64 today;       /* UTC microseconds of local midnight */
};

static void live_model_init(GListModelInterface *interface);
G_DEFINE_FINAL_TYPE_WITH_CODE(LinliLive, linli_live, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, live_model_init))

enum { GATHERED, COUNTS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

const char *linli_queue_label(LinliQueue queue) {
  static const struct {
    const char *zh, *en;
  } labels[LINLI_QUEUES] = {
      [LINLI_QUEUE_CRITICAL] = {"特急未签收", "Critical, unsigned"},
      [LINLI_QUEUE_REGISTERED] = {"待受理", "Registered"},
      [LINLI_QUEUE_ACCEPTED] = {"待派单", "To dispatch"},
      [LINLI_QUEUE_RETURNED] = {"退单待定", "Returned"},
      [LINLI_QUEUE_DUE_SOON] = {"临期", "Due soon"},
      [LINLI_QUEUE_OVERDUE] = {"超时", "Overdue"},
      [LINLI_QUEUE_DISPATCHED] = {"待签收", "To sign"},
      [LINLI_QUEUE_IN_PROGRESS] = {"办理中", "In progress"},
      [LINLI_QUEUE_REPORTED] = {"待核查", "To verify"},
      [LINLI_QUEUE_CALLBACK] = {"待回访", "To call back"},
      [LINLI_QUEUE_NOBODY] = {"无主件", "Nobody's"},
      [LINLI_QUEUE_OPEN] = {"全部在办", "All open"},
      [LINLI_QUEUE_CLOSED_TODAY] = {"今日办结", "Closed today"},
  };

  return linli_in_chinese() ? labels[queue].zh : labels[queue].en;
}

/* --- Urgency -------------------------------------------------------------------------------------------------- */

gboolean linli_is_open(const ProtoRequest *request) {
  return request->state > 0 && request->state < PROTO_REQUEST_STATE_CLOSED;
}

gboolean linli_is_pinned(const ProtoRequest *request) {
  return request->class == PROTO_REQUEST_CLASS_CRITICAL && request->state > 0 &&
         request->state <= PROTO_REQUEST_STATE_DISPATCHED;
}

/* Where the clock of the stage that runs was started. */
static guint64 stage_began(const ProtoRequest *request) {
  guint64 began = request->registered_at;

  switch (request->due_stage) {
  case PROTO_DEADLINE_STAGE_SIGN:
  case PROTO_DEADLINE_STAGE_CONTACT:
  case PROTO_DEADLINE_STAGE_FINISH:
    began = MAX(began, request->dispatched_at);
    break;
  case PROTO_DEADLINE_STAGE_VERIFY:
    began = MAX(began, request->reported_at);
    break;
  case PROTO_DEADLINE_STAGE_CALLBACK:
    began = MAX(began, request->verified_at);
    break;
  default:
    break;
  }
  return began;
}

LinliUrgency linli_urgency(const ProtoRequest *request, guint64 now, double *share) {
  guint64 began = stage_began(request), due = request->due_at;

  *share = 0;
  if (!due || !linli_is_open(request)) return LINLI_CALM;
  if (now > began && due > began) *share = (double)(now - began) / (double)(due - began);
  if (due <= now) *share = MAX(*share, 1);
  return *share >= 1 ? LINLI_OVERDUE : *share >= 0.9 ? LINLI_DUE_NOW : *share >= 0.75 ? LINLI_DUE_SOON : LINLI_CALM;
}

/* --- Cards ---------------------------------------------------------------------------------------------------- */

struct _LinliCard {
  GObject parent_instance;
  GBytes *body;
  WireArena *arena;
  ProtoRequest request;
};

G_DEFINE_FINAL_TYPE(LinliCard, linli_card, G_TYPE_OBJECT)

static LinliCard *card_new(WireBytes body) {
  LinliCard *card = g_object_new(LINLI_TYPE_CARD, NULL);
  WireError ignored;

  card->body = g_bytes_new(body.data, body.len);
  if (!wire_decode(&proto_msg_request, linli_card_body(card), true, card->arena, &card->request, &ignored))
    memset(&card->request, 0, sizeof card->request);
  return card;
}

Uuid linli_card_id(LinliCard *card) {
  return card->request.id;
}

const ProtoRequest *linli_card_request(LinliCard *card) {
  return &card->request;
}

WireBytes linli_card_body(LinliCard *card) {
  gsize len;
  const uint8_t *data = g_bytes_get_data(card->body, &len);

  return (WireBytes){data, (uint32_t)len};
}

guint64 linli_card_stream(LinliCard *card) {
  return card->request.community * 4 + PROTO_STREAM_KIND_COMMUNITY;
}

static void linli_card_finalize(GObject *object) {
  LinliCard *card = LINLI_CARD(object);

  g_bytes_unref(card->body);
  wire_arena_free(card->arena);
  G_OBJECT_CLASS(linli_card_parent_class)->finalize(object);
}

static void linli_card_class_init(LinliCardClass *class) {
  G_OBJECT_CLASS(class)->finalize = linli_card_finalize;
}

static void linli_card_init(LinliCard *card) {
  card->arena = wire_arena_new();
}

/* --- What a line is searched by ------------------------------------------------------------------------------- */

static void append_name(LinliLive *live, GString *words, guint32 noun, guint64 number) {
  WireBytes row = number ? linli_replica_get(live->replica, noun, linli_id_of_number(number)) : (WireBytes){NULL, 0};
  const WireMessage *message = proto_message(&proto_linli, noun);

  if (!row.data) return;
  WireBytes name = linli_row_text(message, row, "short_name");
  if (!name.len) name = linli_row_text(message, row, "name");
  g_string_append_c(words, ' ');
  g_string_append_len(words, (const char *)name.data, name.len);
}

static char *search_text(LinliLive *live, const ProtoRequest *request) {
  g_autoptr(GString) words = g_string_new_len((const char *)request->number.data, request->number.len);

  g_string_append_c(words, ' ');
  g_string_append_len(words, (const char *)request->title.data, request->title.len);
  g_string_append_c(words, ' ');
  g_string_append_len(words, (const char *)request->place.data, request->place.len);
  append_name(live, words, PROTO_MESSAGE_COMMUNITY, request->community);
  append_name(live, words, PROTO_MESSAGE_TEAM, request->team);
  g_autofree char *folded = fold_text_len(words->str, words->len);
  g_autofree char *keys = pinyin_keys(words->str, PINYIN_KEYS_MAX);
  return g_strconcat(folded, "\n", keys, NULL);
}

static gboolean is_found_by(const Line *line, const char *folded, const PinyinQuery *sounds) {
  const char *keys = strchr(line->search, '\n'), *found = strstr(line->search, folded);

  return (found && found < keys) || pinyin_query_matches_keys(sounds, keys + 1);
}

static gboolean matches(LinliLive *live, const Line *line) {
  if (live->team && line->team != live->team) return FALSE;
  if (!(line->queues >> live->queue & 1)) return FALSE;
  return !live->has_text || is_found_by(line, live->text, &live->pinyin);
}

gboolean linli_live_fits(LinliLive *live, Uuid id, const char *folded, const PinyinQuery *sounds) {
  const Line *line = g_hash_table_lookup(live->lines, &id);

  return line && is_found_by(line, folded, sounds);
}

/* --- Queues --------------------------------------------------------------------------------------------------- */

static guint64 at_next(guint64 next, guint64 at, guint64 now) {
  return at > now ? MIN(next, at) : next;
}

static guint32 queues_of(LinliLive *live, const Line *line, guint64 now) {
  static const guint8 by_state[] = {
      [PROTO_REQUEST_STATE_REGISTERED] = LINLI_QUEUE_REGISTERED,
      [PROTO_REQUEST_STATE_ACCEPTED] = LINLI_QUEUE_ACCEPTED,
      [PROTO_REQUEST_STATE_DISPATCHED] = LINLI_QUEUE_DISPATCHED,
      [PROTO_REQUEST_STATE_IN_PROGRESS] = LINLI_QUEUE_IN_PROGRESS,
      [PROTO_REQUEST_STATE_REPORTED] = LINLI_QUEUE_REPORTED,
      [PROTO_REQUEST_STATE_CALLBACK] = LINLI_QUEUE_CALLBACK,
  };
  guint32 queues = 0;

  if (!line->open) return line->closed_at >= live->today ? 1u << LINLI_QUEUE_CLOSED_TODAY : 0;
  queues |= 1u << LINLI_QUEUE_OPEN;
  if (line->state < G_N_ELEMENTS(by_state) && by_state[line->state]) queues |= 1u << by_state[line->state];
  if (line->pinned) queues |= 1u << LINLI_QUEUE_CRITICAL;
  if (line->returned) queues |= 1u << LINLI_QUEUE_RETURNED;
  if (line->nobody_at <= now) queues |= 1u << LINLI_QUEUE_NOBODY;
  if (line->due_at <= now)
    queues |= 1u << LINLI_QUEUE_OVERDUE;
  else if (line->soon_at <= now)
    queues |= 1u << LINLI_QUEUE_DUE_SOON;
  live->next_change = at_next(live->next_change, line->due_at, now);
  live->next_change = at_next(live->next_change, line->soon_at, now);
  live->next_change = at_next(live->next_change, line->nobody_at, now);
  return queues;
}

static void count(LinliLive *live, guint32 queues, int by) {
  for (guint q = 0; queues; q++, queues >>= 1)
    if (queues & 1) live->counts[q] += (guint)by;
}

static void set_queues(LinliLive *live, Line *line, guint32 queues) {
  if (line->queues == queues) return;
  count(live, line->queues, -1);
  count(live, queues, 1);
  line->queues = queues;
  live->counts_told = FALSE;
}

static void set_key(LinliLive *live, Line *line) {
  line->first = line->pinned;
  line->key = live->queue == LINLI_QUEUE_CLOSED_TODAY ? NEVER - line->closed_at : line->due_at;
}

/* Dirty: 1 to be told, 2 told where it stands while frozen. */
static void gather(LinliLive *live, Line *line) {
  gboolean tell = live->gathered->len == 0 || live->frozen;

  if (!line->dirty) g_ptr_array_add(live->gathered, line);
  line->dirty = 1;
  if (tell) g_signal_emit(live, signals[GATHERED], 0);
}

static void fill(LinliLive *live, Line *line, const ProtoRequest *request) {
  guint64 began = stage_began(request), now = live->now(live->now_data);

  line->state = (guint8)MIN(request->state, G_MAXUINT8);
  line->open = linli_is_open(request);
  line->pinned = linli_is_pinned(request);
  line->returned = request->state == PROTO_REQUEST_STATE_ACCEPTED && request->returns > 0;
  line->team = request->team;
  line->closed_at = request->closed_at;
  line->due_at = request->due_at ? request->due_at : NEVER;
  line->soon_at = request->due_at > began ? began + (request->due_at - began) / 4 * 3 : line->due_at;
  line->nobody_at =
      request->state <= PROTO_REQUEST_STATE_ACCEPTED ? request->registered_at + NOBODY_HOURS * HOUR : NEVER;
  g_free(line->search);
  line->search = search_text(live, request);
  set_queues(live, line, queues_of(live, line, now));
}

/* --- The order ------------------------------------------------------------------------------------------------ */

static gint by_pressure(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data) {
  const Line *x = a, *y = b;

  if (x->first != y->first) return x->first ? -1 : 1;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  return uuid_compare(x->id, y->id);
}

static void take_out(LinliLive *live, Line *line) {
  guint position = (guint)g_sequence_iter_get_position(line->iter);

  g_sequence_remove(line->iter);
  line->iter = NULL;
  g_list_model_items_changed(G_LIST_MODEL(live), position, 1, 0);
}

/* Whether it may stay between its neighbours. */
static gboolean is_in_place(const Line *line) {
  GSequenceIter *before = g_sequence_iter_prev(line->iter), *after = g_sequence_iter_next(line->iter);

  return (before == line->iter || by_pressure(g_sequence_get(before), line, NULL) < 0) &&
         (g_sequence_iter_is_end(after) || by_pressure(line, g_sequence_get(after), NULL) < 0);
}

static void place(LinliLive *live, Line *line) {
  gboolean wanted = matches(live, line);

  set_key(live, line);
  if (line->iter && wanted && is_in_place(line)) {
    g_list_model_items_changed(G_LIST_MODEL(live), (guint)g_sequence_iter_get_position(line->iter), 1, 1);
    return;
  }
  if (line->iter) take_out(live, line);
  if (!wanted) return;
  line->iter = g_sequence_insert_sorted(live->shown, line, by_pressure, NULL);
  g_list_model_items_changed(G_LIST_MODEL(live), (guint)g_sequence_iter_get_position(line->iter), 0, 1);
}

static void forget_iter(gpointer line, G_GNUC_UNUSED gpointer data) {
  ((Line *)line)->iter = NULL;
}

/* Everything anew: cheaper than many single steps, and what another queue or filter needs. */
static void rebuild(LinliLive *live) {
  guint before = (guint)g_sequence_get_length(live->shown);
  GHashTableIter iter;
  gpointer value;

  g_sequence_foreach(live->shown, forget_iter, NULL);
  g_sequence_remove_range(g_sequence_get_begin_iter(live->shown), g_sequence_get_end_iter(live->shown));
  g_hash_table_iter_init(&iter, live->lines);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Line *line = value;
    set_key(live, line);
    line->dirty = FALSE;
    if (matches(live, line)) line->iter = g_sequence_append(live->shown, line);
  }
  g_sequence_sort(live->shown, by_pressure, NULL);
  g_ptr_array_set_size(live->gathered, 0);
  g_list_model_items_changed(G_LIST_MODEL(live), 0, before, (guint)g_sequence_get_length(live->shown));
}

/* --- The replica ---------------------------------------------------------------------------------------------- */

static void line_free(gpointer data) {
  Line *line = data;

  g_free(line->search);
  g_free(line);
}

static void drop(LinliLive *live, Line *line) {
  set_queues(live, line, 0);
  if (line->dirty) g_ptr_array_remove_fast(live->gathered, line);
  if (line->iter) take_out(live, line);
  g_hash_table_remove(live->lines, &line->id);
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  LinliLive *live = data;
  Line *line = g_hash_table_lookup(live->lines, &id);
  ProtoRequest request;
  WireError ignored;

  wire_arena_reset(live->arena);
  if (!after.data || !wire_decode(&proto_msg_request, after, true, live->arena, &request, &ignored)) {
    if (line) drop(live, line);
    if (line && !live->counts_told && live->gathered->len == 0) g_signal_emit(live, signals[GATHERED], 0);
    return;
  }
  if (!line) {
    line = g_new0(Line, 1);
    line->id = id;
    g_hash_table_insert(live->lines, &line->id, line);
  }
  fill(live, line, &request);
  gather(live, line);
}

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  on_row(NULL, 0, id, body, body, data);
  return TRUE;
}

/* --- Flushing ------------------------------------------------------------------------------------------------- */

static void tell_counts(LinliLive *live) {
  if (live->counts_told) return;
  live->counts_told = TRUE;
  g_signal_emit(live, signals[COUNTS_CHANGED], 0);
}

/* Frozen: what is shown is told to have changed where it stands; the rest stays gathered. */
static void flush_frozen(LinliLive *live) {
  for (guint i = 0; i < live->gathered->len; i++) {
    Line *line = live->gathered->pdata[i];
    if (line->dirty != 1 || !line->iter) continue;
    line->dirty = 2;
    g_list_model_items_changed(G_LIST_MODEL(live), (guint)g_sequence_iter_get_position(line->iter), 1, 1);
  }
}

gboolean linli_live_flush(LinliLive *live, gint64 budget_us) {
  gint64 end = budget_us ? g_get_monotonic_time() + budget_us : G_MAXINT64;

  if (live->frozen) {
    flush_frozen(live);
  } else if (live->gathered->len > MANY) {
    rebuild(live);
  } else {
    for (guint n = 1; live->gathered->len; n++) {
      Line *line = g_ptr_array_steal_index_fast(live->gathered, live->gathered->len - 1);
      line->dirty = FALSE;
      place(live, line);
      if (n % BUDGET_STEP == 0 && g_get_monotonic_time() > end) break;
    }
  }
  tell_counts(live);
  return live->frozen || live->gathered->len == 0;
}

static guint64 midnight(guint64 now) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(now / G_USEC_PER_SEC));
  g_autoptr(GDateTime) start = g_date_time_new_local(g_date_time_get_year(time), g_date_time_get_month(time),
                                                     g_date_time_get_day_of_month(time), 0, 0, 0);

  return (guint64)g_date_time_to_unix(start) * G_USEC_PER_SEC;
}

void linli_live_tick(LinliLive *live) {
  guint64 now = live->now(live->now_data), today = midnight(now);
  GHashTableIter iter;
  gpointer value;

  if (now < live->next_change && today == live->today) return;
  live->today = today;
  live->next_change = NEVER;
  g_hash_table_iter_init(&iter, live->lines);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Line *line = value;
    guint32 queues = queues_of(live, line, now);
    if (queues == line->queues) continue;
    set_queues(live, line, queues);
    gather(live, line);
  }
}

/* --- What is shown -------------------------------------------------------------------------------------------- */

void linli_live_show_queue(LinliLive *live, LinliQueue queue) {
  if (queue == live->queue) return;
  live->queue = queue;
  rebuild(live);
}

void linli_live_show_team(LinliLive *live, guint64 team) {
  if (team == live->team) return;
  live->team = team;
  rebuild(live);
}

void linli_live_show_text(LinliLive *live, const char *text) {
  g_autofree char *folded = fold_text(text ? text : "");

  if (g_strcmp0(folded, live->text) == 0) return;
  g_free(live->text);
  live->text = g_steal_pointer(&folded);
  live->has_text = *live->text != '\0';
  pinyin_query_init(&live->pinyin, live->text);
  rebuild(live);
}

LinliQueue linli_live_queue(LinliLive *live) {
  return live->queue;
}

guint linli_live_count(LinliLive *live, LinliQueue queue) {
  return live->counts[queue];
}

gboolean linli_live_find(LinliLive *live, Uuid id, guint *position) {
  Line *line = g_hash_table_lookup(live->lines, &id);

  if (!line || !line->iter) return FALSE;
  *position = (guint)g_sequence_iter_get_position(line->iter);
  return TRUE;
}

void linli_live_freeze(LinliLive *live) {
  live->frozen = TRUE;
}

/* What changed where it stands may be out of order: out first, then in again. */
void linli_live_thaw(LinliLive *live) {
  if (!live->frozen) return;
  live->frozen = FALSE;
  for (guint i = 0; i < live->gathered->len; i++) {
    Line *line = live->gathered->pdata[i];
    if (line->iter) take_out(live, line);
  }
  linli_live_flush(live, 0);
}

guint linli_live_waiting(LinliLive *live) {
  guint n = 0;

  for (guint i = 0; i < live->gathered->len; i++) {
    const Line *line = live->gathered->pdata[i];
    n += !line->iter && matches(live, line);
  }
  return n;
}

/* --- GListModel ----------------------------------------------------------------------------------------------- */

static GType live_item_type(G_GNUC_UNUSED GListModel *model) {
  return LINLI_TYPE_CARD;
}

static guint live_n_items(GListModel *model) {
  return (guint)g_sequence_get_length(LINLI_LIVE(model)->shown);
}

static gpointer live_item(GListModel *model, guint position) {
  LinliLive *live = LINLI_LIVE(model);
  GSequenceIter *iter = g_sequence_get_iter_at_pos(live->shown, (gint)MIN(position, (guint)G_MAXINT));

  if (g_sequence_iter_is_end(iter)) return NULL;
  return card_new(linli_replica_get(live->replica, PROTO_MESSAGE_REQUEST, ((Line *)g_sequence_get(iter))->id));
}

static void live_model_init(GListModelInterface *interface) {
  interface->get_item_type = live_item_type;
  interface->get_n_items = live_n_items;
  interface->get_item = live_item;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

LinliLive *linli_live_new(LinliReplica *replica, LinliNow now, gpointer data) {
  LinliLive *live = g_object_new(LINLI_TYPE_LIVE, NULL);

  live->replica = replica;
  live->now = now;
  live->now_data = data;
  live->today = midnight(now(data));
  live->listener = linli_replica_listen(replica, PROTO_MESSAGE_REQUEST, on_row, live);
  linli_replica_foreach(replica, PROTO_MESSAGE_REQUEST, on_each, live);
  rebuild(live);
  return live;
}

static void linli_live_finalize(GObject *object) {
  LinliLive *live = LINLI_LIVE(object);

  if (live->listener) linli_replica_unlisten(live->replica, live->listener);
  g_sequence_free(live->shown);
  g_ptr_array_unref(live->gathered);
  g_hash_table_unref(live->lines);
  wire_arena_free(live->arena);
  g_free(live->text);
  G_OBJECT_CLASS(linli_live_parent_class)->finalize(object);
}

static void linli_live_class_init(LinliLiveClass *class) {
  G_OBJECT_CLASS(class)->finalize = linli_live_finalize;
  signals[GATHERED] =
      g_signal_new("gathered", LINLI_TYPE_LIVE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[COUNTS_CHANGED] =
      g_signal_new("counts-changed", LINLI_TYPE_LIVE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_live_init(LinliLive *live) {
  live->arena = wire_arena_new();
  live->lines = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, line_free);
  live->shown = g_sequence_new(NULL);
  live->gathered = g_ptr_array_new();
  live->queue = LINLI_QUEUE_OPEN;
  live->next_change = NEVER;
}
