/* live.c: see live.h. */
#include "client/core/live.h"

#include <string.h>

#include "client/core/live_tell.h"
#include "client/core/row.h"
#include "client/core/sought.h"
#include "common/uuid.h"

#define HOUR  G_GUINT64_CONSTANT(3600000000)
#define NEVER G_MAXUINT64

/* Cards beyond FIRST are not of the first rows; fewer changes than REBUILD_FROM are always told one by one. */
enum { NOBODY_HOURS = 4, BUDGET_STEP = 16, FIRST = 512, REBUILD_FROM = 2048, REBUILD_SHARE = 8 };

struct LinliLine {
  Uuid id;
  WireBytes body;  /* the replica's, or, once it has gone there, of `kept` */
  LinliCard *card; /* NULL: nobody holds one */
  guint64 due_at, soon_at, nobody_at, closed_at, team;
  guint64 next; /* when the clock alone changes its queues; NEVER: not before `horizon`, and not in `clocked` */
  LinliPlace place;
  LinliSeen seen;
  guint32 queues; /* bit = LinliQueue: those it is in */
  guint8 state, returned, pinned, open;
  guint8 shown; /* is in `order` */
  guint8 gone;  /* the replica has it no more */
  guint8 stale; /* is in `stale`: not read since it changed */
  guint8 moved; /* is in `moved`: its place has to be looked at */
  guint8 based; /* is in `base` */
};

struct _LinliLive {
  GObject parent_instance;
  LinliReplica *replica;
  LinliNow now;
  gpointer now_data;
  guint listener;
  GHashTable *lines;           /* set of LinliLine, by id */
  GPtrArray *stale, *moved;    /* of LinliLine */
  guint stale_at;              /* those before it have been read */
  GHashTable *kept;            /* LinliLine -> GBytes: bodies of those that have gone and are shown */
  LinliOrder *order, *clocked; /* shown, in order; by `next` */
  LinliOrder *base;            /* the queue without the text; NULL while there is none: it is `order` then */
  GPtrArray *held;             /* lines with a card */
  guint cap;                   /* what of `order` watchers know of while it is told in pieces */
  LinliLine probe;
  LinliQueue queue;
  guint64 team;
  LinliSought *sought;
  gboolean frozen, counts_told, asked;
  guint counts[LINLI_QUEUES];
  guint64 today, horizon; /* UTC microseconds: local midnight; up to which `clocked` knows what will change */
};

static void live_model_init(GListModelInterface *interface);
G_DEFINE_FINAL_TYPE_WITH_CODE(LinliLive, linli_live, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, live_model_init))

