/* fields.h: `--field value` and positional words, by a message's table, before anything is known of the server.
 * Routing options (--stream, --community, --office, --version) are taken where the message has no field of that name.
 */
#pragma once

#include "client/core/error.h"

typedef struct {
  const WireMessage *message;
  char **texts;      /* one a field, NULL absent */
  char *stream, *community, *office, *version;
} Fields;

/* spare: a field that words do not fill unless they fit it (the row's id that linlictl makes); NULL for none. */
G_GNUC_WARN_UNUSED_RESULT gboolean fields_parse(Fields *fields, const WireMessage *message, const WireField *spare,
                                                int argc, char **argv, GError **error);
void fields_clear(Fields *fields);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fields, fields_clear)

/* The text of a field by its name; NULL absent. */
const char *fields_get(const Fields *fields, const char *name);
void fields_set(Fields *fields, const WireField *field, const char *text);
/* The body; a missing field is named with its sentence. */
G_GNUC_WARN_UNUSED_RESULT gboolean fields_encode(const Fields *fields, GByteArray *body, GError **error);
