/* station_page.h: a station worker's one list, by section (station_list.h), beside the request. Rows are 64 px high
 * or more and carry their own 签收, 联系 and 反馈, which select the row and then do what the request's actions do. No
 * rankings, no red scores. Ctrl+F narrows it by words or sounds. 待上传 3 条，最早 09:12 stands above while the
 * outbox waits. Signals: "selected" (Uuid * or NULL); "activated" (Uuid *) on Return or double click. Owner: the
 * window. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_STATION_PAGE linli_station_page_get_type()
G_DECLARE_FINAL_TYPE(LinliStationPage, linli_station_page, LINLI, STATION_PAGE, GtkWidget)

GtkWidget *linli_station_page_new(LinliContext *context);
/* To the right of the list; takes the widget. */
void linli_station_page_set_detail(LinliStationPage *page, GtkWidget *detail);
void linli_station_page_select(LinliStationPage *page, Uuid id);
void linli_station_page_focus_search(LinliStationPage *page);
void linli_station_page_focus_list(LinliStationPage *page);
