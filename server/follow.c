/* follow.c: see follow.h.
 *
 *   subscribe -> api subscribe -> subscribed -> [ snapshot pages, one stream after the other ] -> events from the
 * cursor
 *
 * One drained-callback a session serves both its snapshot pages and its parked followers. */
#include "server/follow.h"

#include <string.h>

#include "server/db.h"
#include "server/doorbell.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/outcome.h"
#include "server/present.h"
#include "server/rights.h"
#include "server/server.h"
#include "server/signin.h"
#include "server/snapshot.h"

enum { STREAMS_MAX = 4096, OFFICES_MAX = 8, SETTLED_MS = 5000, JUDGE_SECONDS = 300 };

struct Follows {
  Follow *account; /* hears the account's own stream for the server */
  GPtrArray *list; /* of Follow: what the client follows */
  int64_t offices[OFFICES_MAX];
  uint8_t n_offices;
  bool judging, judge_again; /* rights are being asked for; and have moved since */
  uint64_t moved_ms;         /* when the account's rights last moved; 0: never */
  bool paging;               /* inside send_pages() */
  uint32_t next_frame;       /* of the first snapshot in the list */
};

/* What was asked of SQL, until it answers. */
typedef struct {
  Session *session;
  uint32_t correlation;
  bool judging; /* rights have moved: nobody asked */
  uint64_t asked_ms;
  GArray *streams, *since, *tags; /* of int64_t; since -1: nothing is held */
  GArray *tagged;                 /* of bool */
  int64_t office;                 /* 0: none */
} Asking;

static void send_pages(Session *session);

