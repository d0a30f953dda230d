/* trouble_bar.h: what the disk does not take, said as long as it lasts: drafts that cannot be kept, a local copy that
 * cannot be written or was damaged. Drafts come first: somebody typed them. "Try again" looks at once, closing hides
 * that sentence until there is another. Hidden while there is nothing to say. Owner: the window. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_TROUBLE_BAR linli_trouble_bar_get_type()
G_DECLARE_FINAL_TYPE(LinliTroubleBar, linli_trouble_bar, LINLI, TROUBLE_BAR, GtkWidget)

GtkWidget *linli_trouble_bar_new(LinliContext *context);
