/* fields.h: the fields of a command or an event in words: what each is called, and what its value says to people.
 * Forms, the outbox and the timeline ask here, so that a field is called the same wherever it is met. */
#pragma once

#include "client/desk/app/context.h"

/* What it is called; NULL for one that is not for people (ids, places on a map). Static. */
const char *linli_field_label(const WireField *field);
/* What it says: a label, a name, a time, the text itself. g_free; "" where there are no words for it. */
char *linli_field_words(LinliContext *context, const WireField *field, const WireAny *value);

/* The numbers of a field, whether it is one or a list; of guint64. */
GArray *linli_field_numbers(const WireField *field, const WireAny *value);

typedef void (*LinliFieldFunc)(const WireField *field, const WireAny *value, gpointer data);
/* Those of the table that the body has, in the table's order. */
void linli_fields_each(const WireMessage *fields, WireBytes body, LinliFieldFunc each, gpointer data);
