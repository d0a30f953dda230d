/* caller_box.h: who called, for those who may know, and only when they ask: 查看来电人.
 *
 *   button ── caller.show ──> masked ── reason ── caller.reveal ──> in clear, marked with account and minute
 *      ^───────────────── 10 minutes, or another request, or the line is gone ─────────────┘
 *
 * Nothing of it is kept, copied or drawn elsewhere. Hidden without the right, and for one without a caller. Owner:
 * the pane. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_CALLER_BOX linli_caller_box_get_type()
G_DECLARE_FINAL_TYPE(LinliCallerBox, linli_caller_box, LINLI, CALLER_BOX, GtkWidget)

GtkWidget *linli_caller_box_new(LinliContext *context);
/* NULL: none. The same request again changes nothing. */
void linli_caller_box_show(LinliCallerBox *box, const ProtoRequest *request);
