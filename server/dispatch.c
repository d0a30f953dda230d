/* dispatch.c: see dispatch.h.
 *
 *   command frame -> Flight -> (secrets hashed) -> batch ... outcome -> frame outcome, stream, doorbell, scheduler
 *   query frame   -> Flight -> db READ lane ............... rows    -> frame rows
 *
 * A Flight holds a reference to its session and copies of what it needs of the frame. */
#include "server/dispatch.h"

#include <string.h>

#include "server/batch.h"
#include "server/db.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/outcome.h"
#include "server/page.h"
#include "server/params.h"
#include "server/rate.h"
#include "server/scheduler.h"
#include "server/server.h"
#include "server/signin.h"
#include "server/stream.h"

enum { READ_WAITING_MAX = 2000, LIMIT_DEFAULT = 100, LIMIT_MAX = 1000, DETAIL_MAX = 400, RETRY_MS = 1000 };

struct Dispatcher {
  Server *server;
  size_t commands;
  GHashTable *queries; /* of Flight, those in SQL: a set */
  Rates *rates;
  Rates *refusals; /* by account: each of them is a row of the command log for 90 days */
};

typedef struct {
  Dispatcher *dispatcher;
  Session *session;
  uint32_t correlation;
  gint64 began;
  const ProtoCommand *command; /* or */
  const ProtoQuery *query;
  DbCall *call; /* of a query in SQL */
  bool cancelled;
  int limit;
  /* a command's envelope, kept while its secrets are hashed */
  Uuid id;
  int64_t stream, made_at, version;
  bool has_version;
  uint8_t digest[32];
  GByteArray *body;
  char *secrets[PARAMS_SECRETS_MAX];
  size_t n_hashed;
} Flight;

/* --- Flights -------------------------------------------------------------------------------------------------- */

static Flight *flight_new(Session *session, uint32_t correlation) {
  Flight *flight = g_new0(Flight, 1);
  flight->dispatcher = session_server(session)->dispatcher;
  flight->session = session_ref(session);
  flight->correlation = correlation;
  flight->began = g_get_monotonic_time();
  return flight;
}

static void flight_end(Flight *flight) {
  if (flight->command) flight->dispatcher->commands--;
  if (flight->query) g_hash_table_remove(flight->dispatcher->queries, flight);
  session_done(flight->session);
  session_unref(flight->session);
  if (flight->body) {
    memset(flight->body->data, 0, flight->body->len);
    g_byte_array_unref(flight->body);
  }
  for (size_t i = 0; i < flight->n_hashed; i++)
    g_free(flight->secrets[i]);
  g_free(flight);
}

static void fail(Flight *flight, uint32_t code, uint64_t retry_after_ms, const char *detail) {
  metric_add(flight->dispatcher->server, flight->command ? METRIC_COMMANDS_ERROR : METRIC_QUERIES_ERROR, 1);
  session_error(flight->session, flight->correlation, code, retry_after_ms, detail);
  flight_end(flight);
}

static void sign_out(Session *session) {
  session_error(session, 0, PROTO_ERROR_SIGNED_OUT, 0, NULL);
  session_close(session, "signed_out");
}

/* --- Checks that need no SQL ---------------------------------------------------------------------------------- */

/* What is wrong with the fields, named; or true. */
static bool check_body(Session *session, uint32_t correlation, const WireMessage *fields, WireBytes body) {
  WireError error;

  if (wire_check(fields, body, false, &error)) return true;
  g_autofree char *detail =
      g_strdup_printf("%s: %s", error.field ? error.field->name : "body", wire_status_text(error.status));
  session_error(session, correlation, PROTO_ERROR_BAD_FIELD, 0, detail);
  return false;
}

static bool check_rate(Session *session, uint32_t correlation, uint32_t kind, uint32_t count, uint32_t seconds) {
  Server *server = session_server(session);
  uint64_t wait_ms = rate_take(server->dispatcher->rates, session, kind, count, seconds, server->now_ms);

  if (!wait_ms) return true;
  session_error(session, correlation, PROTO_ERROR_RATE, wait_ms, NULL);
  return false;
}

/* An account whose commands are refused by the thousand waits with the next one: 20,000 at once, as when a file is
 * imported again, then one a second. */
