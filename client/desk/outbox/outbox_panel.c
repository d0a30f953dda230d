/* outbox_panel.c: see outbox_panel.h. */
#include "client/desk/outbox/outbox_panel.h"

#include <glib/gi18n.h>

#include "client/desk/outbox/outbox_cards.h"

enum { MAX_HEIGHT = 420 };

struct _LinliOutboxPanel {
  GtkWidget parent_instance;
  LinliContext *context;
  LinliOutboxModel *model;
  LinliOutboxCards *cards;
  GtkWidget *box, *close, *scroller, *empty;
  guint focus_idle;
  gboolean had_focus; /* before a card came or went */
};

G_DEFINE_FINAL_TYPE(LinliOutboxPanel, linli_outbox_panel, GTK_TYPE_WIDGET)

enum { CLOSED, N_SIGNALS };
static guint signals[N_SIGNALS];

static guint n_items(LinliOutboxPanel *panel) {
  return g_list_model_get_n_items(G_LIST_MODEL(panel->model));
}

void linli_outbox_panel_open(LinliOutboxPanel *panel) {
  gtk_widget_set_visible(panel->empty, n_items(panel) == 0);
  gtk_widget_set_visible(GTK_WIDGET(panel), TRUE);
  if (n_items(panel))
    linli_outbox_cards_focus(panel->cards);
  else
    gtk_widget_grab_focus(panel->close);
}

void linli_outbox_panel_close(LinliOutboxPanel *panel) {
  if (!gtk_widget_get_visible(GTK_WIDGET(panel))) return;
  gtk_widget_set_visible(GTK_WIDGET(panel), FALSE);
  g_signal_emit(panel, signals[CLOSED], 0);
}

gboolean linli_outbox_panel_has_focus(LinliOutboxPanel *panel) {
  GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(panel));
  GtkWidget *focus = root ? gtk_root_get_focus(root) : NULL;

  return focus && gtk_widget_is_ancestor(focus, GTK_WIDGET(panel));
}

/* --- Cards come and go ---------------------------------------------------------------------------------------- */

static gboolean on_settled(gpointer data) {
  LinliOutboxPanel *panel = data;

  panel->focus_idle = 0;
  gtk_widget_set_visible(panel->empty, n_items(panel) == 0);
  if (!gtk_widget_get_visible(GTK_WIDGET(panel))) return G_SOURCE_REMOVE;
  if (n_items(panel) == 0)
    linli_outbox_panel_close(panel);
  else if (panel->had_focus && !linli_outbox_panel_has_focus(panel))
    linli_outbox_cards_focus(panel->cards);
  return G_SOURCE_REMOVE;
}

/* The card goes after this: where that leaves the focus is seen in the next turn. */
static void on_items(LinliOutboxPanel *panel) {
  if (panel->focus_idle || !gtk_widget_get_visible(GTK_WIDGET(panel))) return;
  panel->had_focus = linli_outbox_panel_has_focus(panel);
  panel->focus_idle = g_idle_add(on_settled, panel);
}

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       G_GNUC_UNUSED GdkModifierType state, LinliOutboxPanel *panel) {
  if (key != GDK_KEY_Escape) return FALSE;
  linli_outbox_panel_close(panel);
  return TRUE;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static GtkWidget *head_new(LinliOutboxPanel *panel) {
  GtkWidget *head = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8),
            *title = gtk_label_new(_("Waiting to be sent, and come back"));

  panel->close = gtk_button_new_from_icon_name("window-close-symbolic");
  gtk_widget_add_css_class(title, "title-4");
  gtk_label_set_xalign(GTK_LABEL(title), 0);
  gtk_widget_set_hexpand(title, TRUE);
  gtk_widget_add_css_class(panel->close, "flat");
  gtk_widget_set_tooltip_text(panel->close, _("Close (Escape)"));
  gtk_accessible_update_property(GTK_ACCESSIBLE(panel->close), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Close the outbox"),
                                 -1);
  g_signal_connect_object(panel->close, "clicked", G_CALLBACK(linli_outbox_panel_close), panel, G_CONNECT_SWAPPED);
  gtk_box_append(GTK_BOX(head), title);
  gtk_box_append(GTK_BOX(head), panel->close);
  return head;
}

GtkWidget *linli_outbox_panel_new(LinliContext *context, LinliOutboxModel *model) {
  LinliOutboxPanel *panel = g_object_new(LINLI_TYPE_OUTBOX_PANEL, NULL);

  panel->context = g_object_ref(context);
  panel->model = g_object_ref(model);
  g_signal_connect_object(model, "items-changed", G_CALLBACK(on_items), panel, G_CONNECT_SWAPPED);
  panel->cards = LINLI_OUTBOX_CARDS(linli_outbox_cards_new(context, _("Outbox"), G_LIST_MODEL(model), TRUE));
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(panel->scroller), GTK_WIDGET(panel->cards));
  return GTK_WIDGET(panel);
}

static void linli_outbox_panel_dispose(GObject *object) {
  LinliOutboxPanel *panel = LINLI_OUTBOX_PANEL(object);

  g_clear_handle_id(&panel->focus_idle, g_source_remove);
  g_clear_pointer(&panel->box, gtk_widget_unparent);
  g_clear_object(&panel->model);
  g_clear_object(&panel->context);
  G_OBJECT_CLASS(linli_outbox_panel_parent_class)->dispose(object);
}

static void linli_outbox_panel_class_init(LinliOutboxPanelClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_panel_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "outboxpanel");
  signals[CLOSED] =
      g_signal_new("closed", LINLI_TYPE_OUTBOX_PANEL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_outbox_panel_init(LinliOutboxPanel *panel) {
  GtkWidget *scroller = gtk_scrolled_window_new();
  GtkEventController *keys = gtk_event_controller_key_new();

  panel->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  panel->scroller = scroller;
  panel->empty = gtk_label_new(_("Nothing waits, and nothing came back."));
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scroller), TRUE);
  gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scroller), MAX_HEIGHT);
  gtk_box_append(GTK_BOX(panel->box), head_new(panel));
  gtk_box_append(GTK_BOX(panel->box), panel->empty);
  gtk_box_append(GTK_BOX(panel->box), scroller);
  gtk_widget_set_parent(panel->box, GTK_WIDGET(panel));
  gtk_widget_set_visible(GTK_WIDGET(panel), FALSE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), panel);
  gtk_widget_add_controller(GTK_WIDGET(panel), keys);
}
