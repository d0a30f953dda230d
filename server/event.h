/* event.h: an event as SQL stores it, and the frames it becomes: one for each form in which somebody may see it,
 * encoded when first needed, then shared by reference.
 * Owner: whoever holds a reference (a stream's ring, a page of history). */
#pragma once

#include <libpq-fe.h>
#include "common/proto.h"
#include "server/block.h"
#include "server/stream.h"

enum { EVENT_FORMS = 4 }; /* full, and PROTO_FORM_REDACTED, TOMBSTONE, GONE */

typedef struct {
  uint32_t refs;
  bool whole;
  bool has_actor;
  int16_t audience;
  int16_t was_audience; /* -1: the audience did not change */
  uint16_t n_teams, n_was;
  int64_t stream, seq, at, actor;
  int64_t barred; /* 0, or the team and, above 32 bits, when the row was made, in seconds since 2000 */
  uint64_t chain; /* first eight bytes, little-endian */
  Uuid row_id;
  const ProtoEvent *kind; /* NULL: erased, or newer than this schema: a tombstone for everybody */
  int64_t *teams, *was;
  char *body, *note; /* JSON; NULL when absent */
  Block *forms[EVENT_FORMS];
} EventRecord;

EventRecord *event_from_row(const Proto *proto, const PGresult *rows, int row);
EventRecord *event_ref(EventRecord *event);
void event_unref(EventRecord *event);
size_t event_size(const EventRecord *event); /* memory, roughly */

/* The form in which a reader with these rights sees it: 0 full, or PROTO_FORM_…; as sql/README.md says. */
uint32_t event_form(const EventRecord *event, const StreamRights *rights);
/* The same for a row of a snapshot: 0, PROTO_FORM_REDACTED, or PROTO_FORM_TOMBSTONE for hidden. */
uint32_t event_row_form(int16_t audience, const int64_t *teams, size_t n_teams, int64_t barred,
                        const StreamRights *rights);
/* The frame; the record keeps the reference. *encoded counts up when it had to be made. */
Block *event_block(EventRecord *event, uint32_t form, uint64_t *encoded);
/* First eight bytes of a chain hash, little-endian. */
uint64_t event_chain_tag(WireBytes chain);
