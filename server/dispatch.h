/* dispatch.h: carries commands and queries of the wire into api functions, by the schema's tables alone.
 * Checks before SQL: known number, fields valid, stream kind, right held anywhere, rate. A command then waits in its
 * stream's batch (batch.h); its outcome goes to the session and its event to the stream (stream.h). */
#pragma once

#include "proto/proto_tables.h"
#include "server/session.h"

typedef struct Dispatcher Dispatcher;

void dispatch_command(Session *session, uint32_t correlation, const ProtoCommandFrame *frame);
void dispatch_query(Session *session, uint32_t correlation, const ProtoQueryFrame *frame);
void dispatch_cancel(Session *session, uint32_t correlation);
/* The session is closing: its queries are cancelled; its commands go on, their outcomes are in the log. */
void dispatch_end(Session *session);

/* No command waits for its outcome, no query for its rows. */
bool dispatch_idle(const Server *server);

Dispatcher *dispatcher_new(Server *server);
void dispatcher_free(Dispatcher *dispatcher);
