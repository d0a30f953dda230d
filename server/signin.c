/* signin.c: attempts, from a frame to signed_in or an error.
 *
 *   Attempt   PASSWORD: begin (SQL) -> hash (thread) -> end (SQL) -> told
 *             TOKEN:    resume (SQL) -> told
 *
 * Owner: each attempt is its callbacks' own; it holds a reference to its session. Invariants: exactly one answer an
 * attempt; where the session has closed meanwhile the attempt goes no further and says nothing; secrets are wiped in
 * attempt_free(). Ends: signin_end() gives up what waits. */
#include "server/signin.h"

#include <sodium.h>
#include <string.h>

#include "server/db.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"
#include "server/session_line.h"
#include "server/signin_hash.h"

enum {
  TOKEN = 32,
  TELL_MS = 2000,
  AWAY_MS = 2000,
  BUSY_MS = 5000,
  MAX_RIGHTS = 64,
  MAX_TEAMS = 64,
  MAX_COMMUNITIES = 4096
};

struct Attempt {
  Session *session;
  Server *server;
  HashJob *job; /* while the password waits or is hashed */
  uint32_t correlation;
  bool by_password;
  char *name, *password, *device_name;
  Uuid device;
  uint8_t token[TOKEN];
  uint8_t token_hash[TOKEN];
};

struct SignIns {
  Hashers *hashers;
  uint64_t told_ms;
};

/* --- An attempt ---------------------------------------------------------------------------------------------- */

static char *copy_text(WireBytes text) {
  return g_strndup((const char *)text.data, text.len);
}

static Attempt *attempt_new(Session *session, uint32_t correlation, Uuid device) {
  Attempt *attempt = g_new0(Attempt, 1);

  attempt->session = session_ref(session);
  attempt->server = session_server(session);
  attempt->correlation = correlation;
  attempt->device = device;
  return attempt;
}

static void wipe_password(Attempt *attempt) {
  if (!attempt->password) return;
  sodium_memzero(attempt->password, strlen(attempt->password));
  g_clear_pointer(&attempt->password, g_free);
}

static void attempt_free(Attempt *attempt) {
  wipe_password(attempt);
  sodium_memzero(attempt->token, sizeof attempt->token);
  session_unref(attempt->session);
  g_free(attempt->name);
  g_free(attempt->device_name);
  g_free(attempt);
}

/* Answers with an error; the client may try again. */
static void refuse(Attempt *attempt, uint32_t code, uint64_t retry_after_ms, const char *detail) {
  if (!session_is_closing(attempt->session)) {
    session_attempt_over(attempt->session);
    session_error(attempt->session, attempt->correlation, code, retry_after_ms, detail);
  }
  attempt_free(attempt);
}

static void refuse_database(Attempt *attempt, const DbResult *result) {
  if (result->status == DB_AWAY || result->status == DB_TIMEOUT)
    refuse(attempt, PROTO_ERROR_DATABASE_AWAY, AWAY_MS, NULL);
  else
    refuse(attempt, PROTO_ERROR_INTERNAL, AWAY_MS, NULL);
}

/* --- What SQL found ------------------------------------------------------------------------------------------ */

static uint64_t read_rights(const Proto *proto, const PGresult *rows, uint64_t *numbers, uint32_t *count) {
  WireBytes names[MAX_RIGHTS];
  size_t n = db_get_text_array(rows, 0, db_column(rows, "rights"), names, MAX_RIGHTS);
  uint64_t rights = 0;

  *count = 0;
  for (uint32_t i = 0; i < proto->rights->count && *count < MAX_RIGHTS; i++) { /* in ascending order */
    const WireLabel *label = &proto->rights->labels[i];
    for (size_t k = 0; k < n; k++) {
      if (names[k].len != strlen(label->name) || memcmp(names[k].data, label->name, names[k].len) != 0) continue;
      if (label->number < 64) rights |= UINT64_C(1) << label->number;
      numbers[(*count)++] = label->number;
      break;
    }
  }
  return rights;
}

/* A bigint[] column as a list of uint; the buffer serves as both. */
static WireList read_numbers(const PGresult *rows, const char *column, uint64_t *buffer, size_t max) {
  size_t n = db_get_int8_array(rows, 0, db_column(rows, column), (int64_t *)buffer, max);
  return (WireList){buffer, (uint32_t)n};
}

