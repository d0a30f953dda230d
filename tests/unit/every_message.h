/* every_message.h: the tables of all messages that may come over the wire, so that a property is tried on each of
 * them and on those of nouns that are added later. */
#pragma once

#include "common/proto.h"

/* Frames, rows and nested messages, fields of commands, queries and events; of WireMessage *. */
GPtrArray *every_message(const Proto *proto);