enum { REFUSALS = 20000, REFUSALS_SECONDS = 20000 };

static const void *refusals_of(const Session *session) {
  return GSIZE_TO_POINTER((gsize)session_account(session));
}

static bool check_refusals(Session *session, uint32_t correlation) {
  Server *server = session_server(session);
  uint64_t wait_ms =
      rate_wait(server->dispatcher->refusals, refusals_of(session), 0, REFUSALS, REFUSALS_SECONDS, server->now_ms);

  if (!wait_ms) return true;
  session_error(session, correlation, PROTO_ERROR_RATE, wait_ms, "Too many of this account's commands were refused.");
  return false;
}

static void count_refusal(const Session *session) {
  Server *server = session_server(session);
  uint64_t wait_ms =
      rate_take(server->dispatcher->refusals, refusals_of(session), 0, REFUSALS, REFUSALS_SECONDS, server->now_ms);
  (void)wait_ms; /* what was under way when the bucket ran empty */
}

static void refuse_command(Session *session, uint32_t correlation, uint32_t refusal) {
  ProtoOutcome outcome = {.has = PROTO_HAS_OUTCOME_REFUSAL, .refusal = refusal};

  metric_add(session_server(session), METRIC_COMMANDS_REFUSED, 1);
  session_reply(session, PROTO_FRAME_OUTCOME, correlation, &proto_msg_outcome, &outcome);
}

/* --- Commands ------------------------------------------------------------------------------------------------- */

static void count_outcome(Server *server, const Flight *flight, const ProtoOutcome *outcome) {
  metric_add(server,
             outcome->has & PROTO_HAS_OUTCOME_REPEATED  ? METRIC_COMMANDS_REPEATED
             : outcome->has & PROTO_HAS_OUTCOME_REFUSAL ? METRIC_COMMANDS_REFUSED
                                                        : METRIC_COMMANDS_DONE,
             1);
  metric_observe(server, METRIC_COMMAND_SECONDS, (double)(g_get_monotonic_time() - flight->began) / 1e6);
}

static void take_outcome(Flight *flight, const PGresult *rows) {
  Server *server = flight->dispatcher->server;
  ProtoOutcome outcome;

  if (!outcome_read(server->proto, rows, &outcome)) {
    log_event(LOG_ERROR, "outcome_unreadable", LOG_TEXT("command", flight->command->name));
    fail(flight, PROTO_ERROR_INTERNAL, RETRY_MS, NULL);
    return;
  }
  count_outcome(server, flight, &outcome);
  if (outcome.has & PROTO_HAS_OUTCOME_REFUSAL && !(outcome.has & PROTO_HAS_OUTCOME_REPEATED))
    count_refusal(flight->session);
  session_reply(flight->session, PROTO_FRAME_OUTCOME, flight->correlation, &proto_msg_outcome, &outcome);
  if (outcome.has & PROTO_HAS_OUTCOME_REFUSAL && outcome.refusal == PROTO_REFUSAL_SIGNED_OUT)
    sign_out(flight->session);
  if (!db_is_null(rows, 0, OUTCOME_KIND)) {
    stream_committed(server, rows, 0);
    scheduler_hint(server);
  }
  flight_end(flight);
}

static void on_outcome(void *user, const DbResult *result) {
  Flight *flight = user;

  switch (result->status) {
  case DB_OK:
    take_outcome(flight, result->rows);
    return;
  case DB_AWAY:
  case DB_TIMEOUT:
    fail(flight, PROTO_ERROR_DATABASE_AWAY, RETRY_MS, NULL);
    return;
  case DB_VALUE:
    fail(flight, PROTO_ERROR_BAD_FIELD, 0, result->message);
    return;
  case DB_REFUSED:
  case DB_FAILED:
    fail(flight, PROTO_ERROR_INTERNAL, RETRY_MS, NULL);
    return;
  }
}

