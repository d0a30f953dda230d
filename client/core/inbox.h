/* inbox.h: bytes that came, until they are whole frames.
 *
 *     start        end         room
 *       v           v           v
 *   [ . | frame | fra |             ]     grows with what has come, never with a length that was only announced
 *
 * Invariant: start <= end <= size; size <= max + LINLI_INBOX_ROOM rounded up to a power of two. Owner: the link.
 * Pure: no I/O. Views of a frame live until the next linli_inbox_room(). */
#pragma once

#include "client/core/error.h"

enum { LINLI_INBOX_ROOM = 65536, LINLI_FRAME_MAX = 8 * 1024 * 1024 };

typedef struct LinliInbox LinliInbox;

/* max: the longest frame that is taken. */
LinliInbox *linli_inbox_new(guint32 max);
void linli_inbox_free(LinliInbox *inbox);
/* Where the next bytes go: at least LINLI_INBOX_ROOM of them. */
guint8 *linli_inbox_room(LinliInbox *inbox, gsize *len);
/* That many were put there. */
void linli_inbox_filled(LinliInbox *inbox, gsize len);
/* The next whole frame. FALSE without an error: more bytes are needed. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_inbox_next(LinliInbox *inbox, WireFrame *frame, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliInbox, linli_inbox_free)
