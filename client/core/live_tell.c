/* live_tell.c: see live_tell.h. */
#include "client/core/live_tell.h"

/* Held cards nearer to each other than this are one run. */
enum { NEAR = 64 };

typedef struct {
  guint start, end; /* positions [start, end) */
} Zone;

typedef struct {
  LinliMove *move;
  guint position; /* where it stands, then where it will */
} Step;

static gint by_number(gconstpointer a, gconstpointer b) {
  guint x = *(const guint *)a, y = *(const guint *)b;

  return x < y ? -1 : x > y;
}

static gint by_position(gconstpointer a, gconstpointer b) {
  return by_number(&((const Step *)a)->position, &((const Step *)b)->position);
}

/* Runs of positions with held cards, in order. */
static GArray *find_zones(const LinliTeller *t) {
  g_autoptr(GArray) positions = g_array_sized_new(FALSE, FALSE, sizeof(guint), t->held->len);
  GArray *zones = g_array_new(FALSE, FALSE, sizeof(Zone));

  for (guint i = 0; i < t->held->len; i++) {
    guint position = linli_order_place(t->order, t->held->pdata[i]);
    if (linli_order_get(t->order, position) == t->held->pdata[i]) g_array_append_val(positions, position);
  }
  g_array_sort(positions, by_number);
  for (guint i = 0; i < positions->len; i++) {
    guint at = g_array_index(positions, guint, i);
    Zone *last = zones->len ? &g_array_index(zones, Zone, zones->len - 1) : NULL, one = {at, at + 1};
    if (last && at < last->end + NEAR)
      last->end = at + 1;
    else
      g_array_append_val(zones, one);
  }
  return zones;
}

static Zone *zone(GArray *zones, guint index) {
  return index < zones->len ? &g_array_index(zones, Zone, index) : NULL;
}

/* --- Out of what is far --------------------------------------------------------------------------------------- */

static void take_out(const LinliTeller *t, LinliMove *move) {
  linli_order_remove(t->order, move->line);
  t->put(move->line, move->to, FALSE);
  move->out = FALSE;
}

static void shift(GArray *zones, guint from, gint by) {
  for (guint i = from; i < zones->len; i++) {
    zone(zones, i)->start += (guint)by;
    zone(zones, i)->end += (guint)by;
  }
}

/* steps [begin, end), sorted, lie between two zones, the second of which is `next`. */
static void far_out(const LinliTeller *t, GArray *steps, guint begin, guint end, GArray *zones, guint next) {
  guint first = g_array_index(steps, Step, begin).position, last = g_array_index(steps, Step, end - 1).position;
  guint length = last - first + 1, n = end - begin;

  for (guint i = begin; i < end; i++)
    take_out(t, g_array_index(steps, Step, i).move);
  shift(zones, next, -(gint)n);
  t->changed(t->data, first, length, length - n);
}

static void all_far_out(const LinliTeller *t, GArray *moves, GArray *zones) {
  g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(Step));

  for (guint i = 0; i < moves->len; i++) {
    LinliMove *move = &g_array_index(moves, LinliMove, i);
    Step step = {move, 0};
    if (!move->out) continue;
    step.position = linli_order_place(t->order, move->line);
    g_array_append_val(steps, step);
  }
  g_array_sort(steps, by_position);
  /* From the end: what comes before keeps its positions. */
  guint end = steps->len;
  for (guint z = zones->len + 1; z-- > 0;) {
    guint floor = z ? zone(zones, z - 1)->end : 0, ceiling = z < zones->len ? zone(zones, z)->start : G_MAXUINT;
    guint begin = end;
    while (end && g_array_index(steps, Step, end - 1).position >= ceiling) /* of the zone: later */
      begin = --end;
    while (begin && g_array_index(steps, Step, begin - 1).position >= floor)
      begin--;
    if (begin < end) far_out(t, steps, begin, end, zones, z);
    end = begin;
  }
}

/* --- In the zones --------------------------------------------------------------------------------------------- */

/* Where each that comes will stand, among what stands there now. */
static GArray *find_inserts(const LinliTeller *t, GArray *moves) {
  GArray *steps = g_array_new(FALSE, FALSE, sizeof(Step));

  for (guint i = 0; i < moves->len; i++) {
    LinliMove *move = &g_array_index(moves, LinliMove, i);
    Step step = {move, 0};
    if (!move->in) continue;
    step.position = linli_order_place(t->order, t->probe(t->data, move->line, move->to));
    g_array_append_val(steps, step);
  }
  g_array_sort(steps, by_position);
  return steps;
}

static void put_in(const LinliTeller *t, LinliMove *move) {
  t->put(move->line, move->to, TRUE);
  linli_order_insert(t->order, move->line);
  move->in = FALSE;
}

/* What of a zone goes and what comes to it, in one. */
static void change_zone(const LinliTeller *t, Zone z, GArray *moves, GArray *inserts) {
  gint grown = 0;
  gboolean touched = FALSE;
  g_autoptr(GPtrArray) out = g_ptr_array_new();

  for (guint i = 0; i < moves->len; i++) {
    LinliMove *move = &g_array_index(moves, LinliMove, i);
    guint position = move->out ? linli_order_place(t->order, move->line) : 0;
    if (move->out && position >= z.start && position < z.end) g_ptr_array_add(out, move);
  }
  for (guint i = 0; i < out->len; i++, grown--)
    take_out(t, out->pdata[i]);
  for (guint i = 0; i < inserts->len; i++) {
    const Step *step = &g_array_index(inserts, Step, i);
    if (step->position < z.start || step->position > z.end || !step->move->in) continue;
    if (step->move->out) continue; /* from a zone before this one: it comes last */
    put_in(t, step->move);
    grown++;
    touched = TRUE;
  }
  if (touched || out->len) t->changed(t->data, z.start, z.end - z.start, (guint)((gint)(z.end - z.start) + grown));
}

/* --- Into what is far ----------------------------------------------------------------------------------------- */

/* inserts: of Step, nothing between them but what is far. */
static void far_in(const LinliTeller *t, GArray *inserts) {
  guint first = G_MAXUINT, last = 0;

  for (guint i = 0; i < inserts->len; i++)
    put_in(t, g_array_index(inserts, Step, i).move);
  for (guint i = 0; i < inserts->len; i++) {
    guint position = linli_order_place(t->order, g_array_index(inserts, Step, i).move->line);
    first = MIN(first, position);
    last = MAX(last, position);
  }
  if (inserts->len) t->changed(t->data, first, last - first + 1 - inserts->len, last - first + 1);
  g_array_set_size(inserts, 0);
}

static void all_far_in(const LinliTeller *t, GArray *zones, GArray *inserts) {
  g_autoptr(GArray) together = g_array_new(FALSE, FALSE, sizeof(Step));
  guint z = 0;

  for (guint i = 0; i < inserts->len; i++) {
    Step step = g_array_index(inserts, Step, i);
    if (!step.move->in) continue;
    for (; z < zones->len && step.position >= zone(zones, z)->start; z++)
      far_in(t, together);
    g_array_append_val(together, step);
  }
  far_in(t, together);
}

void linli_tell_moves(const LinliTeller *teller, GArray *moves) {
  g_autoptr(GArray) zones = find_zones(teller);

  all_far_out(teller, moves, zones);
  g_autoptr(GArray) inserts = find_inserts(teller, moves);
  for (guint z = zones->len; z-- > 0;)
    change_zone(teller, *zone(zones, z), moves, inserts);
  all_far_in(teller, zones, inserts);
}
