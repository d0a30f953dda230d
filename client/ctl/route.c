/* route.c: see route.h. The fields are resolved already: they hold numbers and ids. */
#include "client/ctl/route.h"

#include <string.h>

#include "client/core/row.h"
#include "client/ctl/resolve.h"
#include "proto/proto_tables.h"

guint64 route_stream(guint64 owner, guint kind) {
  return owner * 4 + kind;
}

/* A member of the row that the first telling field names; 0 when none tells. noun: of a uuid field. */
static gboolean owner_of_rows(Ctl *ctl, const char *noun, const Fields *fields, const char *member, guint64 *owner,
                              GError **error) {
  for (guint i = 0; i < fields->message->count && !*owner; i++) {
    const WireField *field = &fields->message->fields[i];
    g_autoptr(GByteArray) row = g_byte_array_new();
    if (!fields->texts[i] || field->flags & WIRE_LIST) continue;
    if (strcmp(field->name, member) == 0) {
      *owner = g_ascii_strtoull(fields->texts[i], NULL, 10);
    } else if (field->kind == WIRE_FIELD_UUID && strcmp(field->name, noun) == 0) {
      const WireMessage *message = proto_message_by_name(ctl->proto, noun);
      if (!message || !wire_field_by_name(message, member)) continue;
      if (!resolve_show(ctl, noun, fields->texts[i], row, error)) return FALSE;
      *owner = linli_row_uint(message, (WireBytes){row->data, row->len}, member);
    } else {
      const ProtoQuery *list = resolve_list_of(ctl->proto, field);
      if (!list || !wire_field_by_name(list->returns, member)) continue;
      if (!resolve_row(ctl, list, g_ascii_strtoull(fields->texts[i], NULL, 10), 0, row, error)) return FALSE;
      *owner = linli_row_uint(list->returns, (WireBytes){row->data, row->len}, member);
    }
  }
  return TRUE;
}

static gboolean route_community(Ctl *ctl, const char *noun, const Fields *fields, gboolean makes, guint64 *owner,
                                GError **error) {
  const LinliWho *who = linli_session_who(ctl->session);

  if (fields->community) return resolve_number(ctl, "community", fields->community, (ResolveIn){0, 0}, owner, error);
  /* A new row's id tells nothing: only a grid does. */
  const char *only = makes ? "\n" : noun;
  if (!owner_of_rows(ctl, only, fields, "community", owner, error)) return FALSE;
  if (!*owner && who->communities->len == 1) *owner = g_array_index(who->communities, guint64, 0);
  if (*owner) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
              "--community is needed: the community that this belongs to (its code, "
              "name or number; `linlictl community list`).");
  return FALSE;
}

static gboolean route_office(Ctl *ctl, const char *noun, const Fields *fields, guint64 *owner, GError **error) {
  if (fields->office) return resolve_number(ctl, "office", fields->office, (ResolveIn){0, 0}, owner, error);
  if (!owner_of_rows(ctl, noun, fields, "office", owner, error)) return FALSE;
  if (!*owner) *owner = linli_session_who(ctl->session)->office;
  return TRUE;
}

gboolean route_command(Ctl *ctl, const ProtoCommand *command, const Fields *fields, guint64 *stream, GError **error) {
  g_autofree char *noun = g_strndup(command->name, strcspn(command->name, "."));
  const char *own = fields_get(fields, noun);
  guint64 owner = 0;

  if (fields->stream) {
    *stream = g_ascii_strtoull(fields->stream, NULL, 10);
    if (*stream) return TRUE;
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                "--stream takes a stream's number, such as those `watch` prints.");
    return FALSE;
  }
  switch (command->stream_kind) {
  case PROTO_STREAM_KIND_COMMUNITY:
    if (!route_community(ctl, noun, fields, !own, &owner, error)) return FALSE;
    break;
  case PROTO_STREAM_KIND_OFFICE:
    if (!route_office(ctl, noun, fields, &owner, error)) return FALSE;
    break;
  default:
    owner = linli_session_who(ctl->session)->account;
  }
  *stream = route_stream(owner, command->stream_kind);
  return TRUE;
}
