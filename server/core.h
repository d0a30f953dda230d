/* core.h: the core half as server.c sees it: db, streams, dispatcher, doorbell, scheduler, sealer.
 * The core's rooms put themselves into their slots of Server. Called once each, on the loop's thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Server Server;

/* After the edge is up and before the loop runs. Does not wait for the database: a database that is away at the start
 * is as one that goes away later. false: *why is a sentence that says what to do (g_free). */
G_GNUC_WARN_UNUSED_RESULT bool core_start(Server *server, char **why);
/* While draining: nothing waits to be committed, answered or rung any more. */
bool core_idle(const Server *server);
/* Closes every handle of the core; their close callbacks come while server.c runs the loop out. Then core_free. */
void core_end(Server *server);
void core_free(Server *server);
