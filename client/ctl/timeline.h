/* timeline.h: what happened to a row, readable: for queries that return `timeline`, and below a shown row whose noun
 * has such a query. */
#pragma once

#include "client/ctl/ctl.h"

/* One entry: words for people, or an object whose note and changes are objects too. g_free. */
char *timeline_text(const Proto *proto, WireBytes entry);
char *timeline_json(const Proto *proto, WireBytes entry);
/* Prints the whole timeline of a row; nothing when the noun has none. */
G_GNUC_WARN_UNUSED_RESULT gboolean timeline_print(Ctl *ctl, const char *noun, Uuid id, GError **error);
