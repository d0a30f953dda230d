/* window.c: see window.h. */
#include "client/desk/app/window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/alert/alert_bar.h"
#include "client/desk/app/actions.h"
#include "client/desk/app/age_bar.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/trouble_bar.h"
#include "client/desk/app/watchdog.h"
#include "client/desk/app/words.h"
#include "client/desk/board/board_page.h"
#include "client/desk/board/station_list.h"
#include "client/desk/board/station_page.h"
#include "client/desk/intake/intake_window.h"
#include "client/desk/outbox/outbox_button.h"
#include "client/desk/outbox/outbox_panel.h"
#include "client/desk/palette/palette.h"
#include "client/desk/palette/shortcuts.h"
#include "client/desk/preferences/preferences.h"
#include "client/desk/request/request_pane.h"
#include "client/desk/signin/signin_page.h"
#include "client/desk/wall/wall_window.h"

enum { UNDO_S = 6 };

struct _LinliWindow {
  AdwApplicationWindow parent_instance;
  LinliContext *context;
  AdwToastOverlay *toasts;
  AdwWindowTitle *title;
  GtkToggleButton *sidebar_button;
  GtkButton *new_button;
  GtkMenuButton *menu_button;
  GtkBox *outbox_place, *bars;
  GtkStack *pages;

  GtkWidget *signin, *age_bar;
  GtkWidget *alert_bar, *outbox_button, *outbox_panel, *pane, *board; /* while open */
  GPtrArray *shown;                                                   /* of AdwToast, not yet dismissed */
  AdwToast *undo_toast; /* of what win.undo takes back; NULL when there is nothing */
  LinliUndo undo;
  gpointer undo_data;
  GDestroyNotify undo_destroy;
  guint current; /* seconds */
  guint64 lost;  /* as of when, while the line is away; 0: it is not */
};

G_DEFINE_FINAL_TYPE(LinliWindow, linli_window, ADW_TYPE_APPLICATION_WINDOW)

LinliContext *linli_window_context(LinliWindow *window) {
  return window->context;
}

/* --- Toasts --------------------------------------------------------------------------------------------------- */

static void on_toast_gone(AdwToast *toast, LinliWindow *w);

static void add_toast(LinliWindow *w, AdwToast *toast) {
  g_ptr_array_add(w->shown, g_object_ref(toast));
  g_signal_connect_object(toast, "dismissed", G_CALLBACK(on_toast_gone), w, 0);
  adw_toast_overlay_add_toast(w->toasts, toast);
}

/* What can be undone is shown at once. (A toast of high priority would bring the one it drove away back later, which
 * libadwaita 1.2 does not always survive.) */
static void dismiss_all(LinliWindow *w) {
  while (w->shown->len)
    adw_toast_dismiss(w->shown->pdata[w->shown->len - 1]);
}

void linli_window_toast(LinliWindow *window, const char *text, const char *button, const char *action_name,
                        GVariant *target) {
  AdwToast *toast = adw_toast_new(text);

  if (button) {
    adw_toast_set_button_label(toast, button);
    adw_toast_set_action_name(toast, action_name);
    adw_toast_set_action_target_value(toast, target);
  }
  add_toast(window, toast);
}

/* What could be taken back is forgotten. */
static void forget_undo(LinliWindow *w) {
  if (w->undo_destroy) w->undo_destroy(w->undo_data);
  w->undo_destroy = NULL;
  w->undo = NULL;
  w->undo_toast = NULL;
  gtk_widget_action_set_enabled(GTK_WIDGET(w), "win.undo", FALSE);
}

static void on_toast_gone(AdwToast *toast, LinliWindow *w) {
  if (toast == w->undo_toast) forget_undo(w);
  g_ptr_array_remove(w->shown, toast);
}

void linli_window_toast_undo_by(LinliWindow *window, const char *text, LinliUndo undo, gpointer data,
                                GDestroyNotify destroy) {
  AdwToast *toast = adw_toast_new(text);

  forget_undo(window);
  dismiss_all(window);
  window->undo_toast = toast;
  window->undo = undo;
  window->undo_data = data;
  window->undo_destroy = destroy;
  gtk_widget_action_set_enabled(GTK_WIDGET(window), "win.undo", TRUE);
  adw_toast_set_button_label(toast, _("Undo"));
  adw_toast_set_action_name(toast, "win.undo");
  adw_toast_set_timeout(toast, UNDO_S);
  add_toast(window, toast);
}

