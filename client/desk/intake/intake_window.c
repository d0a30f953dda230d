/* intake_window.c: see intake_window.h. In the text, Return goes on to the category and Shift+Return breaks the line,
 * as in chat programs: a clerk with a phone on the shoulder types one paragraph. */
#include "client/desk/intake/intake_window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/core/row.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/picker.h"
#include "client/desk/app/window.h"
#include "client/desk/intake/intake_form.h"
#include "client/desk/app/words.h"
#include "common/uuid.h"

enum { ASK_MS = 400, NUMBER_TRIES = 40, NUMBER_MS = 250 };

struct _LinliIntakeWindow {
  AdwWindow parent_instance;
  LinliContext *context;
  GtkEntry *phone, *name, *place;
  GtkTextView *text;
  GtkDropDown *channel, *nature;
  GtkCheckButton *confidential;
  LinliPicker *category, *community, *grid;
  GtkWidget *problem, *anonymous, *forecast, *similar, *drafts;
  LinliIntake intake;
  GArray *listed; /* of Uuid: the drafts as the menu shows them */
  Uuid draft;
  gboolean has_draft, filling, filled;
  guint ask; /* source: until the questions are put */
  LinliWalk *forecasting, *searching;
  guint found;
};

G_DEFINE_FINAL_TYPE(LinliIntakeWindow, linli_intake_window, ADW_TYPE_WINDOW)

/* --- Widgets and the value ------------------------------------------------------------------------------------ */

static void take_text(char **place, GtkEntry *entry) {
  g_free(*place);
  *place = g_strdup(gtk_editable_get_text(GTK_EDITABLE(entry)));
}

static guint64 chosen(GtkDropDown *drop_down, const WireEnum *of) {
  guint at = gtk_drop_down_get_selected(drop_down);

  return at < of->count ? of->labels[at].number : 0;
}

static void read_widgets(LinliIntakeWindow *w) {
  GtkTextBuffer *buffer = gtk_text_view_get_buffer(w->text);
  GtkTextIter start, end;

  take_text(&w->intake.phone, w->phone);
  take_text(&w->intake.name, w->name);
  take_text(&w->intake.place, w->place);
  gtk_text_buffer_get_bounds(buffer, &start, &end);
  g_free(w->intake.text);
  w->intake.text = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
  w->intake.channel = chosen(w->channel, &proto_enum_channel);
  w->intake.nature = chosen(w->nature, &proto_enum_request_nature);
  w->intake.confidential = gtk_check_button_get_active(w->confidential);
  w->intake.category = linli_picker_selected(w->category);
  w->intake.community = linli_picker_selected(w->community);
  w->intake.grid = linli_picker_selected(w->grid);
}

static void choose(GtkDropDown *drop_down, const WireEnum *of, guint64 number) {
  for (guint i = 0; i < of->count; i++)
    if (of->labels[i].number == number) gtk_drop_down_set_selected(drop_down, i);
}

static gboolean add_grid(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  LinliIntakeWindow *w = data;
  guint64 number = linli_number_of_id(id);
  ProtoGrid grid;

  if (linli_context_row(w->context, PROTO_MESSAGE_GRID, number, &grid) && grid.community == w->intake.community)
    linli_picker_add(w->grid, number, linli_context_name(w->context, PROTO_MESSAGE_GRID, number), NULL);
  return TRUE;
}

static void fill_grids(LinliIntakeWindow *w) {
  linli_picker_clear(w->grid);
  linli_picker_select(w->grid, 0);
  if (w->intake.community) linli_replica_foreach(linli_context_replica(w->context), PROTO_MESSAGE_GRID, add_grid, w);
}