enum { GATHERED, COUNTS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* Something waits for a flush: said once until there is one. */
static void ask_for_flush(LinliLive *live) {
  if (live->asked) return;
  live->asked = TRUE;
  g_signal_emit(live, signals[GATHERED], 0);
}

static void tell_change(gpointer live, guint position, guint removed, guint added) {
  g_list_model_items_changed(G_LIST_MODEL(live), position, removed, added);
}

/* --- Orders --------------------------------------------------------------------------------------------------- */

static gint by_pressure(gconstpointer a, gconstpointer b) {
  const LinliLine *x = a, *y = b;

  if (x->place.first != y->place.first) return x->place.first ? -1 : 1;
  if (x->place.key != y->place.key) return x->place.key < y->place.key ? -1 : 1;
  return uuid_compare(x->id, y->id);
}

static gint by_next(gconstpointer a, gconstpointer b) {
  const LinliLine *x = a, *y = b;

  if (x->next != y->next) return x->next < y->next ? -1 : 1;
  return uuid_compare(x->id, y->id);
}

static LinliPlace place_of(const LinliLive *live, const LinliLine *line) {
  guint64 key = live->queue == LINLI_QUEUE_CLOSED_TODAY ? NEVER - line->closed_at : line->due_at;

  return (LinliPlace){key, line->pinned};
}

static void put_line(LinliLine *line, LinliPlace place, gboolean shown) {
  line->place = place;
  line->shown = (guint8)shown;
}

/* --- Queues --------------------------------------------------------------------------------------------------- */

static guint32 queues_of(const LinliLive *live, const LinliLine *line, guint64 now) {
  static const guint8 by_state[] = {
      [PROTO_REQUEST_STATE_REGISTERED] = LINLI_QUEUE_REGISTERED,
      [PROTO_REQUEST_STATE_ACCEPTED] = LINLI_QUEUE_ACCEPTED,
      [PROTO_REQUEST_STATE_DISPATCHED] = LINLI_QUEUE_DISPATCHED,
      [PROTO_REQUEST_STATE_IN_PROGRESS] = LINLI_QUEUE_IN_PROGRESS,
      [PROTO_REQUEST_STATE_REPORTED] = LINLI_QUEUE_REPORTED,
      [PROTO_REQUEST_STATE_CALLBACK] = LINLI_QUEUE_CALLBACK,
  };
  guint32 queues = 1u << LINLI_QUEUE_OPEN;

  if (line->gone) return 0;
  if (!line->open) return line->closed_at >= live->today ? 1u << LINLI_QUEUE_CLOSED_TODAY : 0;
  if (line->state < G_N_ELEMENTS(by_state) && by_state[line->state]) queues |= 1u << by_state[line->state];
  if (line->pinned) queues |= 1u << LINLI_QUEUE_CRITICAL;
  if (line->returned) queues |= 1u << LINLI_QUEUE_RETURNED;
  if (line->nobody_at <= now) queues |= 1u << LINLI_QUEUE_NOBODY;
  if (line->due_at <= now)
    queues |= 1u << LINLI_QUEUE_OVERDUE;
  else if (line->soon_at <= now)
    queues |= 1u << LINLI_QUEUE_DUE_SOON;
  return queues;
}

static void count(LinliLive *live, guint32 queues, int by) {
  for (guint q = 0; queues; q++, queues >>= 1)
    if (queues & 1) live->counts[q] += (guint)by;
}

static void set_queues(LinliLive *live, LinliLine *line, guint32 queues) {
  if (line->queues == queues) return;
  count(live, line->queues, -1);
  count(live, queues, 1);
  line->queues = queues;
  live->counts_told = FALSE;
}

static guint64 sooner(guint64 next, guint64 at, guint64 now) {
  return at > now ? MIN(next, at) : next;
}

static void set_next(LinliLive *live, LinliLine *line, guint64 now) {
  guint64 next = NEVER;

  if (line->open && !line->gone)
    next = sooner(sooner(sooner(next, line->due_at, now), line->soon_at, now), line->nobody_at, now);
  if (next > live->horizon) next = NEVER;
  if (next == line->next) return;
  if (line->next != NEVER) linli_order_remove(live->clocked, line);
  line->next = next;
  if (next != NEVER) linli_order_insert(live->clocked, line);
}

/* Whatever the text. */
static gboolean fits(const LinliLive *live, const LinliLine *line) {
  if (line->gone || (live->team && line->team != live->team)) return FALSE;
  return line->queues >> live->queue & 1;
}

static gboolean matches(LinliLive *live, LinliLine *line) {
  return fits(live, line) && linli_sought_matches(live->sought, line->body, &line->seen);
}

/* --- Lines ---------------------------------------------------------------------------------------------------- */

static void line_free(gpointer data) {
  LinliLine *line = data;

  if (line->card) linli_card_leave(line->card);
  g_free(line);
}

static LinliLine *line_new(LinliLive *live, Uuid id) {
  LinliLine *line = g_new0(LinliLine, 1);

  line->id = id;
  line->next = NEVER;
  g_hash_table_add(live->lines, line);
  return line;
}

/* Of one that has gone, and is neither shown nor waits. */
static void forget_line(LinliLive *live, LinliLine *line) {
  if (line->next != NEVER) linli_order_remove(live->clocked, line);
  if (line->card) g_ptr_array_remove_fast(live->held, line);
  g_hash_table_remove(live->kept, line);
  g_hash_table_remove(live->lines, line);
}

static void must_move(LinliLive *live, LinliLine *line) {
  if (!line->moved) g_ptr_array_add(live->moved, line);
  line->moved = TRUE;
}

/* What the queues and the order need of it. */
static void fill(LinliLive *live, LinliLine *line, const ProtoRequest *request, guint64 now) {
  guint64 began = linli_stage_began(request);

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
  set_queues(live, line, queues_of(live, line, now));
}

static void read_line(LinliLive *live, LinliLine *line, guint64 now) {
  ProtoRequest request = {0};

  line->seen = (LinliSeen){0};
  if (!line->gone) linli_row_numbers(&proto_msg_request, line->body, &request);
  fill(live, line, &request, now);
}

/* --- The replica ---------------------------------------------------------------------------------------------- */

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id, WireBytes before,
                   WireBytes after, gpointer data) {
  LinliLive *live = data;
  LinliLine *line = g_hash_table_lookup(live->lines, &id);

  if (!line && !after.data) return;
  if (!line) line = line_new(live, id);
  line->gone = !after.data;
  line->body = after;
  g_hash_table_remove(live->kept, line);
  if (line->gone) { /* the list shows it until it is told */
    GBytes *kept = g_bytes_new(before.data, before.len);
    g_hash_table_insert(live->kept, line, kept);
    line->body = (WireBytes){g_bytes_get_data(kept, NULL), before.len};
  }
  if (!line->stale) g_ptr_array_add(live->stale, line);
  line->stale = TRUE;
  ask_for_flush(live);
}

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  LinliLive *live = data;
  LinliLine *line = line_new(live, id);
  guint64 now = live->now(live->now_data);

  line->body = body;
  read_line(live, line, now);
  set_next(live, line, now);
  return TRUE;
}

