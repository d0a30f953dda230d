/* returned_list.c: see returned_list.h. */
#include "client/desk/outbox/returned_list.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/outbox/outbox_cards.h"
#include "client/desk/outbox/outbox_model.h"

struct _LinliReturnedList {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *cards;
  GtkFilterListModel *mine; /* of the model, what is of this request */
  GtkCustomFilter *filter;
  gboolean shown;
  Uuid request;
};

G_DEFINE_FINAL_TYPE(LinliReturnedList, linli_returned_list, GTK_TYPE_WIDGET)

/* With a line, what waits is sent before anybody could read it. */
static gboolean has_line(LinliReturnedList *list) {
  LinliSession *session = linli_context_session(list->context);

  return session && linli_session_state(session) == LINLI_STATE_READY;
}

static gboolean is_mine(gpointer item, gpointer data) {
  LinliReturnedList *list = data;
  Uuid id;

  return list->shown && linli_outbox_item_request(item, &id) && memcmp(&id, &list->request, sizeof id) == 0 &&
         (linli_outbox_item_is_back(item) || !has_line(list));
}

static void on_items(LinliReturnedList *list) {
  gtk_widget_set_visible(GTK_WIDGET(list), g_list_model_get_n_items(G_LIST_MODEL(list->mine)) > 0);
}

void linli_returned_list_show(LinliReturnedList *list, const Uuid *request) {
  if (list->shown == (request != NULL) && (!request || memcmp(request, &list->request, sizeof *request) == 0)) return;
  list->shown = request != NULL;
  if (request) list->request = *request;
  gtk_filter_changed(GTK_FILTER(list->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_returned_list_new(LinliContext *context) {
  LinliReturnedList *list = g_object_new(LINLI_TYPE_RETURNED_LIST, NULL);
  LinliOutboxModel *model = linli_outbox_model_new(context);

  list->context = g_object_ref(context);
  list->filter = gtk_custom_filter_new(is_mine, list, NULL);
  list->mine = gtk_filter_list_model_new(G_LIST_MODEL(model), g_object_ref(GTK_FILTER(list->filter)));
  list->cards = linli_outbox_cards_new(context, _("Came back"), G_LIST_MODEL(list->mine), FALSE);
  gtk_widget_set_parent(list->cards, GTK_WIDGET(list));
  g_signal_connect_object(list->mine, "items-changed", G_CALLBACK(on_items), list, G_CONNECT_SWAPPED);
  on_items(list);
  return GTK_WIDGET(list);
}

static void linli_returned_list_dispose(GObject *object) {
  LinliReturnedList *list = LINLI_RETURNED_LIST(object);

  list->shown = FALSE;
  g_clear_pointer(&list->cards, gtk_widget_unparent);
  g_clear_object(&list->mine);
  g_clear_object(&list->filter);
  g_clear_object(&list->context);
  G_OBJECT_CLASS(linli_returned_list_parent_class)->dispose(object);
}

static void linli_returned_list_class_init(LinliReturnedListClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_returned_list_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "returnedlist");
}

static void linli_returned_list_init(G_GNUC_UNUSED LinliReturnedList *list) {
}