static void submit(Flight *flight) {
  Server *server = flight->dispatcher->server;
  DbParams *params = db_params_new();
  WireBytes body = {flight->body->data, flight->body->len};

  db_put_bytes(params, session_token_hash(flight->session), 32);
  db_put_uuid(params, flight->id);
  db_put_int8(params, flight->stream);
  if (flight->has_version)
    db_put_int8(params, flight->version);
  else
    db_put_null(params);
  db_put_time(params, flight->made_at);
  db_put_bytes(params, flight->digest, sizeof flight->digest);
  const WireField *bad =
      params_put(flight->command->fields, body, (const char *const *)flight->secrets, server->sealer, params);
  if (bad) {
    db_params_free(params);
    fail(flight, PROTO_ERROR_BAD_FIELD, 0, bad->name);
    return;
  }
  switch (batch_submit(server, flight->stream, flight->command->function, params, on_outcome, flight)) {
  case BATCH_TAKEN:
    return;
  case BATCH_BUSY:
    fail(flight, PROTO_ERROR_BUSY, RETRY_MS, NULL);
    return;
  case BATCH_AWAY:
    fail(flight, PROTO_ERROR_DATABASE_AWAY, RETRY_MS, NULL);
    return;
  }
}

static void hash_secrets(Flight *flight);

static void on_hashed(void *user, const char *encoded) {
  Flight *flight = user;

  if (!encoded) {
    fail(flight, PROTO_ERROR_BUSY, RETRY_MS, NULL);
    return;
  }
  flight->secrets[flight->n_hashed++] = g_strdup(encoded);
  hash_secrets(flight);
}

/* One after the other, then the batch. SQL cannot see how long a secret was: one too short to count goes to it as
 * nothing, and it refuses that. */
static void hash_secrets(Flight *flight) {
  WireBytes secrets[PARAMS_SECRETS_MAX];
  WireBytes body = {flight->body->data, flight->body->len};
  size_t count = params_secrets(flight->command->fields, body, secrets);
  enum { SECRET_MIN = 10 };

  while (flight->n_hashed < count) {
    WireBytes secret = secrets[flight->n_hashed];
    if (g_utf8_strlen((const char *)secret.data, secret.len) >= SECRET_MIN) {
      signin_hash_async(flight->dispatcher->server, (const char *)secret.data, secret.len, on_hashed, flight);
      return;
    }
    flight->secrets[flight->n_hashed++] = g_strdup("");
  }
  submit(flight);
}

static const ProtoCommand *known_command(Session *session, uint32_t correlation, uint64_t kind) {
  const Proto *proto = session_server(session)->proto;
  const ProtoCommand *command = kind <= UINT32_MAX ? proto_command(proto, (uint32_t)kind) : NULL;

  if (command && !(command->flags & (PROTO_SYSTEM | PROTO_EPHEMERAL))) return command;
  session_error(session, correlation, PROTO_ERROR_UNKNOWN_KIND, 0, NULL);
  return NULL;
}

static bool lacks_right(const Session *session, uint8_t right) {
  return right && !session_has_right(session, right) && follow_rights_settled(session);
}

/* Refusals that SQL would give too, given before it is troubled; they are not logged. */
static uint32_t early_refusal(const Session *session, const ProtoCommand *command, const ProtoCommandFrame *frame) {
  if (frame->stream > INT64_MAX || frame->stream % 4 != command->stream_kind) return PROTO_REFUSAL_WRONG_STREAM;
  if (lacks_right(session, command->needs)) return PROTO_REFUSAL_NOT_ALLOWED;
  return 0;
}

void dispatch_command(Session *session, uint32_t correlation, const ProtoCommandFrame *frame) {
  const ProtoCommand *command = known_command(session, correlation, frame->kind);

  if (!command || !check_body(session, correlation, command->fields, frame->body)) return;
  uint32_t refusal = early_refusal(session, command, frame);
  if (refusal) {
    refuse_command(session, correlation, refusal);
    return;
  }
  if (frame->version > INT64_MAX) {
    session_error(session, correlation, PROTO_ERROR_BAD_FIELD, 0, "version");
    return;
  }
  if (!check_refusals(session, correlation)) return;
  if (!check_rate(session, correlation, command->number, command->rate_count, command->rate_seconds)) return;
  if (!session_begin(session, correlation)) return;
  Flight *flight = flight_new(session, correlation);
  flight->command = command;
  flight->dispatcher->commands++;
  flight->id = frame->id;
  flight->stream = (int64_t)frame->stream;
  flight->made_at = (int64_t)frame->made_at;
  flight->version = (int64_t)frame->version;
  flight->has_version = frame->has & PROTO_HAS_COMMAND_FRAME_VERSION;
  flight->body = g_byte_array_sized_new(frame->body.len);
  if (frame->body.len) g_byte_array_append(flight->body, frame->body.data, frame->body.len);
  params_digest(command->number, (int64_t)frame->stream, frame->body, flight->digest);
  if (flight->dispatcher->server->sealer) seal_digest(flight->dispatcher->server->sealer, flight->digest);
  hash_secrets(flight);
}

