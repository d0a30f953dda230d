/* wall_window.c: see wall_window.h. */
#include "client/desk/wall/wall_window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/words.h"
#include "client/desk/board/request_row.h"
#include "client/desk/wall/wall_rows.h"

enum {
  FIGURES = 6,
  ROWS = 7,
  COLUMNS = 4,
  LEFT = COLUMNS - 1, /* the column of what is left of the time */
  TEXT_SHARE = 22,
  FIGURE_PER_MILLE = 130 /* of 1080 px: 49 and 140 */
};

struct _LinliWallWindow {
  AdwWindow parent_instance;
  LinliContext *context;
  LinliWallRows *pressing;
  GtkWidget *figures[FIGURES], *rows[ROWS][COLUMNS], *clock, *age, *box;
  GtkCssProvider *sizes;
  int height;
  guint inhibited, listener;
  guint64 midnight;
  guint registered_today;
};

G_DEFINE_FINAL_TYPE(LinliWallWindow, linli_wall_window, ADW_TYPE_WINDOW)

static LinliWallWindow *shown; /* one in a process */

/* --- Figures -------------------------------------------------------------------------------------------------- */

static guint is_of_today(LinliWallWindow *w, WireBytes body) {
  return body.data && linli_row_uint(&proto_msg_request, body, "registered_at") >= w->midnight;
}

static gboolean on_each(G_GNUC_UNUSED Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  LinliWallWindow *w = data;

  w->registered_today += is_of_today(w, body);
  return TRUE;
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, G_GNUC_UNUSED Uuid id,
                   WireBytes before, WireBytes after, gpointer data) {
  LinliWallWindow *w = data;

  w->registered_today += is_of_today(w, after) - is_of_today(w, before);
}

/* All requests are looked at once a day; in between, only what changes. */
static void count_today(LinliWallWindow *w) {
  g_autoptr(GDateTime) now =
      g_date_time_new_from_unix_local((gint64)(linli_context_now(w->context) / G_USEC_PER_SEC));
  g_autoptr(GDateTime) start = g_date_time_new_local(g_date_time_get_year(now), g_date_time_get_month(now),
                                                     g_date_time_get_day_of_month(now), 0, 0, 0);
  guint64 midnight = (guint64)g_date_time_to_unix(start) * G_USEC_PER_SEC;

  if (w->listener && midnight == w->midnight) return;
  w->midnight = midnight;
  w->registered_today = 0;
  linli_replica_foreach(linli_context_replica(w->context), PROTO_MESSAGE_REQUEST, on_each, w);
  if (!w->listener)
    w->listener = linli_replica_listen(linli_context_replica(w->context), PROTO_MESSAGE_REQUEST, on_row, w);
}

/* FALSE: it says so already. */
static gboolean set_text(GtkWidget *label, const char *text) {
  if (strcmp(gtk_label_get_text(GTK_LABEL(label)), text) == 0) return FALSE;
  gtk_label_set_text(GTK_LABEL(label), text);
  return TRUE;
}

static const char *figure_name(guint figure) {
  static const char *const names[FIGURES] = {N_("New today"), N_("In progress"),  N_("Due soon"),
                                             N_("Overdue"),   N_("To call back"), N_("Closed today")};

  return _(names[figure]);
}

static void show_figures(LinliWallWindow *w) {
  static const LinliQueue queues[FIGURES] = {LINLI_QUEUE_OPEN,    LINLI_QUEUE_IN_PROGRESS, LINLI_QUEUE_DUE_SOON,
                                             LINLI_QUEUE_OVERDUE, LINLI_QUEUE_CALLBACK,    LINLI_QUEUE_CLOSED_TODAY};
  LinliLive *live = linli_context_live(w->context);

  count_today(w);
  for (guint i = 0; i < FIGURES; i++) {
    guint n = i == 0 ? w->registered_today : linli_live_count(live, queues[i]);
    g_autofree char *text = g_strdup_printf("%u", n);
    if (!set_text(w->figures[i], text)) continue;
    g_autofree char *sentence = g_strdup_printf("%s %s", figure_name(i), text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(w->figures[i]), GTK_ACCESSIBLE_PROPERTY_LABEL, sentence, -1);
  }
}

