/* stream.h: one stream's events, in order, to everyone who watches it.
 *
 *      base                 head
 *       v                    v
 *     [ 41 | 42 | 43 | 44 ]       newest events, each form encoded once and shared by reference
 *
 * Invariant: seqs are consecutive; a commit that is not head + 1 starts a catch-up from SQL, which is read once for all
 * who wait. Owner: the server; a stream is made on first use and freed when nobody follows it and nothing waits.
 * To add a new way of watching, start at stream_follow(). */
#pragma once

#include <libpq-fe.h>
#include "common/proto.h"
#include "server/block.h"

typedef struct Server Server;
typedef struct Stream Stream;

/* What a reader may see of a stream, as SQL decided it. */
typedef struct {
  int16_t clear; /* classes up to this in full */
  int16_t sight; /* classes up to this redacted */
  uint16_t n_teams;
  int64_t teams[16];
} StreamRights;

/* An api outcome row that holds an event of this process's own commit, or of stream_read. */
void stream_committed(Server *server, const PGresult *rows, int row);
/* The doorbell or the poll says that a stream has moved. */
void stream_moved(Server *server, int64_t stream, int64_t seq);
/* Events encoded since start, forms counted apart: fan-out encodes once whatever the number of readers. */
uint64_t stream_encoded(const Server *server);
