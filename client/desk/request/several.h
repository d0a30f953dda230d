/* several.h: some of many: a picker, and below it what was picked so far, each with a button that takes it out again.
 * Signals: "changed", and "done" when Return was pressed on nothing: no more of them. Owner: its parent. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/picker.h"

#define LINLI_TYPE_SEVERAL linli_several_get_type()
G_DECLARE_FINAL_TYPE(LinliSeveral, linli_several, LINLI, SEVERAL, GtkWidget)

/* label: the accessible name. max: how many may be picked. */
GtkWidget *linli_several_new(const char *label, guint max);
/* What may be picked: added to it by the owner. */
LinliPicker *linli_several_picker(LinliSeveral *several);
void linli_several_add(LinliSeveral *several, guint64 id, const char *name);
/* Of guint64, in the order in which they were picked. Good until the next change. */
GArray *linli_several_picked(LinliSeveral *several);
