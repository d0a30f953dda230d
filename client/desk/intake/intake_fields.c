/* intake_fields.c: see intake_fields.h. */
#include "client/desk/intake/intake_fields.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/picker.h"
#include "client/desk/intake/intake_time.h"

enum { COUNT_FROM_PERCENT = 75 };

struct _LinliIntakeFields {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *grid_box, *anonymous, *count;
  GtkEntry *phone, *name, *place, *occurred;
  GtkTextView *text;
  GtkDropDown *channel, *nature, *class;
  GtkCheckButton *confidential;
  LinliPicker *category, *community, *grid;
  guint64 grids_of; /* the community whose grids are in the list */
  gboolean filling, filled;
  gboolean said, by_default; /* of "confidential" */
};

G_DEFINE_FINAL_TYPE(LinliIntakeFields, linli_intake_fields, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- Territory and categories --------------------------------------------------------------------------------- */

static gboolean add_grid(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  LinliIntakeFields *f = data;
  guint64 number = linli_number_of_id(id);
  ProtoGrid grid;

  if (linli_context_row(f->context, PROTO_MESSAGE_GRID, number, &grid) && grid.community == f->grids_of)
    linli_picker_add(f->grid, number, linli_context_name(f->context, PROTO_MESSAGE_GRID, number), NULL);
  return TRUE;
}

static void fill_grids(LinliIntakeFields *f, guint64 community) {
  if (community == f->grids_of) return;
  f->grids_of = community;
  linli_picker_clear(f->grid);
  linli_picker_select(f->grid, 0);
  if (community && linli_context_is_open(f->context))
    linli_replica_foreach(linli_context_replica(f->context), PROTO_MESSAGE_GRID, add_grid, f);
}

/* Leaves of the tree, under the name of the node above. */
static gboolean add_category(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  LinliIntakeFields *f = data;
  guint64 number = linli_number_of_id(id);
  ProtoCategory category;

  if (!linli_context_row(f->context, PROTO_MESSAGE_CATEGORY, number, &category)) return TRUE;
  g_autofree char *above = g_strdup(linli_context_name(f->context, PROTO_MESSAGE_CATEGORY, category.parent));
  linli_picker_add(f->category, number, linli_context_name(f->context, PROTO_MESSAGE_CATEGORY, number), above);
  return TRUE;
}

/* FALSE: the territory has not come yet: a desk that has just been installed, or one that is still connecting. */
static gboolean fill_pickers(LinliIntakeFields *f) {
  const LinliWho *who = linli_context_who(f->context);

  if (!who || !linli_replica_count(linli_context_replica(f->context), PROTO_MESSAGE_COMMUNITY)) return FALSE;
  linli_replica_foreach(linli_context_replica(f->context), PROTO_MESSAGE_CATEGORY, add_category, f);
  for (guint i = 0; i < who->communities->len; i++) {
    guint64 number = g_array_index(who->communities, guint64, i);
    linli_picker_add(f->community, number, linli_context_name(f->context, PROTO_MESSAGE_COMMUNITY, number), NULL);
  }
  return TRUE;
}

static void tell(LinliIntakeFields *f);

static void on_tick(LinliIntakeFields *f) {
  const LinliWho *who;

  if (f->filled || !linli_context_is_open(f->context)) return;
  f->filled = fill_pickers(f);
  who = linli_context_who(f->context);
  if (!f->filled || who->communities->len != 1 || linli_picker_selected(f->community)) return;
  linli_picker_select(f->community, g_array_index(who->communities, guint64, 0));
  tell(f);
}

/* --- Values --------------------------------------------------------------------------------------------------- */

static void take_text(char **place, GtkEntry *entry) {
  g_free(*place);
  *place = g_strdup(gtk_editable_get_text(GTK_EDITABLE(entry)));
}

static guint64 chosen(GtkDropDown *drop_down, const WireEnum *of) {
  guint at = gtk_drop_down_get_selected(drop_down);

  return at < of->count ? of->labels[at].number : 0;
}

/* The class's list begins with "as the category has it". */
static guint64 chosen_class(LinliIntakeFields *f) {
  guint at = gtk_drop_down_get_selected(f->class);

  return at && at <= proto_enum_request_class.count ? proto_enum_request_class.labels[at - 1].number : 0;
}

static char *text_of(LinliIntakeFields *f) {
  GtkTextBuffer *buffer = gtk_text_view_get_buffer(f->text);
  GtkTextIter start, end;

  gtk_text_buffer_get_bounds(buffer, &start, &end);
  return gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
}

void linli_intake_fields_read(LinliIntakeFields *f, LinliIntake *intake) {
  guint64 at;

  take_text(&intake->phone, f->phone);
  take_text(&intake->name, f->name);
  take_text(&intake->place, f->place);
  g_free(intake->text);
  intake->text = text_of(f);
  intake->channel = chosen(f->channel, &proto_enum_channel);
  intake->nature = chosen(f->nature, &proto_enum_request_nature);
  intake->class = chosen_class(f);
  intake->confidential_said = f->said;
  intake->confidential = f->said && gtk_check_button_get_active(f->confidential);
  intake->category = linli_picker_selected(f->category);
  intake->community = linli_picker_selected(f->community);
  intake->grid = linli_picker_selected(f->grid);
  if (linli_intake_time_parse(gtk_editable_get_text(GTK_EDITABLE(f->occurred)), linli_context_now(f->context), &at))
    intake->occurred_at = at;
}

static void choose(GtkDropDown *drop_down, const WireEnum *of, guint64 number) {
  for (guint i = 0; i < of->count; i++)
    if (of->labels[i].number == number) gtk_drop_down_set_selected(drop_down, i);
}

static void choose_class(LinliIntakeFields *f, guint64 class) {
  gtk_drop_down_set_selected(f->class, 0);
  for (guint i = 0; i < proto_enum_request_class.count; i++)
    if (proto_enum_request_class.labels[i].number == class) gtk_drop_down_set_selected(f->class, i + 1);
}

/* How much still goes in, once that is worth knowing. */
static void show_count(LinliIntakeFields *f) {
  g_autofree char *text = text_of(f);
  gsize max = linli_intake_max("text"), len = strlen(text);
  guint fit, over;

  gtk_widget_set_visible(f->count, len * 100 > max * COUNT_FROM_PERCENT);
  if (len * 100 <= max * COUNT_FROM_PERCENT) return;
  linli_intake_count(text, max, &fit, &over);
  g_autofree char *words = over ? g_strdup_printf(_("%u characters too many: the first %u fit"), over, fit)
                                : g_strdup_printf(_("Room for about %u more characters"),
                                                  (guint)((max - len) / MAX(1, len / MAX(1, fit))));
  gtk_label_set_text(GTK_LABEL(f->count), words);
  if (over)
    gtk_widget_add_css_class(f->count, "error");
  else
    gtk_widget_remove_css_class(f->count, "error");
}

/* What somebody has said counts, else what category and channel bring with them; a report always is. */
static void show_confidential(LinliIntakeFields *f) {
  gboolean report = chosen(f->nature, &proto_enum_request_nature) == PROTO_REQUEST_NATURE_REPORT,
           petition = chosen(f->channel, &proto_enum_channel) == PROTO_CHANNEL_PETITION, filling = f->filling;

  gtk_widget_set_sensitive(GTK_WIDGET(f->confidential), !report);
  gtk_widget_set_tooltip_text(GTK_WIDGET(f->confidential), report ? _("A report is always confidential.") : NULL);
  if (f->said && !report) return;
  f->filling = TRUE;
  gtk_check_button_set_active(f->confidential, report || petition || f->by_default);
  f->filling = filling;
}

static void show_what_follows(LinliIntakeFields *f) {
  gtk_widget_set_visible(f->anonymous, !*gtk_editable_get_text(GTK_EDITABLE(f->phone)) &&
                                           !*gtk_editable_get_text(GTK_EDITABLE(f->name)));
  show_confidential(f);
  show_count(f);
}

void linli_intake_fields_write(LinliIntakeFields *f, const LinliIntake *intake) {
  g_autofree char *at = linli_intake_time_text(intake->occurred_at);

  f->filling = TRUE;
  gtk_editable_set_text(GTK_EDITABLE(f->phone), intake->phone);
  gtk_editable_set_text(GTK_EDITABLE(f->name), intake->name);
  gtk_editable_set_text(GTK_EDITABLE(f->place), intake->place);
  gtk_editable_set_text(GTK_EDITABLE(f->occurred), at);
  gtk_text_buffer_set_text(gtk_text_view_get_buffer(f->text), intake->text, -1);
  choose(f->channel, &proto_enum_channel, intake->channel);
  choose(f->nature, &proto_enum_request_nature, intake->nature);
  choose_class(f, intake->class);
  f->said = intake->confidential_said;
  f->by_default = FALSE;
  gtk_check_button_set_active(f->confidential, intake->confidential);
  linli_picker_select(f->category, intake->category);
  linli_picker_select(f->community, intake->community);
  fill_grids(f, intake->community);
  linli_picker_select(f->grid, intake->grid);
  show_what_follows(f);
  f->filling = FALSE;
}

char *linli_intake_fields_problem(LinliIntakeFields *f, const char **field) {
  guint64 ignored;

  if (linli_intake_time_parse(gtk_editable_get_text(GTK_EDITABLE(f->occurred)), linli_context_now(f->context),
                              &ignored))
    return NULL;
  *field = "occurred_at";
  return g_strdup(_("When did it happen? Write it like 14:30, yesterday 9:05, or 11-23 14:30; or leave it empty."));
}

void linli_intake_fields_set_default(LinliIntakeFields *f, gboolean confidential) {
  f->by_default = confidential;
  show_confidential(f);
}

/* --- Going on ------------------------------------------------------------------------------------------------- */

void linli_intake_fields_focus(LinliIntakeFields *f, const char *field) {
  const struct {
    const char *name;
    gpointer widget;
  } all[] = {{"caller_phone", f->phone},  {"text", f->text},           {"category", f->category},
             {"community", f->community}, {"grid", f->grid},           {"place", f->place},
             {"caller_name", f->name},    {"occurred_at", f->occurred}};
  g_autofree char *text = text_of(f);

  /* What was begun goes on where it stopped: with the text, else with the first choice that lacks. */
  if (!field)
    field = !*text && !*gtk_editable_get_text(GTK_EDITABLE(f->phone)) ? "caller_phone"
            : !*text                                                  ? "text"
            : !linli_picker_selected(f->category)                     ? "category"
            : !linli_picker_selected(f->community)                    ? "community"
                                                                      : "place";
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    if (strcmp(all[i].name, field) == 0) gtk_widget_grab_focus(all[i].widget);
}

static void tell(LinliIntakeFields *f) {
  if (f->filling) return;
  show_what_follows(f);
  g_signal_emit(f, signals[CHANGED], 0);
}

static void on_confidential(LinliIntakeFields *f) {
  if (f->filling) return;
  f->said = TRUE;
  tell(f);
}

static void on_community(LinliIntakeFields *f) {
  guint64 community = linli_picker_selected(f->community);

  fill_grids(f, community);
  tell(f);
  if (community && !f->filling) gtk_widget_grab_focus(GTK_WIDGET(f->grid));
}

static void on_category(LinliIntakeFields *f) {
  tell(f);
  linli_intake_fields_focus(f, linli_picker_selected(f->community) ? "place" : "community");
}

static void on_grid(LinliIntakeFields *f) {
  tell(f);
  linli_intake_fields_focus(f, "place");
}

static void on_phone_done(LinliIntakeFields *f) {
  if (!linli_keys_composing(GTK_WIDGET(f->phone))) linli_intake_fields_focus(f, "text");
}

static gboolean on_text_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                            GdkModifierType state, LinliIntakeFields *f) {
  if ((key != GDK_KEY_Return && key != GDK_KEY_KP_Enter) || state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK) ||
      linli_keys_composing(GTK_WIDGET(f->text)))
    return FALSE;
  linli_intake_fields_focus(f, "category");
  return TRUE;
}

