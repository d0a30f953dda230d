/* snapshot.c: see snapshot.h. */
#include "server/snapshot.h"

#include <string.h>

#include "proto/proto_tables.h"
#include "server/db.h"
#include "server/event.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/rights.h"
#include "server/server.h"

enum { FRAME_BYTES = 32 * 1024, FRAME_ROWS = 4096, KEPT_MS = 5000, TEAMS_MAX = 256 };

typedef enum { LOADING, READY, FAILED } State;

struct Snapshot {
  guint refs;
  State state;
  Server *server;
  int64_t stream;
  StreamRights *rights;
  int64_t seq;
  uint64_t chain;
  uint64_t made_ms;
  GPtrArray *frames;  /* of Block */
  GPtrArray *waiting; /* of Follow */
  Session *asker;     /* whose session asked: a reference while LOADING */
};

static Snapshot *snapshot_ref(Snapshot *snapshot) {
  snapshot->refs++;
  return snapshot;
}

void snapshot_unref(Snapshot *snapshot) {
  if (--snapshot->refs > 0) return;
  g_ptr_array_unref(snapshot->frames);
  g_ptr_array_unref(snapshot->waiting);
  if (snapshot->asker) session_unref(snapshot->asker);
  g_free(snapshot->rights);
  g_free(snapshot);
}

bool snapshot_is_ready(const Snapshot *snapshot) {
  return snapshot->state == READY;
}

int64_t snapshot_seq(const Snapshot *snapshot) {
  return snapshot->seq;
}

Block *snapshot_frame(const Snapshot *snapshot, guint i) {
  return i < snapshot->frames->len ? snapshot->frames->pdata[i] : NULL;
}

/* --- Encoding ------------------------------------------------------------------------------------------------- */

typedef struct {
  Snapshot *snapshot;
  GByteArray *bytes; /* encoded rows of the frame being filled */
  GArray *lens;      /* of uint32_t */
} Filling;

static void end_frame(Filling *filling, bool last) {
  Snapshot *snapshot = filling->snapshot;
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree WireBytes *rows = g_new(WireBytes, filling->lens->len + 1);
  const uint8_t *at = filling->bytes->data;

  for (guint i = 0; i < filling->lens->len; i++) {
    rows[i] = (WireBytes){at, g_array_index(filling->lens, uint32_t, i)};
    at += rows[i].len;
  }
  ProtoSnapshot frame = {.stream = (uint64_t)snapshot->stream,
                         .seq = (uint64_t)snapshot->seq,
                         .chain = snapshot->chain,
                         .first = 1,
                         .last = 1,
                         .rows = {rows, filling->lens->len}};
  frame.has = PROTO_HAS_SNAPSHOT_STREAM | PROTO_HAS_SNAPSHOT_SEQ | PROTO_HAS_SNAPSHOT_CHAIN;
  if (snapshot->frames->len == 0) frame.has |= PROTO_HAS_SNAPSHOT_FIRST;
  if (last) frame.has |= PROTO_HAS_SNAPSHOT_LAST;
  if (filling->lens->len) frame.has |= PROTO_HAS_SNAPSHOT_ROWS;
  wire_frame_message(&proto_msg_snapshot, 0, &frame, out);
  g_ptr_array_add(snapshot->frames, block_new(out->data, out->len));
  g_byte_array_set_size(filling->bytes, 0);
  g_array_set_size(filling->lens, 0);
}

static void add_row(Filling *filling, const WireMessage *noun, const GByteArray *body, uint32_t form) {
  ProtoSnapshotRow row = {.has = PROTO_HAS_SNAPSHOT_ROW_NOUN | PROTO_HAS_SNAPSHOT_ROW_BODY,
                          .noun = noun->number,
                          .body = {body->data, body->len},
                          .form = form};
  uint32_t before = filling->bytes->len;

  if (form) row.has |= PROTO_HAS_SNAPSHOT_ROW_FORM;
  wire_encode(&proto_msg_snapshot_row, &row, filling->bytes);
  uint32_t len = filling->bytes->len - before;
  g_array_append_val(filling->lens, len);
  if (filling->bytes->len >= FRAME_BYTES || filling->lens->len >= FRAME_ROWS) end_frame(filling, false);
}

static const WireMessage *noun_of(const Proto *proto, const PGresult *rows, int row) {
  WireBytes name = db_get_bytes(rows, row, 0);
  char text[64];

  if (name.len >= sizeof text) return NULL;
  memcpy(text, name.data, name.len);
  text[name.len] = '\0';
  return proto_message_by_name(proto, text);
}

static void encode_row(Filling *filling, const PGresult *rows, int i, GByteArray *body, GByteArray *redacted) {
  enum { NOUN, AUDIENCE, TEAMS, BARRED, BODY };
  const Snapshot *snapshot = filling->snapshot;
  int64_t teams[TEAMS_MAX];
  size_t n_teams = db_get_int8_array(rows, i, TEAMS, teams, TEAMS_MAX);
  uint32_t form = event_row_form((int16_t)db_get_int(rows, i, AUDIENCE), teams, n_teams, db_get_int8(rows, i, BARRED),
                                 snapshot->rights);
  const WireMessage *noun = noun_of(snapshot->server->proto, rows, i);
  WireBytes json = db_get_bytes(rows, i, BODY);
  g_autofree char *why = NULL;

  if (form == PROTO_FORM_TOMBSTONE) return;
  g_byte_array_set_size(body, 0);
  g_byte_array_set_size(redacted, 0);
  if (!noun || !wire_from_json(noun, (const char *)json.data, json.len, true, body, NULL, &why)) {
    log_event(LOG_ERROR, "row_not_encodable", LOG_NUMBER("stream", snapshot->stream), LOG_TEXT("why", why));
    return;
  }
  if (form) wire_redact(noun, (WireBytes){body->data, body->len}, redacted);
  add_row(filling, noun, form ? redacted : body, form);
}

