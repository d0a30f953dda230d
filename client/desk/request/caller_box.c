/* caller_box.c: see caller_box.h. */
#include "client/desk/request/caller_box.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/ask.h"

enum { SHOWN_S = 600, MAX_REASON = 400 };

struct _LinliCallerBox {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *ask, *reveal, *who, *mark;
  LinliWalk *walk;
  GtkWindow *dialog; /* while the reason is asked for; weak */
  Uuid request;
  gboolean shown, found;
  guint hide;
};

G_DEFINE_FINAL_TYPE(LinliCallerBox, linli_caller_box, GTK_TYPE_WIDGET)

/* --- Shown and hidden ----------------------------------------------------------------------------------------- */

/* The labels are emptied, not only hidden: an accessibility tree would still hold them. */
static void hide(LinliCallerBox *box) {
  g_clear_pointer(&box->walk, linli_walk_stop);
  g_clear_handle_id(&box->hide, g_source_remove);
  if (box->dialog) gtk_window_destroy(box->dialog);
  gtk_label_set_text(GTK_LABEL(box->who), "");
  gtk_label_set_text(GTK_LABEL(box->mark), "");
  gtk_widget_set_visible(box->who, FALSE);
  gtk_widget_set_visible(box->mark, FALSE);
  gtk_widget_set_visible(box->reveal, FALSE);
  gtk_widget_set_visible(box->ask, TRUE);
  gtk_widget_set_sensitive(box->ask, TRUE);
}

static gboolean on_time_is_up(gpointer data) {
  LinliCallerBox *box = data;

  box->hide = 0;
  hide(box);
  return G_SOURCE_REMOVE;
}

static void say(LinliCallerBox *box, const char *text) {
  gtk_label_set_text(GTK_LABEL(box->who), text);
  gtk_widget_set_visible(box->who, TRUE);
}

static void show_mark(LinliCallerBox *box) {
  const LinliWho *who = linli_context_who(box->context);
  g_autoptr(GDateTime) now =
      g_date_time_new_from_unix_local((gint64)(linli_context_now(box->context) / G_USEC_PER_SEC));
  g_autofree char *at = g_date_time_format(now, "%Y-%m-%d %H:%M");
  g_autofree char *text = g_strdup_printf(_("Shown to %s at %s, for ten minutes; the reason is on record."),
                                          who ? who->title ? who->title : who->name : "", at);

  gtk_label_set_text(GTK_LABEL(box->mark), text);
  gtk_widget_set_visible(box->mark, TRUE);
}

static gboolean on_caller(WireBytes row, gpointer data) {
  LinliCallerBox *box = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoCaller caller;
  WireError ignored;

  if (!wire_decode(&proto_msg_caller, row, true, arena, &caller, &ignored)) return FALSE;
  box->found = TRUE;
  g_autofree char *text =
      g_strdup_printf("%.*s  %.*s", (int)caller.name.len, caller.name.data, (int)caller.phone.len, caller.phone.data);
  say(box, *g_strstrip(text) ? text : _("The caller left neither name nor number."));
  gtk_widget_set_visible(box->ask, FALSE);
  gtk_widget_set_visible(box->reveal, !caller.revealed && (caller.name.len || caller.phone.len));
  g_clear_handle_id(&box->hide, g_source_remove);
  box->hide = g_timeout_add_seconds(SHOWN_S, on_time_is_up, box);
  if (caller.revealed) show_mark(box);
  return FALSE;
}

static void on_finished(const GError *error, gpointer data) {
  LinliCallerBox *box = data;

  box->walk = NULL;
  gtk_widget_set_sensitive(box->ask, TRUE);
  gtk_widget_set_sensitive(box->reveal, TRUE);
  if (error)
    say(box, error->message);
  else if (!box->found)
    say(box, _("The caller left neither name nor number."));
}

/* reason NULL: masked. */
static void query(LinliCallerBox *box, const char *reason) {
  guint32 kind = reason ? PROTO_QUERY_CALLER_REVEAL : PROTO_QUERY_CALLER_SHOW;

  if (box->walk || !linli_context_is_open(box->context)) return;
  box->found = FALSE;
  gtk_widget_set_sensitive(reason ? box->reveal : box->ask, FALSE);
  box->walk = linli_ask_about(box->context, kind, box->request, reason, on_caller, on_finished, box);
}

static void on_ask(LinliCallerBox *box) {
  query(box, NULL);
}

/* --- Why it must be known ------------------------------------------------------------------------------------- */

