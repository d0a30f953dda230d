/* pending.c: see pending.h. */
#include "client/core/pending.h"

#include "client/core/clock.h"

enum { USUAL_TIMEOUT_MS = 30000, FIRST_NUMBER = 16 }; /* smaller numbers are the session's own: sign-in, ping */

typedef struct {
  guint32 number;
  LinliAnswered answered; /* NULL: forgotten */
  gpointer data;
  gint64 deadline;
  GByteArray *frame; /* while it waits; NULL in flight */
} Ask;

struct LinliPending {
  guint32 last;
  GHashTable *asks; /* number -> Ask */
  GQueue waiting;   /* of Ask, in order */
  guint in_flight;
  LinliLink *link;   /* while there is one */
  GPtrArray *broken; /* of Ask: to be answered in the next turn */
  guint idle;
  LinliSession *session; /* owner; not a reference */
};

static void ask_free(gpointer data) {
  Ask *ask = data;

  if (ask->frame) g_byte_array_unref(ask->frame);
  g_free(ask);
}

LinliPending *linli_pending_new(void) {
  LinliPending *p = g_new0(LinliPending, 1);

  p->last = FIRST_NUMBER;
  p->asks = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, ask_free);
  p->broken = g_ptr_array_new_with_free_func(ask_free);
  g_queue_init(&p->waiting);
  return p;
}

void linli_pending_free(LinliPending *pending) {
  g_clear_handle_id(&pending->idle, g_source_remove);
  g_queue_clear(&pending->waiting);
  g_hash_table_unref(pending->asks);
  g_ptr_array_unref(pending->broken);
  g_free(pending);
}

void linli_pending_set_owner(LinliPending *pending, LinliSession *session) {
  pending->session = session;
}

guint32 linli_pending_number(LinliPending *pending) {
  do
    pending->last = pending->last == G_MAXUINT32 ? FIRST_NUMBER : pending->last + 1;
  while (g_hash_table_contains(pending->asks, GUINT_TO_POINTER(pending->last)));
  return pending->last;
}

static void send_waiting(LinliPending *p) {
  while (p->link && p->in_flight < LINLI_IN_FLIGHT && !g_queue_is_empty(&p->waiting)) {
    Ask *ask = g_queue_pop_head(&p->waiting);
    linli_link_send(p->link, ask->frame->data, ask->frame->len);
    g_clear_pointer(&ask->frame, g_byte_array_unref);
    p->in_flight++;
  }
}

guint32 linli_pending_ask(LinliPending *pending, LinliLink *link, const WireMessage *message, const void *in,
                          guint timeout_ms, LinliAnswered answered, gpointer data) {
  Ask *ask = g_new0(Ask, 1);

  ask->number = linli_pending_number(pending);
  ask->answered = answered;
  ask->data = data;
  ask->deadline = linli_clock_local() + (gint64)(timeout_ms ? timeout_ms : USUAL_TIMEOUT_MS) * 1000;
  ask->frame = g_byte_array_new();
  wire_frame_message(message, ask->number, in, ask->frame);
  g_hash_table_insert(pending->asks, GUINT_TO_POINTER(ask->number), ask);
  g_queue_push_tail(&pending->waiting, ask);
  pending->link = link;
  send_waiting(pending);
  return ask->number;
}

/* Takes it out of the table. */
static Ask *take(LinliPending *p, guint32 number) {
  Ask *ask = g_hash_table_lookup(p->asks, GUINT_TO_POINTER(number));

  if (!ask) return NULL;
  g_hash_table_steal(p->asks, GUINT_TO_POINTER(number));
  if (ask->frame)
    g_queue_remove(&p->waiting, ask);
  else
    p->in_flight--;
  return ask;
}

gboolean linli_pending_answer(LinliPending *pending, LinliSession *session, guint32 number,
                              const LinliAnswer *answer) {
  Ask *ask = take(pending, number);

  if (!ask) return FALSE;
  send_waiting(pending);
  if (ask->answered) ask->answered(session, answer, ask->data);
  ask_free(ask);
  return TRUE;
}

void linli_pending_forget(LinliPending *pending, guint32 number) {
  Ask *ask = g_hash_table_lookup(pending->asks, GUINT_TO_POINTER(number));

  if (ask) ask->answered = NULL;
  for (guint i = 0; i < pending->broken->len; i++) {
    Ask *broken = pending->broken->pdata[i];
    if (broken->number == number) broken->answered = NULL;
  }
}

void linli_pending_expire(LinliPending *pending, LinliSession *session, gint64 now) {
  g_autoptr(GArray) late = g_array_new(FALSE, FALSE, sizeof(guint32));
  LinliAnswer answer = {.verdict = LINLI_UNDECIDED};
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, pending->asks);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    if (((Ask *)value)->deadline <= now) g_array_append_val(late, ((Ask *)value)->number);
  for (guint i = 0; i < late->len; i++)
    (void)!linli_pending_answer(pending, session, g_array_index(late, guint32, i), &answer);
}

static gboolean on_idle(gpointer data) {
  LinliPending *p = data;
  g_autoptr(GPtrArray) broken = g_steal_pointer(&p->broken);
  g_autoptr(LinliSession) session = g_object_ref(p->session);
  LinliAnswer answer = {.verdict = LINLI_UNDECIDED};

  p->idle = 0;
  p->broken = g_ptr_array_new_with_free_func(ask_free);
  for (guint i = 0; i < broken->len; i++) {
    Ask *ask = broken->pdata[i];
    if (ask->answered) ask->answered(session, &answer, ask->data);
  }
  return G_SOURCE_REMOVE;
}

static gint by_number(gconstpointer a, gconstpointer b) {
  const Ask *x = *(Ask *const *)a, *y = *(Ask *const *)b;

  return x->number < y->number ? -1 : x->number > y->number;
}

void linli_pending_break(LinliPending *pending) {
  GHashTableIter iter;
  gpointer value;

  pending->link = NULL;
  g_queue_clear(&pending->waiting);
  pending->in_flight = 0;
  g_hash_table_iter_init(&iter, pending->asks);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    g_hash_table_iter_steal(&iter);
    g_ptr_array_add(pending->broken, value);
  }
  g_ptr_array_sort(pending->broken, by_number);
  if (pending->broken->len && !pending->idle && pending->session) pending->idle = g_idle_add(on_idle, pending);
}
