/* board_page.c: see board_page.h. */
#include "client/desk/board/board_page.h"

#include <glib/gi18n.h>

#include "client/core/clock.h"
#include "client/desk/app/actions.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/paints.h"
#include "client/desk/app/screen_reader.h"
#include "client/desk/board/request_row.h"
#include "common/uuid.h"

enum { FLUSH_US = 4000, DETAIL_WIDTH = 460, HOLD_S = 5 };

struct _LinliBoardPage {
  GtkWidget parent_instance;
  LinliContext *context;
  LinliLive *live;
  GtkWidget *box, *sidebar, *empty;
  GtkListBox *queues;
  GtkLabel *counts[LINLI_QUEUES];
  GtkPaned *paned;
  GtkSearchEntry *search;
  GtkScrolledWindow *scroller;
  GtkListView *list;
  GtkButton *news;
  GtkSingleSelection *selection;
  GPtrArray *rows;                                           /* those that show something; not owned */
  guint flush;                                               /* tick callback, while something has gathered */
  gboolean has_selected, settling, pointed, filled, reading; /* reading: scrolled down by somebody */
  guint hold;  /* timeout: since the keyboard last moved the selection */
  guint place; /* idle source: the pane's width is about to be set */
  int extra;   /* pixels that the request's pane has beyond its least; -1: not known yet */
  guint unpin; /* idle source: until the list has been laid out again, its scrolling is its own */
  Uuid selected;
};

G_DEFINE_FINAL_TYPE(LinliBoardPage, linli_board_page, GTK_TYPE_WIDGET)

