/* station_page.c: see station_page.h. */
#include "client/desk/board/station_page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/actions.h"
#include "client/desk/app/screen_reader.h"
#include "client/desk/app/keys.h"
#include "client/desk/board/station_row.h"
#include "common/uuid.h"

enum { LIST_WIDTH = 520, DETAIL_WIDTH = 380, REFRESH_S = 20 };

struct _LinliStationPage {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *paned, *list, *waiting, *empty, *search;
  GHashTable *rows; /* Uuid -> LinliStationRow, owned by the list */
  guint64 midnight;
  guint listener, ticks;
};

G_DEFINE_FINAL_TYPE(LinliStationPage, linli_station_page, GTK_TYPE_WIDGET)

enum { SELECTED, ACTIVATED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- Rows ----------------------------------------------------------------------------------------------------- */

static void on_act(LinliStationRow *row, const char *action, LinliStationPage *page) {
  gtk_list_box_select_row(GTK_LIST_BOX(page->list), GTK_LIST_BOX_ROW(row));
  gtk_widget_activate_action(GTK_WIDGET(page), action, NULL);
}

static LinliStationRow *row_of(LinliStationPage *page, Uuid id, gboolean *made) {
  LinliStationRow *row = g_hash_table_lookup(page->rows, &id);

  *made = !row;
  if (row) return row;
  row = LINLI_STATION_ROW(linli_station_row_new(page->context, id));
  g_signal_connect_object(row, "act", G_CALLBACK(on_act), page, 0);
  g_hash_table_insert(page->rows, g_memdup2(&id, sizeof id), row);
  return row;
}

/* Where the row was taken away under the keyboard, the one that comes after it has the focus. */
static void drop(LinliStationPage *page, Uuid id) {
  GtkWidget *row = g_hash_table_lookup(page->rows, &id), *after;

  if (!row) return;
  after = gtk_widget_get_focus_child(page->list) == row ? gtk_widget_get_next_sibling(row) : NULL;
  g_hash_table_remove(page->rows, &id);
  gtk_list_box_remove(GTK_LIST_BOX(page->list), row);
  if (after) gtk_widget_grab_focus(after);
}

static const char *typed(LinliStationPage *page) {
  return gtk_editable_get_text(GTK_EDITABLE(page->search));
}

/* Not by a filter function of the list: a screen reader would still be led through what it hides. */
static void show_row(LinliStationPage *page, LinliStationRow *row) {
  gtk_widget_set_visible(GTK_WIDGET(row), !*typed(page) || linli_station_row_fits(row, typed(page)));
}

/* The state is looked at before the row is decoded: most rows of a replica are closed. */
static void take(LinliStationPage *page, Uuid id, WireBytes body) {
  const LinliWho *who = linli_context_who(page->context);
  guint64 state = body.data ? linli_row_uint(&proto_msg_request, body, "state") : 0;
  LinliStationSection section = LINLI_STATION_NONE;
  g_autoptr(WireArena) arena = NULL;
  ProtoRequest r;
  WireError ignored;
  gboolean made;

  if (who && (state == PROTO_REQUEST_STATE_REGISTERED || state == PROTO_REQUEST_STATE_DISPATCHED ||
              state == PROTO_REQUEST_STATE_IN_PROGRESS)) {
    arena = wire_arena_new();
    if (wire_decode(&proto_msg_request, body, true, arena, &r, &ignored))
      section = linli_station_section(who, &r, page->midnight);
  }
  if (section == LINLI_STATION_NONE) {
    drop(page, id);
    return;
  }
  LinliStationRow *row = row_of(page, id, &made);
  gboolean moved = linli_station_row_set(row, &r, section);
  show_row(page, row);
  if (made)
    gtk_list_box_append(GTK_LIST_BOX(page->list), GTK_WIDGET(row));
  else if (moved)
    gtk_list_box_row_changed(GTK_LIST_BOX_ROW(row));
}

static GtkListBoxRow *first_shown(LinliStationPage *page) {
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(page->list), i)); i++)
    if (gtk_widget_get_visible(GTK_WIDGET(row))) return row;
  return NULL;
}