/* --- Building ------------------------------------------------------------------------------------------------- */

static void add_field(LinliIntakeFields *f, int line, int column, int width, const char *name, gpointer widget) {
  GtkWidget *label = gtk_label_new(name), *target = widget;

  if (GTK_IS_SCROLLED_WINDOW(widget)) target = gtk_scrolled_window_get_child(GTK_SCROLLED_WINDOW(widget));
  gtk_label_set_xalign(GTK_LABEL(label), 1);
  gtk_widget_set_valign(label, GTK_ALIGN_START);
  gtk_widget_set_margin_top(label, 8);
  gtk_widget_set_hexpand(widget, TRUE);
  gtk_accessible_update_property(GTK_ACCESSIBLE(target), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_grid_attach(GTK_GRID(f->grid_box), label, column, line, 1, 1);
  gtk_grid_attach(GTK_GRID(f->grid_box), widget, column + 1, line, width, 1);
}

static GtkDropDown *drop_down_of(LinliIntakeFields *f, const WireEnum *of, const char *first) {
  GtkStringList *names = gtk_string_list_new(NULL);
  GtkWidget *widget;

  if (first) gtk_string_list_append(names, first);
  for (guint i = 0; i < of->count; i++)
    gtk_string_list_append(names, linli_label_text(&of->labels[i]));
  widget = gtk_drop_down_new(G_LIST_MODEL(names), NULL);
  g_signal_connect_swapped(widget, "notify::selected", G_CALLBACK(tell), f);
  return GTK_DROP_DOWN(widget);
}

static GtkEntry *entry_of(LinliIntakeFields *f) {
  GtkWidget *entry = gtk_entry_new();

  gtk_editable_set_width_chars(GTK_EDITABLE(entry), 8);
  g_signal_connect_swapped(entry, "changed", G_CALLBACK(tell), f);
  return GTK_ENTRY(entry);
}

static GtkWidget *note_label(const char *class, const char *text) {
  GtkWidget *label = gtk_label_new(text);

  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_add_css_class(label, class);
  return label;
}

static GtkWidget *make_text(LinliIntakeFields *f) {
  GtkWidget *frame = gtk_scrolled_window_new();
  GtkEventController *keys = gtk_event_controller_key_new();

  f->text = GTK_TEXT_VIEW(gtk_text_view_new());
  gtk_text_view_set_wrap_mode(f->text, GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab(f->text, FALSE);
  gtk_text_view_set_left_margin(f->text, 6);
  gtk_text_view_set_top_margin(f->text, 6);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), GTK_WIDGET(f->text));
  gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(frame), 120);
  gtk_widget_add_css_class(frame, "frame");
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_text_key), f);
  gtk_widget_add_controller(GTK_WIDGET(f->text), keys);
  g_signal_connect_swapped(gtk_text_view_get_buffer(f->text), "changed", G_CALLBACK(tell), f);
  return frame;
}

