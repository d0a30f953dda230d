/* alert_bar.c: see alert_bar.h. */
#include "client/desk/alert/alert_bar.h"

#include <glib/gi18n.h>

#include "client/core/row.h"
#include "client/desk/alert/acknowledged.h"
#include "client/desk/alert/alert_rules.h"
#include "client/desk/alert/sound.h"
#include "client/desk/app/window.h"
#include "common/uuid.h"

struct _LinliAlertBar {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *revealer, *label, *open, *seen;
  GHashTable *levels; /* Uuid of what alerts -> its level (alert_rules.h) */
  LinliAcknowledged *acknowledged;
  guint64 rights; /* by which the levels were judged */
  guint listener;
};

G_DEFINE_FINAL_TYPE(LinliAlertBar, linli_alert_bar, GTK_TYPE_WIDGET)

static const ProtoRequest *decode(WireBytes body, WireArena *arena, ProtoRequest *request) {
  WireError ignored;

  return body.data && wire_decode(&proto_msg_request, body, true, arena, request, &ignored) ? request : NULL;
}

/* --- The bar -------------------------------------------------------------------------------------------------- */

typedef struct {
  guint critical, urged;
  Uuid first; /* the loudest, of those the oldest */
} Unseen;

static Unseen unseen(LinliAlertBar *bar) {
  Unseen found = {0};
  GHashTableIter iter;
  gpointer key, value;
  guint loudest = 0;

  g_hash_table_iter_init(&iter, bar->levels);
  while (g_hash_table_iter_next(&iter, &key, &value)) {
    guint level = GPOINTER_TO_UINT(value);
    Uuid id = *(const Uuid *)key;
    if (level <= linli_acknowledged_level(bar->acknowledged, id)) continue;
    ++*(level >= LINLI_ALERT_CRITICAL ? &found.critical : &found.urged);
    if (level < loudest || (level == loudest && uuid_compare(id, found.first) > 0)) continue;
    loudest = level;
    found.first = id;
  }
  return found;
}

static char *words(LinliAlertBar *bar, const Unseen *found, const ProtoRequest *first) {
  g_autoptr(GString) text = g_string_new(NULL);

  if (found->critical)
    g_string_append_printf(text,
                           ngettext("‼ %u critical request that no team has signed",
                                    "‼ %u critical requests that no team has signed", found->critical),
                           found->critical);
  if (found->critical && found->urged) g_string_append(text, " · ");
  if (found->urged)
    g_string_append_printf(
        text,
        ngettext("▲ %u urged request that waits for you", "▲ %u urged requests that wait for you", found->urged),
        found->urged);
  g_string_append_printf(text, ": %.*s %s", (int)first->number.len, first->number.data,
                         linli_context_name(bar->context, PROTO_MESSAGE_COMMUNITY, first->community));
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static void show(LinliAlertBar *bar) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Unseen found = unseen(bar);
  gboolean any = found.critical || found.urged;

  gtk_widget_set_visible(GTK_WIDGET(bar), any);
  gtk_revealer_set_reveal_child(GTK_REVEALER(bar->revealer), any);
  if (!any || !linli_context_request(bar->context, found.first, arena, &r)) return;
  g_autofree char *text = words(bar, &found, &r);
  gtk_label_set_text(GTK_LABEL(bar->label), text);
  (found.critical ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(GTK_WIDGET(bar), "critical");
  gtk_accessible_update_property(GTK_ACCESSIBLE(bar), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void ring(LinliAlertBar *bar, const ProtoRequest *r, guint level) {
  GApplication *application = g_application_get_default();
  gboolean critical = level >= LINLI_ALERT_CRITICAL;
  g_autoptr(GNotification) notification = g_notification_new(critical ? _("Critical request") : _("Urged request"));
  g_autofree char *number = g_strndup((const char *)r->number.data, r->number.len);
  g_autofree char *body =
      g_strdup_printf("%s · %s", number, linli_context_name(bar->context, PROTO_MESSAGE_COMMUNITY, r->community));

  g_notification_set_body(notification, body); /* neither words nor place: a lock screen shows it to everybody */
  g_notification_set_priority(notification, critical ? G_NOTIFICATION_PRIORITY_URGENT : G_NOTIFICATION_PRIORITY_HIGH);
  g_notification_set_default_action_and_target(notification, "app.open-request", "s", number);
  if (application) g_application_send_notification(application, number, notification);
  if (g_settings_get_boolean(linli_context_settings(bar->context), "sound"))
    linli_sound_ring(GTK_WIDGET(bar), critical);
}

static int local_hour(LinliAlertBar *bar) {
  g_autoptr(GDateTime) now =
      g_date_time_new_from_unix_local((gint64)(linli_context_now(bar->context) / G_USEC_PER_SEC));

  return g_date_time_get_hour(now);
}

/* --- The replica ---------------------------------------------------------------------------------------------- */

/* What alerts no more is forgotten, so that it alerts again when it comes again. */
static void settle(LinliAlertBar *bar, Uuid id, const ProtoRequest *r) {
  GApplication *application = g_application_get_default();

  g_hash_table_remove(bar->levels, &id);
  linli_acknowledged_set(bar->acknowledged, id, 0);
  if (!r || !application) return;
  g_autofree char *number = g_strndup((const char *)r->number.data, r->number.len);
  g_application_withdraw_notification(application, number);
}

/* TRUE: the bar may say something else now. */
static gboolean take(LinliAlertBar *bar, Uuid id, const ProtoRequest *r, gboolean news) {
  guint level = r ? linli_alert_level(linli_context_who(bar->context), r) : LINLI_ALERT_NONE;
  guint before = GPOINTER_TO_UINT(g_hash_table_lookup(bar->levels, &id));

  if (level == before && (level || !linli_acknowledged_level(bar->acknowledged, id))) return FALSE;
  if (level)
    g_hash_table_insert(bar->levels, g_memdup2(&id, sizeof id), GUINT_TO_POINTER(level));
  else
    settle(bar, id, r);
  if (news && level > MAX(before, linli_acknowledged_level(bar->acknowledged, id)) &&
      linli_alert_rings(level, local_hour(bar)))
    ring(bar, r, level);
  return TRUE;
}

/* A desk that catches up shows what it missed in the bar, and does not ring for each. */
static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  LinliAlertBar *bar = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;

  if (take(bar, id, decode(after, arena, &row), linli_sync_is_current(linli_context_sync(bar->context)))) show(bar);
}

/* The first look is at all there is: what cannot alert anybody is not worth decoding. */
static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  LinliAlertBar *bar = data;
  ProtoRequest numbers = {0}, row;

  linli_row_numbers(&proto_msg_request, body, &numbers);
  if (numbers.class != PROTO_REQUEST_CLASS_CRITICAL && !numbers.urged &&
      !linli_acknowledged_level(bar->acknowledged, id))
    return TRUE;
  g_autoptr(WireArena) arena = wire_arena_new();
  take(bar, id, decode(body, arena, &row), FALSE);
  return TRUE;
}

/* Who it is, or what they may do, has changed: other cases concern them. */
static void on_who(LinliAlertBar *bar) {
  const LinliWho *who = linli_context_who(bar->context);
  guint64 rights = who ? who->rights : 0;

  if (rights == bar->rights || !linli_context_replica(bar->context)) return;
  bar->rights = rights;
  linli_replica_foreach(linli_context_replica(bar->context), PROTO_MESSAGE_REQUEST, on_each, bar);
  show(bar);
}

/* --- Buttons -------------------------------------------------------------------------------------------------- */

static void on_open(LinliAlertBar *bar) {
  GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(bar));
  Unseen found = unseen(bar);

  if ((found.critical || found.urged) && LINLI_IS_WINDOW(root))
    linli_window_show_request(LINLI_WINDOW(root), found.first);
}

