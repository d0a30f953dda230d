/* action_dialog.h: what a command on a request needs to be told: a form made from the command's own fields in the
 * schema.
 *
 *   "request.report" ── its fields: note text, answer text ──> form ── Ctrl+Return ──> outbox
 *                                      └── each second ──> draft "request.report ID"; Escape keeps it
 *
 * A command without fields that need an answer leaves at once. While it is open the request may change under it: who
 * did what since stands above the form, and what is sent then is for the row that somebody has seen. When it may not
 * be done any more, or the desk is signed out, a sentence says so, and what was entered can still be read and copied
 * and is kept as a draft. Owner: itself, while it is open. */
#pragma once

#include <adwaita.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/context.h"

void linli_action_dialog_present(LinliContext *context, GtkWindow *parent, Uuid request,
                                 const LinliActionInfo *action);