enum { SELECTED, ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- Which is selected ---------------------------------------------------------------------------------------- */

/* Rows move under the selection: it follows its request, and stays with it when that leaves the list. */
static void follow_selected(LinliBoardPage *page) {
  guint position = GTK_INVALID_LIST_POSITION;

  page->settling = TRUE;
  if (!page->has_selected || !linli_live_find(page->live, page->selected, &position))
    position = GTK_INVALID_LIST_POSITION;
  gtk_single_selection_set_selected(page->selection, position);
  page->settling = FALSE;
}

static void on_selected(LinliBoardPage *page) {
  LinliCard *card = gtk_single_selection_get_selected_item(page->selection);

  if (page->settling || !card) return;
  page->selected = linli_card_id(card);
  page->has_selected = TRUE;
  g_signal_emit(page, signals[SELECTED], 0, &page->selected);
}

static void on_activate(LinliBoardPage *page, guint position) {
  g_autoptr(LinliCard) card = g_list_model_get_item(G_LIST_MODEL(page->live), position);

  if (!card) return;
  Uuid id = linli_card_id(card);
  g_signal_emit(page, signals[ACTIVATED], 0, &id);
}

void linli_board_page_select(LinliBoardPage *page, Uuid id) {
  guint position;

  page->selected = id;
  page->has_selected = TRUE;
  if (!linli_live_find(page->live, id, &position)) {
    linli_live_show_queue(page->live, LINLI_QUEUE_OPEN);
    gtk_list_box_select_row(page->queues, gtk_list_box_get_row_at_index(page->queues, LINLI_QUEUE_OPEN));
  }
  follow_selected(page);
  if (linli_live_find(page->live, id, &position))
    gtk_widget_activate_action(GTK_WIDGET(page->list), "list.scroll-to-item", "u", position);
}

/* --- New things ----------------------------------------------------------------------------------------------- */

static gboolean on_unpin(gpointer data) {
  LinliBoardPage *page = data;

  page->unpin = 0;
  return G_SOURCE_REMOVE;
}

/* What came above the first row shown would push it down: who was at the top stays at the top. */
static void stay_on_top(LinliBoardPage *page) {
  if (page->reading || page->hold || !g_list_model_get_n_items(G_LIST_MODEL(page->live))) return;
  gtk_widget_activate_action(GTK_WIDGET(page->list), "list.scroll-to-item", "u", 0);
  if (!page->unpin) page->unpin = g_idle_add_full(G_PRIORITY_LOW, on_unpin, page, NULL);
}

static void show_news(LinliBoardPage *page) {
  guint waiting = linli_live_waiting(page->live);
  g_autofree char *text = g_strdup_printf(ngettext("%u new ↑", "%u new ↑", waiting), waiting);

  gtk_button_set_label(page->news, text);
  gtk_widget_set_visible(GTK_WIDGET(page->news), waiting > 0);
}

static void show_empty(LinliBoardPage *page) {
  gboolean none = g_list_model_get_n_items(G_LIST_MODEL(page->live)) == 0;
  gboolean filtered = *gtk_editable_get_text(GTK_EDITABLE(page->search)) != '\0';

  gtk_label_set_text(GTK_LABEL(page->empty), filtered ? _("Nothing matches") : _("Nothing here"));
  gtk_widget_set_visible(page->empty, none);
}

static gboolean on_flush(G_GNUC_UNUSED GtkWidget *widget, G_GNUC_UNUSED GdkFrameClock *clock, gpointer data) {
  LinliBoardPage *page = data;

  page->settling = TRUE;
  gboolean all = linli_live_flush(page->live, FLUSH_US);
  follow_selected(page);
  stay_on_top(page);
  show_news(page);
  show_empty(page);
  if (!all) return G_SOURCE_CONTINUE;
  page->flush = 0;
  return G_SOURCE_REMOVE;
}

static void on_gathered(LinliBoardPage *page) {
  if (!page->flush) page->flush = gtk_widget_add_tick_callback(GTK_WIDGET(page), on_flush, page, NULL);
}

/* The order stands still while somebody points at it, reads further down, or goes through it by keyboard. */
static void update_freeze(LinliBoardPage *page) {
  if (page->filled && (page->pointed || page->reading || page->hold)) {
    linli_live_freeze(page->live);
    return;
  }
  page->settling = TRUE;
  linli_live_thaw(page->live);
  follow_selected(page);
  show_news(page);
  show_empty(page);
}

static gboolean on_hold_over(gpointer data) {
  LinliBoardPage *page = data;

  page->hold = 0;
  update_freeze(page);
  return G_SOURCE_REMOVE;
}

/* The next row is the one that was next when the key was pressed. */
static void hold_order(LinliBoardPage *page) {
  g_clear_handle_id(&page->hold, g_source_remove);
  page->hold = g_timeout_add_seconds(HOLD_S, on_hold_over, page);
  update_freeze(page);
}

static void on_scrolled(LinliBoardPage *page) {
  gboolean down = gtk_adjustment_get_value(gtk_scrolled_window_get_vadjustment(page->scroller)) > 1;

  if (page->unpin || down == page->reading) return;
  page->reading = down;
  update_freeze(page);
}

static void on_enter(LinliBoardPage *page) {
  page->pointed = TRUE;
  update_freeze(page);
}

static void on_leave(LinliBoardPage *page) {
  page->pointed = FALSE;
  update_freeze(page);
}

static void on_news(LinliBoardPage *page) {
  page->reading = FALSE;
  g_clear_handle_id(&page->hold, g_source_remove);
  page->settling = TRUE;
  linli_live_thaw(page->live);
  follow_selected(page);
  stay_on_top(page);
  show_news(page);
  if (page->pointed) linli_live_freeze(page->live);
}

/* --- Queues --------------------------------------------------------------------------------------------------- */

static const char *queue_icon(LinliQueue queue) {
  static const char *const icons[LINLI_QUEUES] = {[LINLI_QUEUE_CRITICAL] = "dialog-warning-symbolic",
                                                  [LINLI_QUEUE_REGISTERED] = "mail-unread-symbolic",
                                                  [LINLI_QUEUE_ACCEPTED] = "mail-forward-symbolic",
                                                  [LINLI_QUEUE_RETURNED] = "edit-undo-symbolic",
                                                  [LINLI_QUEUE_DUE_SOON] = "alarm-symbolic",
                                                  [LINLI_QUEUE_OVERDUE] = "emblem-important-symbolic",
                                                  [LINLI_QUEUE_DISPATCHED] = "document-edit-symbolic",
                                                  [LINLI_QUEUE_IN_PROGRESS] = "system-run-symbolic",
                                                  [LINLI_QUEUE_REPORTED] = "edit-find-symbolic",
                                                  [LINLI_QUEUE_CALLBACK] = "call-start-symbolic",
                                                  [LINLI_QUEUE_NOBODY] = "dialog-question-symbolic",
                                                  [LINLI_QUEUE_OPEN] = "view-list-symbolic",
                                                  [LINLI_QUEUE_CLOSED_TODAY] = "object-select-symbolic"};

  return icons[queue];
}

static void show_counts(LinliBoardPage *page) {
  for (guint i = 0; i < LINLI_QUEUES; i++) {
    g_autofree char *text = g_strdup_printf("%u", linli_live_count(page->live, (LinliQueue)i));
    if (g_strcmp0(text, gtk_label_get_text(page->counts[i])) == 0) continue;
    gtk_label_set_text(page->counts[i], text);
    g_autofree char *name = g_strdup_printf("%s %s", linli_queue_label((LinliQueue)i), text);
    GtkWidget *row = gtk_widget_get_ancestor(GTK_WIDGET(page->counts[i]), GTK_TYPE_LIST_BOX_ROW);
    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
    if ((i == LINLI_QUEUE_CRITICAL || i == LINLI_QUEUE_OVERDUE) && linli_live_count(page->live, (LinliQueue)i))
      gtk_widget_add_css_class(row, "pressing");
    else
      gtk_widget_remove_css_class(row, "pressing");
  }
}

static void add_queue(LinliBoardPage *page, LinliQueue queue) {
  GtkWidget *line = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
  GtkWidget *label = gtk_label_new(linli_queue_label(queue)), *number = gtk_label_new(NULL);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_set_hexpand(label, TRUE);
  gtk_widget_add_css_class(number, "numeric");
  gtk_box_append(GTK_BOX(line), gtk_image_new_from_icon_name(queue_icon(queue)));
  gtk_box_append(GTK_BOX(line), label);
  gtk_box_append(GTK_BOX(line), number);
  gtk_list_box_append(page->queues, line);
  page->counts[queue] = GTK_LABEL(number);
}

static void on_queue(LinliBoardPage *page, GtkListBoxRow *row) {
  if (!row || !page->live) return;
  page->settling = TRUE;
  page->reading = FALSE;
  linli_live_show_queue(page->live, (LinliQueue)gtk_list_box_row_get_index(row));
  follow_selected(page);
  stay_on_top(page);
  show_news(page);
  show_empty(page);
}

static void on_search(LinliBoardPage *page) {
  page->settling = TRUE;
  page->reading = FALSE;
  linli_live_show_text(page->live, gtk_editable_get_text(GTK_EDITABLE(page->search)));
  follow_selected(page);
  stay_on_top(page);
  show_empty(page);
}

static void on_search_done(LinliBoardPage *page) {
  if (!linli_keys_composing(GTK_WIDGET(page->search))) linli_board_page_focus_list(page);
}

static void on_search_stop(LinliBoardPage *page) {
  gtk_editable_set_text(GTK_EDITABLE(page->search), "");
  linli_board_page_focus_list(page);
}

/* --- The clock ------------------------------------------------------------------------------------------------ */

/* An order is worth keeping once there is one: the first fill comes whatever the pointer does. */
static void on_age(LinliBoardPage *page) {
  guint64 ignored;

  if (!page->filled && linli_context_age(page->context, &ignored) == LINLI_AGE_LIVE) {
    page->filled = TRUE;
    /* The first rows to come had the list's cursor, and are anywhere by now: begin at the top. */
    gtk_list_view_set_model(page->list, NULL);
    gtk_list_view_set_model(page->list, GTK_SELECTION_MODEL(page->selection));
    update_freeze(page);
  }
  if (linli_context_age(page->context, &ignored) == LINLI_AGE_STALE)
    gtk_widget_add_css_class(GTK_WIDGET(page->list), "stale");
  else
    gtk_widget_remove_css_class(GTK_WIDGET(page->list), "stale");
}

static void on_tick(LinliBoardPage *page) {
  on_age(page);
  for (guint i = 0; i < page->rows->len; i++)
    if (gtk_widget_get_mapped(page->rows->pdata[i])) linli_request_row_tick(page->rows->pdata[i]);
}

static void on_names(LinliBoardPage *page) {
  for (guint i = 0; i < page->rows->len; i++)
    linli_request_row_renew(page->rows->pdata[i]);
}

/* --- Keys of the list ----------------------------------------------------------------------------------------- */

static void move(LinliBoardPage *page, int by) {
  guint n = g_list_model_get_n_items(G_LIST_MODEL(page->live));
  guint at = gtk_single_selection_get_selected(page->selection);

  if (!n) return;
  at = at == GTK_INVALID_LIST_POSITION ? 0 : (guint)CLAMP((gint64)at + by, 0, (gint64)n - 1);
  gtk_single_selection_set_selected(page->selection, at);
  gtk_widget_activate_action(GTK_WIDGET(page->list), "list.scroll-to-item", "u", at);
}

static gboolean moves(guint key) {
  static const guint keys[] = {GDK_KEY_Up,   GDK_KEY_Down, GDK_KEY_Page_Up, GDK_KEY_Page_Down,
                               GDK_KEY_Home, GDK_KEY_End,  GDK_KEY_KP_Up,   GDK_KEY_KP_Down,
                               GDK_KEY_j,    GDK_KEY_J,    GDK_KEY_k,       GDK_KEY_K};

  for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
    if (keys[i] == key) return TRUE;
  return FALSE;
}

/* Letters of the table, J and K; only here, so that no text ever loses a key to them; a screen reader's are its own.
 */
static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, LinliBoardPage *page) {
  guint upper = gdk_keyval_to_upper(key);

  if (moves(key)) hold_order(page);
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) return FALSE;
  if (linli_screen_reader_runs() && gdk_keyval_to_unicode(key) > ' ') return FALSE;
  if (upper == GDK_KEY_J || upper == GDK_KEY_K) {
    move(page, upper == GDK_KEY_J ? 1 : -1);
    return TRUE;
  }
  /* What is selected, wherever J and K have left the list's own cursor. */
  guint at = gtk_single_selection_get_selected(page->selection);
  if ((key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_space) && at != GTK_INVALID_LIST_POSITION) {
    on_activate(page, at);
    return TRUE;
  }
  for (gsize i = 0; i < linli_actions_count; i++)
    if (linli_actions[i].letter && (guint)linli_actions[i].letter == gdk_keyval_to_unicode(upper))
      return gtk_widget_activate_action(GTK_WIDGET(page), linli_actions[i].name, NULL);
  return FALSE;
}

