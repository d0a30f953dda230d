/* wall_window.h: the wall at 5 m (F11): six figures, at most seven rows, the clock beside 数据截至. Never free text,
 * names, rooms. Inhibits the screen saver. Grey when stale. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_WALL_WINDOW linli_wall_window_get_type()
G_DECLARE_FINAL_TYPE(LinliWallWindow, linli_wall_window, LINLI, WALL_WINDOW, AdwWindow)

/* full: the whole screen. One in a process; a second call ends it. */
void linli_wall_window_toggle(LinliContext *context, GtkApplication *application, gboolean full);