static LinliPicker *picker_of(LinliIntakeFields *f, const char *label, GCallback picked) {
  GtkWidget *picker = linli_picker_new(label, TRUE);

  g_signal_connect_swapped(picker, "picked", picked, f);
  return LINLI_PICKER(picker);
}

static void make_widgets(LinliIntakeFields *f) {
  f->phone = entry_of(f);
  gtk_entry_set_input_purpose(f->phone, GTK_INPUT_PURPOSE_PHONE);
  g_signal_connect_swapped(f->phone, "activate", G_CALLBACK(on_phone_done), f);
  f->name = entry_of(f);
  f->place = entry_of(f);
  f->occurred = entry_of(f);
  gtk_entry_set_placeholder_text(f->occurred, _("just now"));
  gtk_editable_set_width_chars(GTK_EDITABLE(f->occurred), 16); /* a day and a time */
  f->channel = drop_down_of(f, &proto_enum_channel, NULL);
  f->nature = drop_down_of(f, &proto_enum_request_nature, NULL);
  f->class = drop_down_of(f, &proto_enum_request_class, _("As the category has it"));
  f->category = picker_of(f, _("Category"), G_CALLBACK(on_category));
  f->community = picker_of(f, _("Community"), G_CALLBACK(on_community));
  f->grid = picker_of(f, _("Grid"), G_CALLBACK(on_grid));
  f->confidential = GTK_CHECK_BUTTON(gtk_check_button_new_with_label(_("Confidential")));
  g_signal_connect_swapped(f->confidential, "toggled", G_CALLBACK(on_confidential), f);
  f->anonymous = note_label("dim-label", _("Anonymous: nobody will be called back"));
  f->count = note_label("dim-label", "");
}

