/* rights.h: what readers may see, interned: most of them share one of a few sets, and a reader holds a pointer.
 * Equal rights have the same address. Owner: streams; freed with the last reference. */
#pragma once

#include "server/stream.h"

typedef struct RightsTable RightsTable;

/* A copy of its own, with as many bytes as are used: g_free. An interned one has no more either. */
StreamRights *rights_dup(const StreamRights *rights);
bool rights_equal(const StreamRights *a, const StreamRights *b);
RightsTable *rights_table_new(void);
void rights_table_free(RightsTable *table);
const StreamRights *rights_take(RightsTable *table, const StreamRights *rights);
const StreamRights *rights_ref(const StreamRights *rights);
void rights_release(RightsTable *table, const StreamRights *rights);
