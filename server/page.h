/* page.h: the rows of a query, as SQL returns them (key, jsonb), to a frame of rows.
 *
 * Two rules beyond the table: a sealed field whose JSON value is {"sealed": "\\x…"} is opened (SQL granted it); a
 * field of bytes whose JSON value is an object holds fields of the event named by the row's `kind`: of its note when
 * the field is called note, else of its row. */
#pragma once

#include <libpq-fe.h>
#include "common/proto.h"
#include "server/seal.h"

enum { PAGE_BYTES = 256 * 1024 };

typedef struct {
  GByteArray *bytes; /* encoded rows, one after the other */
  GArray *lens;      /* of uint32_t */
  WireBytes next;    /* key to go on after; data NULL on the last page; points into the result */
} Page;

/* limit: rows wanted; the result may hold one more, which only says that there is more. A page ends early at
 * PAGE_BYTES. False: *why is a sentence for the log (g_free). */
G_GNUC_WARN_UNUSED_RESULT bool page_read(const Proto *proto, const Sealer *sealer, const ProtoQuery *query,
                                         const PGresult *rows, int limit, Page *page, char **why);
void page_clear(Page *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Page, page_clear)
