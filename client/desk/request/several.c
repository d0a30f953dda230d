/* several.c: see several.h. */
#include "client/desk/request/several.h"

#include <adwaita.h>
#include <glib/gi18n.h>

struct _LinliSeveral {
  GtkWidget parent_instance;
  GtkWidget *box, *chips;
  LinliPicker *picker;
  GArray *picked; /* of guint64 */
  guint max;
};

G_DEFINE_FINAL_TYPE(LinliSeveral, linli_several, GTK_TYPE_WIDGET)

enum { CHANGED, DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

static gboolean find(LinliSeveral *s, guint64 id, guint *at) {
  for (*at = 0; *at < s->picked->len; ++*at)
    if (g_array_index(s->picked, guint64, *at) == id) return TRUE;
  return FALSE;
}

static void on_remove(GtkButton *button, LinliSeveral *s) {
  const guint64 *id = g_object_get_data(G_OBJECT(button), "id");
  guint at;

  if (find(s, *id, &at)) g_array_remove_index(s->picked, at);
  gtk_widget_grab_focus(GTK_WIDGET(s->picker));
  gtk_flow_box_remove(GTK_FLOW_BOX(s->chips), gtk_widget_get_parent(GTK_WIDGET(button)));
  gtk_widget_set_visible(s->chips, s->picked->len > 0);
  g_signal_emit(s, signals[CHANGED], 0);
}

void linli_several_add(LinliSeveral *several, guint64 id, const char *name) {
  GtkWidget *chip = gtk_button_new(), *content = adw_button_content_new();
  g_autofree char *spoken = g_strdup_printf(_("Take out %s"), name);
  guint at;

  if (!id || find(several, id, &at) || several->picked->len >= several->max) return;
  g_array_append_val(several->picked, id);
  adw_button_content_set_label(ADW_BUTTON_CONTENT(content), name);
  adw_button_content_set_icon_name(ADW_BUTTON_CONTENT(content), "window-close-symbolic");
  gtk_button_set_child(GTK_BUTTON(chip), content);
  gtk_widget_set_tooltip_text(chip, spoken);
  gtk_accessible_update_property(GTK_ACCESSIBLE(chip), GTK_ACCESSIBLE_PROPERTY_LABEL, spoken, -1);
  g_object_set_data_full(G_OBJECT(chip), "id", g_memdup2(&id, sizeof id), g_free);
  g_signal_connect_object(chip, "clicked", G_CALLBACK(on_remove), several, 0);
  gtk_flow_box_insert(GTK_FLOW_BOX(several->chips), chip, -1);
  gtk_widget_set_focusable(gtk_widget_get_parent(chip), FALSE);
  gtk_widget_set_visible(several->chips, TRUE);
}

static void on_picked(LinliSeveral *s) {
  guint64 id = linli_picker_selected(s->picker);
  g_autofree char *name = g_strdup(linli_picker_selected_text(s->picker));

  if (!id) {
    g_signal_emit(s, signals[DONE], 0);
    return;
  }
  linli_several_add(s, id, name);
  linli_picker_select(s->picker, 0);
  g_signal_emit(s, signals[CHANGED], 0);
}

LinliPicker *linli_several_picker(LinliSeveral *several) {
  return several->picker;
}

GArray *linli_several_picked(LinliSeveral *several) {
  return several->picked;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_several_new(const char *label, guint max) {
  LinliSeveral *s = g_object_new(LINLI_TYPE_SEVERAL, NULL);

  s->max = max;
  s->picker = LINLI_PICKER(linli_picker_new(label, TRUE));
  gtk_box_append(GTK_BOX(s->box), GTK_WIDGET(s->picker));
  gtk_box_append(GTK_BOX(s->box), s->chips);
  g_signal_connect_object(s->picker, "picked", G_CALLBACK(on_picked), s, G_CONNECT_SWAPPED);
  return GTK_WIDGET(s);
}

static gboolean linli_several_grab_focus(GtkWidget *widget) {
  return gtk_widget_grab_focus(GTK_WIDGET(LINLI_SEVERAL(widget)->picker));
}

static void linli_several_dispose(GObject *object) {
  g_clear_pointer(&LINLI_SEVERAL(object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS(linli_several_parent_class)->dispose(object);
}

static void linli_several_finalize(GObject *object) {
  g_array_unref(LINLI_SEVERAL(object)->picked);
  G_OBJECT_CLASS(linli_several_parent_class)->finalize(object);
}

static void linli_several_class_init(LinliSeveralClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_several_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_several_finalize;
  GTK_WIDGET_CLASS(class)->grab_focus = linli_several_grab_focus;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_SEVERAL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DONE] = g_signal_new("done", LINLI_TYPE_SEVERAL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_several_init(LinliSeveral *s) {
  s->picked = g_array_new(FALSE, FALSE, sizeof(guint64));
  s->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
  s->chips = gtk_flow_box_new();
  gtk_flow_box_set_selection_mode(GTK_FLOW_BOX(s->chips), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line(GTK_FLOW_BOX(s->chips), 4);
  gtk_widget_set_visible(s->chips, FALSE);
  gtk_widget_set_parent(s->box, GTK_WIDGET(s));
}
