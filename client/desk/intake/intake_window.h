/* intake_window.h: a new request while the resident talks (desk.md: ordinary call, anonymous, several from one call).
 * Everything typed is a draft on disk within a second, and soon a copy on the server; closing the window keeps it.
 *
 *   FORM ── Ctrl+Return ──> RECEIPT: the number, large, until the window is closed or the next one begins (Ctrl+N)
 *    │  ── Ctrl+Shift+Return ──> the same FORM with caller and place, the receipt above it
 *    └─ shown only, with a way on: another window, another desk has the draft, or nobody is signed in any more
 *
 * One window a draft: where another has it, this one says so, and can take it over. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_INTAKE_WINDOW linli_intake_window_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeWindow, linli_intake_window, LINLI, INTAKE_WINDOW, AdwWindow)

/* draft NULL: a new one. Shows itself; a window of this process that has the draft is shown instead. */
void linli_intake_window_present(LinliContext *context, GtkWindow *parent, const Uuid *draft);
/* Their drafts are kept: before somebody signs out, so that nothing of a caller stays on the screen. */
void linli_intake_windows_close(GtkApplication *application);
/* What it writes; FALSE: nothing yet. For whoever opens it again later. */
gboolean linli_intake_window_draft(LinliIntakeWindow *window, Uuid *draft);
