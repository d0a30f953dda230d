/* stream.c: see stream.h. One place gives events to followers (give), one place decides that a follower must wait for
 * its session (is_full); everything else only chooses which event comes next. */
#include "server/stream.h"

#include <string.h>

#include "server/db.h"
#include "server/doorbell.h"
#include "server/event.h"
#include "server/follow.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/outcome.h"
#include "server/rights.h"
#include "server/server.h"
#include "server/session.h"
#include "server/snapshot.h"

enum { PAGE_EVENTS = 500, RING_BYTES = 128 * 1024 * 1024 };

struct Stream {
  Streams *streams;
  int64_t id;
  int64_t head;       /* of the ring; SQL's may be beyond */
  int64_t moved_to;   /* SQL's, as far as was heard; INT64_MAX: beyond head, unknown how far */
  EventRecord **ring; /* size is a power of two; the newest is at (start + count - 1) */
  uint32_t size, start, count;
  GPtrArray *follows;   /* of Follow */
  GPtrArray *snapshots; /* of Snapshot; NULL until there is one */
  GPtrArray *page;      /* of EventRecord: history older than the ring, for those who lag; NULL when there is none */
  bool reading_head, reading_page;
  bool unanswered; /* a read failed: the tick tries again */
  bool fresh;      /* not yet polled: an event may have come before its first follower did */
  bool unset;      /* forked: nothing is held, and the next follower brings the head */
  uint64_t sure;   /* the doubt (of Streams) that was last settled */
};

struct Streams {
  Server *server;
  GHashTable *by_id;
  RightsTable *rights;
  size_t ring_bytes;
  uint64_t encoded;
  uint64_t doubt; /* counts new connections */
  bool ended;
};

enum { DOUBTS_A_TICK = 500 };

static void read_head(Stream *stream);
static void serve(Stream *stream);

/* --- Streams -------------------------------------------------------------------------------------------------- */

static Stream *stream_new(Streams *streams, int64_t id, int64_t head) {
  Stream *stream = g_new0(Stream, 1);
  stream->streams = streams;
  stream->id = id;
  stream->head = stream->moved_to = head;
  stream->follows = g_ptr_array_new();
  stream->fresh = true;
  stream->sure = streams->doubt;
  g_hash_table_insert(streams->by_id, &stream->id, stream);
  metric_set(streams->server, METRIC_STREAMS, g_hash_table_size(streams->by_id));
  return stream;
}

static void drop_oldest(Stream *stream) {
  EventRecord *oldest = stream->ring[stream->start];
  stream->streams->ring_bytes -= event_size(oldest);
  event_unref(oldest);
  stream->start = (stream->start + 1) & (stream->size - 1);
  stream->count--;
}

static void stream_free(gpointer data) {
  Stream *stream = data;
  while (stream->count)
    drop_oldest(stream);
  g_free(stream->ring);
  g_ptr_array_unref(stream->follows);
  if (stream->page) g_ptr_array_unref(stream->page);
  if (stream->snapshots) g_ptr_array_unref(stream->snapshots);
  g_free(stream);
}

static void forget_if_idle(Stream *stream) {
  Streams *streams = stream->streams;
  if (stream->follows->len || stream->reading_head || stream->reading_page) return;
  if (stream->snapshots && snapshot_any_loading(stream->snapshots)) return;
  g_hash_table_remove(streams->by_id, &stream->id);
  metric_set(streams->server, METRIC_STREAMS, g_hash_table_size(streams->by_id));
}

Stream *stream_find(const Server *server, int64_t stream) {
  return g_hash_table_lookup(server->streams->by_id, &stream);
}

int64_t stream_id(const Stream *stream) {
  return stream->id;
}

int64_t stream_head(const Stream *stream) {
  return stream->head;
}

static int64_t ring_base(const Stream *stream) {
  return stream->head - stream->count + 1;
}

bool stream_reaches(const Stream *stream, int64_t seq) {
  return seq + 1 >= ring_base(stream);
}

GPtrArray *stream_snapshots(Stream *stream) {
  if (!stream->snapshots) stream->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_unref);
  return stream->snapshots;
}

static EventRecord *find_event(const Stream *stream, int64_t seq);

