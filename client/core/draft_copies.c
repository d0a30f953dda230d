/* draft_copies.c: see draft_copies.h. One is in flight at a time: they are small, and nobody waits for them. */
#include "client/core/draft_copies.h"

#include <string.h>

#include "client/core/identity.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"

struct LinliDraftCopies {
  LinliSession *session;
  GHashTable *waiting; /* Uuid -> newest text, not sent yet */
  GHashTable *sent;    /* Uuid set: of these the server holds a text */
  guint timer;
  guint32 number; /* of what is in flight; 0: nothing */
  Uuid flying;
  char *text; /* that is in flight */
  gulong state_handler;
};

static void send_next(LinliDraftCopies *c);

static guint max_text(void) {
  return wire_field_by_name(proto_command(&proto_linli, PROTO_COMMAND_REQUEST_DRAFT)->fields, "text")->max;
}

static gboolean on_timer(gpointer data) {
  LinliDraftCopies *c = data;

  c->timer = 0;
  send_next(c);
  return G_SOURCE_REMOVE;
}

static void later(LinliDraftCopies *c) {
  if (!c->timer) c->timer = g_timeout_add(LINLI_COPY_DELAY_MS, on_timer, c);
}

/* A newer text may have come meanwhile: then that one goes. Refused ones are given up: the file is there. */
static void on_answer(G_GNUC_UNUSED LinliSession *session, const LinliAnswer *answer, gpointer data) {
  LinliDraftCopies *c = data;

  c->number = 0;
  if (answer->verdict == LINLI_UNDECIDED && !g_hash_table_contains(c->waiting, &c->flying))
    g_hash_table_insert(c->waiting, g_memdup2(&c->flying, sizeof c->flying), g_strdup(c->text));
  if (answer->verdict == LINLI_DONE && *c->text)
    g_hash_table_add(c->sent, g_memdup2(&c->flying, sizeof c->flying));
  else if (answer->verdict == LINLI_DONE)
    g_hash_table_remove(c->sent, &c->flying);
  g_clear_pointer(&c->text, g_free);
  if (g_hash_table_size(c->waiting)) later(c);
}

static guint32 send(LinliDraftCopies *c, Uuid id, const char *text) {
  const WireMessage *m = proto_command(&proto_linli, PROTO_COMMAND_REQUEST_DRAFT)->fields;
  const LinliWho *who = linli_session_who(c->session);
  g_autoptr(GByteArray) body = g_byte_array_new();

  wire_put_uuid(body, wire_field_by_name(m, "draft")->number, id);
  wire_put_bytes(body, wire_field_by_name(m, "text")->number,
                 (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
  LinliCommand command = {.id = linli_new_id_at(linli_session_now(c->session) / 1000),
                          .kind = PROTO_COMMAND_REQUEST_DRAFT,
                          .stream = who->account * 4 + PROTO_STREAM_KIND_ACCOUNT,
                          .body = {body->data, body->len}};
  return linli_session_command(c->session, &command, 0, on_answer, c);
}

static void send_next(LinliDraftCopies *c) {
  GHashTableIter iter;
  gpointer id, text;

  if (c->number || linli_session_state(c->session) != LINLI_STATE_READY) return;
  g_hash_table_iter_init(&iter, c->waiting);
  if (!g_hash_table_iter_next(&iter, &id, &text)) return;
  c->flying = *(Uuid *)id;
  c->text = g_strdup(text);
  g_hash_table_iter_remove(&iter);
  c->number = send(c, c->flying, c->text);
}

void linli_draft_copies_put(LinliDraftCopies *copies, Uuid id, const char *text) {
  if (strlen(text) > max_text()) return;
  g_hash_table_replace(copies->waiting, g_memdup2(&id, sizeof id), g_strdup(text));
  if (*text)
    later(copies);
  else
    send_next(copies);
}

gboolean linli_draft_copies_has_sent(LinliDraftCopies *copies, Uuid id) {
  return g_hash_table_contains(copies->sent, &id);
}

LinliWalk *linli_draft_copies_list(LinliDraftCopies *copies, LinliRowFunc row, LinliFinished finished,
                                   gpointer data) {
  return linli_walk_start(copies->session, proto_query(&proto_linli, PROTO_QUERY_DRAFT_LIST), (WireBytes){NULL, 0}, 0,
                          row, finished, data);
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, gpointer data) {
  if (state == LINLI_STATE_READY) later(data);
}

LinliDraftCopies *linli_draft_copies_new(LinliSession *session) {
  LinliDraftCopies *c = g_new0(LinliDraftCopies, 1);

  c->session = session;
  c->waiting = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, g_free);
  c->sent = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  c->state_handler = g_signal_connect(session, "state-changed", G_CALLBACK(on_state), c);
  return c;
}

void linli_draft_copies_free(LinliDraftCopies *copies) {
  g_signal_handler_disconnect(copies->session, copies->state_handler);
  if (copies->number) linli_session_forget(copies->session, copies->number);
  g_clear_handle_id(&copies->timer, g_source_remove);
  g_hash_table_unref(copies->waiting);
  g_hash_table_unref(copies->sent);
  g_free(copies->text);
  g_free(copies);
}
