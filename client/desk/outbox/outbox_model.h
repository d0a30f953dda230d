/* outbox_model.h: the outbox as a list for widgets: what came back first, then what waits, the oldest first in each.
 *
 *   courier ── changed ──> compared by entry ── gone, come ──> items-changed, one row at a time
 *                                            └─ stands otherwise ──> the item's "changed"
 *
 * A row that stays is never told as changed, so selection and focus on it survive everything that happens to others.
 * Owner: whoever made it; the context must be open when it is made. */
#pragma once

#include <gio/gio.h>

#include "client/desk/outbox/outbox_item.h"

#define LINLI_TYPE_OUTBOX_MODEL linli_outbox_model_get_type()
G_DECLARE_FINAL_TYPE(LinliOutboxModel, linli_outbox_model, LINLI, OUTBOX_MODEL, GObject)

LinliOutboxModel *linli_outbox_model_new(LinliContext *context);
/* How many came back. */
guint linli_outbox_model_back(LinliOutboxModel *model);