static void write_widgets(LinliIntakeWindow *w) {
  w->filling = TRUE;
  gtk_editable_set_text(GTK_EDITABLE(w->phone), w->intake.phone);
  gtk_editable_set_text(GTK_EDITABLE(w->name), w->intake.name);
  gtk_editable_set_text(GTK_EDITABLE(w->place), w->intake.place);
  gtk_text_buffer_set_text(gtk_text_view_get_buffer(w->text), w->intake.text, -1);
  choose(w->channel, &proto_enum_channel, w->intake.channel);
  choose(w->nature, &proto_enum_request_nature, w->intake.nature);
  gtk_check_button_set_active(w->confidential, w->intake.confidential);
  linli_picker_select(w->category, w->intake.category);
  linli_picker_select(w->community, w->intake.community);
  guint64 grid = w->intake.grid;
  fill_grids(w);
  linli_picker_select(w->grid, grid);
  w->filling = FALSE;
}

/* --- What the server can say already -------------------------------------------------------------------------- */

static gboolean on_forecast(WireBytes row, gpointer data) {
  LinliIntakeWindow *w = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoForecast f;
  WireError ignored;

  if (!wire_decode(&proto_msg_forecast, row, true, arena, &f, &ignored)) return FALSE;
  const WireLabel *class = wire_label_by_number(&proto_enum_request_class, (uint32_t)f.class);
  g_autofree char *dispatch = linli_words_time(f.dispatch_due_at, "%m-%d %H:%M"),
                  *finish = linli_words_time(f.finish_due_at, "%m-%d %H:%M");
  g_autofree char *text = g_strdup_printf(_("%s: to be dispatched by %s, finished by %s"),
                                          class ? linli_label_text(class) : "", dispatch, finish);
  gtk_label_set_text(GTK_LABEL(w->forecast), text);
  if (f.confidential) gtk_check_button_set_active(w->confidential, TRUE);
  return FALSE;
}

static void on_forecast_done(G_GNUC_UNUSED const GError *error, gpointer data) {
  LINLI_INTAKE_WINDOW(data)->forecasting = NULL;
}

static void on_open_similar(GtkButton *button, LinliIntakeWindow *w) {
  const Uuid *id = g_object_get_data(G_OBJECT(button), "request");
  GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(w));

  if (!LINLI_IS_WINDOW(parent)) return;
  linli_window_show_request(LINLI_WINDOW(parent), *id);
  gtk_window_present(parent);
}

static gboolean on_similar(WireBytes row, gpointer data) {
  LinliIntakeWindow *w = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoSimilar s;
  WireError ignored;

  if (!wire_decode(&proto_msg_similar, row, true, arena, &s, &ignored)) return TRUE;
  const WireLabel *state = wire_label_by_number(&proto_enum_request_state, (uint32_t)s.state);
  g_autofree char *text =
      g_strdup_printf("%.*s %.*s · %s · %s%s%s", (int)s.number.len, s.number.data, (int)s.title.len, s.title.data,
                      state ? linli_label_text(state) : "", s.same_caller ? _("same caller ") : "",
                      s.same_place ? _("same place ") : "", s.same_category ? _("same category near by") : "");
  GtkWidget *button = gtk_button_new_with_label(text), *label = gtk_button_get_child(GTK_BUTTON(button));
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_add_css_class(button, "flat");
  g_object_set_data_full(G_OBJECT(button), "request", g_memdup2(&s.request, sizeof s.request), g_free);
  g_signal_connect_object(button, "clicked", G_CALLBACK(on_open_similar), w, 0);
  gtk_box_append(GTK_BOX(w->similar), button);
  return ++w->found < 6;
}

static void on_similar_done(G_GNUC_UNUSED const GError *error, gpointer data) {
  LINLI_INTAKE_WINDOW(data)->searching = NULL;
}

static void clear_similar(LinliIntakeWindow *w) {
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child(w->similar)))
    gtk_box_remove(GTK_BOX(w->similar), child);
  w->found = 0;
}

static void put_number(GByteArray *body, guint32 number, guint64 value) {
  if (value) wire_put_uint(body, number, value);
}