static void tell_signed_in(Attempt *attempt, const PGresult *rows) {
  uint64_t rights[MAX_RIGHTS], teams[MAX_TEAMS];
  g_autofree uint64_t *communities = g_new(uint64_t, MAX_COMMUNITIES);
  uint32_t n_rights;
  uint64_t mask = read_rights(attempt->server->proto, rows, rights, &n_rights);
  ProtoSignedIn told = {
      .has = PROTO_HAS_SIGNED_IN_ACCOUNT | PROTO_HAS_SIGNED_IN_NAME | PROTO_HAS_SIGNED_IN_OFFICE |
             PROTO_HAS_SIGNED_IN_EXPIRES_AT | PROTO_HAS_SIGNED_IN_RIGHTS | PROTO_HAS_SIGNED_IN_COMMUNITIES |
             PROTO_HAS_SIGNED_IN_ZONE | PROTO_HAS_SIGNED_IN_TEAMS,
      .account = (uint64_t)db_get_int8(rows, 0, db_column(rows, "account")),
      .name = db_get_bytes(rows, 0, db_column(rows, "name")),
      .office = (uint64_t)db_get_int8(rows, 0, db_column(rows, "office")),
      .expires_at = (uint64_t)db_get_time(rows, 0, db_column(rows, "expires_at")),
      .rights = {rights, n_rights},
      .communities = read_numbers(rows, "communities", communities, MAX_COMMUNITIES),
      .zone = db_get_bytes(rows, 0, db_column(rows, "zone")),
      .teams = read_numbers(rows, "teams", teams, MAX_TEAMS),
  };

  if (!db_is_null(rows, 0, db_column(rows, "title"))) {
    told.has |= PROTO_HAS_SIGNED_IN_TITLE;
    told.title = db_get_bytes(rows, 0, db_column(rows, "title"));
  }
  if (attempt->by_password) {
    told.has |= PROTO_HAS_SIGNED_IN_TOKEN;
    told.token = (WireBytes){attempt->token, TOKEN};
  }
  session_identify(attempt->session, (int64_t)told.account, mask, attempt->token_hash, attempt->device);
  session_reply(attempt->session, PROTO_FRAME_SIGNED_IN, attempt->correlation, &proto_msg_signed_in, &told);
  follow_begin(attempt->session, db_get_int8(rows, 0, db_column(rows, "account_stream")),
               db_get_int8(rows, 0, db_column(rows, "account_head")));
  log_event(LOG_INFO, "signed_in", LOG_SESSION(attempt->session), LOG_NUMBER("account", told.account),
            LOG_TEXT("address", session_address(attempt->session)),
            LOG_TEXT("by", attempt->by_password ? "password" : "token"));
}

/* Both ways end here, with one api_1.signed_in. */
static void on_signed_in(void *user, const DbResult *result) {
  Attempt *attempt = user;

  if (result->status != DB_OK || PQntuples(result->rows) != 1) {
    refuse_database(attempt, result);
    return;
  }
  int column = db_column(result->rows, "error");
  if (!db_is_null(result->rows, 0, column)) {
    g_autofree char *name = copy_text(db_get_bytes(result->rows, 0, column));
    const WireLabel *label = wire_label_by_name(attempt->server->proto->errors, name);
    metric_add(attempt->server, attempt->by_password ? METRIC_SIGN_INS_WRONG : METRIC_RESUMES_REFUSED, 1);
    log_event(LOG_INFO, "sign_in_refused", LOG_SESSION(attempt->session),
              LOG_TEXT("address", session_address(attempt->session)), LOG_TEXT("why", name));
    refuse(attempt, label ? label->number : PROTO_ERROR_INTERNAL,
           (uint64_t)db_get_int8(result->rows, 0, db_column(result->rows, "retry_after_ms")), NULL);
    return;
  }
  metric_add(attempt->server, attempt->by_password ? METRIC_SIGN_INS_DONE : METRIC_RESUMES_DONE, 1);
  if (!session_is_closing(attempt->session)) tell_signed_in(attempt, result->rows);
  attempt_free(attempt);
}

static void put_address(DbParams *params, const Attempt *attempt) {
  const char *address = session_address(attempt->session);

  db_put_text(params, address, strlen(address));
}

/* --- By password --------------------------------------------------------------------------------------------- */

