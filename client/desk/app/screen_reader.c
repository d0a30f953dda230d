/* screen_reader.c: see screen_reader.h. */
#include "client/desk/app/screen_reader.h"

#include <gio/gio.h>

static GDBusProxy *status; /* for as long as the process */

static void on_status(G_GNUC_UNUSED GObject *source, GAsyncResult *result, G_GNUC_UNUSED gpointer data) {
  status = g_dbus_proxy_new_for_bus_finish(result, NULL);
}

gboolean linli_screen_reader_runs(void) {
  static gboolean asked;

  if (!asked)
    g_dbus_proxy_new_for_bus(G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, NULL, "org.a11y.Bus",
                             "/org/a11y/bus", "org.a11y.Status", NULL, on_status, NULL);
  asked = TRUE;
  g_autoptr(GVariant) runs = status ? g_dbus_proxy_get_cached_property(status, "ScreenReaderEnabled") : NULL;
  return runs && g_variant_is_of_type(runs, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean(runs);
}
