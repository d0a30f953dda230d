/* outbox_card.h: one command of the outbox as people see it. One that waits says so; one that came back shows why,
 * what was written beside what the request is now and who changed it since, and what may be done about it:
 *
 *   send again (made for the row as it is now, where the rules allow it) · keep as a draft · set aside, with an undo
 *
 * It leaves only by one of these. Keeps its right side up to date by the replica. Owner: the list it is in. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/outbox/outbox_item.h"

#define LINLI_TYPE_OUTBOX_CARD linli_outbox_card_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxCard, linli_outbox_card, LINLI, OUTBOX_CARD, GtkWidget)

/* alone: it stands in the outbox, and says which request; else in that request's own pane. */
GtkWidget *linli_outbox_card_new(LinliContext *context, LinliOutboxItem *item, gboolean alone);