static void on_hashed(void *user, bool ok, const char *result) {
  Attempt *attempt = user;
  DbParams *params;

  (void)result;
  attempt->job = NULL;
  session_set_attempt(attempt->session, NULL);
  if (session_is_closing(attempt->session)) {
    attempt_free(attempt);
    return;
  }
  if (ok) {
    randombytes_buf(attempt->token, TOKEN);
    crypto_hash_sha256(attempt->token_hash, attempt->token, TOKEN);
  }
  params = db_params_new();
  db_put_text(params, attempt->name, strlen(attempt->name));
  db_put_uuid(params, attempt->device);
  if (attempt->device_name)
    db_put_text(params, attempt->device_name, strlen(attempt->device_name));
  else
    db_put_null(params);
  put_address(params, attempt);
  db_put_bool(params, ok);
  if (ok)
    db_put_bytes(params, attempt->token_hash, TOKEN);
  else
    db_put_null(params);
  db_call(attempt->server->db, DB_CONTROL, "sign_in_end", params, on_signed_in, attempt);
}

static void tell_position(void *user, size_t position) {
  const Attempt *attempt = user;
  ProtoQueued queued = {.has = PROTO_HAS_QUEUED_POSITION, .position = position};

  if (!session_is_closing(attempt->session))
    session_reply(attempt->session, PROTO_FRAME_QUEUED, attempt->correlation, &proto_msg_queued, &queued);
}

static void queue_hash(Attempt *attempt, const PGresult *rows) {
  Hashers *hashers = attempt->server->sign_ins->hashers;
  g_autofree char *encoded = copy_text(db_get_bytes(rows, 0, db_column(rows, "hash")));
  bool known = db_get_bool(rows, 0, db_column(rows, "known"));

  attempt->job =
      hashers_add(hashers, known, attempt->password, strlen(attempt->password), encoded, on_hashed, attempt);
  if (!attempt->job) {
    metric_add(attempt->server, METRIC_SIGN_INS_BUSY, 1);
    refuse(attempt, PROTO_ERROR_BUSY, BUSY_MS, "Too many sign-ins are waiting.");
    return;
  }
  wipe_password(attempt); /* the job has its own */
  session_set_attempt(attempt->session, attempt);
  if (hashers_waiting(hashers) > 0) tell_position(attempt, hashers_waiting(hashers) - 1);
}

void signin_drop(Session *session) {
  Attempt *attempt = session_attempt(session);

  if (!attempt) return;
  session_set_attempt(session, NULL);
  hashers_cancel(attempt->server->sign_ins->hashers, attempt->job);
  attempt_free(attempt);
}

static void on_begun(void *user, const DbResult *result) {
  Attempt *attempt = user;

  if (session_is_closing(attempt->session)) {
    attempt_free(attempt);
    return;
  }
  if (result->status != DB_OK || PQntuples(result->rows) != 1) {
    refuse_database(attempt, result);
    return;
  }
  int64_t wait_ms = db_get_int8(result->rows, 0, db_column(result->rows, "wait_ms"));
  if (wait_ms > 0) {
    metric_add(attempt->server, METRIC_SIGN_INS_THROTTLED, 1);
    log_event(LOG_WARN, "sign_in_throttled", LOG_SESSION(attempt->session),
              LOG_TEXT("address", session_address(attempt->session)), LOG_NUMBER("wait_ms", wait_ms));
    refuse(attempt, PROTO_ERROR_THROTTLED, (uint64_t)wait_ms, NULL);
    return;
  }
  queue_hash(attempt, result->rows);
}

void signin_password(Session *session, uint32_t correlation, const ProtoSignIn *frame) {
  Attempt *attempt = attempt_new(session, correlation, frame->device);
  DbParams *params = db_params_new();

  attempt->by_password = true;
  attempt->name = copy_text(frame->account);
  attempt->password = copy_text(frame->password);
  if (frame->has & PROTO_HAS_SIGN_IN_DEVICE_NAME) attempt->device_name = copy_text(frame->device_name);
  db_put_text(params, attempt->name, strlen(attempt->name));
  db_put_uuid(params, attempt->device);
  put_address(params, attempt);
  db_call(attempt->server->db, DB_CONTROL, "sign_in_begin", params, on_begun, attempt);
}

/* --- By token ------------------------------------------------------------------------------------------------ */

static DbParams *resume_params(const Attempt *attempt) {
  DbParams *params = db_params_new();

  db_put_bytes(params, attempt->token_hash, TOKEN);
  db_put_uuid(params, attempt->device);
  put_address(params, attempt);
  return params;
}

