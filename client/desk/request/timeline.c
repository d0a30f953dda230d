/* timeline.c: see timeline.h. */
#include "client/desk/request/timeline.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/words.h"

struct _LinliTimeline {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box;
  GPtrArray *lines; /* of GtkWidget, floating until shown */
  LinliWalk *walk;
  gboolean shown, again; /* again: it was asked for while there was no line */
  Uuid request;
  guint64 version;
};

G_DEFINE_FINAL_TYPE(LinliTimeline, linli_timeline, GTK_TYPE_WIDGET)

/* --- Words ---------------------------------------------------------------------------------------------------- */

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

/* The event's own fields in a line: notes as they are, enumerations by their label. */
static void append_note(GString *out, const ProtoEvent *kind, WireBytes note) {
  for (guint i = 0; i < kind->note->count; i++) {
    const WireField *field = &kind->note->fields[i];
    WireAny any;
    if (!linli_row_field(note, field->number, &any)) continue;
    if (field->kind == WIRE_FIELD_TEXT) {
      g_autofree char *text = linli_words_copy(linli_row_text(kind->note, note, field->name));
      g_string_append_printf(out, "%s%s", out->len ? "\n" : "", text);
    } else if (field->kind == WIRE_FIELD_ENUM) {
      const WireLabel *label =
          wire_label_by_number(field->enumeration, (uint32_t)linli_row_uint(kind->note, note, field->name));
      if (label) g_string_append_printf(out, "%s%s", out->len ? " · " : "", linli_label_text(label));
    }
  }
}

/* What of the row is worth a word: the team that got it, the answer that was written. */
static void append_changed(LinliTimeline *t, GString *out, const ProtoEvent *kind, WireBytes changed) {
  guint64 team = linli_row_uint(kind->row, changed, "team");
  WireBytes answer = linli_row_text(kind->row, changed, "answer");

  if (team)
    g_string_append_printf(out, "%s→ %s", out->len ? "\n" : "",
                           linli_context_name(t->context, PROTO_MESSAGE_TEAM, team));
  if (!answer.len) return;
  g_autofree char *text = linli_words_copy(answer);
  g_string_append_printf(out, "%s%s: %s", out->len ? "\n" : "", _("Public answer"), text);
}

/* --- Lines ---------------------------------------------------------------------------------------------------- */

static GtkWidget *label_new(const char *text, const char *class) {
  GtkWidget *label = gtk_label_new(text);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable(GTK_LABEL(label), TRUE);
  gtk_widget_set_focusable(label, FALSE);
  if (class) gtk_widget_add_css_class(label, class);
  return label;
}

static GtkWidget *line_new(LinliTimeline *t, const ProtoTimeline *entry) {
  const ProtoEvent *kind = proto_event(&proto_linli, (uint32_t)entry->kind);
  GtkWidget *line = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
  g_autofree char *at = linli_words_time(entry->at, "%m-%d %H:%M"), *who = linli_words_copy(entry->actor_title);
  g_autofree char *head = g_strdup_printf("%s  %s  %s", at, words_for(entry->kind), *who ? who : _("System"));
  g_autoptr(GString) more = g_string_new(NULL);

  gtk_box_append(GTK_BOX(line), label_new(head, "heading"));
  if (kind) {
    append_note(more, kind, entry->note);
    append_changed(t, more, kind, entry->changed);
  }
  if (more->len) gtk_box_append(GTK_BOX(line), label_new(more->str, NULL));
  return line;
}

static gboolean on_entry(WireBytes row, gpointer data) {
  LinliTimeline *t = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoTimeline entry;
  WireError ignored;

  if (wire_decode(&proto_msg_timeline, row, true, arena, &entry, &ignored))
    g_ptr_array_add(t->lines, g_object_ref_sink(line_new(t, &entry)));
  return TRUE;
}

static void clear(LinliTimeline *t) {
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child(t->box)))
    gtk_box_remove(GTK_BOX(t->box), child);
}

static void on_entries(const GError *error, gpointer data) {
  LinliTimeline *t = data;

  t->walk = NULL;
  clear(t);
  for (guint i = 0; i < t->lines->len; i++)
    gtk_box_append(GTK_BOX(t->box), t->lines->pdata[i]);
  if (error) gtk_box_append(GTK_BOX(t->box), label_new(_("The history comes when the line is back."), "dim-label"));
  t->again = error != NULL;
}

static void ask(LinliTimeline *t) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  g_clear_pointer(&t->walk, linli_walk_stop);
  g_ptr_array_set_size(t->lines, 0);
  wire_put_uuid(body, 1, t->request);
  t->walk =
      linli_walk_start(linli_context_session(t->context), proto_query(&proto_linli, PROTO_QUERY_REQUEST_TIMELINE),
                       (WireBytes){body->data, body->len}, 0, on_entry, on_entries, t);
}

void linli_timeline_show(LinliTimeline *timeline, const Uuid *request, guint64 version) {
  gboolean same = request && timeline->shown && memcmp(request, &timeline->request, sizeof *request) == 0;

  if (same && version == timeline->version) return;
  if (!same) clear(timeline);
  timeline->shown = request != NULL;
  if (!request) return;
  timeline->request = *request;
  timeline->version = version;
  ask(timeline);
}

static void on_state(LinliTimeline *t) {
  if (t->again && t->shown && !t->walk && linli_session_state(linli_context_session(t->context)) == LINLI_STATE_READY)
    ask(t);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_timeline_new(LinliContext *context) {
  LinliTimeline *t = g_object_new(LINLI_TYPE_TIMELINE, NULL);

  t->context = g_object_ref(context);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_state), t, G_CONNECT_SWAPPED);
  return GTK_WIDGET(t);
}

static void linli_timeline_dispose(GObject *object) {
  LinliTimeline *t = LINLI_TIMELINE(object);

  g_clear_pointer(&t->walk, linli_walk_stop);
  g_clear_pointer(&t->box, gtk_widget_unparent);
  g_clear_object(&t->context);
  G_OBJECT_CLASS(linli_timeline_parent_class)->dispose(object);
}

static void linli_timeline_finalize(GObject *object) {
  g_ptr_array_unref(LINLI_TIMELINE(object)->lines);
  G_OBJECT_CLASS(linli_timeline_parent_class)->finalize(object);
}

static void linli_timeline_class_init(LinliTimelineClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_timeline_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_timeline_finalize;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
}

static void linli_timeline_init(LinliTimeline *t) {
  t->lines = g_ptr_array_new_with_free_func(g_object_unref);
  t->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 10);
  gtk_widget_set_parent(t->box, GTK_WIDGET(t));
}
