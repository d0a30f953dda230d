/* ask.h: a question about one request: a query whose first field is its id. */
#pragma once

#include "client/desk/app/context.h"

/* text: its second field, NULL for none. NULL while the context is closed: then nobody is called. Without a line,
 * `finished` says so, as linli_walk_start() has it. */
LinliWalk *linli_ask_about(LinliContext *context, guint32 query, Uuid request, const char *text, LinliRowFunc row,
                           LinliFinished finished, gpointer data);
