/* desk.h: one connection that behaves as a desk does: TLS 1.3 over memory BIOs, hello, resume, subscribe, frames.
 *
 *   DESK_CONNECTING -> DESK_SHAKING -> DESK_SIGNING -> DESK_SUBSCRIBING -> DESK_READY -> DESK_CLOSED
 *                                                              \______ deaf: what comes is dropped undecrypted
 *
 * Invariants: a frame goes to hooks->frame only while DESK_READY and not deaf; pings are answered here; a deaf desk
 * answers nothing, so the server ends it after its silent-timeout.
 * Owner: the crew (load.c); a desk lives until the process ends, its handle until the loop has ended. */
#pragma once

#include <openssl/ssl.h>
#include <uv.h>

#include "common/wire.h"

typedef struct Desk Desk;

typedef struct {
  void (*ready)(Desk *desk);
  void (*frame)(Desk *desk, const WireFrame *frame, uint64_t now_ns);
  void (*closed)(Desk *desk, const char *why);
} DeskHooks;

typedef enum { DESK_CONNECTING, DESK_SHAKING, DESK_SIGNING, DESK_SUBSCRIBING, DESK_READY, DESK_CLOSED } DeskState;

/* Where a desk's replica of a stream ends. */
typedef struct {
  uint64_t stream, since, chain;
} Cursor;

struct Desk {
  uv_tcp_t tcp;
  uv_connect_t connect;
  SSL *ssl;
  BIO *in, *out;
  const DeskHooks *hooks;
  WireArena *arena; /* the crew's */
  GByteArray *rest; /* of a frame that has not come whole; NULL when empty */
  DeskState state;
  bool deaf;
  uint8_t token[32];
  Uuid device;
  GArray *cursors; /* of Cursor */
  uint32_t correlation;
  uint32_t retries; /* of its sign-in */
  uint64_t bytes;   /* received, TLS included */
  uint64_t sent_ns; /* when its command in flight left; the crew's */
  uint64_t seq;     /* last event taken; the crew's */
  uint64_t events;  /* taken in this run; the crew's */
};

/* One line of a file of desks: token and device in hex, then stream:since:chain for each stream. False: malformed. */
G_GNUC_WARN_UNUSED_RESULT bool desk_parse(Desk *desk, const char *line);
/* arena and ctx are kept by reference. */
void desk_connect(Desk *desk, uv_loop_t *loop, SSL_CTX *ctx, WireArena *arena, const struct sockaddr *to,
                  const DeskHooks *hooks);
/* Sends whole frames. */
void desk_send(Desk *desk, const GByteArray *frames);
void desk_close(Desk *desk, const char *why);
