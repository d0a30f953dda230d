/* history.h: an entry of a request's timeline in the user's words. */
#pragma once

#include "client/desk/app/context.h"

/* "11-24 11:33  Dispatched  Zhang": when, what, who; g_free. */
char *linli_history_head(const ProtoTimeline *entry);
/* What was written and what changed, in lines; g_free. "" for nothing. */
char *linli_history_more(LinliContext *context, const ProtoTimeline *entry);
/* The row's version after it; 0 when the entry does not say. */
guint64 linli_history_version(const ProtoTimeline *entry);
