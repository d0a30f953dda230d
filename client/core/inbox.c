/* inbox.c: see inbox.h. */
#include "client/core/inbox.h"

#include <string.h>

struct LinliInbox {
  guint8 *data;
  gsize start, end, size;
  guint32 max;
};

LinliInbox *linli_inbox_new(guint32 max) {
  LinliInbox *inbox = g_new0(LinliInbox, 1);

  inbox->max = max;
  return inbox;
}

void linli_inbox_free(LinliInbox *inbox) {
  g_free(inbox->data);
  g_free(inbox);
}

guint8 *linli_inbox_room(LinliInbox *inbox, gsize *len) {
  gsize held = inbox->end - inbox->start;

  if (inbox->start > 0) {
    if (held) memmove(inbox->data, inbox->data + inbox->start, held);
    inbox->start = 0;
    inbox->end = held;
  }
  if (inbox->size - inbox->end < LINLI_INBOX_ROOM) {
    inbox->size = MAX(inbox->size * 2, held + LINLI_INBOX_ROOM);
    inbox->data = g_realloc(inbox->data, inbox->size);
  }
  *len = inbox->size - inbox->end;
  return inbox->data + inbox->end;
}

void linli_inbox_filled(LinliInbox *inbox, gsize len) {
  g_assert(len <= inbox->size - inbox->end);
  inbox->end += len;
}

gboolean linli_inbox_next(LinliInbox *inbox, WireFrame *frame, GError **error) {
  int64_t whole = wire_split(inbox->data + inbox->start, inbox->end - inbox->start, inbox->max, frame);

  if (whole < 0) {
    g_set_error(
        error, LINLI_ERROR, LINLI_ERROR_PROTOCOL,
        linli_text(
            "What came is not a frame of this protocol, or it is longer than %u bytes. Is this a linlid? Check "
            "the server's name and port, and update the older side."),
        inbox->max);
    return FALSE;
  }
  inbox->start += (gsize)whole;
  return whole > 0;
}
