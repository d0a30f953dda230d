/* session_world.h: a session in memory: bytes in, bytes out, a clock that stands still; the other rooms are dummies
 * that count what they are told. For the unit tests and the fuzz driver of the session's state machine. */
#pragma once

#include "proto/proto_tables.h"
#include "server/server.h"
#include "server/session_line.h"

typedef struct {
  Server server;
  Config config;
  Session *session;
  GByteArray *out; /* what the line took, in order */
  bool holds;      /* the line takes bytes, but the kernel does not */
  size_t held;
  bool woken, aborted, lost;
  /* what the dummies saw */
  unsigned passwords, resumes, commands, queries, subscribes, presents, outs, dispatch_ends, follow_ends, drops;
  unsigned drained;
  Session *asker; /* who gave a password last */
  int closes_inside; /* the dispatcher dummy closes the session when > 0 */
  bool inside;       /* a handler is on the stack */
} World;

World *world_new(void);
void world_free(World *world); /* asserts that the session was told about its end everywhere */
void world_connect(World *world);
void world_disconnect(World *world);
/* As tls.c does once a turn. take: the most bytes taken. */
void world_pump(World *world, size_t take);
void world_kernel(World *world, size_t len); /* the kernel takes so many of the bytes held */
void world_later(World *world, uint64_t ms); /* in steps of a second, with ticks */
void world_feed(World *world, const GByteArray *bytes);

/* As a client would. */
void world_hello(World *world);
void world_sign_in(World *world); /* to READY */
/* The next frame of `out`, removed; false: none is whole. fields point into a buffer of the world's until next time.
 */
bool world_next(World *world, WireFrame *frame);
/* Asserts that the next frame is an error with this code. */
void world_expect_error(World *world, uint32_t code);