static Follow *find(const Follows *follows, int64_t stream) {
  for (guint i = 0; i < follows->list->len; i++) {
    Follow *follow = follows->list->pdata[i];
    if (stream_id(follow->stream) == stream) return follow;
  }
  return NULL;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

void follow_begin(Session *session, int64_t account_stream, int64_t account_head) {
  Server *server = session_server(session);
  const Stream *stream = stream_find(server, account_stream);
  bool missed = stream && stream_head(stream) > account_head; /* heard by others while SQL answered this one */
  Follows *follows = g_new0(Follows, 1);

  follow_end(session);
  follows->list = g_ptr_array_new();
  session_set_follows(session, follows);
  follows->account = stream_hear(server, session, account_stream, account_head);
  if (missed) follow_rights_moved(session);
}

static void release(Follow *follow) {
  snapshot_leave(follow);
  stream_unfollow(follow);
}

void follow_drop(Follow *follow) {
  Follows *follows = session_follows(follow->session);
  bool first = follow->snapshot != NULL;

  g_ptr_array_remove(follows->list, follow);
  if (first) follows->next_frame = 0;
  release(follow);
}

void follow_end(Session *session) {
  Follows *follows = session_follows(session);

  if (!follows) return;
  session_set_follows(session, NULL);
  for (guint i = 0; i < follows->list->len; i++)
    release(follows->list->pdata[i]);
  g_ptr_array_unref(follows->list);
  stream_unfollow(follows->account);
  g_free(follows);
}

/* --- At the reader's speed ------------------------------------------------------------------------------------ */

static uint32_t soft(const Session *session) {
  return (uint32_t)session_server(session)->config->slow_soft;
}

static void on_drained(Session *session) {
  Follows *follows = session_follows(session);

  if (!follows) return;
  for (guint i = follows->list->len; i > 0; i--) {
    Follow *follow = follows->list->pdata[i - 1];
    if (follow->state == FOLLOW_PARKED) stream_go_on(follow, follow->cursor);
  }
  send_pages(session);
}

void follow_wait(Session *session) {
  session_when_drained(session, soft(session) / 4, on_drained);
}

static Follow *first_snapshot(const Follows *follows) {
  for (guint i = 0; i < follows->list->len; i++) {
    Follow *follow = follows->list->pdata[i];
    if (follow->state == FOLLOW_SNAPSHOT) return follow;
  }
  return NULL;
}

/* False: the reader is to be waited for. */
static bool send_frames(Session *session, Follows *follows, const Snapshot *snapshot) {
  Block *frame;

  while ((frame = snapshot_frame(snapshot, follows->next_frame))) {
    if (session_backlog(session) >= soft(session) / 2) {
      follow_wait(session);
      return false;
    }
    session_send_block(session, frame);
    follows->next_frame++;
  }
  return true;
}

/* One stream's snapshot after the other, so that a session holds one at a time. */
static void send_pages(Session *session) {
  Follows *follows = session_follows(session);
  Follow *follow;

  if (!follows || follows->paging) return;
  follows->paging = true;
  while (session_is_open(session) && (follow = first_snapshot(follows))) {
    if (!follow->snapshot) snapshot_want(follow);
    if (!snapshot_is_ready(follow->snapshot) || !send_frames(session, follows, follow->snapshot)) break;
    int64_t seq = snapshot_seq(follow->snapshot);
    follows->next_frame = 0;
    snapshot_leave(follow);
    stream_go_on(follow, seq);
  }
  follows->paging = false;
}

void follow_snapshot_ready(Follow *follow) {
  send_pages(follow->session);
}

/* --- Asking SQL ----------------------------------------------------------------------------------------------- */

static Asking *asking_new(Session *session, uint32_t correlation) {
  Asking *asking = g_new0(Asking, 1);
  asking->session = session_ref(session);
  asking->correlation = correlation;
  asking->streams = g_array_new(FALSE, FALSE, sizeof(int64_t));
  asking->since = g_array_new(FALSE, FALSE, sizeof(int64_t));
  asking->tags = g_array_new(FALSE, FALSE, sizeof(int64_t));
  asking->tagged = g_array_new(FALSE, FALSE, sizeof(bool));
  return asking;
}

static void asking_free(Asking *asking) {
  g_array_unref(asking->streams);
  g_array_unref(asking->since);
  g_array_unref(asking->tags);
  g_array_unref(asking->tagged);
  session_unref(asking->session);
  g_free(asking);
}

static void ask_about(Asking *asking, int64_t stream, int64_t since, int64_t tag, bool tagged) {
  g_array_append_val(asking->streams, stream);
  g_array_append_val(asking->since, since);
  g_array_append_val(asking->tags, tag);
  g_array_append_val(asking->tagged, tagged);
}

static void on_asked(void *user, const DbResult *result);

static void ask(Asking *asking) {
  DbParams *params = db_params_new();
  guint count = asking->streams->len;

  asking->asked_ms = session_server(asking->session)->now_ms;
  db_put_bytes(params, session_token_hash(asking->session), 32);
  db_put_int8_array(params, (const int64_t *)asking->streams->data, count);
  db_put_int8_array(params, (const int64_t *)asking->since->data, count);
  db_put_int8_array_known(params, (const int64_t *)asking->tags->data, (const bool *)asking->tagged->data, count);
  if (asking->office)
    db_put_int8(params, asking->office);
  else
    db_put_null(params);
  db_call(session_server(asking->session)->db, DB_READ, "subscribe", params, on_asked, asking);
}

/* --- What SQL answered ---------------------------------------------------------------------------------------- */

typedef struct {
  int64_t stream, head;
  bool refused, forked, snapshot;
  uint32_t refusal;
  int row; /* where its rights are: they are too large to keep one a stream */
} Answer;

typedef struct {
  int stream, refusal, head, forked, snapshot, clear, sight, teams, bars;
} Columns;

static Columns columns_of(const PGresult *rows) {
  return (Columns){db_column(rows, "stream"), db_column(rows, "refusal"),  db_column(rows, "head"),
                   db_column(rows, "forked"), db_column(rows, "snapshot"), db_column(rows, "clear"),
                   db_column(rows, "sight"),  db_column(rows, "teams"),    db_column(rows, "bars")};
}

static void read_answer(const Proto *proto, const PGresult *rows, int row, const Columns *c, Answer *answer) {
  WireBytes refusal = db_get_bytes(rows, row, c->refusal);

  memset(answer, 0, sizeof *answer);
  answer->stream = db_get_int8(rows, row, c->stream);
  answer->refused = refusal.data != NULL;
  if (answer->refused) answer->refusal = outcome_refusal(proto, (const char *)refusal.data, refusal.len);
  if (answer->refused && !answer->refusal) answer->refusal = PROTO_REFUSAL_NOT_ALLOWED;
  answer->head = db_get_int8(rows, row, c->head);
  answer->forked = db_get_bool(rows, row, c->forked);
  answer->snapshot = db_get_bool(rows, row, c->snapshot);
  answer->row = row;
}

static void read_rights(const PGresult *rows, int row, const Columns *c, StreamRights *rights) {
  rights->clear = db_is_null(rows, row, c->clear) ? -1 : (int16_t)db_get_int(rows, row, c->clear);
  rights->sight = db_is_null(rows, row, c->sight) ? -1 : (int16_t)db_get_int(rows, row, c->sight);
  rights->n_teams = (uint16_t)db_get_int8_array(rows, row, c->teams, rights->teams, STREAM_TEAMS_MAX);
  rights->n_bars = (uint16_t)(db_get_int8_array(rows, row, c->bars, rights->teams + rights->n_teams,
                                                STREAM_BARS_MAX * STREAM_BAR) /
                              STREAM_BAR);
}

/* tag may be NULL; 0 where the client gave none. */
static bool since_of(const Asking *asking, int64_t stream, int64_t *since, int64_t *tag) {
  for (guint i = 0; i < asking->streams->len; i++)
    if (g_array_index(asking->streams, int64_t, i) == stream) {
      *since = g_array_index(asking->since, int64_t, i);
      if (tag) *tag = g_array_index(asking->tags, int64_t, i);
      return true;
    }
  return false;
}

/* Frame subscribed, filled row by row. */
typedef struct {
  GByteArray *bytes;
  GArray *lens;
} Telling;

static void tell(Telling *telling, const Answer *answer) {
  ProtoFollowing item = {.has = PROTO_HAS_FOLLOWING_STREAM | PROTO_HAS_FOLLOWING_HEAD,
                         .stream = (uint64_t)answer->stream,
                         .head = (uint64_t)answer->head,
                         .refusal = answer->refusal,
                         .snapshot = 1,
                         .forked = 1};
  guint before = telling->bytes->len;

  if (answer->refused) item.has |= PROTO_HAS_FOLLOWING_REFUSAL;
  if (answer->snapshot) item.has |= PROTO_HAS_FOLLOWING_SNAPSHOT;
  if (answer->forked) item.has |= PROTO_HAS_FOLLOWING_FORKED;
  wire_encode(&proto_msg_following, &item, telling->bytes);
  uint32_t len = telling->bytes->len - before;
  g_array_append_val(telling->lens, len);
}

static void send_subscribed(Session *session, uint32_t correlation, const Telling *telling) {
  guint count = MIN(telling->lens->len, (guint)STREAMS_MAX);
  g_autofree WireBytes *items = g_new(WireBytes, count + 1);
  const uint8_t *at = telling->bytes->data;

  for (guint i = 0; i < count; i++) {
    items[i] = (WireBytes){at, g_array_index(telling->lens, uint32_t, i)};
    at += items[i].len;
  }
  ProtoSubscribed frame = {.has = count ? PROTO_HAS_SUBSCRIBED_ITEMS : 0, .items = {items, count}};
  session_reply(session, PROTO_FRAME_SUBSCRIBED, correlation, &proto_msg_subscribed, &frame);
}

/* From now on this stream is given to the session, from a snapshot or from its cursor. */
static void set_follow(const Asking *asking, Follows *follows, const Answer *answer, const StreamRights *rights) {
  Follow *follow = find(follows, answer->stream);
  Server *server = session_server(asking->session);
  int64_t since = 0;

  if (!follow) {
    follow = stream_follow(server, asking->session, answer->stream, answer->head, rights);
    g_ptr_array_add(follows->list, follow);
    doorbell_poll_soon(server);
  } else {
    if (follow->snapshot) follows->next_frame = 0;
    snapshot_leave(follow);
    stream_set_rights(follow, rights);
    follow->state = FOLLOW_SNAPSHOT;
  }
  if (answer->snapshot || !since_of(asking, answer->stream, &since, NULL)) return;
  stream_go_on(follow, since);
}

/* Of a judgement only what differs is told: streams lost, gained, or seen otherwise than before. */
static bool is_news(const Follow *follow, const Answer *answer, const StreamRights *rights) {
  if (answer->refused || !follow) return answer->refused == (follow != NULL);
  return !rights_equal(follow->rights, rights);
}

/* Anybody can claim to have seen another history. It is an alarm where this process gave out what SQL no longer has;
 * else a note, one a minute. */
static void note_fork(const Asking *asking, int64_t id) {
  static uint64_t noted_ms;
  Server *server = session_server(asking->session);
  const Stream *stream = stream_find(server, id);
  int64_t since = 0, tag = 0;

  metric_add(server, METRIC_FORKS, 1);
  if (stream && since_of(asking, id, &since, &tag) && tag && stream_gave(stream, since, (uint64_t)tag)) {
    log_event(LOG_ERROR, "history_forked", LOG_SESSION(asking->session), LOG_NUMBER("stream", id),
              LOG_NUMBER("seq", since));
  } else if (!noted_ms || server->now_ms - noted_ms >= 60000) {
    noted_ms = server->now_ms;
    log_event(LOG_WARN, "fork_claimed", LOG_SESSION(asking->session),
              LOG_NUMBER("account", session_account(asking->session)), LOG_NUMBER("stream", id));
  }
}

static void take_row(const Asking *asking, Follows *follows, Answer *answer, const StreamRights *rights,
                     Telling *telling) {
  Follow *follow = find(follows, answer->stream);

  if (asking->judging) {
    if (!is_news(follow, answer, rights)) return;
    answer->forked = false;
    answer->snapshot = !answer->refused;
  }
  if (answer->forked) note_fork(asking, answer->stream);
  tell(telling, answer);
  if (answer->refused && follow) follow_drop(follow);
}

static void take_answer(const Asking *asking, Follows *follows, const PGresult *rows) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  g_autoptr(GArray) lens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  Telling telling = {bytes, lens};
  Columns columns = columns_of(rows);
  int count = MIN(PQntuples(rows), STREAMS_MAX);
  g_autofree Answer *answers = g_new(Answer, count + 1);
  StreamRights rights;
  guint news = 0;

  for (int i = 0; i < count; i++) {
    guint before = lens->len;
    read_rights(rows, i, &columns, &rights);
    read_answer(session_server(asking->session)->proto, rows, i, &columns, &answers[news]);
    take_row(asking, follows, &answers[news], &rights, &telling);
    if (lens->len > before && !answers[news].refused) news++;
  }
  if (!asking->judging || lens->len) send_subscribed(asking->session, asking->correlation, &telling);
  for (guint i = 0; i < news; i++) {
    read_rights(rows, answers[i].row, &columns, &rights);
    set_follow(asking, follows, &answers[i], &rights);
  }
}

