/* draft_copies.h: the server's copy of one's drafts, so that what was begun at one desk can be taken over at another.
 *
 *   put ── newest text of each ── LINLI_COPY_DELAY_MS ──> request.draft, in the account's own stream
 *   list <── draft.list
 *
 * The file on this computer is what counts (drafts.h): a copy may be late, and what the server does not take is tried
 * again while the session lasts. It is not worth the outbox: a newer text makes it void. Whoever puts a text decides
 * what belongs on the server. Owner: whoever made it; the session outlives it. Ends by free, which sends nothing. */
#pragma once

#include "client/core/query.h"

enum { LINLI_COPY_DELAY_MS = 2000 };

typedef struct LinliDraftCopies LinliDraftCopies;

LinliDraftCopies *linli_draft_copies_new(LinliSession *session);
void linli_draft_copies_free(LinliDraftCopies *copies);
/* text "": the copy is to be forgotten, and that goes at once. Longer than a draft may be: nothing happens. */
void linli_draft_copies_put(LinliDraftCopies *copies, Uuid id, const char *text);
/* Whether the server has taken a text of it from here, and was not asked to forget it. */
gboolean linli_draft_copies_has_sent(LinliDraftCopies *copies, Uuid id);
/* Calls row for each copy (fields of `draft`), then finished; as linli_walk_start(). */
LinliWalk *linli_draft_copies_list(LinliDraftCopies *copies, LinliRowFunc row, LinliFinished finished, gpointer data);
