/* slip.h: a request on paper and as text for a chat group: never the caller, a phone, a room's resident or a tag;
 * nothing of a confidential one but its number and class. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

/* 复制派单文本. g_free. */
char *linli_slip_text(LinliContext *context, const ProtoRequest *request);
/* Asks for a printer, or a file, and returns at once. */
void linli_slip_print(LinliContext *context, GtkWindow *parent, const ProtoRequest *request);