bool stream_gave(const Stream *stream, int64_t seq, uint64_t tag) {
  const EventRecord *event = find_event(stream, seq);
  return event && event->chain == tag;
}

void stream_for_each_follow(Stream *stream, void (*each)(Follow *follow, void *user), void *user) {
  for (guint i = stream->follows->len; i > 0; i--)
    if (i <= stream->follows->len) each(stream->follows->pdata[i - 1], user);
}

/* --- Giving --------------------------------------------------------------------------------------------------- */

static EventRecord *find_event(const Stream *stream, int64_t seq) {
  if (seq >= ring_base(stream) && seq <= stream->head)
    return stream->ring[(stream->start + (uint32_t)(seq - ring_base(stream))) & (stream->size - 1)];
  if (!stream->page || !stream->page->len) return NULL;
  int64_t first = ((EventRecord *)stream->page->pdata[0])->seq;
  return seq >= first && seq < first + stream->page->len ? stream->page->pdata[seq - first] : NULL;
}

static void give(Follow *follow, EventRecord *event) {
  Streams *streams = follow->stream->streams;
  uint64_t before = streams->encoded;

  session_send_block(follow->session, event_block(event, event_form(event, follow->rights), &streams->encoded));
  follow->cursor = event->seq;
  metric_add(streams->server, METRIC_EVENTS_SENT, 1);
  if (streams->encoded > before) metric_add(streams->server, METRIC_EVENTS_ENCODED, 1);
}

static bool is_full(const Follow *follow, int64_t bound) {
  return session_backlog(follow->session) >= bound;
}

static void park(Follow *follow) {
  follow->state = FOLLOW_PARKED;
  follow_wait(follow->session);
}

/* A follower that lags, in steps of its own; returns the seq it lacks, or 0. */
static int64_t serve_one(Follow *follow) {
  const Stream *stream = follow->stream;
  int64_t bound = stream->streams->server->config->slow_soft / 2;

  while (follow->state == FOLLOW_LIVE && follow->cursor < stream->head) {
    EventRecord *event = find_event(stream, follow->cursor + 1);
    if (!event) return follow->cursor + 1;
    if (is_full(follow, bound))
      park(follow);
    else
      give(follow, event);
  }
  return 0;
}

/* --- Reading from SQL ----------------------------------------------------------------------------------------- */

typedef struct {
  Stream *stream;
  int64_t since;
  uint64_t doubt;
  bool head, overlaps; /* overlaps: the first row is to be the ring's newest */
} Read;

/* The rows as records, as far as they are consecutive: what is not is a fault of the table, and is told. */
static GPtrArray *records_of(const Stream *stream, const PGresult *rows, int64_t since) {
  GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)event_unref);

  for (int i = 0; i < PQntuples(rows); i++) {
    EventRecord *event = event_from_row(stream->streams->server->proto, rows, i);
    if (event->seq != since + 1 + i) {
      log_event(LOG_ERROR, "stream_has_gap", LOG_NUMBER("stream", stream->id), LOG_NUMBER("seq", since + 1 + i));
      event_unref(event);
      break;
    }
    g_ptr_array_add(records, event);
  }
  return records;
}

static void append(Stream *stream, EventRecord *event);
static void fork_off(Stream *stream);

/* Whether SQL shows the ring's newest event as the first of these, which then goes. */
static bool is_same_history(const Stream *stream, GPtrArray *records) {
  const EventRecord *held = find_event(stream, stream->head);
  const EventRecord *shown = records->len ? records->pdata[0] : NULL;

  if (!held || !shown || shown->seq != held->seq || shown->chain != held->chain) return false;
  g_ptr_array_remove_index(records, 0);
  return true;
}

static void take_page(Stream *stream, GPtrArray *records) {
  if (stream->page) g_ptr_array_unref(stream->page);
  stream->page = records;
}

/* full: SQL has more. */
static void take_head(Stream *stream, GPtrArray *records, bool full) {
  for (guint i = 0; i < records->len; i++) {
    EventRecord *event = records->pdata[i];
    if (event->seq == stream->head + 1) append(stream, event_ref(event));
  }
  if (full) stream->moved_to = INT64_MAX;
  stream->moved_to = MAX(stream->moved_to, stream->head);
  g_ptr_array_unref(records);
}