static void show_empty(LinliStationPage *page) {
  gboolean some = g_hash_table_size(page->rows) > 0;

  gtk_label_set_text(GTK_LABEL(page->empty), some ? _("Nothing matches") : _("Nothing waits for you."));
  gtk_widget_set_visible(page->empty, !some || (*typed(page) && !first_shown(page)));
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  take(data, id, after);
  show_empty(data);
}

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  take(data, id, body);
  return TRUE;
}

static void take_all(LinliStationPage *page) {
  if (!linli_context_replica(page->context)) return;
  page->midnight = linli_station_midnight(linli_context_now(page->context));
  linli_replica_foreach(linli_context_replica(page->context), PROTO_MESSAGE_REQUEST, on_each, page);
  show_empty(page);
}

/* Rights, rules or names came, or the clock moved on: the rows that are there say it anew. */
static void refresh(LinliStationPage *page) {
  guint n;
  g_autofree gpointer *ids = g_hash_table_get_keys_as_array(page->rows, &n);

  for (guint i = 0; i < n; i++) {
    Uuid id = *(const Uuid *)ids[i];
    take(page, id, linli_replica_get(linli_context_replica(page->context), PROTO_MESSAGE_REQUEST, id));
  }
  show_empty(page);
}

static void on_tick(LinliStationPage *page) {
  if (++page->ticks % REFRESH_S || !linli_context_replica(page->context)) return;
  if (linli_context_now(page->context) >= page->midnight)
    take_all(page);
  else
    refresh(page);
}

static void on_waiting(LinliStationPage *page) {
  guint64 oldest = 0;
  guint n = linli_context_waiting(page->context, &oldest);
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local((gint64)(oldest / G_USEC_PER_SEC));
  g_autofree char *at = g_date_time_format(time, "%H:%M");
  g_autofree char *text =
      g_strdup_printf(ngettext("%u waits to be sent, since %s", "%u wait to be sent, the oldest since %s", n), n, at);

  gtk_label_set_text(GTK_LABEL(page->waiting), text);
  gtk_widget_set_visible(page->waiting, n > 0);
}

/* --- Order and sections --------------------------------------------------------------------------------------- */

static int on_sort(GtkListBoxRow *a, GtkListBoxRow *b, G_GNUC_UNUSED gpointer data) {
  LinliStationRow *x = LINLI_STATION_ROW(a), *y = LINLI_STATION_ROW(b);
  int sections = (int)linli_station_row_section(x) - (int)linli_station_row_section(y);

  return sections ? sections
                  : linli_station_compare(linli_station_row_due(x), linli_station_row_id(x), linli_station_row_due(y),
                                          linli_station_row_id(y));
}

static void on_header(GtkListBoxRow *row, GtkListBoxRow *before, G_GNUC_UNUSED gpointer data) {
  LinliStationSection section = linli_station_row_section(LINLI_STATION_ROW(row));
  GtkWidget *label = gtk_list_box_row_get_header(row);

  if (before && linli_station_row_section(LINLI_STATION_ROW(before)) == section) {
    gtk_list_box_row_set_header(row, NULL);
    return;
  }
  if (!label) {
    label = g_object_new(GTK_TYPE_LABEL, "accessible-role", GTK_ACCESSIBLE_ROLE_HEADING, "xalign", 0.0f, NULL);
    gtk_widget_add_css_class(label, "title-4");
    gtk_widget_set_margin_start(label, 10);
    gtk_widget_set_margin_top(label, 12);
    gtk_widget_set_margin_bottom(label, 4);
    gtk_list_box_row_set_header(row, label);
  }
  gtk_label_set_text(GTK_LABEL(label), linli_station_heading(section));
}