static void say_failure(const Asking *asking, const DbResult *result) {
  Session *session = asking->session;

  switch (result->status) {
  case DB_REFUSED: /* the only one: the session has ended */
    session_error(session, asking->correlation, PROTO_ERROR_SIGNED_OUT, 0, NULL);
    session_close(session, "signed_out");
    break;
  case DB_AWAY:
    session_error(session, asking->correlation, PROTO_ERROR_DATABASE_AWAY, 1000, NULL);
    break;
  case DB_TIMEOUT:
    session_error(session, asking->correlation, PROTO_ERROR_TIMEOUT, 1000, NULL);
    break;
  case DB_VALUE:
  case DB_FAILED:
  case DB_OK:
    session_error(session, asking->correlation, PROTO_ERROR_INTERNAL, 1000, NULL);
    break;
  }
}

static void judge(Session *session);

static void on_asked(void *user, const DbResult *result) {
  Asking *asking = user;
  Session *session = asking->session;
  Follows *follows = session_follows(session);

  if (!asking->judging) session_done(session);
  if (session_is_open(session) && follows) {
    if (asking->judging) follows->judging = false;
    /* Asked only now and then, nothing was heard of its rights: an away database is no reason to send it away. */
    bool routine = asking->judging && result->status != DB_REFUSED && follow_rights_settled(session);
    if (result->status == DB_OK)
      take_answer(asking, follows, result->rows);
    else if (!routine)
      say_failure(asking, result);
    /* What it may still see is not known: it is to come again, and to be asked about then. */
    if (asking->judging && result->status != DB_OK && !routine) session_close(session, "rights_unknown");
    /* A subscription that was asked for before its rights moved may have been answered by those. */
    bool stale = !asking->judging && follows->moved_ms >= asking->asked_ms;
    if ((follows->judge_again || stale) && session_is_open(session)) judge(session);
    send_pages(session);
  }
  asking_free(asking);
}

