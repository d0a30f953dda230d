/* client.c: see client.h. */
#include "tests/chaos/client.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "client/core/courier.h"
#include "client/core/identity.h"
#include "client/core/replica.h"
#include "client/core/row.h"
#include "client/core/sync.h"
#include "common/uuid.h"

enum { AGAIN_MS = 1000, OPEN_LAST = PROTO_REQUEST_STATE_CALLBACK };

struct Client {
  Crowd *crowd;
  guint number;
  guint64 account;
  LinliTokens tokens; /* first: its table of functions is handed to the session */
  GBytes *token;
  LinliSession *session;
  LinliOutbox *outbox;
  LinliReplica *replica;
  LinliSync *sync;
  LinliCourier *courier;
  Chooser chooser;
  GPtrArray *known;     /* of Known: open requests */
  GHashTable *by_id;    /* Uuid (in Known) -> Known */
  GHashTable *recorded; /* stream -> seq: the newest that is in the history */
  guint tick, away;
  gboolean ready;
};

/* --- Recording ------------------------------------------------------------------------------------------------ */

static void record(Client *c, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void record(Client *c, const char *format, ...) {
  va_list args;

  if (c->crowd->over) return;
  va_start(args, format);
  g_autofree char *line = g_strdup_vprintf(format, args);
  va_end(args);
  fprintf(c->crowd->history, "{\"c\":%u,%s}\n", c->number, line);
}

static gint64 now(void) {
  return g_get_real_time();
}

static void record_place(Client *c, const char *what, guint64 stream) {
  LinliCursor at = linli_replica_cursor(c->replica, stream);

  if (!at.has_since) return;
  g_hash_table_insert(c->recorded, g_memdup2(&stream, sizeof stream), g_memdup2(&at.since, sizeof at.since));
  record(c, "\"t\":\"%s\",\"s\":%" G_GUINT64_FORMAT ",\"n\":%" G_GUINT64_FORMAT ",\"h\":%" G_GUINT64_FORMAT, what,
         stream, at.since, at.chain);
}

/* What the replica took of a frame: its cursor moved there. */
static void record_taken(Client *c, const char *what, guint64 stream, guint64 seq) {
  LinliCursor at = linli_replica_cursor(c->replica, stream);
  const guint64 *last = g_hash_table_lookup(c->recorded, &stream);

  if (at.has_since && at.since == seq && (!last || *last != seq || strcmp(what, "snap") == 0))
    record_place(c, what, stream);
}

static void on_event(G_GNUC_UNUSED LinliSession *session, const ProtoEventFrame *event, Client *c) {
  record_taken(c, "e", event->stream, event->seq);
}

static void on_snapshot(G_GNUC_UNUSED LinliSession *session, const ProtoSnapshot *snapshot, Client *c) {
  if (snapshot->last) record_taken(c, "snap", snapshot->stream, snapshot->seq);
}

static void on_following(G_GNUC_UNUSED LinliSession *session, const ProtoFollowing *following, Client *c) {
  if (!(following->has & PROTO_HAS_FOLLOWING_REFUSAL)) return;
  g_hash_table_remove(c->recorded, &following->stream);
  record(c, "\"t\":\"forget\",\"s\":%" G_GUINT64_FORMAT, following->stream);
}

static void on_forked(G_GNUC_UNUSED LinliSync *sync, guint64 stream, gpointer data) {
  Client *c = data;

  g_hash_table_remove(c->recorded, &stream);
  record(c, "\"t\":\"fork\",\"s\":%" G_GUINT64_FORMAT ",\"at\":%" G_GINT64_FORMAT, stream, now());
}

static void on_decided(const LinliEntry *entry, const LinliAnswer *answer, const GError *error, gpointer data) {
  Client *c = data;
  char id[UUID_TEXT_SIZE];
  const char *what = error                              ? "unsaved"
                     : answer->verdict == LINLI_DONE    ? "done"
                     : answer->verdict == LINLI_REFUSED ? "refused"
                                                        : "person";
  const char *code =
      answer && answer->verdict == LINLI_REFUSED ? linli_identifier(proto_linli.refusals, answer->code) : NULL;
  g_autofree char *seq =
      answer && answer->verdict == LINLI_DONE
          ? g_strdup_printf(",\"s\":%" G_GUINT64_FORMAT ",\"seq\":%" G_GUINT64_FORMAT ",\"repeated\":%s",
                            answer->stream, answer->seq, answer->repeated ? "true" : "false")
          : g_strdup("");

  record(c, "\"t\":\"answer\",\"id\":\"%s\",\"what\":\"%s\"%s%s%s%s,\"at\":%" G_GINT64_FORMAT,
         uuid_format(entry->id, id), what, seq, code ? ",\"code\":\"" : "", code ? code : "", code ? "\"" : "",
         now());
}

/* --- What is known -------------------------------------------------------------------------------------------- */

static void forget(Client *c, Uuid id) {
  Known *known = g_hash_table_lookup(c->by_id, &id);

  if (!known) return;
  g_hash_table_remove(c->by_id, &known->id);
  g_ptr_array_remove_fast(c->known, known);
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  Client *c = data;
  const WireMessage *request = &proto_msg_request;
  Known *known = g_hash_table_lookup(c->by_id, &id);

  if (!after.data || linli_row_uint(request, after, "state") > OPEN_LAST) {
    forget(c, id);
    return;
  }
  if (!known) {
    known = g_new0(Known, 1);
    known->id = id;
    g_ptr_array_add(c->known, known);
    g_hash_table_insert(c->by_id, &known->id, known);
  }
  known->community = linli_row_uint(request, after, "community");
  known->state = linli_row_uint(request, after, "state");
  known->version = linli_row_uint(request, after, "version");
  known->team = linli_row_uint(request, after, "team");
  known->moving = linli_row_uint(request, after, "moving") != 0;
}

static gboolean on_held_row(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  on_row(NULL, 0, id, (WireBytes){NULL, 0}, body, data);
  return TRUE;
}

/* --- Working -------------------------------------------------------------------------------------------------- */

static void do_one(Client *c, guint64 made_at) {
  Choice choice = {0};
  char id_text[UUID_TEXT_SIZE], row[UUID_TEXT_SIZE];
  Uuid id = linli_new_id_at(made_at / 1000);

  if (!choose(&c->chooser, linli_new_id_at(made_at / 1000), uuid_format(id, id_text), &choice)) return;
  guint64 stream = choice.community * 4 + PROTO_STREAM_KIND_COMMUNITY;
  record(c,
         "\"t\":\"send\",\"id\":\"%s\",\"kind\":\"%s\",\"s\":%" G_GUINT64_FORMAT
         ",\"row\":\"%s\",\"mark\":\"%s\",\"at\":%" G_GINT64_FORMAT,
         id_text, proto_command(&proto_linli, choice.kind)->name, stream, uuid_format(choice.row, row), id_text,
         now());
  const LinliCommand command = {.id = id,
                                .kind = choice.kind,
                                .stream = stream,
                                .made_at = made_at,
                                .version = choice.version,
                                .body = {choice.body->data, choice.body->len}};
  linli_courier_submit(c->courier, &command, on_decided, c);
}

static gboolean on_tick(gpointer data) {
  Client *c = data;
  guint pace = c->crowd->pace_ms;

  c->tick = g_timeout_add((guint)g_rand_int_range(c->chooser.random, (gint32)pace / 2, (gint32)(pace + pace / 2)),
                          on_tick, c);
  if (c->crowd->working) do_one(c, linli_session_now(c->session));
  return G_SOURCE_REMOVE;
}

void client_backlog(Client *client, guint n, guint over_ms) {
  guint64 end = linli_session_now(client->session), step = (guint64)over_ms * 1000 / MAX(n, 1u);
  guint enough = client->chooser.enough;

  client->chooser.enough = G_MAXUINT; /* what residents bring does not depend on the line */
  for (guint i = 0; i < n; i++)
    do_one(client, end - step * (n - i));
  client->chooser.enough = enough;
}

/* --- The line ------------------------------------------------------------------------------------------------- */

static gboolean on_back(gpointer data) {
  Client *c = data;

  c->away = 0;
  linli_session_start(c->session);
  return G_SOURCE_REMOVE;
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, Client *c) {
  if ((state == LINLI_STATE_READY) != c->ready) {
    c->ready = state == LINLI_STATE_READY;
    record(c, "\"t\":\"state\",\"ready\":%s,\"at\":%" G_GINT64_FORMAT, c->ready ? "true" : "false", now());
  }
  if (state != LINLI_STATE_FAILED || c->away) return;
  const GError *problem = linli_session_problem(c->session);
  g_printerr("client %u: %s\n", c->number, problem ? problem->message : "failed");
  c->away = g_timeout_add(AGAIN_MS, on_back, c);
}

/* For people who read the history. */
static void on_problem(G_GNUC_UNUSED LinliSession *session, const GError *problem, Client *c) {
  g_autofree char *text = g_strescape(problem->message, NULL);

  g_strdelimit(text, "\\\"", '/');
  record(c, "\"t\":\"problem\",\"at\":%" G_GINT64_FORMAT ",\"text\":\"%s\"", now(), text);
}

void client_offline(Client *client, guint ms) {
  g_clear_handle_id(&client->away, g_source_remove);
  linli_session_stop(client->session);
  if (ms) client->away = g_timeout_add(ms, on_back, client);
}

void client_online(Client *client) {
  g_clear_handle_id(&client->away, g_source_remove);
  linli_session_start(client->session);
}

LinliState client_state(Client *client) {
  return linli_session_state(client->session);
}

/* --- At rest -------------------------------------------------------------------------------------------------- */

guint client_waiting(Client *client) {
  guint64 oldest;

  return linli_courier_waiting(client->courier, &oldest);
}

gboolean client_at_rest(Client *client) {
  GHashTableIter iter;
  gpointer stream, head;

  if (client_waiting(client) || !linli_sync_is_current(client->sync)) return FALSE;
  g_hash_table_iter_init(&iter, client->crowd->heads);
  while (g_hash_table_iter_next(&iter, &stream, &head)) {
    LinliCursor at = linli_replica_cursor(client->replica, *(guint64 *)stream);
    if (at.has_since && at.since != *(guint64 *)head) return FALSE;
  }
  return TRUE;
}

static gboolean record_row(Uuid id, guint64 stream, WireBytes body, gpointer data) {
  const WireMessage *request = &proto_msg_request;
  const WireEnum *states = wire_field_by_name(request, "state")->enumeration;
  guint64 team = linli_row_uint(request, body, "team");
  g_autofree char *led = team ? g_strdup_printf(",\"team\":%" G_GUINT64_FORMAT, team) : g_strdup("");
  char text[UUID_TEXT_SIZE];

  record(data,
         "\"t\":\"row\",\"s\":%" G_GUINT64_FORMAT ",\"row\":\"%s\",\"state\":\"%s\",\"version\":%" G_GUINT64_FORMAT
         ",\"urged\":%" G_GUINT64_FORMAT "%s",
         stream, uuid_format(id, text), linli_identifier(states, linli_row_uint(request, body, "state")),
         linli_row_uint(request, body, "version"), linli_row_uint(request, body, "urged"), led);
  return TRUE;
}

void client_end(Client *client) {
  g_autoptr(GArray) streams = linli_replica_streams(client->replica);

  for (guint i = 0; i < streams->len; i++)
    record_place(client, "end", g_array_index(streams, guint64, i));
  linli_replica_foreach(client->replica, PROTO_MESSAGE_REQUEST, record_row, client);
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

static Client *client_of(LinliTokens *tokens) {
  return (Client *)((char *)tokens - offsetof(Client, tokens));
}

static GBytes *token_load(LinliTokens *tokens, G_GNUC_UNUSED const char *server, G_GNUC_UNUSED const char *account) {
  return g_bytes_ref(client_of(tokens)->token);
}

/* The token of the list is the only one: a client that was told that it has ended says so by failing. */
static void token_save(G_GNUC_UNUSED LinliTokens *tokens, G_GNUC_UNUSED const char *server,
                       G_GNUC_UNUSED const char *account, G_GNUC_UNUSED WireBytes token) {
}

static void token_drop(G_GNUC_UNUSED LinliTokens *tokens, G_GNUC_UNUSED const char *server,
                       G_GNUC_UNUSED const char *account) {
}

static void token_free(G_GNUC_UNUSED LinliTokens *tokens) {
}

static GBytes *bytes_of_hex(const char *hex) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  for (; hex[0] && hex[1]; hex += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
    g_byte_array_append(bytes, &byte, 1);
  }
  return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

static void read_words(Client *c, char **words) {
  static const char *const roles[] = {"station", "desk", "wall"};

  c->number = (guint)atoi(words[0]);
  c->account = g_ascii_strtoull(words[1], NULL, 10);
  c->token = bytes_of_hex(words[2]);
  c->tokens = (LinliTokens){.load = token_load, .save = token_save, .drop = token_drop, .free = token_free};
  if (!uuid_parse(words[3], strlen(words[3]), &c->tokens.device))
    g_error("client %u: %s is no device", c->number, words[3]);
  for (guint i = 0; i < G_N_ELEMENTS(roles); i++)
    if (strcmp(words[4], roles[i]) == 0) c->chooser.role = (Role)i;
  c->chooser.community = g_ascii_strtoull(words[5], NULL, 10);
  c->chooser.team = g_ascii_strtoull(words[6], NULL, 10);
}

static void make_chooser(Client *c) {
  Crowd *crowd = c->crowd;
  guint places = c->chooser.role == ROLE_WALL ? crowd->communities->len : 1;

  c->known = g_ptr_array_new_with_free_func(g_free);
  c->by_id = g_hash_table_new(uuid_hash, uuid_equal);
  c->chooser.random = g_rand_new_with_seed(crowd->seed * 100003u + c->number * 7u + crowd->run);
  c->chooser.communities = crowd->communities;
  c->chooser.teams = crowd->teams;
  c->chooser.known = c->known;
  c->chooser.enough = crowd->enough * places;
  c->chooser.body = g_byte_array_new();
}

static void open_core(Client *c) {
  g_autoptr(GError) error = NULL;
  g_autofree char *folder = g_strdup_printf("%s/client-%u", c->crowd->folder, c->number);
  g_autofree char *outbox = g_build_filename(folder, "outbox.sqlite", NULL);
  g_autofree char *replica = g_build_filename(folder, "replica.sqlite", NULL);
  g_autofree char *user = g_strdup_printf("chaos%u", c->number);
  g_autoptr(LinliSettings) settings = linli_settings_named(c->crowd->server, c->crowd->ca, user, NULL);

  g_mkdir_with_parents(folder, 0700);
  c->outbox = linli_outbox_open(outbox, &error);
  if (!c->outbox) g_error("client %u: %s", c->number, error->message);
  c->session = linli_session_new(settings, &c->tokens, &proto_linli, "chaos");
  c->replica = linli_replica_new(&proto_linli, replica);
  c->sync = linli_sync_new(c->session, c->replica);
  c->courier = linli_courier_new(c->session, c->outbox);
  if (!linli_courier_take_over(c->courier, on_decided, c, &error))
    g_error("client %u: %s", c->number, error->message);
}

/* After sync's own handlers: then the replica has taken it. */
static void watch(Client *c) {
  linli_replica_listen(c->replica, PROTO_MESSAGE_REQUEST, on_row, c);
  linli_replica_foreach(c->replica, PROTO_MESSAGE_REQUEST, on_held_row, c);
  linli_sync_on_forked(c->sync, on_forked, c);
  g_signal_connect(c->session, "event", G_CALLBACK(on_event), c);
  g_signal_connect(c->session, "snapshot", G_CALLBACK(on_snapshot), c);
  g_signal_connect(c->session, "following", G_CALLBACK(on_following), c);
  g_signal_connect(c->session, "problem", G_CALLBACK(on_problem), c);
  g_signal_connect(c->session, "state-changed", G_CALLBACK(on_state), c);
}

Client *client_new(Crowd *crowd, const char *line) {
  g_auto(GStrv) words = g_strsplit(line, " ", -1);

  if (g_strv_length(words) != 7) return NULL;
  Client *c = g_new0(Client, 1);
  c->crowd = crowd;
  c->recorded = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  read_words(c, words);
  make_chooser(c);
  record(c, "\"t\":\"hello\",\"account\":%" G_GUINT64_FORMAT ",\"run\":%u", c->account, crowd->run);
  open_core(c);
  g_autoptr(GArray) streams = linli_replica_streams(c->replica);
  for (guint i = 0; i < streams->len; i++)
    record_place(c, "at", g_array_index(streams, guint64, i));
  watch(c);
  linli_session_start(c->session);
  c->tick = g_timeout_add((guint)g_rand_int_range(c->chooser.random, 0, (gint32)crowd->pace_ms), on_tick, c);
  return c;
}

guint client_number(const Client *client) {
  return client->number;
}

void client_free(Client *client) {
  g_clear_handle_id(&client->tick, g_source_remove);
  g_clear_handle_id(&client->away, g_source_remove);
  g_signal_handlers_disconnect_by_data(client->session, client);
  linli_courier_free(client->courier);
  linli_sync_free(client->sync);
  linli_session_stop(client->session);
  g_object_unref(client->session);
  linli_outbox_close(client->outbox);
  linli_replica_free(client->replica);
  g_hash_table_unref(client->by_id);
  g_ptr_array_unref(client->known);
  g_hash_table_unref(client->recorded);
  g_byte_array_unref(client->chooser.body);
  g_rand_free(client->chooser.random);
  g_bytes_unref(client->token);
  g_free(client);
}
