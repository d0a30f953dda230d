/* action_form.h: the fields of a command as widgets, and back as its body.
 * The request's own id (field 1) is put by the form. Which fields it shows is the schema's; what they are called here
 * is its own table. Owner: the dialog. */
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
/* Texts, as a draft keeps them; g_free. "" when nothing was typed. */
char *linli_action_form_draft(LinliActionForm *form);
void linli_action_form_restore(LinliActionForm *form, const char *draft);
