/* intake_hints.c: see intake_hints.h. What is asked is kept as the two queries' bodies: only when one of them changes
 * is there anything to ask. */
#include "client/desk/intake/intake_hints.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/words.h"

enum { SIMILAR_MAX = 6 };

struct _LinliIntakeHints {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *forecast, *similar;
  GByteArray *about_deadline, *about_similar; /* bodies of the queries; empty: nothing to ask */
  gboolean has_caller;
  guint timer;
  LinliWalk *forecasting, *searching;
  guint found;
};

G_DEFINE_FINAL_TYPE(LinliIntakeHints, linli_intake_hints, GTK_TYPE_WIDGET)

enum { CONFIDENTIAL, OPEN, REMARK, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- The deadlines -------------------------------------------------------------------------------------------- */

static gboolean on_forecast(WireBytes row, gpointer data) {
  LinliIntakeHints *h = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoForecast f;
  WireError ignored;

  if (!wire_decode(&proto_msg_forecast, row, true, arena, &f, &ignored)) return FALSE;
  g_autofree char *dispatch = linli_words_time(f.dispatch_due_at, "%m-%d %H:%M"),
                  *finish = linli_words_time(f.finish_due_at, "%m-%d %H:%M");
  g_autofree char *text = g_strdup_printf(_("%s: to be dispatched by %s, finished by %s"),
                                          linli_words_label(&proto_enum_request_class, f.class), dispatch, finish);
  gtk_label_set_text(GTK_LABEL(h->forecast), text);
  g_signal_emit(h, signals[CONFIDENTIAL], 0, (gboolean)f.confidential);
  return FALSE;
}

static void on_forecast_done(G_GNUC_UNUSED const GError *error, gpointer data) {
  LINLI_INTAKE_HINTS(data)->forecasting = NULL;
}

/* --- What may be the same ------------------------------------------------------------------------------------- */

typedef struct {
  LinliIntakeHints *hints; /* its grandparent: outlives it */
  Uuid request;
  guint64 community;
  char *number;
} Found;

static void found_free(gpointer data, G_GNUC_UNUSED GClosure *closure) {
  g_free(((Found *)data)->number);
  g_free(data);
}

static void on_open(G_GNUC_UNUSED GtkButton *button, Found *found) {
  g_signal_emit(found->hints, signals[OPEN], 0, &found->request);
}

static void on_remark(G_GNUC_UNUSED GtkButton *button, Found *found) {
  g_signal_emit(found->hints, signals[REMARK], 0, &found->request, found->community, found->number);
}

static void add_button(LinliIntakeHints *h, GtkWidget *line, GtkWidget *button, const ProtoSimilar *s,
                       GCallback clicked) {
  Found *found = g_new(Found, 1);

  *found = (Found){h, s->request, s->community, linli_words_copy(s->number)};
  g_signal_connect_data(button, "clicked", clicked, found, found_free, 0);
  gtk_box_append(GTK_BOX(line), button);
}

static char *words_of(const ProtoSimilar *s) {
  g_autoptr(GPtrArray) why = g_ptr_array_new();
  g_autofree char *number = linli_words_copy(s->number), *title = linli_words_copy(s->title);

  if (s->same_caller) g_ptr_array_add(why, (gpointer)_("same caller"));
  if (s->same_place) g_ptr_array_add(why, (gpointer)_("same place"));
  if (s->same_category) g_ptr_array_add(why, (gpointer)_("same category near by"));
  g_ptr_array_add(why, NULL);
  g_autofree char *reasons = g_strjoinv(" · ", (char **)why->pdata);
  return g_strdup_printf("%s %s · %s · %s", number, title, linli_words_label(&proto_enum_request_state, s->state),
                         reasons);
}

static gboolean on_similar(WireBytes row, gpointer data) {
  LinliIntakeHints *h = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoSimilar s;
  WireError ignored;

  if (!wire_decode(&proto_msg_similar, row, true, arena, &s, &ignored)) return TRUE;
  g_autofree char *words = words_of(&s);
  GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *open = gtk_button_new_with_label(words),
            *remark = gtk_button_new_with_label(_("Add as a comment")),
            *label = gtk_button_get_child(GTK_BUTTON(open));
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_add_css_class(open, "flat");
  gtk_widget_set_hexpand(open, TRUE);
  gtk_widget_set_valign(remark, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text(remark, h->has_caller
                                          ? _("The caller is not kept with a comment: register it and merge, if "
                                              "they want to be called back.")
                                          : _("Nothing new is registered."));
  add_button(h, line, open, &s, G_CALLBACK(on_open));
  add_button(h, line, remark, &s, G_CALLBACK(on_remark));
  if (!h->found) gtk_box_append(GTK_BOX(h->similar), gtk_label_new(_("Perhaps the same:")));
  gtk_box_append(GTK_BOX(h->similar), line);
  return ++h->found < SIMILAR_MAX;
}

static void on_similar_done(G_GNUC_UNUSED const GError *error, gpointer data) {
  LINLI_INTAKE_HINTS(data)->searching = NULL;
}

static void clear(LinliIntakeHints *h) {
  GtkWidget *child;

  g_clear_pointer(&h->forecasting, linli_walk_stop);
  g_clear_pointer(&h->searching, linli_walk_stop);
  while ((child = gtk_widget_get_first_child(h->similar)))
    gtk_box_remove(GTK_BOX(h->similar), child);
  gtk_label_set_text(GTK_LABEL(h->forecast), "");
  h->found = 0;
}

/* --- Asking --------------------------------------------------------------------------------------------------- */

static LinliWalk *walk(LinliIntakeHints *h, guint32 query, const GByteArray *body, LinliRowFunc row,
                       LinliFinished done) {
  return linli_walk_start(linli_context_session(h->context), proto_query(&proto_linli, query),
                          (WireBytes){body->data, body->len}, SIMILAR_MAX, row, done, h);
}

static gboolean on_time(gpointer data) {
  LinliIntakeHints *h = data;
  LinliSession *session = linli_context_session(h->context);

  h->timer = 0;
  clear(h);
  if (!h->about_deadline->len) return G_SOURCE_REMOVE;
  if (!session || linli_session_state(session) != LINLI_STATE_READY) {
    gtk_label_set_text(GTK_LABEL(h->forecast),
                       _("No line just now: what may be the same, and the deadlines, are shown once it is back."));
    return G_SOURCE_REMOVE;
  }
  h->forecasting = walk(h, PROTO_QUERY_REQUEST_FORECAST, h->about_deadline, on_forecast, on_forecast_done);
  h->searching = walk(h, PROTO_QUERY_REQUEST_SIMILAR, h->about_similar, on_similar, on_similar_done);
  return G_SOURCE_REMOVE;
}

static void soon(LinliIntakeHints *h) {
  g_clear_handle_id(&h->timer, g_source_remove);
  h->timer = g_timeout_add(LINLI_HINTS_MS, on_time, h);
}

static void put_number(GByteArray *body, guint32 number, guint64 value) {
  if (value) wire_put_uint(body, number, value);
}

static void put_text(GByteArray *body, guint32 number, const char *text, gsize max) {
  gsize len = strlen(text);

  if (len && len <= max) wire_put_bytes(body, number, (WireBytes){(const uint8_t *)text, (uint32_t)len});
}

static gboolean replace(GByteArray **place, GByteArray *fresh) {
  gboolean same = (*place)->len == fresh->len && (!fresh->len || !memcmp((*place)->data, fresh->data, fresh->len));

  g_byte_array_unref(*place);
  *place = fresh;
  return !same;
}

void linli_intake_hints_ask(LinliIntakeHints *hints, const LinliIntake *intake) {
  GByteArray *deadline = g_byte_array_new(), *similar = g_byte_array_new();

  if (intake->community) {
    put_number(deadline, 1, intake->community);
    put_number(deadline, 2, intake->category);
    put_number(deadline, 3, intake->class);
    put_number(similar, 1, intake->community);
    put_text(similar, 2, intake->place, linli_intake_max("place"));
    put_number(similar, 3, intake->category);
    put_number(similar, 4, intake->grid);
    put_text(similar, 5, intake->phone, linli_intake_max("caller_phone"));
  }
  hints->has_caller = *intake->phone || *intake->name;
  gboolean other_deadline = replace(&hints->about_deadline, deadline),
           other_similar = replace(&hints->about_similar, similar);
  if (other_deadline || other_similar) soon(hints);
}

static void on_state(LinliIntakeHints *h) {
  LinliSession *session = linli_context_session(h->context);

  if (session && linli_session_state(session) == LINLI_STATE_READY) soon(h);
}

static void on_closed(LinliIntakeHints *h) {
  g_clear_handle_id(&h->timer, g_source_remove);
  clear(h);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_intake_hints_new(LinliContext *context) {
  LinliIntakeHints *h = g_object_new(LINLI_TYPE_INTAKE_HINTS, NULL);

  h->context = g_object_ref(context);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_state), h, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), h, G_CONNECT_SWAPPED);
  return GTK_WIDGET(h);
}