static gboolean on_ask(gpointer data) {
  LinliIntakeWindow *w = data;
  LinliSession *session = linli_context_session(w->context);
  g_autoptr(GByteArray) forecast = g_byte_array_new(), similar = g_byte_array_new();

  w->ask = 0;
  g_clear_pointer(&w->forecasting, linli_walk_stop);
  g_clear_pointer(&w->searching, linli_walk_stop);
  clear_similar(w);
  if (!session || linli_session_state(session) != LINLI_STATE_READY || !w->intake.community) return G_SOURCE_REMOVE;
  put_number(forecast, 1, w->intake.community);
  put_number(forecast, 2, w->intake.category);
  w->forecasting = linli_walk_start(session, proto_query(&proto_linli, PROTO_QUERY_REQUEST_FORECAST),
                                    (WireBytes){forecast->data, forecast->len}, 1, on_forecast, on_forecast_done, w);
  put_number(similar, 1, w->intake.community);
  if (*w->intake.place && strlen(w->intake.place) <= 400)
    wire_put_bytes(similar, 2, (WireBytes){(const uint8_t *)w->intake.place, (uint32_t)strlen(w->intake.place)});
  put_number(similar, 3, w->intake.category);
  put_number(similar, 4, w->intake.grid);
  if (*w->intake.phone && strlen(w->intake.phone) <= 64)
    wire_put_bytes(similar, 5, (WireBytes){(const uint8_t *)w->intake.phone, (uint32_t)strlen(w->intake.phone)});
  w->searching = linli_walk_start(session, proto_query(&proto_linli, PROTO_QUERY_REQUEST_SIMILAR),
                                  (WireBytes){similar->data, similar->len}, 6, on_similar, on_similar_done, w);
  return G_SOURCE_REMOVE;
}

/* --- Each change ---------------------------------------------------------------------------------------------- */

static void keep_draft(LinliIntakeWindow *w) {
  LinliDrafts *drafts = linli_context_drafts(w->context);
  g_autofree char *text = linli_intake_to_draft(&w->intake);

  if (!drafts) return;
  if (*text) {
    if (!w->has_draft) {
      w->draft = linli_new_id();
      w->has_draft = linli_drafts_claim(drafts, w->draft);
    }
    linli_drafts_put(drafts, w->draft, "request", text);
  } else if (w->has_draft) {
    linli_drafts_remove(drafts, w->draft);
    w->has_draft = FALSE;
  }
}

static void on_changed(LinliIntakeWindow *w) {
  if (w->filling) return;
  read_widgets(w);
  keep_draft(w);
  gtk_widget_set_visible(w->problem, FALSE);
  gtk_widget_set_visible(w->anonymous, !*w->intake.phone && !*w->intake.name);
  if (!w->ask) w->ask = g_timeout_add(ASK_MS, on_ask, w);
}

static void on_community(LinliIntakeWindow *w) {
  guint64 before = w->intake.community;

  on_changed(w);
  if (w->intake.community != before) fill_grids(w);
  if (w->intake.community) gtk_widget_grab_focus(GTK_WIDGET(w->grid));
}

static void on_category(LinliIntakeWindow *w) {
  on_changed(w);
  gtk_widget_grab_focus(GTK_WIDGET(w->intake.community ? (GtkWidget *)w->place : (GtkWidget *)w->community));
}

static void on_grid(LinliIntakeWindow *w) {
  on_changed(w);
  gtk_widget_grab_focus(GTK_WIDGET(w->place));
}

static void on_phone_done(LinliIntakeWindow *w) {
  if (!linli_keys_composing(GTK_WIDGET(w->phone))) gtk_widget_grab_focus(GTK_WIDGET(w->text));
}

/* --- Registering ---------------------------------------------------------------------------------------------- */

typedef struct {
  LinliContext *context;
  GtkWindow *parent; /* weak */
  Uuid request;
  guint tries;
} Registered;

static void registered_free(gpointer data) {
  Registered *r = data;

  g_clear_weak_pointer(&r->parent);
  g_object_unref(r->context);
  g_free(r);
}

