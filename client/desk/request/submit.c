/* submit.c: see submit.h. */
#include "client/desk/request/submit.h"

#include <glib/gi18n.h>

#include "client/desk/app/window.h"

enum { UNDO_MS = 5000 };

/* Dispatching, returning and judging may be taken back for a moment; what is critical leaves at once. */
static guint hold_of(guint64 action, const ProtoRequest *request) {
  gboolean held = action == PROTO_REQUEST_ACTION_DISPATCH || action == PROTO_REQUEST_ACTION_RETURN ||
                  action == PROTO_REQUEST_ACTION_VERIFY || action == PROTO_REQUEST_ACTION_REWORK ||
                  action == PROTO_REQUEST_ACTION_MERGE;

  return held && request->class != PROTO_REQUEST_CLASS_CRITICAL ? UNDO_MS : 0;
}

void linli_request_submit(LinliContext *context, GtkWindow *parent, const LinliActionInfo *action,
                          const ProtoRequest *request, const GByteArray *body, LinliDecided decided, gpointer data) {
  const ProtoCommand *command = proto_command_by_name(&proto_linli, action->name);
  guint hold = hold_of(action->request_action, request);
  Uuid id = linli_context_submit(context, command->number, request->community * 4 + PROTO_STREAM_KIND_COMMUNITY,
                                 request->version, body, hold, decided, data);

  if (!LINLI_IS_WINDOW(parent)) return;
  gboolean leaves = linli_session_state(linli_context_session(context)) == LINLI_STATE_READY;
  g_autofree char *text =
      g_strdup_printf(leaves ? _("%s: done") : _("%s: kept, and sent when the line is back"), _(action->label));
  if (hold)
    linli_window_toast_undo(LINLI_WINDOW(parent), text, id);
  else
    linli_window_toast(LINLI_WINDOW(parent), text, NULL, NULL, NULL);
}
