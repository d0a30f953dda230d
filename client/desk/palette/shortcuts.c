/* shortcuts.c: see shortcuts.h. */
#include "client/desk/palette/shortcuts.h"

void linli_shortcuts_present(G_GNUC_UNUSED GtkWindow *parent) {
}