/* The row comes by the stream, a moment after the answer: then its number can be said aloud. */
static gboolean on_number(gpointer data) {
  Registered *r = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;

  if (!linli_context_request(r->context, r->request, arena, &row))
    return ++r->tries < NUMBER_TRIES ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
  g_autofree char *text = g_strdup_printf(_("Registered: number %.*s"), (int)row.number.len, row.number.data);
  if (LINLI_IS_WINDOW(r->parent)) linli_window_toast(LINLI_WINDOW(r->parent), text, NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static void on_decided(G_GNUC_UNUSED const LinliEntry *entry, const LinliAnswer *answer, const GError *error,
                       gpointer data) {
  if (!error && answer->verdict == LINLI_DONE)
    g_timeout_add_full(G_PRIORITY_DEFAULT, NUMBER_MS, on_number, data, registered_free);
  else
    registered_free(data);
}

static void show_problem(LinliIntakeWindow *w, const char *field, const char *problem) {
  gtk_label_set_text(GTK_LABEL(w->problem), problem);
  gtk_widget_set_visible(w->problem, TRUE);
  gtk_widget_grab_focus(strcmp(field, "community") == 0      ? GTK_WIDGET(w->community)
                        : strcmp(field, "caller_phone") == 0 ? GTK_WIDGET(w->phone)
                        : strcmp(field, "caller_name") == 0  ? GTK_WIDGET(w->name)
                        : strcmp(field, "place") == 0        ? GTK_WIDGET(w->place)
                                                             : GTK_WIDGET(w->text));
}

static void tell(LinliIntakeWindow *w, const char *text) {
  GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(w));

  if (LINLI_IS_WINDOW(parent)) linli_window_toast(LINLI_WINDOW(parent), text, NULL, NULL, NULL);
}

/* Who waits on the phone for a number must hear that none comes now. */
static void tell_if_offline(LinliIntakeWindow *w) {
  LinliSession *session = linli_context_session(w->context);

  if (!session || linli_session_state(session) != LINLI_STATE_READY)
    tell(w, _("Kept. It gets its number when it has been sent."));
}

static gboolean on_close(LinliIntakeWindow *w) {
  if (w->has_draft) tell(w, _("The draft is kept: it is under Drafts in the next new request."));
  return FALSE;
}

static gboolean submit(LinliIntakeWindow *w) {
  g_autofree char *problem = NULL;
  const char *field;
  Registered *r;

  if (!linli_context_is_open(w->context)) return FALSE;
  read_widgets(w);
  if ((field = linli_intake_lacks(&w->intake, &problem))) {
    show_problem(w, field, problem);
    return FALSE;
  }
  r = g_new0(Registered, 1);
  r->context = g_object_ref(w->context);
  r->request = linli_new_id_at(linli_context_now(w->context) / 1000);
  g_set_weak_pointer(&r->parent, gtk_window_get_transient_for(GTK_WINDOW(w)));
  g_autoptr(GByteArray) body = linli_intake_body(&w->intake, r->request);
  linli_context_submit(w->context, PROTO_COMMAND_REQUEST_REGISTER,
                       w->intake.community * 4 + PROTO_STREAM_KIND_COMMUNITY, 0, body, 0, on_decided, r);
  /* The draft goes only once the command is on disk: at no moment is what was typed nowhere. */
  linli_outbox_settle(linli_context_outbox(w->context));
  if (w->has_draft) linli_drafts_remove(linli_context_drafts(w->context), w->draft);
  w->has_draft = FALSE;
  tell_if_offline(w);
  return TRUE;
}

static void on_submit(LinliIntakeWindow *w) {
  if (!linli_keys_composing(gtk_window_get_focus(GTK_WINDOW(w))) && submit(w)) gtk_window_destroy(GTK_WINDOW(w));
}

/* The next request of the same call: caller and place stay. */
static void on_submit_next(LinliIntakeWindow *w) {
  if (linli_keys_composing(gtk_window_get_focus(GTK_WINDOW(w)))) return;
  if (uuid_is_nil(w->intake.call)) w->intake.call = linli_new_id();
  if (!submit(w)) return;
  g_free(w->intake.text);
  w->intake.text = g_strdup("");
  w->intake.category = 0;
  write_widgets(w);
  on_changed(w);
  gtk_widget_grab_focus(GTK_WIDGET(w->text));
}

/* --- Keys ----------------------------------------------------------------------------------------------------- */

static gboolean is_return(guint key) {
  return key == GDK_KEY_Return || key == GDK_KEY_KP_Enter;
}

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, LinliIntakeWindow *w) {
  if (linli_keys_composing(gtk_window_get_focus(GTK_WINDOW(w)))) return FALSE;
  if (key == GDK_KEY_Escape) {
    gtk_window_close(GTK_WINDOW(w));
    return TRUE;
  }
  if (!is_return(key) || !(state & GDK_CONTROL_MASK)) return FALSE;
  if (state & GDK_SHIFT_MASK)
    on_submit_next(w);
  else
    on_submit(w);
  return TRUE;
}

