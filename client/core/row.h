/* row.h: single fields of a row's body, for code that knows a row only by its table. Views into the body. */
#pragma once

#include <glib.h>

#include "common/wire.h"

/* FALSE: the body does not have it. */
gboolean linli_row_field(WireBytes row, guint32 number, WireAny *field);
/* By name; 0, empty and nil when the message or the body does not have it, or it is of another kind. */
guint64 linli_row_uint(const WireMessage *message, WireBytes row, const char *name);
WireBytes linli_row_text(const WireMessage *message, WireBytes row, const char *name);
Uuid linli_row_uuid(const WireMessage *message, WireBytes row, const char *name);
/* All its numbers at once (uint, bool, time, enum), into the message's struct, which is zero before; texts, lists and
 * `has` stay so. A tenth of what decoding costs, of a body that was checked when it came. */
void linli_row_numbers(const WireMessage *message, WireBytes row, gpointer out);

/* A row's id in one form for all nouns: its first field; a number stands in the last eight bytes, big-endian, behind
 * zeros. FALSE when the body has none. */
gboolean linli_row_id(const WireMessage *message, WireBytes row, Uuid *id);
Uuid linli_id_of_number(guint64 number);
guint64 linli_number_of_id(Uuid id);