static void on_reason_typed(GtkEditable *entry, AdwMessageDialog *dialog) {
  g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));

  adw_message_dialog_set_response_enabled(dialog, "reveal", *text && strlen(text) <= MAX_REASON);
}

static void on_response(AdwMessageDialog *dialog, const char *response, LinliCallerBox *box) {
  GtkEditable *entry = GTK_EDITABLE(adw_message_dialog_get_extra_child(dialog));
  g_autofree char *text = g_strstrip(g_strdup(gtk_editable_get_text(entry)));

  if (strcmp(response, "reveal") == 0 && *text) query(box, text);
}

static void on_reveal(LinliCallerBox *box) {
  GtkWidget *entry = gtk_entry_new();

  if (box->dialog) return;
  g_set_weak_pointer(&box->dialog,
                     GTK_WINDOW(adw_message_dialog_new(
                         GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(box))), _("Show the caller in clear?"),
                         _("Say why it must be known. Who looked, when and why stays on record."))));
  adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(box->dialog), "cancel", _("_Cancel"), "reveal", _("_Show"),
                                   NULL);
  adw_message_dialog_set_response_enabled(ADW_MESSAGE_DIALOG(box->dialog), "reveal", FALSE);
  adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(box->dialog), "reveal");
  gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
  adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(box->dialog), "cancel");
  gtk_accessible_update_property(GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Reason"), -1);
  adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(box->dialog), entry);
  g_signal_connect(entry, "changed", G_CALLBACK(on_reason_typed), box->dialog);
  g_signal_connect_object(box->dialog, "response", G_CALLBACK(on_response), box, 0);
  gtk_window_present(box->dialog);
  gtk_widget_grab_focus(entry);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

void linli_caller_box_show(LinliCallerBox *box, const ProtoRequest *r) {
  const LinliWho *who = linli_context_who(box->context);
  gboolean may = r && who && who->rights >> PROTO_RIGHT_REVEAL & 1 && !r->anonymous && r->title.len;

  if (!may || !box->shown || memcmp(&r->id, &box->request, sizeof r->id) != 0) hide(box);
  box->shown = may;
  if (may) box->request = r->id;
  gtk_widget_set_visible(GTK_WIDGET(box), may);
}

/* What is on the screen is not vouched for any more once the line is gone. */
static void on_state(LinliCallerBox *box) {
  if (linli_context_session(box->context) &&
      linli_session_state(linli_context_session(box->context)) != LINLI_STATE_READY)
    hide(box);
}

static void build(LinliCallerBox *box) {
  box->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);
  box->ask = gtk_button_new_with_label(_("Who called"));
  box->who = gtk_label_new(NULL);
  box->reveal = gtk_button_new_with_label(_("Show in clear…"));
  box->mark = gtk_label_new(NULL);
  GtkWidget *all[] = {box->ask, box->who, box->reveal, box->mark};
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++) {
    gtk_widget_set_halign(all[i], GTK_ALIGN_START);
    gtk_box_append(GTK_BOX(box->box), all[i]);
  }
  gtk_label_set_wrap(GTK_LABEL(box->who), TRUE);
  gtk_label_set_wrap(GTK_LABEL(box->mark), TRUE);
  gtk_label_set_xalign(GTK_LABEL(box->mark), 0);
  gtk_widget_add_css_class(box->who, "heading");
  gtk_widget_add_css_class(box->mark, "dim-label");
  gtk_widget_set_parent(box->box, GTK_WIDGET(box));
  g_signal_connect_object(box->ask, "clicked", G_CALLBACK(on_ask), box, G_CONNECT_SWAPPED);
  g_signal_connect_object(box->reveal, "clicked", G_CALLBACK(on_reveal), box, G_CONNECT_SWAPPED);
}

GtkWidget *linli_caller_box_new(LinliContext *context) {
  LinliCallerBox *box = g_object_new(LINLI_TYPE_CALLER_BOX, NULL);

  box->context = g_object_ref(context);
  build(box);
  hide(box);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_state), box, G_CONNECT_SWAPPED);
  return GTK_WIDGET(box);
}

static void linli_caller_box_dispose(GObject *object) {
  LinliCallerBox *box = LINLI_CALLER_BOX(object);

  if (box->box) hide(box);
  g_clear_weak_pointer(&box->dialog);
  g_clear_pointer(&box->box, gtk_widget_unparent);
  g_clear_object(&box->context);
  G_OBJECT_CLASS(linli_caller_box_parent_class)->dispose(object);
}

static void linli_caller_box_class_init(LinliCallerBoxClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_caller_box_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
}

static void linli_caller_box_init(G_GNUC_UNUSED LinliCallerBox *box) {
}