static void on_read(void *user, const DbResult *result) {
  Read *read = user;
  Stream *stream = read->stream;
  bool head = read->head, overlaps = read->overlaps, more = false;
  int64_t since = read->since;
  uint64_t doubt = read->doubt;

  g_free(read);
  if (head)
    stream->reading_head = false;
  else
    stream->reading_page = false;
  if (result->status == DB_OK && !stream->streams->ended) {
    GPtrArray *records = records_of(stream, result->rows, since);
    bool full = records->len == PAGE_EVENTS;
    if (overlaps && since + 1 != stream->head) {
      g_ptr_array_set_size(records, 0); /* the ring went on meanwhile, or is unset */
    } else if (overlaps && !is_same_history(stream, records)) {
      g_ptr_array_set_size(records, 0);
      full = false;
      fork_off(stream);
    } else if (head) {
      stream->sure = MAX(stream->sure, doubt);
    }
    more = records->len > 0;
    if (head)
      take_head(stream, records, full);
    else
      take_page(stream, records);
  }
  if (result->status != DB_OK) {
    stream->unanswered = true;
    if (head) stream->moved_to = INT64_MAX;
  }
  /* Where neither holds, the tick goes on: SQL was away, or has not what was announced. */
  bool again = head && result->status == DB_OK && (stream->moved_to == INT64_MAX || more);
  if (again && stream->moved_to > stream->head) read_head(stream);
  if (more) serve(stream);
  forget_if_idle(stream);
}

static bool is_doubtful(const Stream *stream) {
  return stream->sure < stream->streams->doubt && stream->count > 0;
}

static void read_events(Stream *stream, int64_t since, bool head) {
  Server *server = stream->streams->server;
  Read *read = g_new(Read, 1);
  DbParams *params = db_params_new();

  *read = (Read){.stream = stream, .head = head, .doubt = stream->streams->doubt};
  read->overlaps = head && is_doubtful(stream);
  read->since = since -= read->overlaps;
  db_put_int8(params, stream->id);
  db_put_int8(params, since);
  db_put_int4(params, PAGE_EVENTS);
  metric_add(server, METRIC_CATCH_UPS, 1);
  db_call(server->db, DB_READ, "stream_read", params, on_read, read);
}

static void read_head(Stream *stream) {
  if (stream->reading_head || stream->unset || stream->streams->ended) return;
  stream->reading_head = true;
  if (stream->moved_to == INT64_MAX)
    stream->moved_to = stream->head; /* a ring from now on is about something newer */
  read_events(stream, stream->head, true);
}

static void read_page(Stream *stream, int64_t first) {
  if (stream->reading_page || stream->streams->ended) return;
  stream->reading_page = true;
  read_events(stream, first - 1, false);
}

/* Everyone who lags is given what is at hand; for the one furthest back, history is read, and it serves all who pass
 * through it. */
static void serve(Stream *stream) {
  int64_t want = INT64_MAX;

  for (guint i = stream->follows->len; i > 0; i--) {
    Follow *follow = stream->follows->pdata[i - 1];
    if (follow->state != FOLLOW_LIVE || follow->cursor >= stream->head) continue;
    int64_t lacks = serve_one(follow);
    if (lacks && lacks < want) want = lacks;
  }
  if (want != INT64_MAX) read_page(stream, want);
}

/* --- Appending ------------------------------------------------------------------------------------------------ */

static void grow_ring(Stream *stream) {
  uint32_t size = stream->size ? stream->size * 2 : 4;
  EventRecord **ring = g_new(EventRecord *, size);

  for (uint32_t i = 0; i < stream->count; i++)
    ring[i] = stream->ring[(stream->start + i) & (stream->size - 1)];
  g_free(stream->ring);
  stream->ring = ring;
  stream->size = size;
  stream->start = 0;
}

static void push_event(Stream *stream, EventRecord *event) {
  Streams *streams = stream->streams;

  if (stream->count >= streams->server->config->ring_events) drop_oldest(stream);
  while (stream->count > 1 && streams->ring_bytes > RING_BYTES)
    drop_oldest(stream);
  if (stream->count == stream->size) grow_ring(stream);
  stream->ring[(stream->start + stream->count++) & (stream->size - 1)] = event;
  streams->ring_bytes += event_size(event);
  stream->head = event->seq;
  stream->moved_to = MAX(stream->moved_to, event->seq);
}