static void on_seen(LinliAlertBar *bar) {
  GHashTableIter iter;
  gpointer id, level;

  g_hash_table_iter_init(&iter, bar->levels);
  while (g_hash_table_iter_next(&iter, &id, &level))
    linli_acknowledged_set(
        bar->acknowledged, *(const Uuid *)id,
        MAX(GPOINTER_TO_UINT(level), linli_acknowledged_level(bar->acknowledged, *(const Uuid *)id)));
  show(bar);
}

void linli_alert_bar_focus(LinliAlertBar *bar) {
  if (gtk_widget_get_visible(GTK_WIDGET(bar))) gtk_widget_grab_focus(bar->open);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_alert_bar_new(LinliContext *context) {
  LinliAlertBar *bar = g_object_new(LINLI_TYPE_ALERT_BAR, NULL);
  const LinliWho *who = linli_context_who(context);
  g_autofree char *path = g_build_filename(linli_context_account_folder(context), "acknowledged", NULL);

  bar->context = g_object_ref(context);
  bar->acknowledged = linli_acknowledged_load(path);
  bar->rights = who ? who->rights : 0;
  linli_replica_foreach(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_each, bar);
  bar->listener = linli_replica_listen(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_row, bar);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_who), bar, G_CONNECT_SWAPPED);
  show(bar);
  return GTK_WIDGET(bar);
}

static void linli_alert_bar_dispose(GObject *object) {
  LinliAlertBar *bar = LINLI_ALERT_BAR(object);

  if (bar->listener && bar->context && linli_context_replica(bar->context))
    linli_replica_unlisten(linli_context_replica(bar->context), bar->listener);
  bar->listener = 0;
  g_clear_pointer(&bar->acknowledged, linli_acknowledged_free);
  g_clear_pointer(&bar->revealer, gtk_widget_unparent);
  g_clear_object(&bar->context);
  G_OBJECT_CLASS(linli_alert_bar_parent_class)->dispose(object);
}

static void linli_alert_bar_finalize(GObject *object) {
  g_hash_table_unref(LINLI_ALERT_BAR(object)->levels);
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

  bar->levels = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, NULL);
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