/* --- Everything anew ------------------------------------------------------------------------------------------ */

typedef struct {
  LinliPlace place; /* beside the line: sorting need not look at it */
  LinliLine *line;
} Sorted;

static gint by_place(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data) {
  const Sorted *x = a, *y = b;

  if (x->place.first != y->place.first) return x->place.first ? -1 : 1;
  if (x->place.key != y->place.key) return x->place.key < y->place.key ? -1 : 1;
  return uuid_compare(x->line->id, y->line->id);
}

/* How many of the first rows have a card. */
static guint first_held(LinliLive *live, guint max) {
  guint n = 0;

  while (n < max && ((LinliLine *)linli_order_get(live->order, n))->card)
    n++;
  return n;
}

/* Takes the cards of the first n rows from them; of LinliCard. */
static GPtrArray *take_cards(LinliLive *live, guint n) {
  GPtrArray *cards = g_ptr_array_new_with_free_func(g_object_unref);

  for (guint i = 0; i < n; i++) {
    LinliLine *line = linli_order_get(live->order, i);
    g_ptr_array_add(cards, g_object_ref(line->card));
    g_ptr_array_remove_fast(live->held, line);
    line->card = NULL;
  }
  return cards;
}

static void give_card(LinliLive *live, guint position, LinliCard *card) {
  LinliLine *line = linli_order_get(live->order, position);

  if (line->card) { /* somebody holds one already: the row is another item */
    linli_card_leave(card);
    tell_change(live, position, 1, 1);
    return;
  }
  line->card = card;
  g_ptr_array_add(live->held, line);
  linli_card_become(card, line->id, line->body, line);
}

/* The order is another one. The rows that a list widget keeps at its top stay and say other things; the rest is told
 * in two pieces, of which it keeps nothing. */
static void tell_all(LinliLive *live, LinliOrder *fresh) {
  guint old = linli_order_length(live->order), length = linli_order_length(fresh);
  guint first = first_held(live, MIN(FIRST, MIN(old, length)));

  live->cap = first;
  if (old > first) tell_change(live, first, old - first, 0);
  g_autoptr(GPtrArray) cards = take_cards(live, first);
  linli_order_free(live->order);
  live->order = fresh;
  for (guint i = 0; i < first; i++)
    give_card(live, i, cards->pdata[i]);
  live->cap = G_MAXUINT;
  if (length > first) tell_change(live, first, 0, length - first);
}

static void forget_gone(LinliLive *live) {
  g_autoptr(GPtrArray) gone = g_ptr_array_new();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init(&iter, live->kept);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    LinliLine *line = key;
    if (!line->shown && !line->stale && !line->moved && !line->based) g_ptr_array_add(gone, line);
  }
  for (guint i = 0; i < gone->len; i++)
    forget_line(live, gone->pdata[i]);
}

