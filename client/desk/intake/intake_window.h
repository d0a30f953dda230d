/* intake_window.h: a new request while the resident talks (desk.md: ordinary call, anonymous, several from one call).
 * Everything typed is a draft on disk within a second; closing the window keeps it. One window a draft: a second one
 * shows the first. Ctrl+Return registers; Ctrl+Shift+Return registers and keeps caller and address for the next. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_INTAKE_WINDOW linli_intake_window_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeWindow, linli_intake_window, LINLI, INTAKE_WINDOW, AdwWindow)

/* draft NULL: a new one. Shows itself. */
void linli_intake_window_present(LinliContext *context, GtkWindow *parent, const Uuid *draft);
