/* keeper.h: brings an embedded PostgreSQL back that died: killed, out of memory, crashed.
 *
 *   database answers -> it is away -> its postmaster is gone and left its pid file -> cluster_ensure() on a worker thread
 *
 * Invariant: a cluster that was stopped in order (it takes its pid file along) stays stopped: that was somebody's wish,
 * for a restore perhaps. Owner: core.c; does nothing where the database is named by a URL. Ends with core_end(). */
#pragma once

typedef struct Keeper Keeper;
typedef struct Server Server;

Keeper *keeper_new(Server *server);
/* Once a second, from the loop. */
void keeper_tick(Keeper *keeper);
/* No more attempts; one under way ends by itself, and keeper_free() waits for it. */
void keeper_end(Keeper *keeper);
void keeper_free(Keeper *keeper);
