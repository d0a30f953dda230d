/* history.c: see history.h. */
#include "client/desk/request/history.h"

#include <glib/gi18n.h>

#include "client/core/row.h"
#include "client/desk/app/fields.h"
#include "client/desk/app/words.h"

static const char *words_for(guint64 kind) {
  static const struct {
    guint64 kind;
    const char *words;
  } table[] = {
      {PROTO_EVENT_REQUEST_REGISTERED, N_("Registered")},
      {PROTO_EVENT_REQUEST_ACCEPTED, N_("Accepted")},
      {PROTO_EVENT_REQUEST_DISPATCHED, N_("Dispatched")},
      {PROTO_EVENT_REQUEST_SIGNED, N_("Signed")},
      {PROTO_EVENT_REQUEST_CONTACTED, N_("Resident contacted")},
      {PROTO_EVENT_REQUEST_REPORTED, N_("Reported as done")},
      {PROTO_EVENT_REQUEST_VERIFIED, N_("Verified")},
      {PROTO_EVENT_REQUEST_SENT_BACK, N_("Sent back")},
      {PROTO_EVENT_REQUEST_CALLED_BACK, N_("Called back")},
      {PROTO_EVENT_REQUEST_CLOSED, N_("Closed")},
      {PROTO_EVENT_REQUEST_RETURNED, N_("Returned")},
      {PROTO_EVENT_REQUEST_COMMENTED, N_("Remark")},
      {PROTO_EVENT_REQUEST_MERGING, N_("Merging…")},
      {PROTO_EVENT_REQUEST_JOINED, N_("Another request was merged in")},
      {PROTO_EVENT_REQUEST_MERGED, N_("Merged")},
      {PROTO_EVENT_REQUEST_MERGE_REFUSED, N_("The merge was refused")},
      {PROTO_EVENT_REQUEST_IMPORTED, N_("Imported")},
      {PROTO_EVENT_REQUEST_OVERDUE, N_("A deadline passed")},
  };

  for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
    if (table[i].kind == kind) return _(table[i].words);
  return _("Something this desk does not know yet");
}

char *linli_history_head(const ProtoTimeline *entry) {
  g_autofree char *at = linli_words_time(entry->at, "%m-%d %H:%M"), *who = linli_words_copy(entry->actor_title);

  return g_strdup_printf("%s  %s  %s", at, words_for(entry->kind), *who ? who : _("System"));
}

static void append(GString *out, const char *before, const char *text) {
  if (*text) g_string_append_printf(out, "%s%s", out->len ? before : "", text);
}

typedef struct {
  LinliContext *context;
  GString *out;
} Note;

/* The event's own fields: texts as they are, each in its line; enumerations by their label. */
static void on_field(const WireField *field, const WireAny *value, gpointer data) {
  Note *note = data;

  if (field->kind != WIRE_FIELD_TEXT && field->kind != WIRE_FIELD_ENUM) return;
  g_autofree char *words = linli_field_words(note->context, field, value);
  append(note->out, field->kind == WIRE_FIELD_TEXT ? "\n" : " · ", words);
}

/* What of the row is worth a word: the team that got it, those that assist, the answer that was written. */
static void on_changed(const WireField *field, const WireAny *value, gpointer data) {
  Note *note = data;
  gboolean is_team = g_str_equal(field->name, "team"), is_assist = g_str_equal(field->name, "assist");

  if (!is_team && !is_assist && !g_str_equal(field->name, "answer")) return;
  g_autofree char *words = linli_field_words(note->context, field, value);
  if (!*words) return;
  g_autofree char *line =
      is_team ? g_strdup_printf("→ %s", words) : g_strdup_printf("%s: %s", linli_field_label(field), words);
  append(note->out, "\n", line);
}

char *linli_history_more(LinliContext *context, const ProtoTimeline *entry) {
  const ProtoEvent *kind = proto_event(&proto_linli, (uint32_t)entry->kind);
  g_autoptr(GString) out = g_string_new(NULL);
  Note note = {context, out};

  if (kind) {
    linli_fields_each(kind->note, entry->note, on_field, &note);
    linli_fields_each(kind->row, entry->changed, on_changed, &note);
  }
  return g_string_free(g_steal_pointer(&out), FALSE);
}

guint64 linli_history_version(const ProtoTimeline *entry) {
  return linli_row_uint(&proto_msg_request, entry->changed, "version");
}
