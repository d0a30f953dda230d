/* heads.c: see heads.h. A round: heads_to_sign -> sign -> heads_signed, and again while there are more. */
#include "server/heads.h"

#include <string.h>

#include "server/db.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"
#include "sql/admin/signing.h"

enum { ROUND_MAX = 1000, ROUNDS_A_PERIOD = 12, WAIT_MAX_MS = 300000 };

struct Heads {
  Server *server;
  char *folder; /* NULL: this process signs nothing */
  uint64_t next_ms;
  bool busy;
};

static void ask(Heads *heads);

static void on_kept(void *user, const DbResult *result) {
  Heads *heads = user;

  heads->busy = false;
  if (result->status == DB_OK)
    ask(heads); /* until none is left */
  else
    log_event(LOG_WARN, "heads_not_signed", LOG_TEXT("why", result->message));
}

typedef struct {
  GArray *streams, *seqs;
  GByteArray *chains, *signatures;
} Round;

static void sign_row(const SigningKey *key, const PGresult *rows, int row, Round *round) {
  enum { STREAM, SEQ, CHAIN, BROKEN };
  int64_t stream = db_get_int8(rows, row, STREAM), seq = db_get_int8(rows, row, SEQ);
  WireBytes chain = db_get_bytes(rows, row, CHAIN);
  uint8_t signature[SIGNING_SIGNATURE];

  if (db_get_bool(rows, row, BROKEN) || chain.len != SIGNING_CHAIN) {
    log_event(LOG_ERROR, "signed_history_changed", LOG_NUMBER("stream", stream), LOG_NUMBER("seq", seq));
    return;
  }
  signing_sign(key, stream, seq, chain.data, signature);
  g_array_append_val(round->streams, stream);
  g_array_append_val(round->seqs, seq);
  g_byte_array_append(round->chains, chain.data, chain.len);
  g_byte_array_append(round->signatures, signature, sizeof signature);
}

static void keep(Heads *heads, const SigningKey *key, const Round *round) {
  DbParams *params = db_params_new();

  db_put_int8_array(params, (const int64_t *)round->streams->data, round->streams->len);
  db_put_int8_array(params, (const int64_t *)round->seqs->data, round->seqs->len);
  db_put_bytes(params, round->chains->data, round->chains->len);
  db_put_text(params, signing_id(key), strlen(signing_id(key)));
  db_put_bytes(params, round->signatures->data, round->signatures->len);
  heads->busy = true;
  db_call(heads->server->db, DB_CONTROL, "heads_signed", params, on_kept, heads);
}

/* The key is read anew each time: a rotation needs no restart. */
static void on_asked(void *user, const DbResult *result) {
  Heads *heads = user;
  g_autoptr(GError) why = NULL;
  g_autoptr(SigningKey) key = NULL;
  g_autoptr(GArray) streams = g_array_new(FALSE, FALSE, sizeof(int64_t)),
                    seqs = g_array_new(FALSE, FALSE, sizeof(int64_t));
  g_autoptr(GByteArray) chains = g_byte_array_new(), signatures = g_byte_array_new();
  Round round = {streams, seqs, chains, signatures};

  heads->busy = false;
  if (result->status != DB_OK || !PQntuples(result->rows) || heads->server->draining) return;
  if (!(key = signing_open(heads->folder, &why))) {
    log_event(LOG_ERROR, "heads_not_signed", LOG_TEXT("why", why->message));
    return;
  }
  for (int i = 0; i < PQntuples(result->rows); i++)
    sign_row(key, result->rows, i, &round);
  if (streams->len) keep(heads, key, &round);
}

static void ask(Heads *heads) {
  DbParams *params = db_params_new();

  db_put_uuid(params, heads->server->instance);
  db_put_int4(params, (int32_t)heads->server->config->sign_seconds);
  db_put_int4(params, ROUND_MAX);
  heads->busy = true;
  db_call(heads->server->db, DB_CONTROL, "heads_to_sign", params, on_asked, heads);
}

void heads_tick(Server *server) {
  Heads *heads = server->heads;

  if (!heads->folder || heads->busy || server->draining || server->now_ms < heads->next_ms) return;
  heads->next_ms = server->now_ms + MIN((uint64_t)server->config->sign_seconds * 1000 / ROUNDS_A_PERIOD, WAIT_MAX_MS);
  if (db_is_up(server->db)) ask(heads);
}

Heads *heads_new(Server *server) {
  Heads *heads = g_new0(Heads, 1);

  heads->server = server;
  if (server->config->data && server->config->sign_seconds)
    heads->folder = g_build_filename(server->config->data, "signing", NULL);
  else
    log_event(LOG_WARN, "heads_not_signed", LOG_TEXT("why", "sign-interval is 0, or data is not set"));
  return heads;
}

void heads_free(Heads *heads) {
  if (!heads) return;
  g_free(heads->folder);
  g_free(heads);
}
