/* outbox_button.h: 待上传 3 条，最早 09:12 · 被退回 1 条: in the header as long as the outbox holds something; opens
 * the panel with it (win.outbox). What is sent within a blink is not worth one: it shows what waits longer, and at
 * once what came back. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/outbox/outbox_model.h"

#define LINLI_TYPE_OUTBOX_BUTTON linli_outbox_button_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxButton, linli_outbox_button, LINLI, OUTBOX_BUTTON, GtkWidget)

GtkWidget *linli_outbox_button_new(LinliContext *context, LinliOutboxModel *model);