/* A reader that has taken nothing while the ring went past it: it costs no more, and asks again when it can. */
static void resync(Follow *follow) {
  Streams *streams = follow->stream->streams;
  ProtoResync frame = {.has = PROTO_HAS_RESYNC_STREAM, .stream = (uint64_t)follow->stream->id};

  metric_add(streams->server, METRIC_SLOW_RESYNCED, 1);
  log_event(LOG_INFO, "slow_reader", LOG_SESSION(follow->session), LOG_NUMBER("stream", follow->stream->id));
  session_reply(follow->session, PROTO_FRAME_RESYNC, 0, &proto_msg_resync, &frame);
  follow_drop(follow);
}

static void fan_out(Stream *stream, EventRecord *event) {
  int64_t bound = stream->streams->server->config->slow_soft, base = ring_base(stream);

  for (guint i = stream->follows->len; i > 0; i--) {
    Follow *follow = stream->follows->pdata[i - 1];
    if (follow->state == FOLLOW_PARKED && follow->cursor + 1 < base && follow->cursor + 2 >= base) {
      resync(follow);
    } else if (follow->state == FOLLOW_LIVE && follow->cursor == event->seq - 1) {
      if (is_full(follow, bound))
        park(follow);
      else
        give(follow, event);
    }
  }
}

/* --- Another history ------------------------------------------------------------------------------------------ */

static void send_away(Follow *follow, void *user) {
  (void)user;
  if (follow->state == FOLLOW_HEARING)
    session_close(follow->session, "history_forked");
  else
    resync(follow);
}

/* What this process gave out is not what the database has. Nobody is given anything more from here. */
static void fork_off(Stream *stream) {
  log_event(LOG_ERROR, "history_forked", LOG_NUMBER("stream", stream->id), LOG_NUMBER("seq", stream->head),
            LOG_NUMBER("followers", stream->follows->len));
  metric_add(stream->streams->server, METRIC_FORKS, 1);
  while (stream->count)
    drop_oldest(stream);
  if (!stream->reading_page) g_clear_pointer(&stream->page, g_ptr_array_unref);
  if (stream->snapshots) g_ptr_array_set_size(stream->snapshots, 0);
  stream->moved_to = stream->head;
  stream->unset = true;
  stream_for_each_follow(stream, send_away, NULL);
}

void streams_doubt(void *streams) {
  ((Streams *)streams)->doubt++;
}

/* The next follower brings the head, as SQL told it. */
static void set_head(Stream *stream, int64_t head) {
  stream->head = stream->moved_to = head;
  stream->sure = stream->streams->doubt;
  stream->unset = false;
  stream->fresh = true;
}

static void tell_rights(Follow *follow, void *user) {
  (void)user;
  if (follow->state == FOLLOW_HEARING) follow_rights_moved(follow->session);
}

/* event is head + 1; its reference is taken over. */
static void append(Stream *stream, EventRecord *event) {
  push_event(stream, event);
  fan_out(stream, event);
  if (event->kind && event->kind->rights) stream_for_each_follow(stream, tell_rights, NULL);
}

void stream_committed(Server *server, const PGresult *rows, int row) {
  int64_t id = db_get_int8(rows, row, OUTCOME_STREAM), seq = db_get_int8(rows, row, OUTCOME_SEQ);
  Stream *stream = stream_find(server, id);

  doorbell_ring(server, id);
  if (!stream || stream->unset) return;
  if (seq <= stream->head) {
    const EventRecord *held = find_event(stream, seq);
    WireBytes chain = db_get_bytes(rows, row, OUTCOME_CHAIN);
    if (held && chain.len && held->chain != event_chain_tag(chain)) fork_off(stream);
  } else if (seq == stream->head + 1 && !is_doubtful(stream))
    append(stream, event_from_row(server->proto, rows, row));
  else
    stream_moved(server, id, seq);
}

void stream_moved(Server *server, int64_t id, int64_t seq) {
  Stream *stream = stream_find(server, id);

  if (!stream || stream->unset || (seq && seq <= stream->head)) return;
  stream->moved_to = seq ? MAX(stream->moved_to, seq) : INT64_MAX;
  read_head(stream);
}

