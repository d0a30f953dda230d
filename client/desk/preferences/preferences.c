/* preferences.c: see preferences.h. */
#include "client/desk/preferences/preferences.h"

void linli_preferences_present(G_GNUC_UNUSED LinliContext *context, G_GNUC_UNUSED GtkWindow *parent) {
}

void linli_preferences_apply(G_GNUC_UNUSED GSettings *settings) {
}

void linli_preferences_apply_language(G_GNUC_UNUSED GSettings *settings) {
}
