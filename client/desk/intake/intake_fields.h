/* intake_fields.h: the form of a new request: widgets for a LinliIntake, in the order in which a resident tells it.
 * In the text, Return goes on to the category and Shift+Return breaks the line, as in chat programs: a clerk with a
 * phone on the shoulder types one paragraph. Signal "changed" after each change that a person made. Owner: its
 * parent. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"
#include "client/desk/intake/intake_form.h"

#define LINLI_TYPE_INTAKE_FIELDS linli_intake_fields_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeFields, linli_intake_fields, LINLI, INTAKE_FIELDS, GtkWidget)

GtkWidget *linli_intake_fields_new(LinliContext *context);
/* What stands in them; the rest of *intake (ids) is left as it is. */
void linli_intake_fields_read(LinliIntakeFields *fields, LinliIntake *intake);
void linli_intake_fields_write(LinliIntakeFields *fields, const LinliIntake *intake);
/* field: a name in request.register. NULL: the first that a clerk would go on with. */
void linli_intake_fields_focus(LinliIntakeFields *fields, const char *field);
/* A sentence when one of them cannot be read, and which; NULL: all can. g_free. */
char *linli_intake_fields_problem(LinliIntakeFields *fields, const char **field);
/* What the category would make of it, while nobody has said otherwise. */
void linli_intake_fields_set_default(LinliIntakeFields *fields, gboolean confidential);
