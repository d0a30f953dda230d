/* outbox_item.h: one command of the outbox, in the user's words: which request, what was asked, how it stands.
 * Keeps its entry; its model tells it when that has changed. Signal "changed". */
#pragma once

#include <glib-object.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/context.h"

#define LINLI_TYPE_OUTBOX_ITEM linli_outbox_item_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxItem, linli_outbox_item, LINLI, OUTBOX_ITEM, GObject)

LinliOutboxItem *linli_outbox_item_new(LinliEntry *entry);
LinliEntry *linli_outbox_item_entry(LinliOutboxItem *item);
/* Says "changed" when the entry stands otherwise than when it was last asked. */
void linli_outbox_item_check(LinliOutboxItem *item);

/* It was refused, or a person must look: it leaves only when somebody says so. */
gboolean linli_outbox_item_is_back(LinliOutboxItem *item);
/* Whether it is about a request, and which. */
gboolean linli_outbox_item_request(LinliOutboxItem *item, Uuid *id);
/* The desk's action that made it; NULL for a new request and for what no screen makes. */
const LinliActionInfo *linli_outbox_item_action(LinliOutboxItem *item);

/* "Dispatch"; static. */
const char *linli_outbox_item_what(LinliOutboxItem *item);
/* "261124-0042 Lift out of order"; of a new request its own first words. g_free. */
char *linli_outbox_item_about(LinliOutboxItem *item, LinliContext *context);
/* "waits for the line", "came back"; static. */
const char *linli_outbox_item_state(LinliOutboxItem *item);
/* Why it came back, and what to do; static. */
const char *linli_outbox_item_sentence(LinliOutboxItem *item);
/* All that was filled in, a line a field: "Lead team: …"; g_free. "" when there was nothing. */
char *linli_outbox_item_filled(LinliOutboxItem *item, LinliContext *context);
/* The row's version it was made for; 0 for any. */
guint64 linli_outbox_item_version(LinliOutboxItem *item);
/* Whether it may go again as it is, by what is known here; else a sentence says why not (static). */
gboolean linli_outbox_item_may_resend(LinliOutboxItem *item, LinliContext *context, const char **why);
/* Its draft, as the form that made it takes it up again, and the draft's `about`; NULL for what no form makes. Both
 * g_free. */
char *linli_outbox_item_draft(LinliOutboxItem *item, char **about);
