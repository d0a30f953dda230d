/* palette.h: Ctrl+K: every action, those that are possible now first and the others greyed with the reason; the
 * queues; every request of the desk by number, words, pinyin or initials, closed ones too (palette_search.h). */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

void linli_palette_present(LinliContext *context, GtkWindow *parent);