static LinliOrder *order_of(GArray *sorted) {
  LinliOrder *order = linli_order_new(by_pressure);
  g_autofree gpointer *lines = g_new(gpointer, sorted->len + 1);

  for (guint i = 0; i < sorted->len; i++)
    lines[i] = g_array_index(sorted, Sorted, i).line;
  linli_order_fill(order, lines, sorted->len);
  return order;
}

typedef enum { ALL_SHOWN, ALL_BASED, THOSE_FOUND } Which;

/* Another order of the same lines, or of those that the text finds; they know what they are in. */
static LinliOrder *order_from(LinliLive *live, const LinliOrder *from, Which which) {
  LinliOrder *order = linli_order_new(by_pressure);
  guint length = linli_order_length(from), n = 0;
  g_autofree gpointer *lines = g_new(gpointer, length + 1);

  linli_order_copy(from, lines);
  for (guint i = 0; i < length; i++) {
    LinliLine *line = lines[i];
    if (which == ALL_BASED) {
      line->based = TRUE;
      continue;
    }
    line->shown = which == ALL_SHOWN || matches(live, line);
    if (which == ALL_SHOWN) line->based = FALSE;
    if (line->shown) lines[n++] = line;
  }
  linli_order_fill(order, lines, which == ALL_BASED ? length : n);
  return order;
}

/* Another queue or team, or more changes than single steps are good for. */
static void rebuild(LinliLive *live) {
  g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(Sorted));
  GHashTableIter iter;
  gpointer key;

  for (guint i = 0; i < live->moved->len; i++)
    ((LinliLine *)live->moved->pdata[i])->moved = FALSE;
  g_ptr_array_set_size(live->moved, 0);
  g_hash_table_iter_init(&iter, live->lines);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    LinliLine *line = key;
    Sorted one = {place_of(live, line), line};
    line->shown = line->based = FALSE;
    if (fits(live, line)) g_array_append_val(sorted, one);
  }
  g_array_sort_with_data(sorted, by_place, NULL);
  for (guint i = 0; i < sorted->len; i++)
    put_line(g_array_index(sorted, Sorted, i).line, g_array_index(sorted, Sorted, i).place, FALSE);
  LinliOrder *all = order_of(sorted);
  g_clear_pointer(&live->base, linli_order_free);
  if (!linli_sought_is_empty(live->sought)) live->base = order_from(live, all, ALL_BASED);
  tell_all(live, order_from(live, all, live->base ? THOSE_FOUND : ALL_SHOWN));
  linli_order_free(all);
  if (g_hash_table_size(live->kept)) forget_gone(live);
}

/* Another text: what is in order stays so. */
static void filter(LinliLive *live, gboolean less) {
  LinliOrder *base = live->base;

  if (linli_sought_is_empty(live->sought)) {
    live->base = NULL;
    if (base) tell_all(live, order_from(live, base, ALL_SHOWN));
    g_clear_pointer(&base, linli_order_free);
    return;
  }
  if (!base) live->base = order_from(live, live->order, ALL_BASED);
  tell_all(live, order_from(live, less ? live->order : live->base, THOSE_FOUND));
}

/* --- Flushing ------------------------------------------------------------------------------------------------- */

static void tell_counts(LinliLive *live) {
  if (live->counts_told) return;
  live->counts_told = TRUE;
  g_signal_emit(live, signals[COUNTS_CHANGED], 0);
}

/* FALSE: the time is over before all were read. The oldest change first. */
static gboolean read_stale(LinliLive *live, gint64 end) {
  guint64 now = live->now(live->now_data);

  for (guint n = 1; live->stale_at < live->stale->len; n++) {
    LinliLine *line = live->stale->pdata[live->stale_at++];
    line->stale = FALSE;
    read_line(live, line, now);
    set_next(live, line, now);
    if (line->card && !line->gone) linli_card_set_body(line->card, line->body);
    must_move(live, line);
    if (n % BUDGET_STEP == 0 && g_get_monotonic_time() > end) return FALSE;
  }
  g_ptr_array_set_size(live->stale, 0);
  live->stale_at = 0;
  return TRUE;
}

