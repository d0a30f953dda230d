/* outbox_panel.h: the outbox below the header: a card a command, what came back first. Opened by its button or a key;
 * Escape closes it, and it closes by itself when it holds nothing more. Cards come and go one by one, so whoever
 * works on one keeps the focus; when the card itself goes, the next one has it. Signal "closed". */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/outbox/outbox_model.h"

#define LINLI_TYPE_OUTBOX_PANEL linli_outbox_panel_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxPanel, linli_outbox_panel, LINLI, OUTBOX_PANEL, GtkWidget)

GtkWidget *linli_outbox_panel_new(LinliContext *context, LinliOutboxModel *model);
void linli_outbox_panel_open(LinliOutboxPanel *panel);
void linli_outbox_panel_close(LinliOutboxPanel *panel);
gboolean linli_outbox_panel_has_focus(LinliOutboxPanel *panel);
