/* outbox_cards.c: see outbox_cards.h. */
#include "client/desk/outbox/outbox_cards.h"

#include "client/desk/outbox/outbox_card.h"

struct _LinliOutboxCards {
  GtkWidget parent_instance;
  LinliContext *context;
  GListModel *items;
  gboolean alone;
};

G_DEFINE_FINAL_TYPE(LinliOutboxCards, linli_outbox_cards, GTK_TYPE_WIDGET)

static GtkWidget *card_at(LinliOutboxCards *cards, guint position) {
  GtkWidget *card = gtk_widget_get_first_child(GTK_WIDGET(cards));

  while (card && position--)
    card = gtk_widget_get_next_sibling(card);
  return card;
}

static void on_items(LinliOutboxCards *cards, guint position, guint removed, guint added) {
  GtkWidget *next = card_at(cards, position);

  while (removed--) {
    GtkWidget *gone = next;
    next = gtk_widget_get_next_sibling(gone);
    gtk_widget_unparent(gone);
  }
  for (guint i = 0; i < added; i++) {
    g_autoptr(LinliOutboxItem) item = g_list_model_get_item(cards->items, position + i);
    gtk_widget_insert_before(linli_outbox_card_new(cards->context, item, cards->alone), GTK_WIDGET(cards), next);
  }
}

guint linli_outbox_cards_count(LinliOutboxCards *cards) {
  return g_list_model_get_n_items(cards->items);
}

void linli_outbox_cards_focus(LinliOutboxCards *cards) {
  GtkWidget *card = gtk_widget_get_first_child(GTK_WIDGET(cards));

  while (card && !gtk_widget_grab_focus(card))
    card = gtk_widget_get_next_sibling(card);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_outbox_cards_new(LinliContext *context, const char *label, GListModel *items, gboolean alone) {
  LinliOutboxCards *cards = g_object_new(LINLI_TYPE_OUTBOX_CARDS, NULL);

  cards->context = g_object_ref(context);
  cards->items = g_object_ref(items);
  cards->alone = alone;
  gtk_accessible_update_property(GTK_ACCESSIBLE(cards), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  g_signal_connect_object(items, "items-changed", G_CALLBACK(on_items), cards, G_CONNECT_SWAPPED);
  on_items(cards, 0, 0, g_list_model_get_n_items(items));
  return GTK_WIDGET(cards);
}

static void linli_outbox_cards_dispose(GObject *object) {
  LinliOutboxCards *cards = LINLI_OUTBOX_CARDS(object);
  GtkWidget *card;

  if (cards->items) g_signal_handlers_disconnect_by_data(cards->items, cards);
  while ((card = gtk_widget_get_first_child(GTK_WIDGET(cards))))
    gtk_widget_unparent(card);
  g_clear_object(&cards->items);
  g_clear_object(&cards->context);
  G_OBJECT_CLASS(linli_outbox_cards_parent_class)->dispose(object);
}

static void linli_outbox_cards_class_init(LinliOutboxCardsClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_cards_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_LIST);
}

static void linli_outbox_cards_init(LinliOutboxCards *cards) {
  gtk_orientable_set_orientation(GTK_ORIENTABLE(gtk_widget_get_layout_manager(GTK_WIDGET(cards))),
                                 GTK_ORIENTATION_VERTICAL);
}
