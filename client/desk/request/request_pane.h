/* request_pane.h: everything known about one request: deadline bar, what was said, timeline from the stream, actions.
 * What may not be done is greyed, with the reason as tooltip (linli_context_may). Keeps itself up to date by the
 * replica and tells others that somebody looks (request.viewing). The actions are "request." GActions of its group,
 * which the window inserts, so that menus, list letters and the palette do the same. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_REQUEST_PANE linli_request_pane_get_type()
G_DECLARE_FINAL_TYPE(LinliRequestPane, linli_request_pane, LINLI, REQUEST_PANE, GtkWidget)

GtkWidget *linli_request_pane_new(LinliContext *context);
/* NULL: none. */
void linli_request_pane_show(LinliRequestPane *pane, const Uuid *id);
/* FALSE: none is shown. */
gboolean linli_request_pane_shown(LinliRequestPane *pane, Uuid *id);
/* "request.accept", "request.dispatch" …: of the request shown. Owned by the pane. */
GActionGroup *linli_request_pane_actions(LinliRequestPane *pane);
void linli_request_pane_focus(LinliRequestPane *pane);
