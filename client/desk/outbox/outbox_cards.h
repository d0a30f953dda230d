/* outbox_cards.h: a card for each item of a list, one below the other. A card stays as long as its item does,
 * whatever comes and goes around it, and Tab goes from each to the next. Owner: its parent. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_OUTBOX_CARDS linli_outbox_cards_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxCards, linli_outbox_cards, LINLI, OUTBOX_CARDS, GtkWidget)

/* label: the accessible name. items: of LinliOutboxItem. alone: as linli_outbox_card_new() has it. */
GtkWidget *linli_outbox_cards_new(LinliContext *context, const char *label, GListModel *items, gboolean alone);
guint linli_outbox_cards_count(LinliOutboxCards *cards);
/* To the first button of the first card. */
void linli_outbox_cards_focus(LinliOutboxCards *cards);
