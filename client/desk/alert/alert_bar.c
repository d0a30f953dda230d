/* alert_bar.c: see alert_bar.h. */
#include "client/desk/alert/alert_bar.h"

#include <glib/gi18n.h>

#include "client/desk/app/window.h"
#include "common/uuid.h"

struct _LinliAlertBar {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *revealer, *label, *open, *seen;
  GHashTable *known; /* Uuid of critical requests that are unsigned -> whether they were acknowledged */
  guint listener;
  gboolean begun; /* the first fill is no news */
};

G_DEFINE_FINAL_TYPE(LinliAlertBar, linli_alert_bar, GTK_TYPE_WIDGET)

static const ProtoRequest *decode(WireBytes body, WireArena *arena, ProtoRequest *request) {
  WireError ignored;

  return body.data && wire_decode(&proto_msg_request, body, true, arena, request, &ignored) ? request : NULL;
}

/* --- The bar -------------------------------------------------------------------------------------------------- */

static guint unseen(LinliAlertBar *bar, Uuid *first) {
  GHashTableIter iter;
  gpointer id, seen;
  guint n = 0;

  g_hash_table_iter_init(&iter, bar->known);
  while (g_hash_table_iter_next(&iter, &id, &seen)) {
    if (GPOINTER_TO_INT(seen)) continue;
    if (!n++ || uuid_compare(*(const Uuid *)id, *first) < 0) *first = *(const Uuid *)id;
  }
  return n;
}

static void show(LinliAlertBar *bar) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid first;
  guint n = unseen(bar, &first);

  gtk_widget_set_visible(GTK_WIDGET(bar), n > 0);
  gtk_revealer_set_reveal_child(GTK_REVEALER(bar->revealer), n > 0);
  if (!n || !linli_context_request(bar->context, first, arena, &r)) return;
  g_autofree char *text = g_strdup_printf(
      ngettext("‼ %u critical request that no team has signed: %.*s %s",
               "‼ %u critical requests that no team has signed, first %.*s %s", n),
      n, (int)r.number.len, r.number.data, linli_context_name(bar->context, PROTO_MESSAGE_COMMUNITY, r.community));
  gtk_label_set_text(GTK_LABEL(bar->label), text);
  gtk_accessible_update_property(GTK_ACCESSIBLE(bar), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void notify(LinliAlertBar *bar, const ProtoRequest *r) {
  GApplication *application = g_application_get_default();
  g_autoptr(GNotification) notification = g_notification_new(_("Critical request"));
  g_autofree char *number = g_strndup((const char *)r->number.data, r->number.len);
  g_autofree char *body =
      g_strdup_printf("%s · %s", number, linli_context_name(bar->context, PROTO_MESSAGE_COMMUNITY, r->community));

  g_notification_set_body(notification, body); /* neither words nor place: a lock screen shows it to everybody */
  g_notification_set_priority(notification, G_NOTIFICATION_PRIORITY_URGENT);
  g_notification_set_default_action_and_target(notification, "app.open-request", "s", number);
  if (application) g_application_send_notification(application, number, notification);
  if (g_settings_get_boolean(linli_context_settings(bar->context), "sound")) gtk_widget_error_bell(GTK_WIDGET(bar));
}

/* --- The replica ---------------------------------------------------------------------------------------------- */

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  LinliAlertBar *bar = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;
  const ProtoRequest *r = decode(after, arena, &row);
  gboolean pressing = r && linli_is_pinned(r), known = g_hash_table_contains(bar->known, &id);

  if (pressing == known) return;
  if (pressing) {
    g_hash_table_insert(bar->known, g_memdup2(&id, sizeof id), GINT_TO_POINTER(FALSE));
    if (bar->begun && linli_sync_is_current(linli_context_sync(bar->context))) notify(bar, r);
  } else {
    g_hash_table_remove(bar->known, &id);
  }
  show(bar);
}

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  on_row(NULL, 0, id, body, body, data);
  return TRUE;
}

/* --- Buttons -------------------------------------------------------------------------------------------------- */

static void on_open(LinliAlertBar *bar) {
  GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(bar));
  Uuid first;

  if (unseen(bar, &first) && LINLI_IS_WINDOW(root)) linli_window_show_request(LINLI_WINDOW(root), first);
}

static void on_seen(LinliAlertBar *bar) {
  Uuid first;

  while (unseen(bar, &first))
    g_hash_table_insert(bar->known, g_memdup2(&first, sizeof first), GINT_TO_POINTER(TRUE));
  show(bar);
}

void linli_alert_bar_focus(LinliAlertBar *bar) {
  if (gtk_widget_get_visible(GTK_WIDGET(bar))) gtk_widget_grab_focus(bar->open);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_alert_bar_new(LinliContext *context) {
  LinliAlertBar *bar = g_object_new(LINLI_TYPE_ALERT_BAR, NULL);

  bar->context = g_object_ref(context);
  linli_replica_foreach(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_each, bar);
  bar->begun = TRUE;
  bar->listener = linli_replica_listen(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_row, bar);
  show(bar);
  return GTK_WIDGET(bar);
}

static void linli_alert_bar_dispose(GObject *object) {
  LinliAlertBar *bar = LINLI_ALERT_BAR(object);

  if (bar->listener && bar->context && linli_context_replica(bar->context))
    linli_replica_unlisten(linli_context_replica(bar->context), bar->listener);
  bar->listener = 0;
  g_clear_pointer(&bar->revealer, gtk_widget_unparent);
  g_clear_object(&bar->context);
  G_OBJECT_CLASS(linli_alert_bar_parent_class)->dispose(object);
}

static void linli_alert_bar_finalize(GObject *object) {
  g_hash_table_unref(LINLI_ALERT_BAR(object)->known);
  G_OBJECT_CLASS(linli_alert_bar_parent_class)->finalize(object);
}

static void linli_alert_bar_class_init(LinliAlertBarClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_alert_bar_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_alert_bar_finalize;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "alertbar");
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_ALERT);
}

static void linli_alert_bar_init(LinliAlertBar *bar) {
  GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);

  bar->known = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
  bar->revealer = gtk_revealer_new();
  bar->label = gtk_label_new(NULL);
  bar->open = gtk_button_new_with_label(_("Show"));
  bar->seen = gtk_button_new_with_label(_("Acknowledge"));
  gtk_label_set_xalign(GTK_LABEL(bar->label), 0);
  gtk_label_set_ellipsize(GTK_LABEL(bar->label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand(bar->label, TRUE);
  gtk_box_append(GTK_BOX(box), bar->label);
  gtk_box_append(GTK_BOX(box), bar->open);
  gtk_box_append(GTK_BOX(box), bar->seen);
  gtk_revealer_set_child(GTK_REVEALER(bar->revealer), box);
  gtk_widget_set_parent(bar->revealer, GTK_WIDGET(bar));
  g_signal_connect_swapped(bar->open, "clicked", G_CALLBACK(on_open), bar);
  g_signal_connect_swapped(bar->seen, "clicked", G_CALLBACK(on_seen), bar);
}