/* --- Search --------------------------------------------------------------------------------------------------- */

static void on_search(LinliStationPage *page) {
  GtkListBoxRow *row;

  for (int i = 0; (row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(page->list), i)); i++)
    show_row(page, LINLI_STATION_ROW(row));
  gtk_list_box_invalidate_headers(GTK_LIST_BOX(page->list));
  show_empty(page);
}

/* Return: the first that fits is what is looked for. */
static void on_search_done(LinliStationPage *page) {
  GtkListBoxRow *first = first_shown(page);

  if (linli_keys_composing(page->search)) return;
  if (first) gtk_list_box_select_row(GTK_LIST_BOX(page->list), first);
  linli_station_page_focus_list(page);
}

static void on_search_stop(LinliStationPage *page) {
  gtk_editable_set_text(GTK_EDITABLE(page->search), "");
  linli_station_page_focus_list(page);
}

void linli_station_page_focus_search(LinliStationPage *page) {
  gtk_widget_grab_focus(page->search);
}

static void build_search(LinliStationPage *page) {
  page->search = gtk_search_entry_new();
  g_object_set(page->search, "placeholder-text", _("Filter: words, pinyin, initials, number"), "margin-start", 10,
               "margin-end", 10, "margin-top", 6, "search-delay", 0, NULL);
  gtk_accessible_update_property(GTK_ACCESSIBLE(page->search), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Filter"), -1);
  g_signal_connect_swapped(page->search, "search-changed", G_CALLBACK(on_search), page);
  g_signal_connect_swapped(page->search, "activate", G_CALLBACK(on_search_done), page);
  g_signal_connect_swapped(page->search, "stop-search", G_CALLBACK(on_search_stop), page);
}

/* --- Keys and selection --------------------------------------------------------------------------------------- */

static void on_selected(LinliStationPage *page, GtkListBoxRow *row) {
  Uuid id = row ? linli_station_row_id(LINLI_STATION_ROW(row)) : (Uuid){0};

  g_signal_emit(page, signals[SELECTED], 0, row ? &id : NULL);
}

static void on_activated(LinliStationPage *page, GtkListBoxRow *row) {
  Uuid id = linli_station_row_id(LINLI_STATION_ROW(row));

  g_signal_emit(page, signals[ACTIVATED], 0, &id);
}

/* The letters of the table, on the list only: there is no text to type here that an input method could want. */
static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, LinliStationPage *page) {
  guint letter = gdk_keyval_to_unicode(gdk_keyval_to_upper(key));

  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) return FALSE;
  if (linli_screen_reader_runs()) return FALSE;
  for (gsize i = 0; i < linli_actions_count; i++)
    if (linli_actions[i].letter && (guint)linli_actions[i].letter == letter)
      return gtk_widget_activate_action(GTK_WIDGET(page), linli_actions[i].name, NULL);
  return FALSE;
}

void linli_station_page_select(LinliStationPage *page, Uuid id) {
  gtk_list_box_select_row(GTK_LIST_BOX(page->list), g_hash_table_lookup(page->rows, &id));
}

void linli_station_page_focus_list(LinliStationPage *page) {
  GtkListBoxRow *row = gtk_list_box_get_selected_row(GTK_LIST_BOX(page->list));

  if (!row || !gtk_widget_get_visible(GTK_WIDGET(row))) row = first_shown(page);
  if (!row) return;
  gtk_list_box_select_row(GTK_LIST_BOX(page->list), row);
  gtk_widget_grab_focus(GTK_WIDGET(row));
}

