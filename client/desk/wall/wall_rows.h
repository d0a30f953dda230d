/* wall_rows.h: open requests by their pressure, for the wall alone: unsigned critical ones first, then by deadline,
 * whatever queue or words somebody has chosen on the board. Confidential ones are not on a wall. Holds 40 bytes a
 * request that is open, nothing of the others. Owner: the wall; the replica must outlive it. */
#pragma once

#include "client/core/live.h"

typedef struct LinliWallRows LinliWallRows;

LinliWallRows *linli_wall_rows_new(LinliReplica *replica);
void linli_wall_rows_free(LinliWallRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliWallRows, linli_wall_rows_free)
/* The first ones: at most max into ids; how many. */
guint linli_wall_rows_first(LinliWallRows *rows, Uuid *ids, guint max);