void signin_resume(Session *session, uint32_t correlation, const ProtoResume *frame) {
  Attempt *attempt = attempt_new(session, correlation, frame->device);

  crypto_hash_sha256(attempt->token_hash, frame->token.data, frame->token.len);
  db_call(attempt->server->db, DB_CONTROL, "resume", resume_params(attempt), on_signed_in, attempt);
}

static void on_refreshed(void *user, const DbResult *result) {
  Attempt *attempt = user;
  uint64_t numbers[MAX_RIGHTS];
  uint32_t count;

  if (result->status == DB_OK && PQntuples(result->rows) == 1 && session_is_open(attempt->session)) {
    if (db_is_null(result->rows, 0, db_column(result->rows, "error"))) {
      session_set_rights(attempt->session, read_rights(attempt->server->proto, result->rows, numbers, &count));
    } else {
      session_error(attempt->session, 0, PROTO_ERROR_SIGNED_OUT, 0, NULL);
      session_close(attempt->session, "signed_out");
    }
  }
  attempt_free(attempt);
}

void signin_refresh(Session *session) {
  Attempt *attempt = attempt_new(session, 0, session_device(session));

  memcpy(attempt->token_hash, session_token_hash(session), TOKEN);
  db_call(attempt->server->db, DB_CONTROL, "resume", resume_params(attempt), on_refreshed, attempt);
}

static void on_signed_out(void *user, const DbResult *result) {
  Session *session = user;

  if (result->status != DB_OK)
    log_event(LOG_ERROR, "token_not_revoked", LOG_SESSION(session), LOG_NUMBER("account", session_account(session)),
              LOG_TEXT("why", result->message));
  session_close(session, "signed_out");
  session_unref(session);
}

void signin_out(Session *session) {
  DbParams *params = db_params_new();

  db_put_bytes(params, session_token_hash(session), TOKEN);
  db_call(session_server(session)->db, DB_CONTROL, "sign_out", params, on_signed_out, session_ref(session));
}

/* --- For secret fields of commands --------------------------------------------------------------------------- */

typedef struct {
  Server *server;
  void (*done)(void *user, const char *encoded);
  void *user;
  uv_timer_t timer; /* says from the loop that the queue was full */
} Secret;

static void on_secret(void *user, bool ok, const char *result) {
  Secret *secret = user;

  secret->done(secret->user, ok ? result : NULL);
  g_free(secret);
}

static void on_refused_closed(uv_handle_t *handle) {
  g_free(handle->data);
}

static void on_refused(uv_timer_t *timer) {
  Secret *secret = timer->data;

  secret->done(secret->user, NULL);
  uv_close((uv_handle_t *)timer, on_refused_closed);
}

void signin_hash_async(Server *server, const char *password, size_t len,
                       void (*done)(void *user, const char *encoded), void *user) {
  Secret *secret = g_new0(Secret, 1);

  secret->server = server;
  secret->done = done;
  secret->user = user;
  if (hashers_add(server->sign_ins->hashers, true, password, len, NULL, on_secret, secret)) return;
  uv_timer_init(server->loop, &secret->timer);
  secret->timer.data = secret;
  uv_timer_start(&secret->timer, on_refused, 0, 0);
}

/* --- The room ------------------------------------------------------------------------------------------------ */

bool signin_start(Server *server, char **why) {
  size_t threads = (size_t)server->config->sign_in_threads;

  if (sodium_init() < 0) {
    *why = g_strdup("libsodium cannot start: the kernel gives no random numbers. Check getrandom and /dev/urandom.");
    return false;
  }
  if (threads == 0) threads = g_get_num_processors();
  server->sign_ins = g_new0(SignIns, 1);
  server->sign_ins->hashers = hashers_new(server, threads, (size_t)server->config->sign_in_queue);
  return true;
}

void signin_tick(Server *server) {
  SignIns *sign_ins = server->sign_ins;

  if (hashers_waiting(sign_ins->hashers) == 0 || server->now_ms < sign_ins->told_ms + TELL_MS) return;
  sign_ins->told_ms = server->now_ms;
  hashers_visit(sign_ins->hashers, on_hashed, tell_position);
}

void signin_end(Server *server) {
  if (server->sign_ins) hashers_end(server->sign_ins->hashers);
}

void signin_free(Server *server) {
  if (!server->sign_ins) return;
  hashers_free(server->sign_ins->hashers);
  g_clear_pointer(&server->sign_ins, g_free);
}
