/* wall_window.c: see wall_window.h. */
#include "client/desk/wall/wall_window.h"

void linli_wall_window_toggle(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED GtkApplication *application,
                              G_GNUC_UNUSED gboolean full) {
}
