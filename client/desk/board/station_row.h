/* station_row.h: one request in the station's list: large, with what may be done to it on the row.
 *
 *   ◇ 剩1:20   0127 【紧急】  6号楼电梯停运             [签收] [联系] [反馈]
 *   槐荫里 / 第3网格 · 6号楼2单元
 *
 * A button that may not be used now is not there. Owner: the list. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"
#include "client/desk/board/station_list.h"

#define LINLI_TYPE_STATION_ROW linli_station_row_get_type()
G_DECLARE_FINAL_TYPE(LinliStationRow, linli_station_row, LINLI, STATION_ROW, GtkListBoxRow)

/* Signal "act" (const char *action): a button was pressed: "request.sign" … */
GtkWidget *linli_station_row_new(LinliContext *context, Uuid id);
Uuid linli_station_row_id(LinliStationRow *row);
/* TRUE: it stands elsewhere now. */
gboolean linli_station_row_set(LinliStationRow *row, const ProtoRequest *request, LinliStationSection section);
LinliStationSection linli_station_row_section(LinliStationRow *row);
guint64 linli_station_row_due(LinliStationRow *row);
/* Whether number, title or place are found by what somebody types: words, pinyin, initials. */
gboolean linli_station_row_fits(LinliStationRow *row, const char *typed);
