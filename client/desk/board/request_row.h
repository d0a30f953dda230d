/* request_row.h: one request as a line of a list, drawn: a list of a hundred thousand keeps some two hundred of
 * these.
 *
 *   ▲ 超0:35   0127   【特急】电梯 · 6号楼电梯停运 …   槐荫里/第3网格   惠居物业   待签收   电话
 *
 * Never: ID, phone, tags, party membership, satisfaction. A screen reader hears a sentence. Colour always with icon
 * and word. Owner: the list's factory. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_REQUEST_ROW linli_request_row_get_type()
G_DECLARE_FINAL_TYPE(LinliRequestRow, linli_request_row, LINLI, REQUEST_ROW, GtkWidget)

GtkWidget *linli_request_row_new(LinliContext *context);
/* NULL: nothing. */
void linli_request_row_set_card(LinliRequestRow *row, LinliCard *card);
/* Something it says has changed, such as a name. */
void linli_request_row_renew(LinliRequestRow *row);
/* The clock has moved on: redraws when its words have. */
void linli_request_row_tick(LinliRequestRow *row);

/* 剩1:20, 超0:35, 剩3天; "" without a deadline. g_free. */
char *linli_left_text(const ProtoRequest *request, guint64 now);
/* The sign that stands beside it: ‼ ▲ ◆ ◇ ·. Static. */
const char *linli_urgency_sign(const ProtoRequest *request, LinliUrgency urgency);