static gboolean on_text_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                            GdkModifierType state, LinliIntakeWindow *w) {
  if (!is_return(key) || state & (GDK_SHIFT_MASK | GDK_CONTROL_MASK) || linli_keys_composing(GTK_WIDGET(w->text)))
    return FALSE;
  gtk_widget_grab_focus(GTK_WIDGET(w->category));
  return TRUE;
}

/* --- Building ------------------------------------------------------------------------------------------------- */

static void add_field(GtkWidget *grid, int line, const char *name, GtkWidget *widget) {
  GtkWidget *label = gtk_label_new(name), *target = widget;

  if (GTK_IS_SCROLLED_WINDOW(widget)) target = gtk_scrolled_window_get_child(GTK_SCROLLED_WINDOW(widget));
  gtk_label_set_xalign(GTK_LABEL(label), 1);
  gtk_widget_set_valign(label, GTK_ALIGN_START);
  gtk_widget_set_margin_top(label, 8);
  gtk_widget_set_hexpand(widget, TRUE);
  gtk_accessible_update_property(GTK_ACCESSIBLE(target), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_grid_attach(GTK_GRID(grid), label, 0, line, 1, 1);
  gtk_grid_attach(GTK_GRID(grid), widget, 1, line, 1, 1);
}

static GtkDropDown *drop_down_of(LinliIntakeWindow *w, const WireEnum *of) {
  GtkStringList *names = gtk_string_list_new(NULL);
  GtkWidget *widget;

  for (guint i = 0; i < of->count; i++)
    gtk_string_list_append(names, linli_label_text(&of->labels[i]));
  widget = gtk_drop_down_new(G_LIST_MODEL(names), NULL);
  g_signal_connect_swapped(widget, "notify::selected", G_CALLBACK(on_changed), w);
  return GTK_DROP_DOWN(widget);
}

static GtkEntry *entry_of(LinliIntakeWindow *w) {
  GtkWidget *entry = gtk_entry_new();

  g_signal_connect_swapped(entry, "changed", G_CALLBACK(on_changed), w);
  return GTK_ENTRY(entry);
}

static GtkWidget *note_label(const char *class) {
  GtkWidget *label = gtk_label_new(NULL);

  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_add_css_class(label, class);
  return label;
}

static GtkWidget *make_text(LinliIntakeWindow *w) {
  GtkWidget *frame = gtk_scrolled_window_new();
  GtkEventController *keys = gtk_event_controller_key_new();

  w->text = GTK_TEXT_VIEW(gtk_text_view_new());
  gtk_text_view_set_wrap_mode(w->text, GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab(w->text, FALSE);
  gtk_text_view_set_left_margin(w->text, 6);
  gtk_text_view_set_top_margin(w->text, 6);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), GTK_WIDGET(w->text));
  gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(frame), 120);
  gtk_widget_add_css_class(frame, "frame");
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_text_key), w);
  gtk_widget_add_controller(GTK_WIDGET(w->text), keys);
  g_signal_connect_swapped(gtk_text_view_get_buffer(w->text), "changed", G_CALLBACK(on_changed), w);
  return frame;
}

static LinliPicker *picker_of(LinliIntakeWindow *w, const char *label, GCallback picked) {
  GtkWidget *picker = linli_picker_new(label, TRUE);

  g_signal_connect_swapped(picker, "picked", picked, w);
  return LINLI_PICKER(picker);
}

