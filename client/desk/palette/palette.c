/* palette.c: see palette.h. */
#include "client/desk/palette/palette.h"

void linli_palette_present(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED GtkWindow *parent) {
}
