/* submit.h: an action of the desk leaves for the server, with a word about it and, where the rules allow, an undo. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/context.h"

/* What is sent belongs to the row as it is in *request. parent: the window that says so. decided: as
 * linli_context_submit() has it. */
void linli_request_submit(LinliContext *context, GtkWindow *parent, const LinliActionInfo *action,
                          const ProtoRequest *request, const GByteArray *body, LinliDecided decided, gpointer data);