static GtkWidget *make_fields(LinliIntakeWindow *w) {
  GtkWidget *grid = gtk_grid_new();
  int line = 0;

  gtk_grid_set_column_spacing(GTK_GRID(grid), 12);
  gtk_grid_set_row_spacing(GTK_GRID(grid), 8);
  w->phone = entry_of(w);
  gtk_entry_set_input_purpose(w->phone, GTK_INPUT_PURPOSE_PHONE);
  g_signal_connect_swapped(w->phone, "activate", G_CALLBACK(on_phone_done), w);
  w->name = entry_of(w);
  w->place = entry_of(w);
  w->channel = drop_down_of(w, &proto_enum_channel);
  w->nature = drop_down_of(w, &proto_enum_request_nature);
  w->category = picker_of(w, _("Category"), G_CALLBACK(on_category));
  w->community = picker_of(w, _("Community"), G_CALLBACK(on_community));
  w->grid = picker_of(w, _("Grid"), G_CALLBACK(on_grid));
  w->confidential = GTK_CHECK_BUTTON(gtk_check_button_new_with_label(_("Confidential")));
  g_signal_connect_swapped(w->confidential, "toggled", G_CALLBACK(on_changed), w);
  w->anonymous = note_label("dim-label");
  gtk_label_set_text(GTK_LABEL(w->anonymous), _("Anonymous: nobody will be called back"));
  add_field(grid, line++, _("Phone"), GTK_WIDGET(w->phone));
  gtk_grid_attach(GTK_GRID(grid), w->anonymous, 1, line++, 1, 1);
  add_field(grid, line++, _("Request"), make_text(w));
  add_field(grid, line++, _("Category"), GTK_WIDGET(w->category));
  add_field(grid, line++, _("Community"), GTK_WIDGET(w->community));
  add_field(grid, line++, _("Grid"), GTK_WIDGET(w->grid));
  add_field(grid, line++, _("Place"), GTK_WIDGET(w->place));
  add_field(grid, line++, _("Caller"), GTK_WIDGET(w->name));
  add_field(grid, line++, _("Channel"), GTK_WIDGET(w->channel));
  add_field(grid, line++, _("Nature"), GTK_WIDGET(w->nature));
  gtk_grid_attach(GTK_GRID(grid), GTK_WIDGET(w->confidential), 1, line, 1, 1);
  return grid;
}

static GtkWidget *make_header(LinliIntakeWindow *w) {
  GtkWidget *bar = adw_header_bar_new(), *button = gtk_button_new_with_label(_("Register")),
            *next = gtk_button_new_with_label(_("Register, and the next"));

  gtk_widget_add_css_class(button, "suggested-action");
  gtk_widget_set_tooltip_text(button, _("Ctrl+Return"));
  gtk_widget_set_tooltip_text(next, _("Ctrl+Shift+Return: keeps caller and place"));
  w->drafts = gtk_menu_button_new();
  adw_header_bar_pack_start(ADW_HEADER_BAR(bar), w->drafts);
  adw_header_bar_pack_end(ADW_HEADER_BAR(bar), button);
  adw_header_bar_pack_end(ADW_HEADER_BAR(bar), next);
  g_signal_connect_swapped(button, "clicked", G_CALLBACK(on_submit), w);
  g_signal_connect_swapped(next, "clicked", G_CALLBACK(on_submit_next), w);
  return bar;
}