void linli_station_page_set_detail(LinliStationPage *page, GtkWidget *detail) {
  gtk_paned_set_end_child(GTK_PANED(page->paned), detail);
  if (detail) gtk_widget_set_size_request(detail, DETAIL_WIDTH, -1);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void build_list(LinliStationPage *page) {
  GtkEventController *keys = gtk_event_controller_key_new();

  page->list = gtk_list_box_new();
  gtk_list_box_set_activate_on_single_click(GTK_LIST_BOX(page->list), FALSE);
  gtk_list_box_set_sort_func(GTK_LIST_BOX(page->list), on_sort, NULL, NULL);
  gtk_list_box_set_header_func(GTK_LIST_BOX(page->list), on_header, NULL, NULL);
  gtk_accessible_update_property(GTK_ACCESSIBLE(page->list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("My work"), -1);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), page);
  gtk_widget_add_controller(page->list, keys);
  g_signal_connect_object(page->list, "row-selected", G_CALLBACK(on_selected), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(page->list, "row-activated", G_CALLBACK(on_activated), page, G_CONNECT_SWAPPED);
  page->empty = gtk_label_new(_("Nothing waits for you."));
  gtk_widget_add_css_class(page->empty, "title-3");
  gtk_widget_add_css_class(page->empty, "dim-label");
  gtk_widget_set_margin_top(page->empty, 48);
}

static void build(LinliStationPage *page) {
  GtkWidget *scroller = gtk_scrolled_window_new(), *column = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0),
            *left = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

  build_search(page);
  build_list(page);
  page->waiting = gtk_label_new(NULL);
  gtk_widget_add_css_class(page->waiting, "heading");
  gtk_widget_set_margin_top(page->waiting, 6);
  gtk_widget_set_margin_bottom(page->waiting, 6);
  gtk_box_append(GTK_BOX(column), page->empty);
  gtk_box_append(GTK_BOX(column), page->list);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), column);
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_vexpand(scroller, TRUE);
  gtk_box_append(GTK_BOX(left), page->waiting);
  gtk_box_append(GTK_BOX(left), page->search);
  gtk_box_append(GTK_BOX(left), scroller);
  gtk_widget_set_size_request(left, LIST_WIDTH, -1);
  page->paned = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
  gtk_paned_set_start_child(GTK_PANED(page->paned), left);
  gtk_paned_set_shrink_start_child(GTK_PANED(page->paned), FALSE);
  gtk_paned_set_shrink_end_child(GTK_PANED(page->paned), FALSE);
  gtk_paned_set_resize_end_child(GTK_PANED(page->paned), FALSE);
  gtk_widget_set_parent(page->paned, GTK_WIDGET(page));
}

GtkWidget *linli_station_page_new(LinliContext *context) {
  LinliStationPage *page = g_object_new(LINLI_TYPE_STATION_PAGE, NULL);

  page->context = g_object_ref(context);
  build(page);
  page->listener = linli_replica_listen(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_row, page);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(take_all), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "names-changed", G_CALLBACK(refresh), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "waiting-changed", G_CALLBACK(on_waiting), page, G_CONNECT_SWAPPED);
  take_all(page);
  on_waiting(page);
  return GTK_WIDGET(page);
}

static void linli_station_page_dispose(GObject *object) {
  LinliStationPage *page = LINLI_STATION_PAGE(object);

  if (page->listener && linli_context_replica(page->context))
    linli_replica_unlisten(linli_context_replica(page->context), page->listener);
  page->listener = 0;
  g_clear_pointer(&page->paned, gtk_widget_unparent);
  g_clear_object(&page->context);
  G_OBJECT_CLASS(linli_station_page_parent_class)->dispose(object);
}

static void linli_station_page_finalize(GObject *object) {
  g_hash_table_unref(LINLI_STATION_PAGE(object)->rows);
  G_OBJECT_CLASS(linli_station_page_parent_class)->finalize(object);
}

static void linli_station_page_class_init(LinliStationPageClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_station_page_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_station_page_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new(i == SELECTED ? "selected" : "activated", LINLI_TYPE_STATION_PAGE, G_SIGNAL_RUN_LAST, 0,
                              NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
}

static void linli_station_page_init(LinliStationPage *page) {
  page->rows = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
}
