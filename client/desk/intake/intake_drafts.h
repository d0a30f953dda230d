/* intake_drafts.h: what was begun and not sent, the newest first: on this desk, and, from the server, at other desks.
 * A button that opens the list. Drafts whose request is registered already are not drafts any more: they are put
 * away. Signals: "local" (Uuid *)   "elsewhere" (Uuid *, char *copy): begun at another desk
 *          "looked": the server has said what it holds. Owner: its parent. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_INTAKE_DRAFTS linli_intake_drafts_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeDrafts, linli_intake_drafts, LINLI, INTAKE_DRAFTS, GtkWidget)

/* Shows itself once there is something; not what that window writes itself (linli_intake_drafts_set_own). */
GtkWidget *linli_intake_drafts_new(LinliContext *context);
void linli_intake_drafts_set_own(LinliIntakeDrafts *drafts, const Uuid *own);
/* Looks again, here and on the server. */
void linli_intake_drafts_refresh(LinliIntakeDrafts *drafts);
/* Whether the last look at the server found that one; FALSE while it has not been looked. */
gboolean linli_intake_drafts_looked(LinliIntakeDrafts *drafts);
gboolean linli_intake_drafts_on_server(LinliIntakeDrafts *drafts, Uuid id);
