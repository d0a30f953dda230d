/* drafts.h: what somebody is typing, on disk at most a second after the key, until it is sent or thrown away.
 *
 *   put ── newest text of each draft ── worker thread ──> written aside, synced, renamed
 *
 *   FOLDER/drafts/WHOSE/ID.draft    the text        ID.lock    held by the window that writes
 *                       ID.wanted   made for a moment by another process that wants to write
 *
 * A file a draft: one that is damaged harms no other, and a person can read it. A draft belongs to a server and an
 * account. Two windows, even of two processes, may know one draft, but only one may claim it: the other shows it and
 * does not write, or asks for it. A claim ends with its holder, however that ends. Puts within LINLI_DRAFT_DELAY_MS go
 * together; what the disk does not take is tried again each LINLI_DRAFT_RETRY_MS, and at the end.
 * Owner: whoever opened it; one thread. Ends by linli_drafts_close(), which writes. */
#pragma once

#include <glib.h>

#include "client/core/error.h"

enum { LINLI_DRAFT_DELAY_MS = 300, LINLI_DRAFT_RETRY_MS = 3000 };

typedef struct LinliDrafts LinliDrafts;

typedef struct {
  Uuid id;
  char *about;      /* what it is for: "request", or "request.comment UUID" …; no line break */
  char *text;       /* as the form wrote it */
  guint64 saved_at; /* UTC microseconds of this machine */
} LinliDraft;

/* folder: that of the state. */
G_GNUC_WARN_UNUSED_RESULT LinliDrafts *linli_drafts_open(const char *folder, const char *server, const char *account,
                                                         GError **error);
void linli_drafts_close(LinliDrafts *drafts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliDrafts, linli_drafts_close)

/* Of const LinliDraft *, the newest first; about NULL: all. Good until the next put or remove; g_ptr_array_unref. */
GPtrArray *linli_drafts_list(LinliDrafts *drafts, const char *about);
/* NULL: there is none. */
const LinliDraft *linli_drafts_get(LinliDrafts *drafts, Uuid id);
guint linli_drafts_count(LinliDrafts *drafts);
void linli_drafts_put(LinliDrafts *drafts, Uuid id, const char *about, const char *text);
void linli_drafts_remove(LinliDrafts *drafts, Uuid id);
/* FALSE: another window has it. Ends with release, remove, close, or the process. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_drafts_claim(LinliDrafts *drafts, Uuid id);
void linli_drafts_release(LinliDrafts *drafts, Uuid id);
/* Asks the process that has it to let go: it writes what it has, releases it, and is told (below). Claim it again in a
 * moment, and read it anew. Nothing comes of it when nobody answers. */
void linli_drafts_want(LinliDrafts *drafts, Uuid id);
/* As the file has it now; NULL: there is none any more. */
const LinliDraft *linli_drafts_read_again(LinliDrafts *drafts, Uuid id);
/* Another process has asked for one that was claimed here; the claim is gone. */
void linli_drafts_on_wanted(LinliDrafts *drafts, void (*wanted)(Uuid id, gpointer data), gpointer data);
/* Waits until all is on disk. */
void linli_drafts_settle(LinliDrafts *drafts);
/* A sentence when the disk takes no more; NULL: all is well. g_free. */
char *linli_drafts_trouble(LinliDrafts *drafts);
/* After each change of the list, and of whether there is trouble. */
void linli_drafts_on_changed(LinliDrafts *drafts, void (*changed)(gpointer data), gpointer data);