/* --- Rows: class, community, team, time; never words of a resident -------------------------------------------- */

static void set_urgency(GtkWidget *label, int urgency) {
  static const char *const classes[] = {"calm", "soon", "now", "over"};

  for (int i = 0; i < (int)G_N_ELEMENTS(classes); i++)
    (i == urgency ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(label, classes[i]);
}

static void show_row(LinliWallWindow *w, guint line, const ProtoRequest *r) {
  guint64 now = linli_context_now(w->context);
  double ignored;
  LinliUrgency urgency = linli_urgency(r, now, &ignored);
  g_autofree char *left = linli_left_text(r, now);
  g_autofree char *time = g_strdup_printf("%s %s", linli_urgency_sign(r, urgency), left);
  const char *texts[COLUMNS] = {linli_words_label(&proto_enum_request_class, r->class),
                                linli_context_name(w->context, PROTO_MESSAGE_COMMUNITY, r->community),
                                r->team ? linli_context_name(w->context, PROTO_MESSAGE_TEAM, r->team)
                                        : linli_words_label(&proto_enum_request_state, r->state),
                                time};

  for (guint i = 0; i < COLUMNS; i++)
    set_text(w->rows[line][i], texts[i]);
  set_urgency(w->rows[line][LEFT], (int)urgency);
}

static void show_rows(LinliWallWindow *w) {
  Uuid ids[ROWS];
  guint n = linli_wall_rows_first(w->pressing, ids, ROWS);
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  for (guint line = 0; line < ROWS; line++) {
    if (line < n && linli_context_request(w->context, ids[line], arena, &r)) {
      show_row(w, line, &r);
      continue;
    }
    for (guint i = 0; i < COLUMNS; i++)
      set_text(w->rows[line][i], "");
  }
}

/* --- The clock ------------------------------------------------------------------------------------------------ */

/* Text is sized by the height, so that a wall of any resolution is read from five metres. */
static void apply_sizes(LinliWallWindow *w) {
  int height = gtk_widget_get_height(GTK_WIDGET(w));

  if (height < 100 || height == w->height) return;
  w->height = height;
  g_autofree char *css = g_strdup_printf(".wall label { font-size: %dpx; } .wall label.figure { font-size: %dpx; }",
                                         height / TEXT_SHARE, height * FIGURE_PER_MILLE / 1000);
  gtk_css_provider_load_from_data(w->sizes, css, -1);
}

static void show(LinliWallWindow *w) {
  guint64 as_of;
  LinliAge age;

  if (!linli_context_is_open(w->context)) return;
  age = linli_context_age(w->context, &as_of);
  g_autofree char *now = linli_words_time(linli_context_now(w->context), "%H:%M:%S");
  g_autofree char *at = as_of ? linli_words_time(as_of, "%H:%M:%S") : g_strdup("—");
  g_autofree char *data =
      g_strdup_printf(age == LINLI_AGE_STALE ? _("Data as of %s · Offline") : _("Data as of %s"), at);
  apply_sizes(w);
  set_text(w->clock, now);
  set_text(w->age, data);
  (age == LINLI_AGE_STALE ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(w->box, "stale");
  show_figures(w);
  show_rows(w);
}

/* --- Building ------------------------------------------------------------------------------------------------- */

static GtkWidget *label_new(const char *text, float xalign) {
  GtkWidget *label = gtk_label_new(text);

  gtk_label_set_xalign(GTK_LABEL(label), xalign);
  gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand(label, TRUE);
  return label;
}

static GtkWidget *make_figures(LinliWallWindow *w) {
  GtkWidget *grid = gtk_grid_new();

  gtk_grid_set_column_homogeneous(GTK_GRID(grid), TRUE);
  for (int i = 0; i < FIGURES; i++) {
    w->figures[i] = label_new("", 0.5f);
    gtk_widget_add_css_class(w->figures[i], "figure");
    gtk_label_set_ellipsize(GTK_LABEL(w->figures[i]), PANGO_ELLIPSIZE_NONE);
    gtk_grid_attach(GTK_GRID(grid), w->figures[i], i, 0, 1, 1);
    gtk_grid_attach(GTK_GRID(grid), label_new(figure_name((guint)i), 0.5f), i, 1, 1, 1);
  }
  return grid;
}

static GtkWidget *make_rows(LinliWallWindow *w) {
  GtkWidget *grid = gtk_grid_new();

  gtk_grid_set_column_spacing(GTK_GRID(grid), 32);
  gtk_grid_set_row_homogeneous(GTK_GRID(grid), TRUE);
  gtk_widget_set_vexpand(grid, TRUE);
  gtk_widget_add_css_class(grid, "rows");
  for (int line = 0; line < ROWS; line++)
    for (int i = 0; i < COLUMNS; i++) {
      w->rows[line][i] = label_new("", i == LEFT);
      if (i == LEFT) gtk_widget_add_css_class(w->rows[line][i], "due");
      gtk_grid_attach(GTK_GRID(grid), w->rows[line][i], i, line, 1, 1);
    }
  return grid;
}

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       G_GNUC_UNUSED GdkModifierType state, LinliWallWindow *w) {
  if (key != GDK_KEY_Escape && key != GDK_KEY_F11) return FALSE;
  gtk_window_destroy(GTK_WINDOW(w));
  return TRUE;
}

static void build(LinliWallWindow *w) {
  GtkWidget *foot = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 24);
  GtkEventController *keys = gtk_event_controller_key_new();

  w->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 24);
  w->clock = label_new("", 0);
  w->age = label_new("", 1);
  gtk_widget_add_css_class(w->box, "wall");
  gtk_box_append(GTK_BOX(w->box), make_figures(w));
  gtk_box_append(GTK_BOX(w->box), make_rows(w));
  gtk_box_append(GTK_BOX(foot), w->clock);
  gtk_box_append(GTK_BOX(foot), w->age);
  gtk_box_append(GTK_BOX(w->box), foot);
  adw_window_set_content(ADW_WINDOW(w), w->box);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), w);
  gtk_widget_add_controller(GTK_WIDGET(w), keys);
}

