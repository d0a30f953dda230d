/* outbox_button.h: 待上传 3 条，最早 09:12: shown while the outbox holds something, with a list of it and of what
 * came back refused: its sentence, what was sent, what is there now; each leaves only when somebody has dealt with
 * it. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_OUTBOX_BUTTON linli_outbox_button_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxButton, linli_outbox_button, LINLI, OUTBOX_BUTTON, GtkWidget)

GtkWidget *linli_outbox_button_new(LinliContext *context);
