/* picker.c: see picker.h. */
#include "client/desk/app/picker.h"

#include "client/desk/app/keys.h"
#include "common/pinyin.h"

enum { LIST_HEIGHT = 150 };

typedef struct {
  guint64 id; /* 0: greyed */
  char *text;
  gboolean found; /* elsewhere */
} Choice;

struct _LinliPicker {
  GtkWidget parent_instance;
  GtkWidget *box, *scroller;
  GtkSearchEntry *entry;
  GtkListBox *list;
  guint64 selected;
  gboolean compact, setting;
};

G_DEFINE_FINAL_TYPE(LinliPicker, linli_picker, GTK_TYPE_WIDGET)

enum { PICKED, TYPED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void choice_free(gpointer data) {
  g_free(((Choice *)data)->text);
  g_free(data);
}

static const Choice *choice_of(GtkListBoxRow *row) {
  return g_object_get_data(G_OBJECT(row), "choice");
}

static void set_entry(LinliPicker *p, const char *text) {
  p->setting = TRUE;
  gtk_editable_set_text(GTK_EDITABLE(p->entry), text);
  p->setting = FALSE;
}

static void show_list(LinliPicker *p, gboolean shown) {
  gtk_widget_set_visible(p->scroller, shown || !p->compact);
}

/* --- Filtering ------------------------------------------------------------------------------------------------ */

static gboolean fits(GtkListBoxRow *row, gpointer data) {
  LinliPicker *p = data;
  const char *typed = gtk_editable_get_text(GTK_EDITABLE(p->entry));

  /* What is chosen stands in the entry: then everything may be looked through. */
  return p->selected || !*typed || choice_of(row)->found || pinyin_match(choice_of(row)->text, typed);
}

static GtkListBoxRow *first_fitting(LinliPicker *p) {
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index(p->list, i)); i++)
    if (gtk_widget_get_child_visible(GTK_WIDGET(row)) && gtk_widget_is_sensitive(GTK_WIDGET(row))) return row;
  return NULL;
}

static void take(LinliPicker *p, const Choice *choice) {
  p->selected = choice ? choice->id : 0;
  set_entry(p, choice ? choice->text : "");
  gtk_list_box_invalidate_filter(p->list);
  show_list(p, FALSE);
  g_signal_emit(p, signals[PICKED], 0);
}

static void on_changed(LinliPicker *p) {
  if (p->setting) return;
  p->selected = 0;
  gtk_list_box_invalidate_filter(p->list);
  show_list(p, TRUE);
  g_signal_emit(p, signals[TYPED], 0);
}

static void on_activate(LinliPicker *p) {
  GtkListBoxRow *row;

  if (linli_keys_composing(GTK_WIDGET(p->entry))) return;
  if (p->selected || !*gtk_editable_get_text(GTK_EDITABLE(p->entry))) {
    show_list(p, FALSE);
    g_signal_emit(p, signals[PICKED], 0);
  } else if ((row = first_fitting(p))) {
    take(p, choice_of(row));
  }
}

static void on_row(LinliPicker *p, GtkListBoxRow *row) {
  take(p, choice_of(row));
}

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, LinliPicker *p) {
  GtkListBoxRow *row = first_fitting(p);

  if (key != GDK_KEY_Down || state & (GDK_CONTROL_MASK | GDK_ALT_MASK) || !row ||
      linli_keys_composing(GTK_WIDGET(p->entry)))
    return FALSE;
  show_list(p, TRUE);
  gtk_widget_grab_focus(GTK_WIDGET(row));
  return TRUE;
}

static void on_enter(LinliPicker *p) {
  gtk_editable_select_region(GTK_EDITABLE(p->entry), 0, -1);
  show_list(p, TRUE);
}

static void on_leave(LinliPicker *p) {
  show_list(p, FALSE);
}

/* --- From outside --------------------------------------------------------------------------------------------- */

void linli_picker_clear(LinliPicker *picker) {
  GtkListBoxRow *row;

  while ((row = gtk_list_box_get_row_at_index(picker->list, 0)))
    gtk_list_box_remove(picker->list, GTK_WIDGET(row));
}

static GtkWidget *add(LinliPicker *picker, guint64 id, const char *text, const char *detail, gboolean found) {
  GtkWidget *row = gtk_list_box_row_new(), *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *label = gtk_label_new(text), *more = gtk_label_new(detail);
  Choice *choice = g_new(Choice, 1);
  g_autofree char *name = detail ? g_strconcat(text, ", ", detail, NULL) : g_strdup(text);

  *choice = (Choice){id, g_strdup(text), found};
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_set_hexpand(label, TRUE);
  gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class(more, "dim-label");
  gtk_box_append(GTK_BOX(line), label);
  gtk_box_append(GTK_BOX(line), more);
  gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), line);
  g_object_set_data_full(G_OBJECT(row), "choice", choice, choice_free);
  gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_list_box_append(picker->list, row);
  return row;
}

