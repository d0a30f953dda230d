/* event_line.c: see event_line.h. */
#include "client/ctl/event_line.h"

#include <string.h>

#include "client/core/error.h"
#include "client/core/row.h"
#include "client/ctl/output.h"
#include "common/instant.h"
#include "common/uuid.h"

static const char *form_name(guint64 form) {
  return linli_identifier(&proto_enum_form, form);
}

/* The row's id as its own kind is written: a number, or a uuid. */
static void append_id(GString *out, const ProtoEvent *kind, WireBytes body, const char *quote) {
  char text[UUID_TEXT_SIZE];
  Uuid id;

  if (!linli_row_id(kind->row, body, &id)) return;
  if (kind->row->fields[0].kind == WIRE_FIELD_UUID)
    g_string_append_printf(out, "%s%s%s", quote, uuid_format(id, text), quote);
  else
    g_string_append_printf(out, "%" G_GUINT64_FORMAT, linli_number_of_id(id));
}

static void append_body(GString *out, const char *key, const WireMessage *message, WireBytes body) {
  g_autofree char *json = body.len ? wire_to_json(message, body) : NULL;

  if (json) g_string_append_printf(out, ",\"%s\":%s", key, json);
}

static void append_cleared(GString *out, const ProtoEvent *kind, WireList cleared) {
  const uint64_t *numbers = cleared.data;

  if (!cleared.count) return;
  g_string_append(out, ",\"cleared\":[");
  for (guint i = 0; i < cleared.count; i++) {
    const WireField *field = wire_field_by_number(kind->row, (uint32_t)numbers[i]);
    if (field)
      g_string_append_printf(out, "%s\"%s\"", i ? "," : "", field->name);
    else
      g_string_append_printf(out, "%s\"%" G_GUINT64_FORMAT "\"", i ? "," : "", (guint64)numbers[i]);
  }
  g_string_append_c(out, ']');
}

char *event_line_json(const Proto *proto, const ProtoEventFrame *event) {
  const ProtoEvent *kind = proto_event(proto, (uint32_t)event->kind);
  g_autoptr(GString) out = g_string_new(NULL);
  char at[INSTANT_SIZE];

  g_string_append_printf(out, "{\"stream\":%" G_GUINT64_FORMAT ",\"seq\":%" G_GUINT64_FORMAT, event->stream,
                         event->seq);
  if (kind) {
    g_string_append_printf(out, ",\"kind\":\"%s\",\"id\":", kind->name);
    gsize before = out->len;
    append_id(out, kind, event->body, "\"");
    if (out->len == before) g_string_append(out, "null");
  } else if (event->kind) {
    g_string_append_printf(out, ",\"kind\":\"%" G_GUINT64_FORMAT "\"", event->kind);
  }
  if (event->has & PROTO_HAS_EVENT_FRAME_AT) {
    instant_format(event->at, at);
    g_string_append_printf(out, ",\"at\":\"%s\"", at);
  }
  if (event->actor) g_string_append_printf(out, ",\"actor\":%" G_GUINT64_FORMAT, event->actor);
  if (event->form) g_string_append_printf(out, ",\"form\":\"%s\"", form_name(event->form));
  if (event->whole) g_string_append(out, ",\"whole\":true");
  if (kind) {
    append_body(out, "changed", kind->row, event->body);
    append_cleared(out, kind, event->cleared);
    append_body(out, "note", kind->note, event->note);
  }
  g_string_append_printf(out, ",\"chain\":\"%016" G_GINT64_MODIFIER "x\"}", event->chain);
  return g_string_free(g_steal_pointer(&out), FALSE);
}

static void append_fields(GString *out, const WireMessage *message, WireBytes body, guint skip) {
  for (guint i = skip; i < message->count; i++) {
    const WireField *field = &message->fields[i];
    WireAny any;
    if (!linli_row_field(body, field->number, &any)) continue;
    g_autofree char *value = output_value(field, body);
    g_string_append_printf(out, "  %s=%s", field->name, value);
  }
}

char *event_line_text(const Proto *proto, const ProtoEventFrame *event) {
  const ProtoEvent *kind = proto_event(proto, (uint32_t)event->kind);
  g_autofree char *at = event->at ? output_time(event->at) : g_strdup("           ");
  g_autoptr(GString) out = g_string_new(NULL);

  g_string_append_printf(out, "%s  %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT "  ", at, event->stream, event->seq);
  if (!kind) {
    g_string_append(out, event->form ? form_name(event->form) : "?");
    return g_string_free(g_steal_pointer(&out), FALSE);
  }
  g_string_append_printf(out, "%s  ", kind->name);
  append_id(out, kind, event->body, "");
  if (event->actor) g_string_append_printf(out, "  by %" G_GUINT64_FORMAT, event->actor);
  if (event->form) g_string_append_printf(out, "  (%s)", form_name(event->form));
  append_fields(out, kind->row, event->body, 1);
  append_fields(out, kind->note, event->note, 0);
  return g_string_free(g_steal_pointer(&out), FALSE);
}