/* --- Rows ----------------------------------------------------------------------------------------------------- */

static void on_setup(G_GNUC_UNUSED GtkSignalListItemFactory *factory, GtkListItem *item, LinliBoardPage *page) {
  gtk_list_item_set_child(item, linli_request_row_new(page->context));
}

static void on_bind(G_GNUC_UNUSED GtkSignalListItemFactory *factory, GtkListItem *item, LinliBoardPage *page) {
  GtkWidget *row = gtk_list_item_get_child(item);

  linli_request_row_set_card(LINLI_REQUEST_ROW(row), gtk_list_item_get_item(item));
  g_ptr_array_add(page->rows, row);
}

static void on_unbind(G_GNUC_UNUSED GtkSignalListItemFactory *factory, GtkListItem *item, LinliBoardPage *page) {
  GtkWidget *row = gtk_list_item_get_child(item);

  linli_request_row_set_card(LINLI_REQUEST_ROW(row), NULL);
  g_ptr_array_remove_fast(page->rows, row);
}

/* --- How wide the request is ---------------------------------------------------------------------------------- */

static int max_position(LinliBoardPage *page) {
  int max;

  g_object_get(page->paned, "max-position", &max, NULL);
  return gtk_paned_get_end_child(page->paned) && max < G_MAXINT ? max : 0;
}

