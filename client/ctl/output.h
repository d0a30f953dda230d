/* output.h: what linlictl prints: one JSON object a line, or tables and lines for people, in their language.
 * Everything goes to stdout as UTF-8; a line is written whole. */
#pragma once

#include <stdio.h>

#include "common/proto.h"

/* {"outcome":"refused","code":…,"sentence":…,"detail":…} */
void output_failure(const char *outcome, const char *code, const char *sentence, const char *detail);
/* Quotes and escapes for JSON. */
void output_json_text(GString *out, const char *text, gssize len);

/* One field as people read it: labels of enumerations, local time, yes and no. g_free. */
char *output_value(const WireField *field, WireBytes row);

/* Rows of one message, gathered and printed as a table when they are all there; columns that no row fills are left
 * out, and on a terminal those that do not fit. */
typedef struct OutputTable OutputTable;
OutputTable *output_table_new(const WireMessage *message);
void output_table_add(OutputTable *table, WireBytes row);
guint output_table_rows(const OutputTable *table);
/* columns: the width to keep to, 0 for any. */
void output_table_print(OutputTable *table, FILE *to, gsize columns);
void output_table_free(OutputTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OutputTable, output_table_free)

/* key: value, one a line; empty ones left out. */
void output_row(const WireMessage *message, WireBytes row, FILE *to);
/* Appends text padded with spaces to `columns` columns, cut with … when it is wider. */
void output_padded(GString *out, const char *text, gsize columns);
/* The width of the terminal on stdout; 0 when it is none. */
gsize output_columns(void);
/* Local time, "11-24 16:05" with the year when it is not this one. g_free. */
char *output_time(guint64 micros);
