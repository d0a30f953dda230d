/* stream.h: one stream's events, in order, to everyone who watches it.
 *
 *      base                 head
 *       v                    v
 *     [ 41 | 42 | 43 | 44 ]       newest events, each form encoded once and shared by reference
 *
 *   a follower:  SNAPSHOT -> LIVE <-> PARKED (its session's backlog is high; it goes on from its cursor when drained)
 *                                        └-> RESYNC: the ring has moved past its cursor
 *   HEARING: the server's own ear in an account's stream, whether or not its client follows that
 *
 * Invariants: seqs are consecutive; a commit that is not head + 1 starts a catch-up from SQL, which is read once for
 * all who wait; a follower is given cursor + 1 and nothing else. Owner: the server; a stream is made on first use and
 * freed when nobody follows it and nothing is read for it.
 * A new database connection may lead to a server with another history (a failover, a restore): then every ring is in doubt
 * until SQL has shown its newest event once more. Where it shows another, the ring goes and every follower is told to
 * subscribe again: its cursor's chain tells it of the fork. To add a new way of watching, start at stream_follow(). */
#pragma once

#include <libpq-fe.h>
#include "common/proto.h"
#include "server/block.h"

typedef struct Server Server;
typedef struct Session Session;
typedef struct Snapshot Snapshot;
typedef struct Stream Stream;
typedef struct Streams Streams;

enum { STREAM_TEAMS_MAX = 64, STREAM_BARS_MAX = 64, STREAM_BAR = 3 };

/* What a reader may see of a stream, as SQL decided it. */
typedef struct {
  int16_t clear; /* classes up to this in full */
  int16_t sight; /* classes up to this redacted */
  uint16_t n_teams, n_bars;
  /* After the teams, for each bar: a team, and since and until when the reader was in it, in seconds since 2000. An
   * interned one is cut after the last. */
  int64_t teams[STREAM_TEAMS_MAX + STREAM_BARS_MAX * STREAM_BAR];
} StreamRights;

typedef enum { FOLLOW_LIVE, FOLLOW_PARKED, FOLLOW_SNAPSHOT, FOLLOW_HEARING } FollowState;

/* One session's place in one stream; kept small, there are hundreds of thousands. */
typedef struct {
  Session *session; /* outlives it */
  Stream *stream;
  int64_t cursor; /* the last event given */
  const StreamRights *rights;
  Snapshot *snapshot; /* while in state SNAPSHOT, or NULL when it waits its turn */
  uint32_t place;     /* in the stream's list */
  uint8_t state;      /* FollowState */
} Follow;
G_STATIC_ASSERT(sizeof(Follow) <= 48);

/* An api outcome row that holds an event of this process's own commit. */
void stream_committed(Server *server, const PGresult *rows, int row);
/* The doorbell or the poll says that a stream has moved; seq 0 when it does not say how far. */
void stream_moved(Server *server, int64_t stream, int64_t seq);
/* Events encoded since start, forms counted apart: fan-out encodes once whatever the number of readers. */
uint64_t stream_encoded(const Server *server);

/* A new follower in state SNAPSHOT, with rights interned here. head: the stream's, as SQL told it just now. */
Follow *stream_follow(Server *server, Session *session, int64_t stream, int64_t head, const StreamRights *rights);
/* One in state HEARING: it is given nothing and waits for nothing; its session is told when an event that the schema
 * marks `rights` has come after `head`. */
Follow *stream_hear(Server *server, Session *session, int64_t stream, int64_t head);
void stream_unfollow(Follow *follow); /* frees it */
void stream_set_rights(Follow *follow, const StreamRights *rights);
/* Goes on from here: LIVE, cursor + 1 next. */
void stream_go_on(Follow *follow, int64_t cursor);

/* Whether the ring's event of this seq has this chain tag: it was given to somebody, whatever SQL says now. */
bool stream_gave(const Stream *stream, int64_t seq, uint64_t tag);
int64_t stream_id(const Stream *stream);
int64_t stream_head(const Stream *stream);                 /* as far as is known here */
Stream *stream_find(const Server *server, int64_t stream); /* NULL when nobody follows it */
/* The ring holds everything after seq. */
bool stream_reaches(const Stream *stream, int64_t seq);
GPtrArray *stream_snapshots(Stream *stream); /* snapshot.c's own: of Snapshot */
void stream_for_each_follow(Stream *stream, void (*each)(Follow *follow, void *user), void *user);

/* Streams with followers and the heads known of them, for the poll: offices and communities, of accounts one in
 * `parts` by turns (part), and those followed since the last poll. Arrays of int64_t. */
void stream_list(Server *server, unsigned part, unsigned parts, GArray *streams, GArray *heads);

Streams *streams_new(Server *server);
void streams_end(Streams *streams);
void streams_free(Streams *streams);
/* Each second: lets go of what nobody needs. */
void streams_tick(Server *server);
/* A new connection to the database; streams. */
void streams_doubt(void *streams);