/* --- Queries -------------------------------------------------------------------------------------------------- */

static void send_rows(Flight *flight, const Page *page) {
  g_autofree WireBytes *rows = g_new(WireBytes, page->lens->len + 1);
  const uint8_t *at = page->bytes->data;

  for (guint i = 0; i < page->lens->len; i++) {
    rows[i] = (WireBytes){at, g_array_index(page->lens, uint32_t, i)};
    at += rows[i].len;
  }
  ProtoRows frame = {.rows = {rows, page->lens->len}, .next = page->next};
  if (page->lens->len) frame.has |= PROTO_HAS_ROWS_ROWS;
  if (page->next.data) frame.has |= PROTO_HAS_ROWS_NEXT;
  session_reply(flight->session, PROTO_FRAME_ROWS, flight->correlation, &proto_msg_rows, &frame);
}

static void take_rows(Flight *flight, const PGresult *result) {
  Server *server = flight->dispatcher->server;
  g_auto(Page) page = {.bytes = NULL};
  g_autofree char *why = NULL;

  if (!page_read(server->proto, server->sealer, flight->query, result, flight->limit, &page, &why)) {
    log_event(LOG_ERROR, "row_not_encodable", LOG_TEXT("query", flight->query->name), LOG_TEXT("why", why));
    fail(flight, PROTO_ERROR_INTERNAL, RETRY_MS, NULL);
    return;
  }
  metric_add(server, METRIC_QUERIES_DONE, 1);
  metric_observe(server, METRIC_QUERY_SECONDS, (double)(g_get_monotonic_time() - flight->began) / 1e6);
  send_rows(flight, &page);
  flight_end(flight);
}

static void refuse_query(Session *session, uint32_t correlation, uint32_t refusal, const char *detail) {
  ProtoRows frame = {.has = PROTO_HAS_ROWS_REFUSAL, .refusal = refusal};

  if (*detail) {
    frame.has |= PROTO_HAS_ROWS_DETAIL;
    frame.detail = outcome_text(detail, strlen(detail), DETAIL_MAX);
  }
  metric_add(session_server(session), METRIC_QUERIES_REFUSED, 1);
  session_reply(session, PROTO_FRAME_ROWS, correlation, &proto_msg_rows, &frame);
}

static void take_refusal(Flight *flight, const DbResult *result) {
  uint32_t refusal = outcome_refusal(flight->dispatcher->server->proto, result->message, strlen(result->message));

  if (!refusal) {
    log_event(LOG_ERROR, "refusal_unknown", LOG_TEXT("query", flight->query->name),
              LOG_TEXT("refusal", result->message));
    fail(flight, PROTO_ERROR_INTERNAL, RETRY_MS, NULL);
    return;
  }
  refuse_query(flight->session, flight->correlation, refusal, result->detail);
  if (refusal == PROTO_REFUSAL_SIGNED_OUT) sign_out(flight->session);
  flight_end(flight);
}

static void on_rows(void *user, const DbResult *result) {
  Flight *flight = user;

  flight->call = NULL;
  switch (result->status) {
  case DB_OK:
    take_rows(flight, result->rows);
    return;
  case DB_REFUSED:
    take_refusal(flight, result);
    return;
  case DB_TIMEOUT:
    fail(flight, flight->cancelled ? PROTO_ERROR_CANCELLED : PROTO_ERROR_TIMEOUT, 0, NULL);
    return;
  case DB_AWAY:
    fail(flight, PROTO_ERROR_DATABASE_AWAY, RETRY_MS, NULL);
    return;
  case DB_VALUE:
    fail(flight, PROTO_ERROR_BAD_FIELD, 0, result->message);
    return;
  case DB_FAILED:
    fail(flight, PROTO_ERROR_INTERNAL, RETRY_MS, NULL);
    return;
  }
}

