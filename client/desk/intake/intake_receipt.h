/* intake_receipt.h: one request on its way: kept here, then its number, large, as long as the window is open; or why
 * not.
 *
 *   send ─> on disk: the draft goes ─> decided: number · refused: sentence, and a way back
 *             └ the disk did not take it: "failed", the draft stays
 *
 * Signals: "failed" (char *sentence)   nothing has left, and the draft is the window's again
 *          "correct" (char *draft)     somebody wants to correct what was refused; the outbox still holds it
 * Owner: its parent; what is under way holds it. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"
#include "client/desk/intake/intake_form.h"

#define LINLI_TYPE_INTAKE_RECEIPT linli_intake_receipt_get_type()
G_DECLARE_FINAL_TYPE(LinliIntakeReceipt, linli_intake_receipt, LINLI, INTAKE_RECEIPT, GtkWidget)

GtkWidget *linli_intake_receipt_new(LinliContext *context);
/* Sends it. draft: claimed here, goes once the command is on disk; NULL: there is none. */
void linli_intake_receipt_register(LinliIntakeReceipt *receipt, const LinliIntake *intake, const Uuid *draft);
/* Adds it to that request as a comment instead. */
void linli_intake_receipt_remark(LinliIntakeReceipt *receipt, const LinliIntake *intake, const Uuid *draft,
                                 Uuid request, guint64 community, const char *number);
/* After "correct": its text is in a draft again, and the outbox may forget it. */
void linli_intake_receipt_taken_back(LinliIntakeReceipt *receipt);
