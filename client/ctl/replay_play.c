/* replay_play.c: see replay_play.h. */
#include "client/ctl/replay_play.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/core/clock.h"
#include "client/core/identity.h"
#include "client/ctl/import_row.h"
#include "client/ctl/replay_steps.h"
#include "proto/proto_tables.h"

enum { TICK_MS = 4, EACH_IN_FLIGHT = 32, SHOW_EVERY_US = 500000 };

struct ReplayPlay {
  Ctl *ctl;
  const Cast *cast;
  const Tree *tree;
  Journal *journal;
  double speed;
  GHashTable *teams; /* stream -> index + 1 of tree_communities(), as pointer */
  GPtrArray *cases;  /* of Case */
  GPtrArray *heap;   /* of Case, by due; not owned */
  gint64 first, began, shown;
  guint in_flight;
  GArray *latencies; /* of guint32 microseconds */
  ReplaySums sums;
};

typedef struct {
  ReplayPlay *play;
  ReplayCase about;
  ReplayPlan plan;
  guint team, next, turn;
  gint64 due; /* linli_clock_local() */
} Case;

/* ---- By due time ----------------------------------------------------------------------------------------------- */

static void heap_push(GPtrArray *heap, Case *c) {
  guint at = heap->len;
  g_ptr_array_add(heap, c);
  while (at > 0 && ((Case *)heap->pdata[(at - 1) / 2])->due > c->due) {
    heap->pdata[at] = heap->pdata[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  heap->pdata[at] = c;
}

static Case *heap_pop(GPtrArray *heap) {
  Case *top = heap->pdata[0], *last = heap->pdata[heap->len - 1];
  guint at = 0;
  g_ptr_array_set_size(heap, (gint)heap->len - 1);
  while (heap->len > 0) {
    guint child = 2 * at + 1;
    if (child >= heap->len) break;
    if (child + 1 < heap->len && ((Case *)heap->pdata[child + 1])->due < ((Case *)heap->pdata[child])->due) child++;
    if (((Case *)heap->pdata[child])->due >= last->due) break;
    heap->pdata[at] = heap->pdata[child];
    at = child;
  }
  if (heap->len > 0) heap->pdata[at] = last;
  return top;
}

static gint64 due_of(const ReplayPlay *p, gint64 at) {
  return p->speed > 0 ? p->began + (gint64)((double)(at - p->first) / p->speed) : p->began;
}

/* ---- Cases ----------------------------------------------------------------------------------------------------- */

static void case_free(gpointer data) {
  Case *c = data;
  replay_case_clear(&c->about);
  g_free(c);
}

ReplayPlay *replay_play_new(Ctl *ctl, const Cast *cast, const Tree *tree, Journal *journal, double speed) {
  ReplayPlay *p = g_new0(ReplayPlay, 1);
  const GArray *places = tree_communities(tree);
  p->ctl = ctl;
  p->cast = cast;
  p->tree = tree;
  p->journal = journal;
  p->speed = speed;
  p->teams = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  for (guint i = 0; i < places->len; i++)
    g_hash_table_insert(p->teams, g_memdup2(&g_array_index(places, TreePlace, i).stream, sizeof(guint64)),
                        GUINT_TO_POINTER(i + 1));
  p->cases = g_ptr_array_new_with_free_func(case_free);
  p->heap = g_ptr_array_new();
  p->latencies = g_array_new(FALSE, FALSE, sizeof(guint32));
  p->sums.refused = g_hash_table_new(g_str_hash, g_str_equal);
  return p;
}

void replay_play_free(ReplayPlay *p) {
  g_ptr_array_unref(p->heap);
  g_ptr_array_unref(p->cases);
  g_hash_table_unref(p->teams);
  g_hash_table_unref(p->sums.refused);
  g_array_unref(p->latencies);
  g_free(p);
}

void replay_play_add(ReplayPlay *p, const MappedRow *row, guint32 seed) {
  TreePlace place;
  if (!tree_place(p->tree, row, &place)) return; /* the tree was made from the same rows */
  Case *c = g_new0(Case, 1);
  c->play = p;
  c->team = GPOINTER_TO_UINT(g_hash_table_lookup(p->teams, &place.stream)) - 1;
  c->turn = p->cases->len;
  replay_plan(seed, row->number, row->registered_at, row->closed_at, &c->plan);
  replay_case_init(&c->about, row, &place, tree_category(p->tree, row->category), c->plan.anonymous);
  if (p->cases->len == 0 || row->registered_at < p->first) p->first = row->registered_at;
  g_ptr_array_add(p->cases, c);
  p->sums.cases++;
}

void replay_play_until(ReplayPlay *p, gint64 horizon) {
  for (guint i = 0; i < p->cases->len; i++) {
    Case *c = p->cases->pdata[i];
    while (c->plan.count > 1 && c->plan.steps[c->plan.count - 1].at > horizon)
      c->plan.count--;
  }
}

/* ---- Steps ----------------------------------------------------------------------------------------------------- */

static Actor *actor_of(const Case *c, ReplayStep step) {
  const Cast *cast = c->play->cast;
  switch (step) {
  case STEP_REGISTER:
    return cast_pick(cast, PART_INTAKE, c->team);
  case STEP_ACCEPT:
  case STEP_DISPATCH:
  case STEP_COMMENT:
    return cast_pick(cast, PART_DISPATCH, c->team);
  case STEP_VERIFY:
    return cast_pick(cast, PART_VERIFY, c->team);
  case STEP_CALLBACK:
    return cast_pick(cast, PART_CALLBACK, c->team);
  case STEP_RETURN:
  case STEP_SIGN:
  case STEP_CONTACT:
  case STEP_REPORT:
    break;
  }
  return cast_worker(cast, c->team, c->turn);
}

static void wait_for_next(Case *c) {
  if (c->next == c->plan.count) return;
  c->due = due_of(c->play, c->plan.steps[c->next].at);
  heap_push(c->play->heap, c);
}

static void count_done(ReplaySums *sums, ReplayStep step) {
  sums->done++;
  sums->registered += step == STEP_REGISTER;
  sums->closed += step == STEP_CALLBACK;
  sums->returned += step == STEP_RETURN;
}

static void count_refused(ReplaySums *sums, const char *code) {
  guint n = GPOINTER_TO_UINT(g_hash_table_lookup(sums->refused, code));
  g_hash_table_insert(sums->refused, (gpointer)code, GUINT_TO_POINTER(n + 1));
}

static void on_decided(const BulkCommand *command, const LinliAnswer *answer, gpointer data) {
  Case *c = data;
  ReplayPlay *p = c->play;
  ReplayStep step = c->plan.steps[c->next].step;
  guint32 latency = (guint32)CLAMP(linli_clock_local() - command->sent_at, 0, G_MAXUINT32);
  const WireEnum *of = answer->verdict == LINLI_REFUSED ? p->ctl->proto->refusals : p->ctl->proto->errors;
  const char *code = answer->verdict != LINLI_DONE ? linli_identifier(of, answer->code) : "";
  p->in_flight--;
  g_array_append_val(p->latencies, latency);
  journal_decided(p->journal, command->id, answer, code, (guint64)g_get_real_time());
  c->next++;
  if (answer->verdict == LINLI_DONE)
    count_done(&p->sums, step);
  else if (answer->verdict == LINLI_REFUSED)
    count_refused(&p->sums, code);
  else
    p->sums.undecided++;
  if (answer->verdict == LINLI_DONE || step == STEP_COMMENT) wait_for_next(c);
}

static void send_step(Case *c) {
  ReplayPlay *p = c->play;
  ReplayStep step = c->plan.steps[c->next].step;
  const Actor *actor = actor_of(c, step);
  const ProtoCommand *kind = proto_command_by_name(p->ctl->proto, replay_step_name(step));
  g_autoptr(GByteArray) body = g_byte_array_new();
  replay_case_body(&c->about, step, c->turn, body);
  Uuid id =
      bulk_send(actor->bulk, kind->number, c->about.place.stream, (WireBytes){body->data, body->len}, on_decided, c);
  journal_sent(p->journal, id, kind->name, c->about.place.stream, actor->number, c->about.id,
               (guint64)g_get_real_time());
  p->in_flight++;
}

static void send_due(ReplayPlay *p) {
  gint64 now = linli_clock_local();
  while (p->heap->len > 0 && ((Case *)p->heap->pdata[0])->due <= now &&
         p->in_flight < cast_size(p->cast) * EACH_IN_FLIGHT) {
    Case *c = heap_pop(p->heap);
    if (p->speed > 0) p->sums.late_us = MAX(p->sums.late_us, now - c->due);
    send_step(c);
  }
}

/* ---- Running --------------------------------------------------------------------------------------------------- */

static void show(ReplayPlay *p) {
  gint64 now = linli_clock_local();
  if (now - p->shown < SHOW_EVERY_US || !isatty(STDERR_FILENO)) return;
  p->shown = now;
  fprintf(stderr, "\r%u / %u registered, %u closed, %u in flight  ", p->sums.registered, p->sums.cases,
          p->sums.closed, p->in_flight);
}

static gboolean on_tick(G_GNUC_UNUSED gpointer data) {
  return G_SOURCE_CONTINUE;
}

gboolean replay_play_run(ReplayPlay *p, const gboolean *stopped, GError **error) {
  guint tick = g_timeout_add(TICK_MS, on_tick, NULL);
  const GError *problem = NULL;
  p->began = linli_clock_local();
  for (guint i = 0; i < p->cases->len; i++)
    wait_for_next(p->cases->pdata[i]);
  while ((problem = cast_problem(p->cast)) == NULL && (p->in_flight > 0 || (p->heap->len > 0 && !*stopped))) {
    if (!*stopped) send_due(p);
    g_main_context_iteration(NULL, TRUE);
    show(p);
  }
  g_source_remove(tick);
  if (p->shown != 0) fputs("\r\033[K", stderr);
  p->sums.took_us = linli_clock_local() - p->began;
  p->sums.undecided += p->in_flight;
  if (problem == NULL) return TRUE;
  g_propagate_error(error, g_error_copy(problem));
  return FALSE;
}

static gint by_value(gconstpointer a, gconstpointer b) {
  guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
  return x < y ? -1 : x > y;
}

const ReplaySums *replay_play_sums(ReplayPlay *p) {
  guint n = p->latencies->len;
  if (n == 0) return &p->sums;
  g_array_sort(p->latencies, by_value);
  p->sums.p50_us = g_array_index(p->latencies, guint32, n / 2);
  p->sums.p99_us = g_array_index(p->latencies, guint32, MIN((guint)((guint64)n * 99 / 100), n - 1));
  return &p->sums;
}