/* --- Frames --------------------------------------------------------------------------------------------------- */

static void remember_office(Follows *follows, int64_t office) {
  for (guint i = 0; i < follows->n_offices; i++)
    if (follows->offices[i] == office) return;
  if (follows->n_offices < OFFICES_MAX) follows->offices[follows->n_offices++] = office;
}

static bool read_items(Asking *asking, const ProtoSubscribe *frame) {
  g_autoptr(WireArena) arena = wire_arena_new();
  const WireBytes *items = frame->items.data;

  for (uint32_t i = 0; i < frame->items.count; i++) {
    ProtoCursor cursor;
    WireError error;
    if (!wire_decode(&proto_msg_cursor, items[i], false, arena, &cursor, &error)) return false;
    if (cursor.stream > INT64_MAX || cursor.since > INT64_MAX) return false;
    ask_about(asking, (int64_t)cursor.stream, cursor.has & PROTO_HAS_CURSOR_SINCE ? (int64_t)cursor.since : -1,
              (int64_t)cursor.chain, cursor.since && (cursor.has & PROTO_HAS_CURSOR_CHAIN));
  }
  return true;
}

void follow_subscribe(Session *session, uint32_t correlation, const ProtoSubscribe *frame) {
  Follows *follows = session_follows(session);

  if (!follows || !session_begin(session, correlation)) return;
  Asking *asking = asking_new(session, correlation);
  if (!read_items(asking, frame) || frame->office > INT64_MAX) {
    session_error(session, correlation, PROTO_ERROR_BAD_FIELD, 0, "items");
    session_done(session);
    asking_free(asking);
    return;
  }
  asking->office = (int64_t)frame->office;
  if (asking->office) remember_office(follows, asking->office);
  ask(asking);
}

