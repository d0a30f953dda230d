/* drafts.h: what somebody is typing, on disk at most a second after the key, until it is sent or thrown away.
 *
 *   put ── the newest text of a draft, a worker thread, one transaction ──> SQLite (WAL, FULL)
 *
 * A draft belongs to a server and an account. Two windows, even of two processes, may know one draft, but only one
 * may claim it: the other shows it and does not write. A claim ends with its holder, however that ends (a lock on a
 * file). A file that cannot be read is never replaced: somebody typed what is in it; it is put aside under another
 * name and a new one begins, which linli_drafts_trouble() tells. Owner: whoever opened it. Ends by
 * linli_drafts_close(), which writes. */
#pragma once

#include <glib.h>

#include "client/core/error.h"

typedef struct LinliDrafts LinliDrafts;

typedef struct {
  Uuid id;
  char *about;      /* what it is for: "request", or "request.comment UUID" … */
  char *text;       /* as the form wrote it: a key file */
  guint64 saved_at; /* UTC microseconds of this machine */
} LinliDraft;
void linli_draft_free(LinliDraft *draft);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliDraft, linli_draft_free)

/* folder: that of the state; drafts.sqlite and drafts.lock lie there. */
G_GNUC_WARN_UNUSED_RESULT LinliDrafts *linli_drafts_open(const char *folder, const char *server, const char *account,
                                                         GError **error);
void linli_drafts_close(LinliDrafts *drafts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliDrafts, linli_drafts_close)

/* Of LinliDraft, the newest first; about NULL: all. From memory. */
GPtrArray *linli_drafts_list(LinliDrafts *drafts, const char *about);
guint linli_drafts_count(LinliDrafts *drafts);
void linli_drafts_put(LinliDrafts *drafts, Uuid id, const char *about, const char *text);
void linli_drafts_remove(LinliDrafts *drafts, Uuid id);
/* FALSE: another window has it. Ends with release, close, or the process. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_drafts_claim(LinliDrafts *drafts, Uuid id);
void linli_drafts_release(LinliDrafts *drafts, Uuid id);
/* Waits until all is on disk. */
void linli_drafts_settle(LinliDrafts *drafts);
/* A sentence when the disk takes no more, or a damaged file was put aside; NULL: all is well. g_free. */
char *linli_drafts_trouble(LinliDrafts *drafts);
/* After each change of the list. */
void linli_drafts_on_changed(LinliDrafts *drafts, void (*changed)(gpointer data), gpointer data);
