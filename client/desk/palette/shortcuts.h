/* shortcuts.h: Ctrl+?: the shortcuts window, made from the table of actions. */
#pragma once

#include <gtk/gtk.h>

void linli_shortcuts_present(GtkWindow *parent);