typedef struct {
  LinliContext *context;
  Uuid command;
} Recall;

static void recall_free(gpointer data) {
  g_object_unref(((Recall *)data)->context);
  g_free(data);
}

static const char *on_recall(gpointer data) {
  Recall *recall = data;

  return linli_context_recall(recall->context, recall->command) ? _("Undone: nothing was sent.")
                                                                : _("It has been sent already and cannot be undone.");
}

void linli_window_toast_undo(LinliWindow *window, const char *text, Uuid command) {
  Recall *recall = g_new(Recall, 1);

  *recall = (Recall){g_object_ref(window->context), command};
  linli_window_toast_undo_by(window, text, on_recall, recall, recall_free);
}

static void on_undo(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);
  AdwToast *toast = w->undo_toast;

  if (!w->undo) return;
  const char *how = w->undo(w->undo_data);
  forget_undo(w);
  adw_toast_dismiss(toast);
  if (how) linli_window_toast(w, how, NULL, NULL, NULL);
}

/* --- The board, or a station's list --------------------------------------------------------------------------- */

static gboolean is_station(LinliWindow *w) {
  return LINLI_IS_STATION_PAGE(w->board);
}

static void set_detail(LinliWindow *w, GtkWidget *pane) {
  if (is_station(w))
    linli_station_page_set_detail(LINLI_STATION_PAGE(w->board), pane);
  else
    linli_board_page_set_detail(LINLI_BOARD_PAGE(w->board), pane);
}

static void focus_list(LinliWindow *w) {
  if (is_station(w))
    linli_station_page_focus_list(LINLI_STATION_PAGE(w->board));
  else
    linli_board_page_focus_list(LINLI_BOARD_PAGE(w->board));
}

static void select_in_list(LinliWindow *w, Uuid id) {
  if (is_station(w))
    linli_station_page_select(LINLI_STATION_PAGE(w->board), id);
  else
    linli_board_page_select(LINLI_BOARD_PAGE(w->board), id);
}

/* --- Which request -------------------------------------------------------------------------------------------- */

void linli_window_show_request(LinliWindow *window, Uuid id) {
  if (!window->pane) return;
  select_in_list(window, id);
  linli_request_pane_show(LINLI_REQUEST_PANE(window->pane), &id);
}

gboolean linli_window_request(LinliWindow *window, Uuid *id) {
  return window->pane && linli_request_pane_shown(LINLI_REQUEST_PANE(window->pane), id);
}

gboolean linli_window_is_station(LinliWindow *window) {
  return window->board && is_station(window);
}

void linli_window_show_queue(LinliWindow *window, LinliQueue queue) {
  if (!window->board || is_station(window)) return;
  linli_board_page_show_queue(LINLI_BOARD_PAGE(window->board), queue);
  focus_list(window);
}

/* A list that goes says once more what is selected. */
static void on_selected(LinliWindow *w, const Uuid *id) {
  if (!w->pane) return;
  linli_request_pane_show(LINLI_REQUEST_PANE(w->pane), id);
}

static void on_activated(LinliWindow *w, const Uuid *id) {
  if (!w->pane) return;
  linli_request_pane_show(LINLI_REQUEST_PANE(w->pane), id);
  linli_request_pane_focus(LINLI_REQUEST_PANE(w->pane));
}

typedef struct {
  const char *number;
  Uuid id;
  gboolean found;
} Sought;

static gboolean on_sought(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  Sought *sought = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest request;
  WireError ignored;

  if (!wire_decode(&proto_msg_request, body, true, arena, &request, &ignored)) return TRUE;
  sought->found = request.number.len == strlen(sought->number) &&
                  memcmp(request.number.data, sought->number, request.number.len) == 0;
  if (sought->found) sought->id = id;
  return !sought->found;
}

static void on_open_request(GtkWidget *widget, G_GNUC_UNUSED const char *name, GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);
  Sought sought = {.number = g_variant_get_string(parameter, NULL)};

  if (linli_context_replica(w->context))
    linli_replica_foreach(linli_context_replica(w->context), PROTO_MESSAGE_REQUEST, on_sought, &sought);
  if (sought.found) {
    linli_window_show_request(w, sought.id);
    return;
  }
  g_autofree char *text = g_strdup_printf(
      _("Request %s is not on this desk: it is closed long ago, or not yours to see."), sought.number);
  linli_window_toast(w, text, NULL, NULL, NULL);
}