static void on_closed(LinliWallWindow *w) {
  gtk_window_destroy(GTK_WINDOW(w));
}

void linli_wall_window_toggle(LinliContext *context, GtkApplication *application, gboolean full) {
  LinliWallWindow *w;

  if (shown) {
    gtk_window_destroy(GTK_WINDOW(shown));
    return;
  }
  if (!linli_context_is_open(context)) return;
  w = shown = g_object_new(LINLI_TYPE_WALL_WINDOW, "title", _("Wall"), "application", application, "default-width",
                           1280, "default-height", 720, NULL);
  w->context = g_object_ref(context);
  w->pressing = linli_wall_rows_new(linli_context_replica(context));
  build(w);
  g_signal_connect_object(context, "tick", G_CALLBACK(show), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), w, G_CONNECT_SWAPPED);
  if (full) gtk_window_fullscreen(GTK_WINDOW(w));
  gtk_window_present(GTK_WINDOW(w));
  w->inhibited =
      gtk_application_inhibit(application, GTK_WINDOW(w), GTK_APPLICATION_INHIBIT_IDLE, _("The wall is shown"));
  show(w);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void linli_wall_window_dispose(GObject *object) {
  LinliWallWindow *w = LINLI_WALL_WINDOW(object);

  /* The window has left its application by now. */
  if (w->inhibited && g_application_get_default())
    gtk_application_uninhibit(GTK_APPLICATION(g_application_get_default()), w->inhibited);
  w->inhibited = 0;
  if (w->listener && w->context && linli_context_replica(w->context))
    linli_replica_unlisten(linli_context_replica(w->context), w->listener);
  w->listener = 0;
  g_clear_pointer(&w->pressing, linli_wall_rows_free);
  if (shown == w) shown = NULL;
  if (w->sizes && gdk_display_get_default())
    gtk_style_context_remove_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(w->sizes));
  g_clear_object(&w->sizes);
  G_OBJECT_CLASS(linli_wall_window_parent_class)->dispose(object);
  g_clear_object(&w->context);
}

static void linli_wall_window_class_init(LinliWallWindowClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_wall_window_dispose;
}

static void linli_wall_window_init(LinliWallWindow *w) {
  w->sizes = gtk_css_provider_new();
  gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(w->sizes),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION + 2);
}
