/* slip.c: see slip.h. */
#include "client/desk/slip/slip.h"

char *linli_slip_text(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED const ProtoRequest *request) {
  return g_strdup("");
}

void linli_slip_print(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED GtkWindow *parent,
                      G_GNUC_UNUSED const ProtoRequest *request, G_GNUC_UNUSED const char *pdf_path) {
}
