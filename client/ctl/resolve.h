/* resolve.h: what people call a row -> its number or id, by asking the server.
 *
 *   a uint field named like a noun with a `list` query (community, into_community, team …): code, name, or a part of
 * the name or of its pinyin that only one row has a uuid field: the number that people use (260415-0127, today's last
 * four digits), by the noun's `show` query
 *
 * Digits alone are the row's number, unless there are more than eight: then they are a code. */
#pragma once

#include "client/ctl/ctl.h"
#include "client/ctl/fields.h"

/* Replaces names by numbers in all fields. noun: whose command or query it is. */
G_GNUC_WARN_UNUSED_RESULT gboolean resolve_fields(Ctl *ctl, const char *noun, Fields *fields, GError **error);
/* office: where to look, or 0. */
/* Where to look; 0: everywhere that the server shows unasked. */
typedef struct { guint64 office, community; } ResolveIn;
G_GNUC_WARN_UNUSED_RESULT gboolean resolve_number(Ctl *ctl, const char *noun, const char *text, ResolveIn in,
                                                  guint64 *number, GError **error);
/* The noun a field speaks of, by its name: "team" for team, subject_team and assist; NULL for none. */
const ProtoQuery *resolve_list_of(const Proto *proto, const WireField *field);

/* One row by its id or number text, by the noun's show query. */
G_GNUC_WARN_UNUSED_RESULT gboolean resolve_show(Ctl *ctl, const char *noun, const char *text, GByteArray *row,
                                                GError **error);
/* One row by its number, through the noun's list query; office 0: one's own, then every other. */
G_GNUC_WARN_UNUSED_RESULT gboolean resolve_row(Ctl *ctl, const ProtoQuery *list, guint64 number, guint64 office,
                                               GByteArray *row, GError **error);