static void make_grid(LinliIntakeFields *f) {
  int line = 0;

  f->grid_box = gtk_grid_new();
  gtk_grid_set_column_spacing(GTK_GRID(f->grid_box), 12);
  gtk_grid_set_row_spacing(GTK_GRID(f->grid_box), 8);
  make_widgets(f);
  add_field(f, line, 0, 1, _("Phone"), f->phone);
  add_field(f, line++, 2, 1, _("Caller"), f->name);
  gtk_grid_attach(GTK_GRID(f->grid_box), f->anonymous, 1, line++, 3, 1);
  add_field(f, line++, 0, 3, _("Request"), make_text(f));
  gtk_grid_attach(GTK_GRID(f->grid_box), f->count, 1, line++, 3, 1);
  add_field(f, line++, 0, 3, _("Category"), f->category);
  add_field(f, line++, 0, 3, _("Community"), f->community);
  add_field(f, line++, 0, 3, _("Grid"), f->grid);
  add_field(f, line++, 0, 3, _("Place"), f->place);
  add_field(f, line, 0, 1, _("Channel"), f->channel);
  add_field(f, line++, 2, 1, _("Nature"), f->nature);
  add_field(f, line, 0, 1, _("Class"), f->class);
  add_field(f, line++, 2, 1, _("Happened"), f->occurred);
  gtk_grid_attach(GTK_GRID(f->grid_box), GTK_WIDGET(f->confidential), 1, line, 3, 1);
  gtk_widget_set_parent(f->grid_box, GTK_WIDGET(f));
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_intake_fields_new(LinliContext *context) {
  LinliIntakeFields *f = g_object_new(LINLI_TYPE_INTAKE_FIELDS, NULL);

  f->context = g_object_ref(context);
  on_tick(f);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), f, G_CONNECT_SWAPPED);
  return GTK_WIDGET(f);
}

static void linli_intake_fields_dispose(GObject *object) {
  LinliIntakeFields *f = LINLI_INTAKE_FIELDS(object);

  f->filling = TRUE; /* widgets that go speak once more */
  g_clear_pointer(&f->grid_box, gtk_widget_unparent);
  g_clear_object(&f->context);
  G_OBJECT_CLASS(linli_intake_fields_parent_class)->dispose(object);
}

static void linli_intake_fields_class_init(LinliIntakeFieldsClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_intake_fields_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_INTAKE_FIELDS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_intake_fields_init(LinliIntakeFields *f) {
  f->filling = TRUE;
  make_grid(f);
  f->filling = FALSE;
}