/* --- Other actions -------------------------------------------------------------------------------------------- */

static void on_new_request(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  linli_intake_window_present(LINLI_WINDOW(widget)->context, GTK_WINDOW(widget), NULL);
}

static void on_search(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);

  if (!w->pane) return;
  if (is_station(w))
    linli_station_page_focus_search(LINLI_STATION_PAGE(w->board));
  else
    linli_board_page_focus_search(LINLI_BOARD_PAGE(w->board));
}

/* Between the list and the request. */
static void on_next_pane(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);
  GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(w));

  if (!w->pane) return;
  if (!focus || !(focus == w->pane || gtk_widget_is_ancestor(focus, w->pane)))
    linli_request_pane_focus(LINLI_REQUEST_PANE(w->pane));
  else
    focus_list(w);
}

static void on_sidebar(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);

  if (w->board && !is_station(w))
    linli_board_page_show_queues(LINLI_BOARD_PAGE(w->board),
                                 !linli_board_page_queues_shown(LINLI_BOARD_PAGE(w->board)));
}

static void on_alerts(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);

  if (w->alert_bar) linli_alert_bar_focus(LINLI_ALERT_BAR(w->alert_bar));
}

static void on_outbox(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);

  if (!w->outbox_panel) return;
  if (linli_outbox_panel_has_focus(LINLI_OUTBOX_PANEL(w->outbox_panel)))
    linli_outbox_panel_close(LINLI_OUTBOX_PANEL(w->outbox_panel));
  else
    linli_outbox_panel_open(LINLI_OUTBOX_PANEL(w->outbox_panel));
}

static void on_wall(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);

  linli_wall_window_toggle(w->context, gtk_window_get_application(GTK_WINDOW(w)), TRUE);
}

static void on_palette(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  linli_palette_present(LINLI_WINDOW(widget)->context, GTK_WINDOW(widget));
}

static void on_shortcuts(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  linli_shortcuts_present(GTK_WINDOW(widget));
}

static void on_preferences(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  linli_preferences_present(LINLI_WINDOW(widget)->context, GTK_WINDOW(widget));
}

static void on_sign_out(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  linli_intake_windows_close(gtk_window_get_application(GTK_WINDOW(widget)));
  linli_context_sign_out(LINLI_WINDOW(widget)->context);
}

/* What is held of each stream is trusted no more, and the line is taken up again: snapshots come for all. */
static void on_resync(GtkWidget *widget, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED GVariant *parameter) {
  LinliWindow *w = LINLI_WINDOW(widget);
  LinliReplica *replica = linli_context_replica(w->context);

  if (!replica) return;
  g_autoptr(GArray) streams = linli_replica_streams(replica);
  for (guint i = 0; i < streams->len; i++)
    linli_replica_distrust(replica, g_array_index(streams, guint64, i));
  linli_session_stop(linli_context_session(w->context));
  linli_session_start(linli_context_session(w->context));
}

/* --- Opened and closed ---------------------------------------------------------------------------------------- */

static void show_title(LinliWindow *w) {
  const LinliWho *who = linli_context_who(w->context);
  g_autofree char *subtitle = NULL;

  adw_window_title_set_title(w->title,
                             who ? linli_context_name(w->context, PROTO_MESSAGE_OFFICE, who->office) : _("Linli"));
  if (who) subtitle = g_strdup(who->title ? who->title : who->name);
  adw_window_title_set_subtitle(w->title, subtitle ? subtitle : "");
}

static gboolean has_right(const LinliWho *who, guint right) {
  return who && who->rights >> right & 1;
}

static void set_open_actions(LinliWindow *w, gboolean open) {
  static const char *const names[] = {"win.new-request", "win.search", "win.next-pane",   "win.sidebar",
                                      "win.alerts",      "win.outbox", "win.wall",        "win.palette",
                                      "win.sign-out",    "win.resync", "win.open-request"};

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
    gtk_widget_action_set_enabled(GTK_WIDGET(w), names[i], open);
  gtk_widget_set_visible(GTK_WIDGET(w->sidebar_button), open);
  gtk_widget_set_visible(GTK_WIDGET(w->new_button), open);
  gtk_widget_set_visible(w->age_bar, open);
}