void follow_unsubscribe(Session *session, const ProtoUnsubscribe *frame) {
  Follows *follows = session_follows(session);
  const uint64_t *streams = frame->streams.data;

  if (!follows) return;
  for (uint32_t i = 0; i < frame->streams.count; i++) {
    Follow *follow = find(follows, (int64_t)streams[i]);
    if (follow) follow_drop(follow);
  }
  follows->n_offices = 0;
  send_pages(session);
}

void follow_present(Session *session, const ProtoPresent *frame) {
  const Follows *follows = session_follows(session);

  if (follows && frame->stream <= INT64_MAX && find(follows, (int64_t)frame->stream)) present_take(session, frame);
}

/* --- Rights --------------------------------------------------------------------------------------------------- */

/* The session's streams are asked about again; tags are left out: this is not about history. */
static void judge(Session *session) {
  Follows *follows = session_follows(session);

  if (follows->judging) {
    follows->judge_again = true;
    return;
  }
  follows->judging = true;
  follows->judge_again = false;
  Asking *asking = asking_new(session, 0);
  asking->judging = true;
  asking->office = follows->n_offices ? follows->offices[follows->n_offices - 1] : 0;
  for (guint i = 0; i < follows->list->len; i++) {
    const Follow *follow = follows->list->pdata[i];
    ask_about(asking, stream_id(follow->stream), follow->cursor, 0, false);
  }
  ask(asking);
}

bool follow_rights_settled(const Session *session) {
  const Follows *follows = session_follows(session);

  return !follows || !follows->moved_ms || session_server(session)->now_ms - follows->moved_ms > SETTLED_MS;
}

/* Spread by the sessions' numbers, so that each second a part of them asks. */
void follow_tick(Session *session) {
  const Follows *follows = session_follows(session);
  uint64_t second = session_server(session)->now_ms / 1000;

  if (follows && follows->list->len && (second + session_number(session)) % JUDGE_SECONDS == 0) judge(session);
}

void follow_rights_moved(Session *session) {
  Follows *follows = session_follows(session);

  if (!follows || !session_is_open(session)) return;
  follows->moved_ms = session_server(session)->now_ms;
  signin_refresh(session);
  if (follows->list->len || follows->n_offices || follows->judging) judge(session);
}

void follow_refused(Session *session, int64_t stream, const char *refusal) {
  Follows *follows = session_follows(session);
  Follow *follow = follows ? find(follows, stream) : NULL;

  if (strcmp(refusal, "signed_out") == 0) {
    session_error(session, 0, PROTO_ERROR_SIGNED_OUT, 0, NULL);
    session_close(session, "signed_out");
    return;
  }
  if (!follow) return;
  g_autoptr(GByteArray) bytes = g_byte_array_new();
  g_autoptr(GArray) lens = g_array_new(FALSE, FALSE, sizeof(uint32_t));
  Telling telling = {bytes, lens};
  uint32_t number = outcome_refusal(session_server(session)->proto, refusal, strlen(refusal));
  Answer answer = {.stream = stream, .refused = true, .refusal = number ? number : PROTO_REFUSAL_NOT_ALLOWED};
  tell(&telling, &answer);
  send_subscribed(session, 0, &telling);
  follow_drop(follow);
  send_pages(session);
}