static void encode(Snapshot *snapshot, const PGresult *rows) {
  g_autoptr(GByteArray) bytes = g_byte_array_new(), body = g_byte_array_new(), redacted = g_byte_array_new();
  g_autoptr(GArray) lens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  Filling filling = {snapshot, bytes, lens};

  for (int i = 0; i < PQntuples(rows); i++)
    encode_row(&filling, rows, i, body, redacted);
  end_frame(&filling, true);
}

/* --- Loading -------------------------------------------------------------------------------------------------- */

static void load(Snapshot *snapshot);

static void tell_ready(Snapshot *snapshot) {
  g_autoptr(GPtrArray) waiting = snapshot->waiting;

  snapshot->waiting = g_ptr_array_new();
  for (guint i = 0; i < waiting->len; i++)
    follow_snapshot_ready(waiting->pdata[i]);
}

static void take(Snapshot *snapshot, const PGresult *head, const PGresult *rows) {
  snapshot->seq = db_get_int8(head, 0, 0);
  snapshot->chain = event_chain_tag(db_get_bytes(head, 0, 1));
  snapshot->made_ms = snapshot->server->now_ms;
  encode(snapshot, rows);
  snapshot->state = READY;
  stream_moved(snapshot->server, snapshot->stream, snapshot->seq);
  tell_ready(snapshot);
}

/* The asker's session has ended, or may not: that is its affair; the others ask again with one of theirs. */
static void refuse(Snapshot *snapshot, Session *asker, const DbResult *result) {
  for (guint i = snapshot->waiting->len; i > 0; i--) {
    Follow *follow = snapshot->waiting->pdata[i - 1];
    if (follow->session == asker) g_ptr_array_remove_index(snapshot->waiting, i - 1);
  }
  follow_refused(asker, snapshot->stream, result->message);
  snapshot->state = FAILED;
  if (snapshot->waiting->len) load(snapshot);
}

static void on_loaded(void *user, const DbResult *result, const PGresult *head) {
  Snapshot *snapshot = user;
  Session *asker = g_steal_pointer(&snapshot->asker);

  if (result->status == DB_OK && PQntuples(head) == 1)
    take(snapshot, head, result->rows);
  else if (result->status == DB_REFUSED)
    refuse(snapshot, asker, result);
  else
    snapshot->state = FAILED;
  session_unref(asker);
  snapshot_unref(snapshot);
}

static void load(Snapshot *snapshot) {
  Follow *first = snapshot->waiting->pdata[0];

  snapshot->state = LOADING;
  snapshot->asker = session_ref(first->session);
  metric_add(snapshot->server, METRIC_SNAPSHOTS, 1);
  db_call_snapshot(snapshot->server->db, session_token_hash(snapshot->asker), snapshot->stream, on_loaded,
                   snapshot_ref(snapshot));
}

static bool can_join(const Snapshot *snapshot, const Follow *follow) {
  if (!rights_equal(snapshot->rights, follow->rights)) return false;
  return snapshot->state != READY ||
         (stream_reaches(follow->stream, snapshot->seq) && snapshot->server->now_ms - snapshot->made_ms < KEPT_MS);
}

void snapshot_want(Follow *follow) {
  GPtrArray *all = stream_snapshots(follow->stream);
  Snapshot *snapshot = NULL;

  for (guint i = 0; i < all->len && !snapshot; i++)
    if (can_join(all->pdata[i], follow)) snapshot = all->pdata[i];
  if (!snapshot) {
    snapshot = g_new0(Snapshot, 1);
    snapshot->refs = 1;
    snapshot->state = FAILED;
    snapshot->server = session_server(follow->session);
    snapshot->stream = stream_id(follow->stream);
    snapshot->rights = rights_dup(follow->rights);
    snapshot->frames = g_ptr_array_new_with_free_func((GDestroyNotify)block_unref);
    snapshot->waiting = g_ptr_array_new();
    g_ptr_array_add(all, snapshot);
  }
  follow->snapshot = snapshot_ref(snapshot);
  if (snapshot->state == READY) return;
  g_ptr_array_add(snapshot->waiting, follow);
  if (snapshot->state == FAILED) load(snapshot);
}

void snapshot_leave(Follow *follow) {
  Snapshot *snapshot = g_steal_pointer(&follow->snapshot);

  if (!snapshot) return;
  g_ptr_array_remove(snapshot->waiting, follow);
  snapshot_unref(snapshot);
}

bool snapshot_any_loading(const GPtrArray *snapshots) {
  for (guint i = 0; i < snapshots->len; i++)
    if (((Snapshot *)snapshots->pdata[i])->state == LOADING) return true;
  return false;
}

void snapshot_tick(Server *server, Stream *stream) {
  GPtrArray *all = stream_snapshots(stream);

  for (guint i = all->len; i > 0; i--) {
    Snapshot *snapshot = all->pdata[i - 1];
    bool old = snapshot->state == READY && server->now_ms - snapshot->made_ms >= KEPT_MS;
    if (snapshot->state == FAILED && snapshot->waiting->len)
      load(snapshot);
    else if (old || snapshot->state == FAILED)
      g_ptr_array_remove_index_fast(all, i - 1);
  }
}
