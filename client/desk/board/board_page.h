/* board_page.h: the dispatcher's queues and list. Rows are drawn (request_row.h), sorted and filtered by LinliLive.
 * The order is frozen while the pointer is over the list, it is scrolled away from its top, or the keyboard has moved
 * the selection in the last seconds; "12 new ↑" thaws.
 * Signals: "selected" (Uuid * or NULL) when another row is selected; "activated" (Uuid *) on Return or double click.
 */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_BOARD_PAGE linli_board_page_get_type()
G_DECLARE_FINAL_TYPE(LinliBoardPage, linli_board_page, LINLI, BOARD_PAGE, GtkWidget)

GtkWidget *linli_board_page_new(LinliContext *context);
/* To the right of the list; takes the widget. */
void linli_board_page_set_detail(LinliBoardPage *page, GtkWidget *detail);
void linli_board_page_select(LinliBoardPage *page, Uuid id);
void linli_board_page_focus_search(LinliBoardPage *page);
void linli_board_page_focus_list(LinliBoardPage *page);
void linli_board_page_show_queue(LinliBoardPage *page, LinliQueue queue);
void linli_board_page_show_queues(LinliBoardPage *page, gboolean shown);
gboolean linli_board_page_queues_shown(LinliBoardPage *page);
