/* looks.c: see looks.h. */
#include "client/desk/app/looks.h"

#include <glib-unix.h>
#include <gtk/gtk.h>
#include <signal.h>

/* Opacity has no getter for what CSS says: a style's is told by the class that lowers it. */
static double opacity_of(GtkWidget *widget) {
  double opacity = 1;

  for (; widget; widget = gtk_widget_get_parent(widget))
    opacity *= gtk_widget_get_opacity(widget);
  return opacity;
}

static gboolean has_class_up(GtkWidget *widget, const char *class) {
  for (; widget; widget = gtk_widget_get_parent(widget))
    if (gtk_widget_has_css_class(widget, class)) return TRUE;
  return FALSE;
}

static gboolean is_inside(GtkWidget *widget, const graphene_rect_t *bounds, GtkWidget *root) {
  for (GtkWidget *over = gtk_widget_get_parent(widget); over; over = gtk_widget_get_parent(over)) {
    graphene_rect_t frame, seen;
    if (!gtk_widget_compute_bounds(over, root, &frame)) return FALSE;
    if (!graphene_rect_intersection(&frame, bounds, &seen) || seen.size.height < bounds->size.height - 1)
      return FALSE;
  }
  return TRUE;
}

static const char *text_of(GtkWidget *widget) {
  if (GTK_IS_LABEL(widget)) return gtk_label_get_text(GTK_LABEL(widget));
  if (GTK_IS_TEXT(widget)) return gtk_editable_get_text(GTK_EDITABLE(widget));
  if (g_str_equal(G_OBJECT_TYPE_NAME(widget), "LinliRequestRow")) return "row";
  return "";
}

static void flags_of(GtkWidget *widget, char flags[8]) {
  int n = 0, natural = 0;

  if (GTK_IS_LABEL(widget)) {
    gtk_widget_measure(widget, GTK_ORIENTATION_HORIZONTAL, -1, &natural, NULL, NULL, NULL);
    if (pango_layout_is_ellipsized(gtk_label_get_layout(GTK_LABEL(widget)))) flags[n++] = 'c';
    if (natural > gtk_widget_get_width(widget) + 1) flags[n++] = 'w';
  }
  if (!gtk_widget_is_sensitive(widget)) flags[n++] = 'i';
  if (has_class_up(widget, "dim-label") || has_class_up(widget, "subtitle")) flags[n++] = 'd';
  if (!n) flags[n++] = '-';
  flags[n] = '\0';
}

static void tell(GtkWidget *widget, GtkWindow *window, GString *out) {
  const char *text = text_of(widget);
  graphene_rect_t at;
  GdkRGBA colour;
  double x = 0, y = 0;
  char flags[8];

  if (!*text || !gtk_widget_compute_bounds(widget, GTK_WIDGET(window), &at) || at.size.width < 1 ||
      !is_inside(widget, &at, GTK_WIDGET(window)))
    return;
  gtk_native_get_surface_transform(GTK_NATIVE(window), &x, &y);
  gtk_style_context_get_color(gtk_widget_get_style_context(widget), &colour);
  flags_of(widget, flags);
  const char *title = gtk_window_get_title(window);
  g_autofree char *words = g_strdelimit(g_strdup(text), "\t\r\n", ' ');
  g_string_append_printf(out, "%s\t%s\t%.0f %.0f %.0f %.0f\t%.3f %.3f %.3f %.3f\t%s\t%s\n", title ? title : "",
                         G_OBJECT_TYPE_NAME(widget), at.origin.x + x, at.origin.y + y, at.size.width, at.size.height,
                         colour.red, colour.green, colour.blue, colour.alpha * opacity_of(widget), flags, words);
}

static void walk(GtkWidget *widget, GtkWindow *window, GString *out) {
  if (!gtk_widget_get_mapped(widget)) return;
  tell(widget, window, out);
  for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
    walk(child, window, out);
}

static gboolean on_signal(G_GNUC_UNUSED gpointer data) {
  g_autoptr(GString) out = g_string_new(NULL);
  g_autoptr(GError) error = NULL;
  GListModel *windows = gtk_window_get_toplevels();

  for (guint i = 0; i < g_list_model_get_n_items(windows); i++) {
    g_autoptr(GtkWindow) window = g_list_model_get_item(windows, i);
    walk(GTK_WIDGET(window), window, out);
  }
  if (!g_file_set_contents(g_getenv("LINLI_LOOKS"), out->str, (gssize)out->len, &error))
    g_printerr("%s\n", error->message);
  return G_SOURCE_CONTINUE;
}

void linli_looks_start(void) {
  if (g_getenv("LINLI_LOOKS")) g_unix_signal_add(SIGUSR2, on_signal, NULL);
}
