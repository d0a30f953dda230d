/* outbox_button.c: see outbox_button.h. */
#include "client/desk/outbox/outbox_button.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "client/desk/app/words.h"

enum { BLINK_S = 6 }; /* a little more than a command is held for an undo */

struct _LinliOutboxButton {
  GtkWidget parent_instance;
  LinliContext *context;
  LinliOutboxModel *model;
  GtkWidget *button, *content;
};

G_DEFINE_FINAL_TYPE(LinliOutboxButton, linli_outbox_button, GTK_TYPE_WIDGET)

static gboolean has_line(LinliOutboxButton *b) {
  LinliSession *session = linli_context_session(b->context);

  return session && linli_session_state(session) == LINLI_STATE_READY;
}

/* How many wait, and since when the oldest does. */
static guint waiting(LinliOutboxButton *b, guint64 *oldest) {
  guint n = linli_context_waiting(b->context, oldest);
  gint64 since = g_get_real_time() - (gint64)*oldest;

  return n && has_line(b) && since < BLINK_S * G_USEC_PER_SEC ? 0 : n;
}

static void show(LinliOutboxButton *b) {
  guint64 oldest;
  guint n = waiting(b, &oldest), back = linli_outbox_model_back(b->model);
  g_autoptr(GString) label = g_string_new(NULL);

  if (n) {
    g_autofree char *at = linli_words_time(oldest, "%H:%M");
    g_string_append_printf(label, _("%u to send, since %s"), n, at);
  }
  if (back) g_string_append_printf(label, _("%s%u came back"), label->len ? " · " : "", back);
  adw_button_content_set_label(ADW_BUTTON_CONTENT(b->content), label->str);
  adw_button_content_set_icon_name(ADW_BUTTON_CONTENT(b->content),
                                   back ? "dialog-warning-symbolic" : "emblem-synchronizing-symbolic");
  gtk_accessible_update_property(GTK_ACCESSIBLE(b->button), GTK_ACCESSIBLE_PROPERTY_LABEL, label->str, -1);
  (back ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(b->button, "came-back");
  gtk_widget_set_visible(GTK_WIDGET(b), n || back);
}

static void on_tick(LinliOutboxButton *b) {
  if (g_list_model_get_n_items(G_LIST_MODEL(b->model)) || gtk_widget_get_visible(GTK_WIDGET(b))) show(b);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_outbox_button_new(LinliContext *context, LinliOutboxModel *model) {
  LinliOutboxButton *b = g_object_new(LINLI_TYPE_OUTBOX_BUTTON, NULL);

  b->context = g_object_ref(context);
  b->model = g_object_ref(model);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), b, G_CONNECT_SWAPPED);
  g_signal_connect_object(model, "items-changed", G_CALLBACK(show), b, G_CONNECT_SWAPPED);
  show(b);
  return GTK_WIDGET(b);
}

static void linli_outbox_button_dispose(GObject *object) {
  LinliOutboxButton *b = LINLI_OUTBOX_BUTTON(object);

  g_clear_pointer(&b->button, gtk_widget_unparent);
  g_clear_object(&b->model);
  g_clear_object(&b->context);
  G_OBJECT_CLASS(linli_outbox_button_parent_class)->dispose(object);
}

static void linli_outbox_button_class_init(LinliOutboxButtonClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_button_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
}

static void linli_outbox_button_init(LinliOutboxButton *b) {
  b->button = gtk_button_new();
  b->content = adw_button_content_new();
  gtk_button_set_child(GTK_BUTTON(b->button), b->content);
  gtk_actionable_set_action_name(GTK_ACTIONABLE(b->button), "win.outbox");
  gtk_widget_set_tooltip_text(b->button, _("Outbox (Ctrl+Shift+O)"));
  gtk_widget_set_parent(b->button, GTK_WIDGET(b));
}