/* The board is for somebody who has signed in here, now or before: until then the sign-in page says how it goes. */
static void show_board(LinliWindow *w) {
  if (!w->pane || gtk_stack_get_visible_child(w->pages) == w->board || !linli_context_who(w->context)) return;
  set_open_actions(w, TRUE);
  gtk_stack_set_visible_child(w->pages, w->board);
  focus_list(w);
}

static void add_board(LinliWindow *w) {
  w->board = linli_station_is_for(linli_context_who(w->context)) ? linli_station_page_new(w->context)
                                                                 : linli_board_page_new(w->context);
  gtk_stack_add_named(w->pages, w->board, "board");
  set_detail(w, w->pane);
  g_signal_connect_swapped(w->board, "selected", G_CALLBACK(on_selected), w);
  g_signal_connect_swapped(w->board, "activated", G_CALLBACK(on_activated), w);
}

/* Who it is, is known only after the first sign-in; and rights may change. */
static void choose_board(LinliWindow *w) {
  const LinliWho *who = linli_context_who(w->context);

  if (w->board && who && linli_station_is_for(who) != is_station(w)) {
    set_detail(w, NULL);
    gtk_stack_remove(w->pages, w->board);
    add_board(w);
    gtk_stack_set_visible_child(w->pages, w->board);
    focus_list(w);
  }
  if (is_station(w)) gtk_widget_set_visible(GTK_WIDGET(w->sidebar_button), FALSE);
}

static void on_state(LinliWindow *w) {
  const LinliWho *who = linli_context_who(w->context);
  gboolean may = has_right(who, PROTO_RIGHT_REGISTER);

  show_board(w);
  show_title(w);
  choose_board(w);
  gtk_widget_action_set_enabled(GTK_WIDGET(w), "win.new-request", w->pane && may);
  gtk_widget_set_visible(GTK_WIDGET(w->new_button), w->pane && may);
}

/* A line that was away and is back says so, and since when it has caught up. */
static void show_line(LinliWindow *w, LinliAge age, guint64 as_of) {
  if (age == LINLI_AGE_STALE && w->current && !w->lost) w->lost = as_of;
  if (age != LINLI_AGE_LIVE || !w->lost) return;
  g_autofree char *since = linli_words_time(w->lost, "%H:%M:%S");
  g_autofree char *text = g_strdup_printf(_("The line is back: everything since %s has come."), since);
  w->lost = 0;
  linli_window_toast(w, text, NULL, NULL, NULL);
}

/* Current at two seconds' turns: what came meanwhile has been painted. */
static void on_tick(LinliWindow *w) {
  guint64 as_of;
  LinliAge age = linli_context_age(w->context, &as_of);

  show_line(w, age, as_of);
  if (age == LINLI_AGE_LIVE && w->current++) linli_watchdog_started();
}

static void build(LinliWindow *w) {
  w->pane = g_object_ref_sink(linli_request_pane_new(w->context));
  w->alert_bar = linli_alert_bar_new(w->context);
  g_autoptr(LinliOutboxModel) outbox = linli_outbox_model_new(w->context);
  w->outbox_button = linli_outbox_button_new(w->context, outbox);
  w->outbox_panel = linli_outbox_panel_new(w->context, outbox);
  gtk_box_append(w->outbox_place, w->outbox_button);
  gtk_box_prepend(w->bars, w->alert_bar);
  gtk_box_append(w->bars, w->outbox_panel);
  g_signal_connect_swapped(w->outbox_panel, "closed", G_CALLBACK(focus_list), w);
  gtk_widget_insert_action_group(GTK_WIDGET(w), "request", linli_request_pane_actions(LINLI_REQUEST_PANE(w->pane)));
  add_board(w);
}

static void on_opened(LinliWindow *w) {
  build(w);
  on_state(w);
}

static void on_closed(LinliWindow *w) {
  if (!w->pane) return;
  gtk_widget_insert_action_group(GTK_WIDGET(w), "request", NULL);
  set_detail(w, NULL);
  gtk_stack_set_visible_child(w->pages, w->signin);
  gtk_stack_remove(w->pages, w->board);
  gtk_box_remove(w->bars, w->alert_bar);
  gtk_box_remove(w->bars, w->outbox_panel);
  gtk_box_remove(w->outbox_place, w->outbox_button);
  w->board = w->alert_bar = w->outbox_button = w->outbox_panel = NULL;
  g_clear_object(&w->pane);
  forget_undo(w);
  w->current = 0;
  w->lost = 0;
  set_open_actions(w, FALSE);
  adw_window_title_set_title(w->title, _("Linli"));
  adw_window_title_set_subtitle(w->title, "");
}