void linli_picker_add(LinliPicker *picker, guint64 id, const char *text, const char *detail) {
  add(picker, id, text, detail, FALSE);
}

void linli_picker_add_greyed(LinliPicker *picker, const char *text, const char *why) {
  gtk_widget_set_sensitive(add(picker, 0, text, why, FALSE), FALSE);
}

void linli_picker_add_found(LinliPicker *picker, guint64 id, const char *text, const char *detail) {
  add(picker, id, text, detail, TRUE);
}

void linli_picker_drop_found(LinliPicker *picker) {
  GtkListBoxRow *row;
  int i = 0;

  while ((row = gtk_list_box_get_row_at_index(picker->list, i)))
    if (choice_of(row)->found)
      gtk_list_box_remove(picker->list, GTK_WIDGET(row));
    else
      i++;
}

const char *linli_picker_typed(LinliPicker *picker) {
  return picker->selected ? "" : gtk_editable_get_text(GTK_EDITABLE(picker->entry));
}

void linli_picker_select(LinliPicker *picker, guint64 id) {
  GtkListBoxRow *row;

  picker->selected = 0;
  set_entry(picker, "");
  for (int i = 0; id && (row = gtk_list_box_get_row_at_index(picker->list, i)); i++) {
    if (choice_of(row)->id != id) continue;
    picker->selected = id;
    set_entry(picker, choice_of(row)->text);
    break;
  }
  gtk_list_box_invalidate_filter(picker->list);
}

guint64 linli_picker_selected(LinliPicker *picker) {
  return picker->selected;
}

const char *linli_picker_selected_text(LinliPicker *picker) {
  return picker->selected ? gtk_editable_get_text(GTK_EDITABLE(picker->entry)) : "";
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_picker_new(const char *label, gboolean compact) {
  LinliPicker *p = g_object_new(LINLI_TYPE_PICKER, NULL);

  p->compact = compact;
  gtk_widget_set_vexpand(p->scroller, !compact);
  show_list(p, FALSE);
  gtk_accessible_update_property(GTK_ACCESSIBLE(p->entry), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_accessible_update_property(GTK_ACCESSIBLE(p->list), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  return GTK_WIDGET(p);
}

static gboolean linli_picker_grab_focus(GtkWidget *widget) {
  return gtk_widget_grab_focus(GTK_WIDGET(LINLI_PICKER(widget)->entry));
}

static void linli_picker_dispose(GObject *object) {
  g_clear_pointer(&LINLI_PICKER(object)->box, gtk_widget_unparent);
  G_OBJECT_CLASS(linli_picker_parent_class)->dispose(object);
}

static void linli_picker_class_init(LinliPickerClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_picker_dispose;
  GTK_WIDGET_CLASS(class)->grab_focus = linli_picker_grab_focus;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new(i == PICKED ? "picked" : "typed", LINLI_TYPE_PICKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                              NULL, G_TYPE_NONE, 0);
}

static void linli_picker_init(LinliPicker *p) {
  GtkEventController *focus = gtk_event_controller_focus_new(), *keys = gtk_event_controller_key_new();

  p->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
  p->entry = GTK_SEARCH_ENTRY(gtk_search_entry_new());
  p->list = GTK_LIST_BOX(gtk_list_box_new());
  p->scroller = gtk_scrolled_window_new();
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(p->scroller), GTK_WIDGET(p->list));
  gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(p->scroller), LIST_HEIGHT);
  gtk_widget_add_css_class(p->scroller, "frame");
  gtk_list_box_set_filter_func(p->list, fits, p, NULL);
  gtk_box_append(GTK_BOX(p->box), GTK_WIDGET(p->entry));
  gtk_box_append(GTK_BOX(p->box), p->scroller);
  gtk_widget_set_parent(p->box, GTK_WIDGET(p));
  g_signal_connect_swapped(p->entry, "changed", G_CALLBACK(on_changed), p);
  g_signal_connect_swapped(p->entry, "activate", G_CALLBACK(on_activate), p);
  g_signal_connect_swapped(p->list, "row-activated", G_CALLBACK(on_row), p);
  g_signal_connect_swapped(focus, "enter", G_CALLBACK(on_enter), p);
  g_signal_connect_swapped(focus, "leave", G_CALLBACK(on_leave), p);
  gtk_widget_add_controller(GTK_WIDGET(p), focus);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), p);
  gtk_widget_add_controller(GTK_WIDGET(p->entry), keys);
}
