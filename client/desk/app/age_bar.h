/* age_bar.h: how old the board is: a quiet line at the foot while it is live, a bar that says what is wrong while it
 * is not. 数据截至 14:32:05. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_AGE_BAR linli_age_bar_get_type()
G_DECLARE_FINAL_TYPE(LinliAgeBar, linli_age_bar, LINLI, AGE_BAR, GtkWidget)

GtkWidget *linli_age_bar_new(LinliContext *context);
