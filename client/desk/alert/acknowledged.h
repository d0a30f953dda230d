/* acknowledged.h: which alerts somebody has seen, and at what level, on disk: who starts the desk again is not rung
 * up for what they know. A line an alert: id, level. Written behind, whole, a moment after a change; a file that
 * cannot be read rings once too often and costs nothing else. Owner: the alert bar. */
#pragma once

#include "common/uuid.h"

typedef struct LinliAcknowledged LinliAcknowledged;

/* path NULL: in memory only. */
LinliAcknowledged *linli_acknowledged_load(const char *path);
/* Writes what is not written yet. */
void linli_acknowledged_free(LinliAcknowledged *acknowledged);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliAcknowledged, linli_acknowledged_free)
/* 0: not. */
guint linli_acknowledged_level(LinliAcknowledged *acknowledged, Uuid id);
/* level 0 forgets it. */
void linli_acknowledged_set(LinliAcknowledged *acknowledged, Uuid id, guint level);