static void build(LinliIntakeWindow *w) {
  GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *inner = gtk_box_new(GTK_ORIENTATION_VERTICAL, 10);
  GtkWidget *scroller = gtk_scrolled_window_new();
  GtkEventController *keys = gtk_event_controller_key_new();

  w->problem = note_label("error");
  gtk_widget_set_visible(w->problem, FALSE);
  w->forecast = note_label("heading");
  w->similar = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
  gtk_widget_add_css_class(inner, "requestbox");
  gtk_box_append(GTK_BOX(inner), w->problem);
  gtk_box_append(GTK_BOX(inner), make_fields(w));
  gtk_box_append(GTK_BOX(inner), w->forecast);
  gtk_box_append(GTK_BOX(inner), w->similar);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), inner);
  gtk_widget_set_vexpand(scroller, TRUE);
  gtk_box_append(GTK_BOX(outer), make_header(w));
  gtk_box_append(GTK_BOX(outer), scroller);
  adw_window_set_content(ADW_WINDOW(w), outer);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), w);
  g_signal_connect(w, "close-request", G_CALLBACK(on_close), NULL);
  gtk_widget_add_controller(GTK_WIDGET(w), keys);
}

/* Leaves of the tree, under the name of the node above. */
static gboolean add_category(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  LinliIntakeWindow *w = data;
  guint64 number = linli_number_of_id(id);
  ProtoCategory category;

  if (!linli_context_row(w->context, PROTO_MESSAGE_CATEGORY, number, &category)) return TRUE;
  g_autofree char *above = g_strdup(linli_context_name(w->context, PROTO_MESSAGE_CATEGORY, category.parent));
  linli_picker_add(w->category, number, linli_context_name(w->context, PROTO_MESSAGE_CATEGORY, number), above);
  return TRUE;
}

/* FALSE: the territory has not come yet: a desk that has just been installed, or one that is still connecting. */
static gboolean fill_pickers(LinliIntakeWindow *w) {
  const LinliWho *who = linli_context_who(w->context);

  if (!who || !linli_replica_count(linli_context_replica(w->context), PROTO_MESSAGE_COMMUNITY)) return FALSE;
  linli_replica_foreach(linli_context_replica(w->context), PROTO_MESSAGE_CATEGORY, add_category, w);
  for (guint i = 0; i < who->communities->len; i++) {
    guint64 number = g_array_index(who->communities, guint64, i);
    linli_picker_add(w->community, number, linli_context_name(w->context, PROTO_MESSAGE_COMMUNITY, number), NULL);
  }
  if (who->communities->len == 1 && !w->intake.community)
    linli_picker_select(w->community, g_array_index(who->communities, guint64, 0));
  return TRUE;
}

static void on_tick(LinliIntakeWindow *w) {
  if (!w->filled && linli_context_is_open(w->context)) w->filled = fill_pickers(w);
}

static void preset(LinliIntakeWindow *w) {
  const LinliWho *who = linli_context_who(w->context);

  if (who && who->communities->len == 1) w->intake.community = g_array_index(who->communities, guint64, 0);
  /* Who only works is on patrol; the others sit by the phone. */
  w->intake.channel = who && !(who->rights >> PROTO_RIGHT_TRIAGE & 1) && who->rights >> PROTO_RIGHT_WORK & 1
                          ? PROTO_CHANNEL_PATROL
                          : PROTO_CHANNEL_PHONE;
  w->intake.nature = PROTO_REQUEST_NATURE_HELP;
}

/* FALSE: another window has it. */
G_GNUC_WARN_UNUSED_RESULT static gboolean take_draft(LinliIntakeWindow *w, Uuid id) {
  LinliDrafts *drafts = linli_context_drafts(w->context);
  const LinliDraft *draft = linli_drafts_get(drafts, id);

  if (!draft || !linli_drafts_claim(drafts, id)) return FALSE;
  if (!linli_intake_from_draft(&w->intake, draft->text)) {
    linli_drafts_release(drafts, id);
    return FALSE;
  }
  if (w->has_draft) linli_drafts_release(drafts, w->draft);
  w->draft = id;
  w->has_draft = TRUE;
  write_widgets(w);
  on_changed(w);
  return TRUE;
}

static void on_draft(LinliPicker *picker, LinliIntakeWindow *w) {
  guint64 at = linli_picker_selected(picker);

  if (!at || at > w->listed->len) return;
  gtk_menu_button_popdown(GTK_MENU_BUTTON(w->drafts));
  if (take_draft(w, g_array_index(w->listed, Uuid, at - 1))) return;
  gtk_label_set_text(GTK_LABEL(w->problem), _("Another window has this draft: go on there, or close it first."));
  gtk_widget_set_visible(w->problem, TRUE);
}