static gboolean on_place(gpointer data) {
  LinliBoardPage *page = data;
  int extra = g_settings_get_int(linli_context_settings(page->context), "pane-extra");

  page->place = 0;
  page->extra = extra;
  if (extra > 0) gtk_paned_set_position(page->paned, MAX(0, max_position(page) - extra));
  return G_SOURCE_REMOVE;
}

/* Once the panes have been laid out for the first time, the request gets the width that it had. */
static void on_max_position(LinliBoardPage *page) {
  if (page->extra < 0 && !page->place && max_position(page) > 0) page->place = g_idle_add(on_place, page);
}

static void on_position(LinliBoardPage *page) {
  if (page->extra >= 0 && max_position(page) > 0 && gtk_widget_get_mapped(GTK_WIDGET(page->paned)))
    page->extra = MAX(0, max_position(page) - gtk_paned_get_position(page->paned));
}

static void keep_width(LinliBoardPage *page) {
  GSettings *settings = linli_context_settings(page->context);

  if (page->extra >= 0 && page->extra != g_settings_get_int(settings, "pane-extra"))
    g_settings_set_int(settings, "pane-extra", page->extra);
}

/* --- From outside --------------------------------------------------------------------------------------------- */

void linli_board_page_set_detail(LinliBoardPage *page, GtkWidget *detail) {
  gtk_paned_set_end_child(page->paned, detail);
  if (detail) gtk_widget_set_size_request(detail, DETAIL_WIDTH, -1);
}

