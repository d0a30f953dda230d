/* session_private.h: the session's struct, for session.c and session_frames.c alone. */
#pragma once

#include "server/server.h"
#include "server/session_line.h"

typedef enum { STATE_HELLO = 1 << 0, STATE_SIGN_IN = 1 << 1, STATE_READY = 1 << 2, STATE_CLOSING = 1 << 3 } State;

enum { EARLY_FRAME_MAX = 4096, CLOSING_MS = 1000 };

struct SessionRoom {
  Session *first;
  size_t count;
  uint64_t last_number;
  WireArena *arena;    /* of the frame being handled */
  GByteArray *scratch; /* of the frame being written */
};

struct Session {
  uint32_t refs;
  uint8_t state;
  bool attempting; /* a sign-in is under way: the client's time does not run */
  bool asked;      /* our ping is not answered yet */
  bool settled;    /* closing: the other rooms were told */
  bool lost;       /* no line any more */
  uint16_t calls;
  Server *server;
  Session *previous, *next;
  const SessionLine *ops;
  void *line;
  uint64_t number;
  const char *reason; /* of the close: a literal */

  Block **queue; /* out, a ring; NULL while nothing waits */
  uint32_t queue_size, queue_at, queue_count;
  uint32_t sent_of_first; /* bytes of the first block taken already */
  uint32_t queued, in_flight;
  uint32_t below;
  void (*drained)(Session *session);
  GByteArray *partial; /* in: an unfinished frame */

  uint64_t since_ms; /* this state's (or attempt's) clock */
  uint64_t heard_ms;
  uint64_t progress_ms; /* the reader last took something */

  int64_t account;
  uint64_t rights;
  Follows *follows;
  Attempt *attempt;
  uint8_t token_hash[32];
  Uuid device;
  char address[46];
};

void session_enter(Session *session, State state);
/* One whole frame. The session may be closing afterwards. */
void session_handle(Session *session, const WireFrame *frame);
/* The bytes could not be split: says so and closes. */
void session_handle_unsplit(Session *session, const uint8_t *data, size_t len, uint32_t max);