static LinliLine *probe_line(gpointer data, LinliLine *line, LinliPlace place) {
  LinliLive *live = data;

  live->probe.id = line->id;
  live->probe.place = place;
  return &live->probe;
}

/* Whether it may take that place without passing a neighbour. */
static gboolean stays(LinliLive *live, LinliLine *line, LinliPlace to) {
  guint at = linli_order_place(live->order, line);
  const LinliLine *before = at ? linli_order_get(live->order, at - 1) : NULL,
                  *after = linli_order_get(live->order, at + 1), *probe = probe_line(live, line, to);

  return (!before || by_pressure(before, probe) < 0) && (!after || by_pressure(probe, after) < 0);
}

/* What its place has become; FALSE when nobody has to be told. */
static gboolean find_move(LinliLive *live, LinliLine *line, LinliMove *move) {
  gboolean wanted = matches(live, line);

  *move = (LinliMove){line, place_of(live, line), line->shown, wanted};
  if (!line->shown) line->place = move->to; /* it is in no order */
  if (!line->shown || !wanted) return line->shown || wanted;
  if (line->place.key == move->to.key && line->place.first == move->to.first) return FALSE;
  if (!stays(live, line, move->to)) return TRUE;
  line->place = move->to;
  return FALSE;
}

static void leave_base(LinliLive *live, LinliLine *line) {
  if (line->based) linli_order_remove(live->base, line);
  line->based = FALSE;
}

static void join_base(LinliLive *live, LinliLine *line) {
  if (!live->base || !fits(live, line)) return;
  linli_order_insert(live->base, line);
  line->based = TRUE;
}

static void place_moved(LinliLive *live) {
  g_autoptr(GArray) moves = g_array_new(FALSE, FALSE, sizeof(LinliMove));
  LinliTeller teller = {live->order, live->held, put_line, probe_line, tell_change, live};

  for (guint i = 0; i < live->moved->len; i++) {
    LinliLine *line = live->moved->pdata[i];
    LinliMove move;
    leave_base(live, line);
    if (find_move(live, line, &move)) g_array_append_val(moves, move);
  }
  if (moves->len) linli_tell_moves(&teller, moves);
  for (guint i = 0; i < live->moved->len; i++) {
    join_base(live, live->moved->pdata[i]);
    ((LinliLine *)live->moved->pdata[i])->moved = FALSE;
  }
  g_ptr_array_set_size(live->moved, 0);
  if (g_hash_table_size(live->kept)) forget_gone(live);
}

gboolean linli_live_flush(LinliLive *live, gint64 budget_us) {
  gint64 end = budget_us ? g_get_monotonic_time() + budget_us : G_MAXINT64;
  gboolean all;

  live->asked = FALSE;
  all = read_stale(live, end);
  if (!live->frozen && live->moved->len > REBUILD_FROM &&
      live->moved->len > g_hash_table_size(live->lines) / REBUILD_SHARE)
    rebuild(live);
  else if (!live->frozen)
    place_moved(live);
  tell_counts(live);
  live->asked = !all;
  return all;
}

/* --- The clock ------------------------------------------------------------------------------------------------ */

static guint64 midnight(guint64 now) {
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(now / G_USEC_PER_SEC));
  g_autoptr(GDateTime) start = g_date_time_new_local(g_date_time_get_year(time), g_date_time_get_month(time),
                                                     g_date_time_get_day_of_month(time), 0, 0, 0);

  return (guint64)g_date_time_to_unix(start) * G_USEC_PER_SEC;
}

static void look_at_clock(LinliLive *live, LinliLine *line, guint64 now) {
  guint32 queues = queues_of(live, line, now);

  set_next(live, line, now);
  if (queues == line->queues) return;
  set_queues(live, line, queues);
  must_move(live, line);
  ask_for_flush(live);
}

/* What was closed yesterday leaves today's queue; what changes in the next hour is put in order. */
static void look_at_all(LinliLive *live, guint64 now, guint64 today) {
  GHashTableIter iter;
  gpointer key;

  live->today = today;
  live->horizon = now + HOUR;
  g_hash_table_iter_init(&iter, live->lines);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    look_at_clock(live, key, now);
}

