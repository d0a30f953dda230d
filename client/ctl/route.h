/* route.h: the one stream that a command writes.
 *   --stream N, always · community: --community, else the row's, else that of a named grid, else the only one the
 * account has · office: --office, else that of a row the command names, else the account's own · account: one's own
 */
#pragma once

#include "client/ctl/ctl.h"
#include "client/ctl/fields.h"

G_GNUC_WARN_UNUSED_RESULT gboolean route_command(Ctl *ctl, const ProtoCommand *command, const Fields *fields,
                                                 guint64 *stream, GError **error);
guint64 route_stream(guint64 owner, guint kind);
