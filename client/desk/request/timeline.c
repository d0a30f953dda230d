/* timeline.c: see timeline.h. */
#include "client/desk/request/timeline.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/ask.h"
#include "client/desk/request/history.h"

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
  GtkWidget *line = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
  g_autofree char *head = linli_history_head(entry), *more = linli_history_more(t->context, entry);

  gtk_box_append(GTK_BOX(line), label_new(head, "heading"));
  if (*more) gtk_box_append(GTK_BOX(line), label_new(more, NULL));
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
  g_clear_pointer(&t->walk, linli_walk_stop);
  g_ptr_array_set_size(t->lines, 0);
  t->walk = linli_ask_about(t->context, PROTO_QUERY_REQUEST_TIMELINE, t->request, NULL, on_entry, on_entries, t);
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