void linli_board_page_focus_search(LinliBoardPage *page) {
  gtk_widget_grab_focus(GTK_WIDGET(page->search));
  gtk_editable_select_region(GTK_EDITABLE(page->search), 0, -1);
}

void linli_board_page_focus_list(LinliBoardPage *page) {
  if (!page->has_selected && g_list_model_get_n_items(G_LIST_MODEL(page->live)))
    gtk_single_selection_set_selected(page->selection, 0);
  gtk_widget_grab_focus(GTK_WIDGET(page->list));
}

void linli_board_page_show_queue(LinliBoardPage *page, LinliQueue queue) {
  gtk_list_box_select_row(page->queues, gtk_list_box_get_row_at_index(page->queues, (int)queue));
}

void linli_board_page_show_queues(LinliBoardPage *page, gboolean shown) {
  gtk_widget_set_visible(page->sidebar, shown);
}

gboolean linli_board_page_queues_shown(LinliBoardPage *page) {
  return gtk_widget_get_visible(page->sidebar);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void set_up_list(LinliBoardPage *page) {
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new();

  g_signal_connect_object(factory, "setup", G_CALLBACK(on_setup), page, 0);
  g_signal_connect_object(factory, "bind", G_CALLBACK(on_bind), page, 0);
  g_signal_connect_object(factory, "unbind", G_CALLBACK(on_unbind), page, 0);
  page->selection = gtk_single_selection_new(NULL);
  gtk_single_selection_set_autoselect(page->selection, FALSE);
  gtk_single_selection_set_can_unselect(page->selection, TRUE);
  gtk_single_selection_set_model(page->selection, G_LIST_MODEL(page->live));
  gtk_list_view_set_factory(page->list, factory);
  gtk_list_view_set_model(page->list, GTK_SELECTION_MODEL(page->selection));
  g_object_unref(factory);
  g_signal_connect_object(page->selection, "notify::selected", G_CALLBACK(on_selected), page, G_CONNECT_SWAPPED);
}

GtkWidget *linli_board_page_new(LinliContext *context) {
  LinliBoardPage *page = g_object_new(LINLI_TYPE_BOARD_PAGE, NULL);

  page->context = g_object_ref(context);
  page->live = g_object_ref(linli_context_live(context));
  for (guint i = 0; i < LINLI_QUEUES; i++)
    add_queue(page, (LinliQueue)i);
  set_up_list(page);
  linli_paints_tell(GTK_WIDGET(page->list), G_LIST_MODEL(page->live));
  gtk_list_box_select_row(page->queues, gtk_list_box_get_row_at_index(page->queues, LINLI_QUEUE_OPEN));
  g_signal_connect_object(page->live, "gathered", G_CALLBACK(on_gathered), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(page->live, "counts-changed", G_CALLBACK(show_counts), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_age), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "names-changed", G_CALLBACK(on_names), page, G_CONNECT_SWAPPED);
  page->filled = g_list_model_get_n_items(G_LIST_MODEL(page->live)) > 0;
  show_counts(page);
  show_empty(page);
  on_gathered(page);
  return GTK_WIDGET(page);
}

static void linli_board_page_dispose(GObject *object) {
  LinliBoardPage *page = LINLI_BOARD_PAGE(object);

  if (page->context) keep_width(page);
  page->extra = -1;
  if (page->flush) gtk_widget_remove_tick_callback(GTK_WIDGET(page), page->flush);
  page->flush = 0;
  g_clear_handle_id(&page->hold, g_source_remove);
  g_clear_handle_id(&page->place, g_source_remove);
  g_clear_handle_id(&page->unpin, g_source_remove);
  if (page->list) gtk_list_view_set_model(page->list, NULL);
  g_clear_pointer(&page->box, gtk_widget_unparent);
  g_clear_object(&page->selection);
  g_clear_object(&page->live);
  g_clear_object(&page->context);
  G_OBJECT_CLASS(linli_board_page_parent_class)->dispose(object);
}

static void linli_board_page_finalize(GObject *object) {
  g_ptr_array_unref(LINLI_BOARD_PAGE(object)->rows);
  G_OBJECT_CLASS(linli_board_page_parent_class)->finalize(object);
}

static void linli_board_page_class_init(LinliBoardPageClass *class) {
  GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);

  G_OBJECT_CLASS(class)->dispose = linli_board_page_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_board_page_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new(i == SELECTED ? "selected" : "activated", LINLI_TYPE_BOARD_PAGE, G_SIGNAL_RUN_LAST, 0,
                              NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  gtk_widget_class_set_layout_manager_type(widget, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource(widget, "/linli/board/board_page.ui");
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, box);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, sidebar);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, queues);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, paned);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, search);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, scroller);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, list);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, news);
  gtk_widget_class_bind_template_child(widget, LinliBoardPage, empty);
}

