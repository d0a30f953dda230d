/* station_page.h: a station worker's one list: 待签收 → 退回重办 → 今日到期 → 办理中, rows of at least 64 px with
 * 签收, 联系 and 反馈 on the row. Never rankings, other communities or red scores. Signals as board_page.h. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_STATION_PAGE linli_station_page_get_type()
G_DECLARE_FINAL_TYPE(LinliStationPage, linli_station_page, LINLI, STATION_PAGE, GtkWidget)

GtkWidget *linli_station_page_new(LinliContext *context);
void linli_station_page_set_detail(LinliStationPage *page, GtkWidget *detail);
void linli_station_page_select(LinliStationPage *page, Uuid id);
void linli_station_page_focus_search(LinliStationPage *page);
void linli_station_page_focus_list(LinliStationPage *page);