void linli_live_tick(LinliLive *live) {
  guint64 now = live->now(live->now_data), today = midnight(now);
  LinliLine *line;

  if (today != live->today || now >= live->horizon) look_at_all(live, now, today);
  while ((line = linli_order_get(live->clocked, 0)) && line->next <= now)
    look_at_clock(live, line, now);
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
  LinliSoughtChange change = linli_sought_set(live->sought, text);

  if (change == LINLI_SOUGHT_SAME) return;
  if (live->moved->len) /* what is frozen comes along */
    rebuild(live);
  else
    filter(live, change == LINLI_SOUGHT_LESS);
}

LinliQueue linli_live_queue(LinliLive *live) {
  return live->queue;
}

guint linli_live_count(LinliLive *live, LinliQueue queue) {
  return live->counts[queue];
}

gboolean linli_live_find(LinliLive *live, Uuid id, guint *position) {
  LinliLine *line = g_hash_table_lookup(live->lines, &id);

  if (!line || !line->shown) return FALSE;
  *position = linli_order_place(live->order, line);
  return TRUE;
}

void linli_live_freeze(LinliLive *live) {
  live->frozen = TRUE;
}

void linli_live_thaw(LinliLive *live) {
  if (!live->frozen) return;
  live->frozen = FALSE;
  linli_live_flush(live, 0);
}

guint linli_live_waiting(LinliLive *live) {
  guint n = 0;

  for (guint i = 0; live->frozen && i < live->moved->len; i++) {
    LinliLine *line = live->moved->pdata[i];
    n += !line->shown && matches(live, line);
  }
  return n;
}

/* --- GListModel ----------------------------------------------------------------------------------------------- */

static GType live_item_type(G_GNUC_UNUSED GListModel *model) {
  return LINLI_TYPE_CARD;
}

static guint live_n_items(GListModel *model) {
  LinliLive *live = LINLI_LIVE(model);

  return MIN(linli_order_length(live->order), live->cap);
}

static void on_card_gone(gpointer data, gpointer line) {
  ((LinliLine *)line)->card = NULL;
  g_ptr_array_remove_fast(LINLI_LIVE(data)->held, line);
}

static gpointer live_item(GListModel *model, guint position) {
  LinliLive *live = LINLI_LIVE(model);
  LinliLine *line = position < live->cap ? linli_order_get(live->order, position) : NULL;

  if (!line) return NULL;
  if (line->card) return g_object_ref(line->card);
  g_ptr_array_add(live->held, line);
  line->card = linli_card_new(line->id, line->body, on_card_gone, live, line);
  return line->card;
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
  live->horizon = now(data) + HOUR;
  live->sought = linli_sought_new(replica);
  live->listener = linli_replica_listen(replica, PROTO_MESSAGE_REQUEST, on_row, live);
  linli_replica_foreach(replica, PROTO_MESSAGE_REQUEST, on_each, live);
  rebuild(live);
  return live;
}

static void linli_live_finalize(GObject *object) {
  LinliLive *live = LINLI_LIVE(object);

  if (live->listener) linli_replica_unlisten(live->replica, live->listener);
  linli_order_free(live->order);
  g_clear_pointer(&live->base, linli_order_free);
  linli_order_free(live->clocked);
  g_ptr_array_unref(live->stale);
  g_ptr_array_unref(live->moved);
  g_ptr_array_unref(live->held);
  g_hash_table_unref(live->kept);
  g_hash_table_unref(live->lines);
  g_clear_pointer(&live->sought, linli_sought_free);
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
  live->lines = g_hash_table_new_full(uuid_hash, uuid_equal, line_free, NULL);
  live->stale = g_ptr_array_new();
  live->moved = g_ptr_array_new();
  live->held = g_ptr_array_new();
  live->kept = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
  live->order = linli_order_new(by_pressure);
  live->clocked = linli_order_new(by_next);
  live->queue = LINLI_QUEUE_OPEN;
  live->cap = G_MAXUINT;
}
