/* form_input.h: one field of a command as a label and what it is asked with:
 *
 *   text ─> entry or text view   enum ─> drop-down   number or id ─> picker   list of numbers ─> several
 *
 * and back, as a field of the body and as a draft keeps it. A new kind of field starts at kind_of() in form_input.c.
 * Signals: "changed" when somebody typed or chose, "done" when a choice was made by Return. Owner: the form. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"
#include "client/desk/app/picker.h"

#define LINLI_TYPE_FORM_INPUT linli_form_input_get_type()
G_DECLARE_FINAL_TYPE(LinliFormInput, linli_form_input, LINLI, FORM_INPUT, GtkWidget)

/* NULL: that field is not asked for here. request must outlive it. */
GtkWidget *linli_form_input_new(LinliContext *context, const ProtoCommand *command, const ProtoRequest *request,
                                const WireField *field);
const WireField *linli_form_input_field(LinliFormInput *input);
/* Appends it to the body; FALSE and a sentence (g_free) when it cannot be sent as it is. */
gboolean linli_form_input_put(LinliFormInput *input, GByteArray *body, char **problem);
/* As a draft keeps it; g_free. "" while nobody has entered anything. */
char *linli_form_input_draft(LinliFormInput *input);
void linli_form_input_restore(LinliFormInput *input, const char *kept);
/* From now on it is only to be read and copied. */
void linli_form_input_freeze(LinliFormInput *input);
/* The picker of lead teams; NULL for any other field. */
LinliPicker *linli_form_input_teams(LinliFormInput *input);
/* What is proposed is chosen, unless somebody has chosen already; that is nobody's entry yet. */
void linli_form_input_suggest(LinliFormInput *input, guint64 number);
