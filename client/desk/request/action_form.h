/* action_form.h: the fields of a command as widgets (form_input.h), and back as its body.
 * The request's own id (field 1) is put by the form. Which fields it shows is the schema's. A form with a lead team
 * asks for proposals: they stand first, each with its reason, and the best one is chosen until somebody else is.
 * Owner: the dialog. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_ACTION_FORM linli_action_form_get_type()
G_DECLARE_FINAL_TYPE(LinliActionForm, linli_action_form, LINLI, ACTION_FORM, GtkWidget)

/* Signal "changed" when somebody typed or chose. */
GtkWidget *linli_action_form_new(LinliContext *context, const ProtoCommand *command, const ProtoRequest *request);
/* Whether there is anything to be asked at all. */
gboolean linli_action_form_is_empty(LinliActionForm *form);
/* The body, or NULL and a sentence about the field that now has the focus; g_free it. */
GByteArray *linli_action_form_body(LinliActionForm *form, char **problem);
/* Texts and choices, as a draft keeps them (form_draft.h); g_free. "" when nothing was entered. */
char *linli_action_form_draft(LinliActionForm *form);
void linli_action_form_restore(LinliActionForm *form, const char *draft);
/* From now on it is only to be read and copied. */
void linli_action_form_freeze(LinliActionForm *form);
