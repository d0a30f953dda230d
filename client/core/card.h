/* card.h: one request as a list shows it. While somebody holds the card of a request there is no other of it, and
 * when the request changes the card says "changed" and has the new values: a widget stays with its card wherever it
 * moves. The body is its own copy; it is decoded when somebody first asks. Owner: who holds a reference. */
#pragma once

#include <gio/gio.h>

#include "proto/proto_tables.h"

#define LINLI_TYPE_CARD linli_card_get_type()
G_DECLARE_FINAL_TYPE(LinliCard, linli_card, LINLI, CARD, GObject)

/* gone: called with owner and line when the last reference goes, unless it has left before; NULL for none. */
LinliCard *linli_card_new(Uuid id, WireBytes body, void (*gone)(gpointer owner, gpointer line), gpointer owner,
                          gpointer line);
/* Who made it does not care any more. */
void linli_card_leave(LinliCard *card);
/* The request changed: says "changed". */
void linli_card_set_body(LinliCard *card, WireBytes body);

/* Another request takes its place: says "changed". */
void linli_card_become(LinliCard *card, Uuid id, WireBytes body, gpointer line);

Uuid linli_card_id(LinliCard *card);
const ProtoRequest *linli_card_request(LinliCard *card); /* good until it changes */
WireBytes linli_card_body(LinliCard *card);
guint64 linli_card_stream(LinliCard *card);
