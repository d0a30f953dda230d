/* ask.c: see ask.h. */
#include "client/desk/app/ask.h"

#include <string.h>

LinliWalk *linli_ask_about(LinliContext *context, guint32 query, Uuid request, const char *text, LinliRowFunc row,
                           LinliFinished finished, gpointer data) {
  LinliSession *session = linli_context_session(context);
  g_autoptr(GByteArray) body = g_byte_array_new();

  if (!session) return NULL;
  wire_put_uuid(body, 1, request);
  if (text) wire_put_bytes(body, 2, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
  return linli_walk_start(session, proto_query(&proto_linli, query), (WireBytes){body->data, body->len}, 0, row,
                          finished, data);
}
