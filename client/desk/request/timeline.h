/* timeline.h: what happened to a request, oldest first, in the user's words: from the stream, by request.timeline.
 * Asks anew when it is told that the request has changed. Owner: the pane. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_TIMELINE linli_timeline_get_type()
G_DECLARE_FINAL_TYPE(LinliTimeline, linli_timeline, LINLI, TIMELINE, GtkWidget)

GtkWidget *linli_timeline_new(LinliContext *context);
/* version: of the row; the same id and version are not asked for twice. NULL: nothing. */
void linli_timeline_show(LinliTimeline *timeline, const Uuid *request, guint64 version);
