/* proposal.h: whom a request would best be dispatched to, and why: 建议派给…, with a button and a key that do it.
 *
 *   shown, may be dispatched ── request.propose ──> team, reason ── request.dispatch-proposed ──> submit.h (undo)
 *
 * Asks anew when the row has changed. Hidden while there is no proposal. Owner: the pane, whose action it uses. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_PROPOSAL linli_proposal_get_type()
G_DECLARE_FINAL_TYPE(LinliProposal, linli_proposal, LINLI, PROPOSAL, GtkWidget)

/* Signal "changed" when there is a proposal, or none any more. */
GtkWidget *linli_proposal_new(LinliContext *context);
/* NULL: for none. */
void linli_proposal_show(LinliProposal *proposal, const ProtoRequest *request);
/* The team proposed for what is shown; 0 for none. */
guint64 linli_proposal_team(LinliProposal *proposal);
/* "Finished such requests here (12) · 3 in hand"; g_free. */
char *linli_proposal_reason(const ProtoProposal *proposal);