/* What was begun and not sent, the newest first. The order is that of now: each key typed here moves a draft up. */
static void show_drafts(LinliIntakeWindow *w) {
  g_autoptr(GPtrArray) list = linli_drafts_list(linli_context_drafts(w->context), "request");
  GtkWidget *popover = gtk_popover_new(), *picker = linli_picker_new(_("Drafts"), FALSE);
  g_autofree char *label = g_strdup_printf(_("Drafts (%u)"), list->len);

  for (guint i = 0; i < list->len; i++) {
    const LinliDraft *draft = list->pdata[i];
    g_auto(LinliIntake) intake = {0};
    g_array_append_val(w->listed, draft->id);
    if (!linli_intake_from_draft(&intake, draft->text)) continue;
    g_autofree char *at = linli_words_time(draft->saved_at, "%m-%d %H:%M");
    linli_picker_add(LINLI_PICKER(picker), i + 1,
                     *intake.text    ? intake.text
                     : *intake.place ? intake.place
                                     : "…",
                     at);
  }
  gtk_widget_set_size_request(picker, 360, -1);
  gtk_popover_set_child(GTK_POPOVER(popover), picker);
  gtk_menu_button_set_popover(GTK_MENU_BUTTON(w->drafts), popover);
  gtk_menu_button_set_label(GTK_MENU_BUTTON(w->drafts), label);
  gtk_widget_set_visible(w->drafts, list->len > 0);
  g_signal_connect_object(picker, "picked", G_CALLBACK(on_draft), w, 0);
}

void linli_intake_window_present(LinliContext *context, GtkWindow *parent, const Uuid *draft) {
  LinliIntakeWindow *w;

  if (!linli_context_is_open(context)) return;
  w = g_object_new(LINLI_TYPE_INTAKE_WINDOW, "title", _("New request"), "transient-for", parent,
                   "destroy-with-parent", TRUE, "default-width", 620, "default-height", 780, NULL);
  w->context = g_object_ref(context);
  build(w);
  preset(w);
  w->filled = fill_pickers(w);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), w, G_CONNECT_SWAPPED);
  show_drafts(w);
  write_widgets(w);
  on_changed(w);
  if (draft && !take_draft(w, *draft)) {
    gtk_label_set_text(GTK_LABEL(w->problem), _("Another window has this draft: go on there, or close it first."));
    gtk_widget_set_visible(w->problem, TRUE);
  }
  gtk_window_present(GTK_WINDOW(w));
  gtk_widget_grab_focus(GTK_WIDGET(w->phone));
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void linli_intake_window_dispose(GObject *object) {
  LinliIntakeWindow *w = LINLI_INTAKE_WINDOW(object);

  g_clear_handle_id(&w->ask, g_source_remove);
  g_clear_pointer(&w->forecasting, linli_walk_stop);
  g_clear_pointer(&w->searching, linli_walk_stop);
  if (w->has_draft && w->context && linli_context_drafts(w->context))
    linli_drafts_release(linli_context_drafts(w->context), w->draft);
  w->has_draft = FALSE;
  w->filling = TRUE; /* widgets that go speak once more */
  G_OBJECT_CLASS(linli_intake_window_parent_class)->dispose(object);
  g_clear_object(&w->context);
}

static void linli_intake_window_finalize(GObject *object) {
  LinliIntakeWindow *w = LINLI_INTAKE_WINDOW(object);

  g_array_unref(w->listed);
  linli_intake_clear(&w->intake);
  G_OBJECT_CLASS(linli_intake_window_parent_class)->finalize(object);
}

static void linli_intake_window_class_init(LinliIntakeWindowClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_intake_window_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_intake_window_finalize;
}

static void linli_intake_window_init(LinliIntakeWindow *w) {
  w->listed = g_array_new(FALSE, FALSE, sizeof(Uuid));
  linli_intake_init(&w->intake);
}
