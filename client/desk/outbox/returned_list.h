/* returned_list.h: what came back of one request, and without a line what waits, in that request's pane: both texts
 * stand where the request is. Hidden while there is nothing. Owner: the pane. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_RETURNED_LIST linli_returned_list_get_type()
G_DECLARE_FINAL_TYPE(LinliReturnedList, linli_returned_list, LINLI, RETURNED_LIST, GtkWidget)

GtkWidget *linli_returned_list_new(LinliContext *context);
/* NULL: of none. */
void linli_returned_list_show(LinliReturnedList *list, const Uuid *request);
