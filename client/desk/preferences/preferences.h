/* preferences.h: language, text size 100–200 %, sound, contrast and dark: kept in GSettings, applied at once. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

void linli_preferences_present(LinliContext *context, GtkWindow *parent);
/* Follows the settings from now on: text size, colour scheme, contrast. Once per process. */
void linli_preferences_apply(GSettings *settings);
/* Before any text is made: the language of the settings, or of the environment. */
void linli_preferences_apply_language(GSettings *settings);