static void on_returned(LinliWindow *w, G_GNUC_UNUSED gpointer entry, const char *sentence) {
  linli_window_toast(w, sentence, _("Show"), "win.outbox", NULL);
}

static void on_forked(LinliWindow *w) {
  linli_window_toast(w,
                     _("The server's history is not the one held here: it was fetched anew. Tell an administrator."),
                     NULL, NULL, NULL);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

LinliWindow *linli_window_new(GtkApplication *application, LinliContext *context) {
  LinliWindow *w = g_object_new(LINLI_TYPE_WINDOW, "application", application, NULL);
  g_autoptr(GMenuModel) menu = linli_actions_menu();

  w->context = g_object_ref(context);
  gtk_menu_button_set_menu_model(w->menu_button, menu);
  w->signin = linli_signin_page_new(context);
  gtk_stack_add_named(w->pages, w->signin, "signin");
  w->age_bar = linli_age_bar_new(context);
  gtk_box_append(w->bars, w->age_bar);
  gtk_box_append(w->bars, linli_trouble_bar_new(context));
  set_open_actions(w, FALSE);
  forget_undo(w);
  g_signal_connect_object(context, "opened", G_CALLBACK(on_opened), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_state), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "names-changed", G_CALLBACK(show_title), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "returned", G_CALLBACK(on_returned), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "forked", G_CALLBACK(on_forked), w, G_CONNECT_SWAPPED);
  linli_keys_attach(GTK_WINDOW(w));
  if (linli_context_is_open(context))
    on_opened(w);
  else
    linli_signin_page_try(LINLI_SIGNIN_PAGE(w->signin));
  return w;
}

static void linli_window_dispose(GObject *object) {
  LinliWindow *w = LINLI_WINDOW(object);

  if (w->context) on_closed(w);
  g_clear_object(&w->context);
  gtk_widget_dispose_template(GTK_WIDGET(object), LINLI_TYPE_WINDOW);
  G_OBJECT_CLASS(linli_window_parent_class)->dispose(object);
}

static void linli_window_finalize(GObject *object) {
  g_ptr_array_unref(LINLI_WINDOW(object)->shown);
  G_OBJECT_CLASS(linli_window_parent_class)->finalize(object);
}

static void linli_window_class_init(LinliWindowClass *class) {
  GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);
  static const struct {
    const char *name, *parameter;
    GtkWidgetActionActivateFunc activate;
  } actions[] = {
      {"win.new-request", NULL, on_new_request},
      {"win.search", NULL, on_search},
      {"win.next-pane", NULL, on_next_pane},
      {"win.sidebar", NULL, on_sidebar},
      {"win.alerts", NULL, on_alerts},
      {"win.outbox", NULL, on_outbox},
      {"win.wall", NULL, on_wall},
      {"win.palette", NULL, on_palette},
      {"win.shortcuts", NULL, on_shortcuts},
      {"win.preferences", NULL, on_preferences},
      {"win.sign-out", NULL, on_sign_out},
      {"win.resync", NULL, on_resync},
      {"win.undo", NULL, on_undo},
      {"win.open-request", "s", on_open_request},
  };

  G_OBJECT_CLASS(class)->dispose = linli_window_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_window_finalize;
  gtk_widget_class_set_template_from_resource(widget, "/linli/app/window.ui");
  gtk_widget_class_bind_template_child(widget, LinliWindow, toasts);
  gtk_widget_class_bind_template_child(widget, LinliWindow, title);
  gtk_widget_class_bind_template_child(widget, LinliWindow, sidebar_button);
  gtk_widget_class_bind_template_child(widget, LinliWindow, new_button);
  gtk_widget_class_bind_template_child(widget, LinliWindow, menu_button);
  gtk_widget_class_bind_template_child(widget, LinliWindow, outbox_place);
  gtk_widget_class_bind_template_child(widget, LinliWindow, bars);
  gtk_widget_class_bind_template_child(widget, LinliWindow, pages);
  for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
    gtk_widget_class_install_action(widget, actions[i].name, actions[i].parameter, actions[i].activate);
}

static void linli_window_init(LinliWindow *w) {
  w->shown = g_ptr_array_new_with_free_func(g_object_unref);
  gtk_widget_init_template(GTK_WIDGET(w));
}
