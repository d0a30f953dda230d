/* client.h: one scripted client: the core as the desk wires it (session, replica, sync, outbox, courier), a chooser,
 * and a record of everything it did and saw (see history.py for the lines).
 *
 *   choice ─> recorded ─> courier ─> … ─> decided ─> recorded            event, snapshot ─> sync ─> replica ─>
 * recorded
 *
 * A refusal is never acknowledged: it stays in the outbox, with what was typed.
 * Invariant: what is sent is recorded before it is given to the courier, and every line is in the file before the
 * next. Outbox and replica are files in a folder of its own: killed and started again it is the same client. Owner:
 * crowd.c. */
#pragma once

#include <stdio.h>

#include "client/core/session.h"
#include "tests/chaos/choice.h"

typedef struct Client Client;

/* What all clients of a process share. */
typedef struct {
  FILE *history;
  const char *server, *ca, *folder;
  GArray *communities, *teams;
  GHashTable *heads; /* stream (guint64 *) -> where it ends (guint64 *); empty until that is known */
  guint enough, run, pace_ms;
  gboolean over;    /* where all stand is recorded: nothing after that */
  gboolean working; /* else no new commands are made */
  guint32 seed;
} Crowd;

/* line: "number account token device role community team". NULL when it is none. */
Client *client_new(Crowd *crowd, const char *line);
void client_free(Client *client);
guint client_number(const Client *client);
/* Pulls the line out for so long; 0: until client_online(). It goes on working meanwhile. */
void client_offline(Client *client, guint ms);
void client_online(Client *client);
/* Makes n commands now, whose made_at lie over the last `over_ms`, oldest first. */
void client_backlog(Client *client, guint n, guint over_ms);
/* Everything decided, and at the heads: those that the server named, and those of the crowd. */
gboolean client_at_rest(Client *client);
guint client_waiting(Client *client);
LinliState client_state(Client *client);
/* Records where it stands, and the requests it holds. */
void client_end(Client *client);
