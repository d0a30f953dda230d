/* import_row.h: a mapped row as the body of request.import or request.register. Pure: no network. */
#pragma once

#include "client/ctl/import_tree.h"
#include "client/ctl/mapping.h"

/* The id that a row of another system has for ever: the same system and number always give the same. */
Uuid import_row_id(const char *system, const char *number);
/* Appends the body. FALSE with *why (g_free), a clause, when a field is longer than the wire takes; a title alone is
 * cut, and then stands whole at the head of the text. */
G_GNUC_WARN_UNUSED_RESULT gboolean import_row_body(const MappedRow *row, const char *system, const TreePlace *place,
                                                   guint64 category, GByteArray *out, char **why);
/* The number of a state, channel or class by its identifier; 0 for NULL. */
guint64 import_row_value(const WireEnum *of, const char *name);
/* At most max bytes, cut behind a whole character and marked with …; g_free. */
char *import_row_line(const char *text, gsize max);
