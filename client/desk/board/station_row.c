/* station_row.c: see station_row.h. */
#include "client/desk/board/station_row.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/words.h"
#include "client/desk/board/request_row.h"
#include "common/pinyin.h"

enum { HEIGHT = 64, PAD = 10 };

static const char *const row_actions[] = {"request.accept", "request.sign", "request.contact", "request.report"};

struct _LinliStationRow {
  GtkListBoxRow parent_instance;
  LinliContext *context;
  Uuid id;
  LinliStationSection section;
  guint64 due;
  char *number; /* whole; the title has its end */
  GtkWidget *left, *title, *place, *buttons[G_N_ELEMENTS(row_actions)];
};

G_DEFINE_FINAL_TYPE(LinliStationRow, linli_station_row, GTK_TYPE_LIST_BOX_ROW)

enum { ACT, N_SIGNALS };
static guint signals[N_SIGNALS];

Uuid linli_station_row_id(LinliStationRow *row) {
  return row->id;
}

LinliStationSection linli_station_row_section(LinliStationRow *row) {
  return row->section;
}

guint64 linli_station_row_due(LinliStationRow *row) {
  return row->due;
}

/* --- What it says --------------------------------------------------------------------------------------------- */

static void set_label(GtkWidget *label, const char *text) {
  if (g_strcmp0(gtk_label_get_text(GTK_LABEL(label)), text) != 0) gtk_label_set_text(GTK_LABEL(label), text);
}

static char *title_of(const ProtoRequest *r) {
  g_autofree char *title =
      r->title.len ? g_strndup((const char *)r->title.data, r->title.len) : g_strdup(_("Confidential request"));
  const WireLabel *class = wire_label_by_number(&proto_enum_request_class, (uint32_t)r->class);
  gboolean said = class && r->class != PROTO_REQUEST_CLASS_ORDINARY;
  gsize skip = r->number.len > 4 ? r->number.len - 4 : 0;

  g_strdelimit(title, "\r\n\t", ' ');
  return g_strdup_printf("%.*s %s%s%s", (int)(r->number.len - skip), r->number.data ? r->number.data + skip : NULL,
                         said ? linli_label_text(class) : "", said ? " · " : "", title);
}

static char *place_of(LinliStationRow *row, const ProtoRequest *r) {
  g_autoptr(GString) out = g_string_new(linli_context_name(row->context, PROTO_MESSAGE_COMMUNITY, r->community));

  if (r->grid) g_string_append_printf(out, " / %s", linli_context_name(row->context, PROTO_MESSAGE_GRID, r->grid));
  if (r->place.len) g_string_append_printf(out, " · %.*s", (int)r->place.len, r->place.data);
  return g_string_free(g_steal_pointer(&out), FALSE);
}

static void show_left(LinliStationRow *row, const ProtoRequest *r) {
  static const char *const classes[] = {"calm", "soon", "now", "over"};
  guint64 now = linli_context_now(row->context);
  double ignored;
  LinliUrgency urgency = linli_urgency(r, now, &ignored);
  g_autofree char *left = linli_left_text(r, now);
  g_autofree char *text = g_strdup_printf("%s %s", linli_urgency_sign(r, urgency), left);

  set_label(row->left, text);
  for (gsize i = 0; i < G_N_ELEMENTS(classes); i++)
    (i == urgency ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(row->left, classes[i]);
}

static void show_buttons(LinliStationRow *row, const ProtoRequest *r, const char *title) {
  for (gsize i = 0; i < G_N_ELEMENTS(row_actions); i++) {
    const LinliActionInfo *info = linli_action_by_name(row_actions[i]);
    gboolean may = linli_context_may(row->context, r, info->request_action) == LINLI_MAY;
    g_autofree char *name = g_strdup_printf("%s: %s", _(info->label), title);
    gtk_widget_set_visible(row->buttons[i], may);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row->buttons[i]), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  }
}

gboolean linli_station_row_set(LinliStationRow *row, const ProtoRequest *r, LinliStationSection section) {
  g_autofree char *title = title_of(r), *place = place_of(row, r);
  gboolean moved = row->section != section || row->due != r->due_at;

  row->section = section;
  row->due = r->due_at;
  g_free(row->number);
  row->number = linli_words_copy(r->number);
  set_label(row->title, title);
  set_label(row->place, place);
  show_left(row, r);
  show_buttons(row, r, title);
  g_autofree char *sentence = g_strdup_printf("%s, %s, %s, %s", linli_station_heading(section),
                                              gtk_label_get_text(GTK_LABEL(row->left)), title, place);
  gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  return moved;
}

gboolean linli_station_row_fits(LinliStationRow *row, const char *typed) {
  return (row->number && strstr(row->number, typed)) ||
         pinyin_match(gtk_label_get_text(GTK_LABEL(row->title)), typed) ||
         pinyin_match(gtk_label_get_text(GTK_LABEL(row->place)), typed);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void on_clicked(GtkWidget *button, LinliStationRow *row) {
  g_signal_emit(row, signals[ACT], 0, g_object_get_data(G_OBJECT(button), "action"));
}

static GtkWidget *label_new(const char *class) {
  GtkWidget *label = gtk_label_new(NULL);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class(label, class);
  return label;
}

static void build(LinliStationRow *row) {
  GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, PAD), *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);

  row->left = label_new("due");
  gtk_widget_add_css_class(row->left, "numeric");
  gtk_label_set_width_chars(GTK_LABEL(row->left), 9);
  row->title = label_new("heading");
  row->place = label_new("dim-label");
  gtk_widget_set_hexpand(words, TRUE);
  gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
  gtk_box_append(GTK_BOX(words), row->title);
  gtk_box_append(GTK_BOX(words), row->place);
  gtk_box_append(GTK_BOX(line), row->left);
  gtk_box_append(GTK_BOX(line), words);
  for (gsize i = 0; i < G_N_ELEMENTS(row_actions); i++) {
    GtkWidget *button = row->buttons[i] = gtk_button_new_with_label(_(linli_action_by_name(row_actions[i])->label));
    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    g_object_set_data(G_OBJECT(button), "action", (gpointer)(gsize)row_actions[i]);
    g_signal_connect(button, "clicked", G_CALLBACK(on_clicked), row);
    gtk_box_append(GTK_BOX(line), button);
  }
  for (gsize i = 0; i < 2; i++)
    gtk_widget_add_css_class(row->buttons[i], "suggested-action");
  gtk_widget_set_size_request(line, -1, HEIGHT);
  gtk_widget_set_margin_start(line, PAD);
  gtk_widget_set_margin_end(line, PAD);
  gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), line);
}

GtkWidget *linli_station_row_new(LinliContext *context, Uuid id) {
  LinliStationRow *row = g_object_new(LINLI_TYPE_STATION_ROW, NULL);

  row->context = g_object_ref(context);
  row->id = id;
  build(row);
  return GTK_WIDGET(row);
}

static void linli_station_row_dispose(GObject *object) {
  g_clear_object(&LINLI_STATION_ROW(object)->context);
  G_OBJECT_CLASS(linli_station_row_parent_class)->dispose(object);
}

static void linli_station_row_finalize(GObject *object) {
  g_free(LINLI_STATION_ROW(object)->number);
  G_OBJECT_CLASS(linli_station_row_parent_class)->finalize(object);
}

static void linli_station_row_class_init(LinliStationRowClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_station_row_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_station_row_finalize;
  signals[ACT] = g_signal_new("act", LINLI_TYPE_STATION_ROW, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                              G_TYPE_STRING);
}

static void linli_station_row_init(LinliStationRow *row) {
  row->section = LINLI_STATION_NONE;
}