static void linli_intake_hints_dispose(GObject *object) {
  LinliIntakeHints *h = LINLI_INTAKE_HINTS(object);

  g_clear_handle_id(&h->timer, g_source_remove);
  g_clear_pointer(&h->forecasting, linli_walk_stop);
  g_clear_pointer(&h->searching, linli_walk_stop);
  g_clear_pointer(&h->box, gtk_widget_unparent);
  g_clear_pointer(&h->about_deadline, g_byte_array_unref);
  g_clear_pointer(&h->about_similar, g_byte_array_unref);
  g_clear_object(&h->context);
  G_OBJECT_CLASS(linli_intake_hints_parent_class)->dispose(object);
}

static void linli_intake_hints_class_init(LinliIntakeHintsClass *class) {
  GType type = LINLI_TYPE_INTAKE_HINTS;

  G_OBJECT_CLASS(class)->dispose = linli_intake_hints_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CONFIDENTIAL] =
      g_signal_new("confidential", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[OPEN] = g_signal_new("open", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[REMARK] = g_signal_new("remark", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                                 G_TYPE_POINTER, G_TYPE_UINT64, G_TYPE_STRING);
}

static void linli_intake_hints_init(LinliIntakeHints *h) {
  h->about_deadline = g_byte_array_new();
  h->about_similar = g_byte_array_new();
  h->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  h->forecast = gtk_label_new(NULL);
  h->similar = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
  gtk_label_set_wrap(GTK_LABEL(h->forecast), TRUE);
  gtk_label_set_xalign(GTK_LABEL(h->forecast), 0);
  gtk_widget_add_css_class(h->forecast, "heading");
  gtk_box_append(GTK_BOX(h->box), h->forecast);
  gtk_box_append(GTK_BOX(h->box), h->similar);
  gtk_widget_set_parent(h->box, GTK_WIDGET(h));
}
