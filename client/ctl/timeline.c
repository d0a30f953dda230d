/* timeline.c: see timeline.h. */
#include "client/ctl/timeline.h"

#include <stdio.h>
#include <string.h>

#include "client/core/row.h"
#include "client/ctl/output.h"
#include "common/instant.h"
#include "proto/proto_tables.h"

enum { KIND_WIDTH = 26, WHO_WIDTH = 14 };

/* Fields that say what it was about: the state reached, and words of people. The rest is in `show`. */
static gboolean is_telling(const WireField *field) {
  static const char *const names[] = {"state", "team", "answer", "due_at", "callback_result"};

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    if (strcmp(field->name, names[i]) == 0) return TRUE;
  return FALSE;
}

static void append_fields(GString *out, const WireMessage *message, WireBytes body, gboolean all) {
  for (guint i = 0; i < message->count; i++) {
    const WireField *field = &message->fields[i];
    WireAny any;
    if (!linli_row_field(body, field->number, &any) || (!all && !is_telling(field))) continue;
    g_autofree char *value = output_value(field, body);
    g_string_append_printf(out, "  %s: %s", field->name, value);
  }
}

char *timeline_text(const Proto *proto, WireBytes entry) {
  const WireMessage *t = &proto_msg_timeline;
  const ProtoEvent *kind = proto_event(proto, (uint32_t)linli_row_uint(t, entry, "kind"));
  WireBytes title = linli_row_text(t, entry, "actor_title");
  g_autofree char *at = output_time(linli_row_uint(t, entry, "at"));
  g_autofree char *who =
      title.len ? g_strndup((const char *)title.data, title.len) : g_strdup(linli_in_chinese() ? "系统" : "system");
  g_autoptr(GString) out = g_string_new(at);

  g_string_append(out, "  ");
  output_padded(out, kind ? strchr(kind->name, '.') + 1 : "?", KIND_WIDTH - 10);
  output_padded(out, who, WHO_WIDTH);
  if (!kind) return g_string_free(g_steal_pointer(&out), FALSE);
  append_fields(out, kind->row, linli_row_text(t, entry, "changed"), FALSE);
  append_fields(out, kind->note, linli_row_text(t, entry, "note"), TRUE);
  return g_string_free(g_steal_pointer(&out), FALSE);
}

char *timeline_json(const Proto *proto, WireBytes entry) {
  const WireMessage *t = &proto_msg_timeline;
  const ProtoEvent *kind = proto_event(proto, (uint32_t)linli_row_uint(t, entry, "kind"));
  WireBytes title = linli_row_text(t, entry, "actor_title");
  WireBytes note = linli_row_text(t, entry, "note"), changed = linli_row_text(t, entry, "changed");
  guint64 actor = linli_row_uint(t, entry, "actor");
  g_autoptr(GString) out = g_string_new(NULL);
  char at[INSTANT_SIZE];

  instant_format(linli_row_uint(t, entry, "at"), at);
  g_string_append_printf(
      out, "{\"stream\":%" G_GUINT64_FORMAT ",\"seq\":%" G_GUINT64_FORMAT ",\"kind\":\"%s\",\"at\":\"%s\"",
      linli_row_uint(t, entry, "stream"), linli_row_uint(t, entry, "seq"), kind ? kind->name : "?", at);
  if (actor) g_string_append_printf(out, ",\"actor\":%" G_GUINT64_FORMAT, actor);
  if (title.len) {
    g_string_append(out, ",\"actor_title\":");
    output_json_text(out, (const char *)title.data, title.len);
  }
  g_autofree char *note_json = kind && note.len ? wire_to_json(kind->note, note) : NULL;
  g_autofree char *changed_json = kind && changed.len ? wire_to_json(kind->row, changed) : NULL;
  if (changed_json) g_string_append_printf(out, ",\"changed\":%s", changed_json);
  if (note_json) g_string_append_printf(out, ",\"note\":%s", note_json);
  g_string_append_c(out, '}');
  return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean on_entry(WireBytes row, gpointer data) {
  g_autofree char *line = timeline_text(((Ctl *)data)->proto, row);

  printf("%s\n", line);
  return TRUE;
}

gboolean timeline_print(Ctl *ctl, const char *noun, Uuid id, GError **error) {
  g_autofree char *name = g_strconcat(noun, ".timeline", NULL);
  const ProtoQuery *query = proto_query_by_name(ctl->proto, name);
  g_autoptr(GByteArray) body = g_byte_array_new();

  if (!query || query->returns != &proto_msg_timeline || !query->fields->count) return TRUE;
  wire_put_uuid(body, query->fields->fields[0].number, id);
  printf("\n");
  return ctl_rows(ctl, query, (WireBytes){body->data, body->len}, on_entry, ctl, error);
}