uint64_t stream_encoded(const Server *server) {
  return server->streams->encoded;
}

/* --- Followers ------------------------------------------------------------------------------------------------ */

static Follow *follow_new(Server *server, Session *session, int64_t id, int64_t head, FollowState state) {
  Stream *stream = stream_find(server, id);
  Follow *follow = g_new0(Follow, 1);

  if (!stream) stream = stream_new(server->streams, id, head);
  if (stream->unset) set_head(stream, head);
  follow->session = session;
  follow->stream = stream;
  follow->state = (uint8_t)state;
  follow->place = stream->follows->len;
  g_ptr_array_add(stream->follows, follow);
  if (head > stream->head) stream_moved(server, id, head);
  return follow;
}

Follow *stream_follow(Server *server, Session *session, int64_t id, int64_t head, const StreamRights *rights) {
  Follow *follow = follow_new(server, session, id, head, FOLLOW_SNAPSHOT);
  follow->rights = rights_take(server->streams->rights, rights);
  metric_add(server, METRIC_FOLLOWS, 1);
  return follow;
}

Follow *stream_hear(Server *server, Session *session, int64_t id, int64_t head) {
  Follow *follow = follow_new(server, session, id, head, FOLLOW_HEARING);
  follow->cursor = head;
  return follow;
}

void stream_unfollow(Follow *follow) {
  Stream *stream = follow->stream;
  Streams *streams = stream->streams;
  Follow *last = stream->follows->pdata[stream->follows->len - 1];

  last->place = follow->place;
  stream->follows->pdata[follow->place] = last;
  g_ptr_array_set_size(stream->follows, (gint)stream->follows->len - 1);
  rights_release(streams->rights, follow->rights);
  if (follow->state != FOLLOW_HEARING) metric_add(streams->server, METRIC_FOLLOWS, -1);
  g_free(follow);
  /* Freed by the tick: a caller may be walking its followers. */
}

void stream_set_rights(Follow *follow, const StreamRights *rights) {
  RightsTable *table = follow->stream->streams->rights;
  const StreamRights *before = follow->rights;
  follow->rights = rights_take(table, rights);
  rights_release(table, before);
}

void stream_go_on(Follow *follow, int64_t cursor) {
  follow->cursor = cursor;
  follow->state = FOLLOW_LIVE;
  int64_t lacks = serve_one(follow);
  if (lacks) read_page(follow->stream, lacks);
}

/* --- The room ------------------------------------------------------------------------------------------------- */

void stream_list(Server *server, unsigned part, unsigned parts, GArray *streams, GArray *heads) {
  enum { KIND_ACCOUNT = 3 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, server->streams->by_id);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Stream *stream = value;
    bool turn = stream->id % 4 != KIND_ACCOUNT || (uint64_t)stream->id / 4 % parts == part;
    if (!turn && !stream->fresh) continue;
    stream->fresh = false;
    g_array_append_val(streams, stream->id);
    g_array_append_val(heads, stream->head);
  }
}

void streams_tick(Server *server) {
  g_autoptr(GPtrArray) all = g_ptr_array_new();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init(&iter, server->streams->by_id);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_ptr_array_add(all, value);
  guint doubts = DOUBTS_A_TICK;
  for (guint i = 0; i < all->len; i++) {
    Stream *stream = all->pdata[i];
    if (is_doubtful(stream) && doubts) {
      doubts--;
      read_head(stream);
    }
    if (stream->snapshots) snapshot_tick(server, stream);
    if (!stream->reading_page) g_clear_pointer(&stream->page, g_ptr_array_unref);
    if (stream->moved_to > stream->head) read_head(stream);
    if (stream->unanswered) serve(stream);
    stream->unanswered = false;
    forget_if_idle(stream);
  }
}

Streams *streams_new(Server *server) {
  Streams *streams = g_new0(Streams, 1);
  streams->server = server;
  streams->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, stream_free);
  streams->rights = rights_table_new();
  return streams;
}

void streams_end(Streams *streams) {
  streams->ended = true;
}

void streams_free(Streams *streams) {
  if (!streams) return;
  g_hash_table_unref(streams->by_id);
  rights_table_free(streams->rights);
  g_free(streams);
}
