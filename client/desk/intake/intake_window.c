/* intake_window.c: see intake_window.h. */
#include "client/desk/intake/intake_window.h"

void linli_intake_window_present(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED GtkWindow *parent,
                                 G_GNUC_UNUSED const Uuid *draft) {
}