static const ProtoQuery *known_query(Session *session, uint32_t correlation, const ProtoQueryFrame *frame) {
  const Proto *proto = session_server(session)->proto;
  const ProtoQuery *query = frame->kind <= UINT32_MAX ? proto_query(proto, (uint32_t)frame->kind) : NULL;

  if (!query) session_error(session, correlation, PROTO_ERROR_UNKNOWN_KIND, 0, NULL);
  return query;
}

/* One row more than is wanted says whether there is a next page. */
static DbParams *query_params(const Flight *flight, const ProtoQueryFrame *frame) {
  DbParams *params = db_params_new();

  db_put_bytes(params, session_token_hash(flight->session), 32);
  if (frame->has & PROTO_HAS_QUERY_FRAME_AFTER)
    db_put_text(params, (const char *)frame->after.data, frame->after.len);
  else
    db_put_null(params);
  db_put_int4(params, flight->limit + 1);
  return params;
}

void dispatch_query(Session *session, uint32_t correlation, const ProtoQueryFrame *frame) {
  Server *server = session_server(session);
  const ProtoQuery *query = known_query(session, correlation, frame);

  if (!query || !check_body(session, correlation, query->fields, frame->body)) return;
  if (lacks_right(session, query->needs)) {
    refuse_query(session, correlation, PROTO_REFUSAL_NOT_ALLOWED, "");
    return;
  }
  if (db_waiting(server->db, DB_READ) >= READ_WAITING_MAX) {
    session_error(session, correlation, PROTO_ERROR_BUSY, RETRY_MS, NULL);
    return;
  }
  if (!check_rate(session, correlation, query->number, query->rate_count, query->rate_seconds)) return;
  if (!session_begin(session, correlation)) return;
  Flight *flight = flight_new(session, correlation);
  flight->query = query;
  flight->limit = frame->limit ? (int)MIN(frame->limit, (uint64_t)LIMIT_MAX - 1) : LIMIT_DEFAULT;
  g_hash_table_add(flight->dispatcher->queries, flight);
  DbParams *params = query_params(flight, frame);
  const WireField *bad = params_put_query(query->fields, frame->body, server->sealer, params);
  if (bad) {
    db_params_free(params);
    fail(flight, PROTO_ERROR_BAD_FIELD, 0, bad->name);
    return;
  }
  flight->call = db_call(server->db, DB_READ, query->function, params, on_rows, flight);
}

static void cancel(Session *session, bool all, uint32_t correlation) {
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init(&iter, session_server(session)->dispatcher->queries);
  while (g_hash_table_iter_next(&iter, &key, NULL)) {
    Flight *flight = key;
    if (flight->session != session || !flight->call || !(all || flight->correlation == correlation)) continue;
    flight->cancelled = true;
    db_cancel(flight->call);
  }
}

void dispatch_cancel(Session *session, uint32_t correlation) {
  cancel(session, false, correlation);
}

void dispatch_end(Session *session) {
  cancel(session, true, 0);
  rate_forget(session_server(session)->dispatcher->rates, session);
}

/* --- The room ------------------------------------------------------------------------------------------------- */

bool dispatch_idle(const Server *server) {
  const Dispatcher *dispatcher = server->dispatcher;
  return dispatcher->commands == 0 && g_hash_table_size(dispatcher->queries) == 0;
}

Dispatcher *dispatcher_new(Server *server) {
  Dispatcher *dispatcher = g_new0(Dispatcher, 1);
  dispatcher->server = server;
  dispatcher->queries = g_hash_table_new(NULL, NULL);
  dispatcher->rates = rates_new();
  dispatcher->refusals = rates_new();
  return dispatcher;
}

void dispatcher_free(Dispatcher *dispatcher) {
  if (!dispatcher) return;
  g_hash_table_unref(dispatcher->queries);
  rates_free(dispatcher->rates);
  rates_free(dispatcher->refusals);
  g_free(dispatcher);
}
