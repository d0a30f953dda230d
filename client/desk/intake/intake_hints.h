/* intake_hints.h: what the server can say before a request is registered: the deadlines that would follow, and
 * requests that may be the same. Asked LINLI_HINTS_MS after the last change of what they depend on; while there is no
 * line it says so, and asks once there is one. Owner: its parent. Signals: "confidential" (gboolean) the category's
 * default · "open" (Uuid *) · "remark" (Uuid *, guint64 community, char *number) to be added to that one instead. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"
#include "client/desk/intake/intake_form.h"

enum { LINLI_HINTS_MS = 400 };

#define LINLI_TYPE_INTAKE_HINTS linli_intake_hints_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeHints, linli_intake_hints, LINLI, INTAKE_HINTS, GtkWidget)

GtkWidget *linli_intake_hints_new(LinliContext *context);
/* Takes what it needs of it. */
void linli_intake_hints_ask(LinliIntakeHints *hints, const LinliIntake *intake);
