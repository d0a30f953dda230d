/* journal.h: what a replay asked and what it was answered, so that somebody else can hold it against the database.
 *
 *   {"id","kind","stream","account","request","sent"}          when a command is handed over
 *   {"id","outcome":"done","stream","seq","at"}                 when it is decided; refused: "code" instead of seq
 *
 * JSON lines; times are UTC microseconds. Each line is with the kernel before the next step of its request, so a
 * killed replay leaves at most commands without an answer. Owner: the replay. NULL is a journal that keeps nothing.
 */
#pragma once

#include "client/ctl/bulk.h"

typedef struct Journal Journal;

G_GNUC_WARN_UNUSED_RESULT Journal *journal_open(const char *path, GError **error);
void journal_sent(Journal *journal, Uuid id, const char *kind, guint64 stream, guint64 account, Uuid request,
                  guint64 now);
/* code: the refusal's or error's identifier when it was not done. */
void journal_decided(Journal *journal, Uuid id, const LinliAnswer *answer, const char *code, guint64 now);
/* FALSE: a line did not reach the disk. */
G_GNUC_WARN_UNUSED_RESULT gboolean journal_close(Journal *journal, GError **error);
