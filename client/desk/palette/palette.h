/* palette.h: Ctrl+K: every action that is possible now, requests by number or text, views and queues; Chinese,
 * English, pinyin or initials. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

void linli_palette_present(LinliContext *context, GtkWindow *parent);
