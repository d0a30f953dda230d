/* paints.c: see paints.h. */
#include "client/desk/app/paints.h"

#include <string.h>

/* One list is told of: a desk has one board. */
static guint changes;

static void on_painted(GtkWidget *list) {
  GListModel *rows = g_object_get_data(G_OBJECT(list), "linli-paints");

  if (gtk_widget_get_mapped(list))
    g_printerr("painted %" G_GINT64_FORMAT " %u %u\n", g_get_monotonic_time(), g_list_model_get_n_items(rows),
               changes);
}

static void on_realize(GtkWidget *list) {
  g_signal_connect_object(gtk_widget_get_frame_clock(list), "after-paint", G_CALLBACK(on_painted), list,
                          G_CONNECT_SWAPPED);
}

static void on_unrealize(GtkWidget *list) {
  g_signal_handlers_disconnect_by_func(gtk_widget_get_frame_clock(list), on_painted, list);
}

static gboolean on_frame(G_GNUC_UNUSED GtkWidget *list, G_GNUC_UNUSED GdkFrameClock *clock,
                         G_GNUC_UNUSED gpointer data) {
  return G_SOURCE_CONTINUE;
}

static void on_changed(void) {
  changes++;
}

void linli_paints_tell(GtkWidget *list, GListModel *rows) {
  const char *wanted = g_getenv("LINLI_PAINTS");

  if (!wanted || !*wanted) return;
  g_object_set_data(G_OBJECT(list), "linli-paints", rows);
  if (strcmp(wanted, "always") == 0) gtk_widget_add_tick_callback(list, on_frame, NULL, NULL);
  g_signal_connect(rows, "items-changed", on_changed, NULL);
  g_signal_connect(list, "realize", G_CALLBACK(on_realize), NULL);
  g_signal_connect(list, "unrealize", G_CALLBACK(on_unrealize), NULL);
}