static void watch_pointer(LinliBoardPage *page) {
  GtkEventController *motion = gtk_event_controller_motion_new(), *keys = gtk_event_controller_key_new();

  g_signal_connect_swapped(motion, "enter", G_CALLBACK(on_enter), page);
  g_signal_connect_swapped(motion, "leave", G_CALLBACK(on_leave), page);
  gtk_widget_add_controller(GTK_WIDGET(page->scroller), motion);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), page);
  gtk_widget_add_controller(GTK_WIDGET(page->list), keys);
}

static void linli_board_page_init(LinliBoardPage *page) {
  page->rows = g_ptr_array_new();
  gtk_widget_init_template(GTK_WIDGET(page));
  watch_pointer(page);
  page->extra = -1;
  (void)linli_screen_reader_runs(); /* asks, so that the first key knows */
  g_signal_connect_swapped(page->paned, "notify::max-position", G_CALLBACK(on_max_position), page);
  g_signal_connect_swapped(page->paned, "notify::position", G_CALLBACK(on_position), page);
  g_signal_connect_swapped(page->queues, "row-selected", G_CALLBACK(on_queue), page);
  g_signal_connect_swapped(page->search, "search-changed", G_CALLBACK(on_search), page);
  g_signal_connect_swapped(page->search, "activate", G_CALLBACK(on_search_done), page);
  g_signal_connect_swapped(page->search, "stop-search", G_CALLBACK(on_search_stop), page);
  g_signal_connect_swapped(page->news, "clicked", G_CALLBACK(on_news), page);
  g_signal_connect_swapped(page->list, "activate", G_CALLBACK(on_activate), page);
  g_signal_connect_swapped(gtk_scrolled_window_get_vadjustment(page->scroller), "value-changed",
                           G_CALLBACK(on_scrolled), page);
}
