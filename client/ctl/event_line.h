/* event_line.h: one event as one line: an object for programs, or words for people. */
#pragma once

#include "proto/proto_tables.h"

/* {"stream","seq","kind","id","at","actor","form","whole","changed","cleared","note","chain"}, absent where the event
 * has none. g_free. */
char *event_line_json(const Proto *proto, const ProtoEventFrame *event);
char *event_line_text(const Proto *proto, const ProtoEventFrame *event);
