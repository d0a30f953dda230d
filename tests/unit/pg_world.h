/* pg_world.h: a Server whose loop is real and whose database is a private PostgreSQL of the test's own, on a Unix
 * socket in a temporary folder. Skips the test program (status 77) with a message where PostgreSQL is not installed.
 */
#pragma once

#include "server/server.h"

/* sql: run once as the owner. Owner of everything: the test; pg_world_end() stops the cluster and removes the folder.
 */
Server *pg_world_begin(const char *sql);
void pg_world_end(Server *server);
/* Runs SQL on a connection of its own and returns the first value as text ("" for none); g_free. */
char *pg_world_ask(Server *server, const char *sql);
/* Turns the loop until done is true; fails the test after 20 s. */
void pg_world_until(Server *server, bool (*done)(void *user), void *user, const char *what);
