/* action_dialog.c: see action_dialog.h. */
#include "client/desk/request/action_dialog.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/desk/app/ask.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/words.h"
#include "client/desk/request/action_form.h"
#include "client/desk/request/form_draft.h"
#include "client/desk/request/history.h"
#include "client/desk/request/submit.h"

typedef struct {
  LinliContext *context;
  GtkWindow *window, *parent; /* parent: weak */
  LinliActionForm *form;
  GtkLabel *problem, *news;
  GtkWidget *submit;
  const LinliActionInfo *action;
  const ProtoCommand *command;
  Uuid request, draft;
  guint64 opened, version; /* of the row: when the dialog was opened; as somebody has seen it */
  gboolean has_draft, over;
  char *about;
  guint listener;
  LinliWalk *walk;
  GString *since; /* what others have done meanwhile, in lines */
} Dialog;

static void stop_listening(Dialog *d) {
  if (d->listener && linli_context_replica(d->context))
    linli_replica_unlisten(linli_context_replica(d->context), d->listener);
  d->listener = 0;
  g_clear_pointer(&d->walk, linli_walk_stop);
}

static void dialog_free(gpointer data) {
  Dialog *d = data;

  stop_listening(d);
  g_signal_handlers_disconnect_by_data(d->context, d);
  if (d->has_draft && linli_context_drafts(d->context))
    linli_drafts_release(linli_context_drafts(d->context), d->draft);
  g_clear_weak_pointer(&d->parent);
  g_object_unref(d->context);
  g_string_free(d->since, TRUE);
  g_free(d->about);
  g_free(d);
}

static void say(GtkLabel *label, const char *text) {
  gtk_label_set_text(label, text);
  gtk_widget_set_visible(GTK_WIDGET(label), *text != '\0');
}

/* --- Sending -------------------------------------------------------------------------------------------------- */

/* What is typed again into the same form, should it never get as far as the outbox. */
typedef struct {
  LinliContext *context;
  char *about, *text;
} Typed;

/* What is refused, or waits for another day, is in the outbox as it was sent: only what was recalled, or what the
 * disk did not take, comes back as a draft. */
static void on_decided(G_GNUC_UNUSED const LinliEntry *entry, G_GNUC_UNUSED const LinliAnswer *answer,
                       const GError *error, gpointer data) {
  Typed *typed = data;

  if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CLOSED) && *typed->text &&
      linli_context_drafts(typed->context))
    linli_drafts_put(linli_context_drafts(typed->context), linli_new_id(), typed->about, typed->text);
  g_object_unref(typed->context);
  g_free(typed->about);
  g_free(typed->text);
  g_free(typed);
}

static void send(Dialog *d, const GByteArray *body, ProtoRequest *row) {
  Typed *typed = g_new(Typed, 1);

  *typed = (Typed){g_object_ref(d->context), g_strdup(d->about), linli_action_form_draft(d->form)};
  row->version = d->version;
  linli_request_submit(d->context, d->parent, d->action, row, body, on_decided, typed);
  if (d->has_draft) linli_drafts_remove(linli_context_drafts(d->context), d->draft);
  d->has_draft = FALSE;
}

/* Whoever sends now has seen what others did, or is asked to look first. */
static gboolean has_seen(Dialog *d, const ProtoRequest *row) {
  if (d->version == row->version || d->action->request_action == PROTO_REQUEST_ACTION_COMMENT) return TRUE;
  d->version = row->version;
  say(d->problem, _("Look at what has changed above. Submit once more to send it for the request as it is now."));
  return FALSE;
}

static void on_submit(Dialog *d) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autofree char *problem = NULL;
  g_autoptr(GByteArray) body = NULL;
  ProtoRequest row;

  if (linli_keys_composing(gtk_window_get_focus(d->window))) return;
  if (d->over || !gtk_widget_get_sensitive(d->submit) || !linli_context_request(d->context, d->request, arena, &row))
    return;
  body = linli_action_form_body(d->form, &problem);
  if (!body) {
    say(d->problem, problem);
    return;
  }
  if (!has_seen(d, &row)) return;
  send(d, body, &row);
  gtk_window_destroy(d->window);
}

/* --- Drafts --------------------------------------------------------------------------------------------------- */

static void on_changed(Dialog *d) {
  LinliDrafts *drafts = linli_context_drafts(d->context);
  g_autofree char *text = linli_action_form_draft(d->form);

  if (d->over) return;
  if (gtk_widget_get_sensitive(d->submit)) say(d->problem, "");
  if (!drafts || (!*text && !d->has_draft)) return;
  if (!*text) {
    linli_drafts_remove(drafts, d->draft);
    d->has_draft = FALSE;
    return;
  }
  if (!d->has_draft) d->draft = linli_new_id();
  d->has_draft = TRUE;
  linli_drafts_put(drafts, d->draft, d->about, text);
}

static void restore(Dialog *d) {
  LinliDrafts *drafts = linli_context_drafts(d->context);
  g_autoptr(GPtrArray) list = linli_drafts_list(drafts, d->about);

  for (guint i = 0; i < list->len; i++) {
    const LinliDraft *draft = list->pdata[i];
    if (!linli_drafts_claim(drafts, draft->id)) continue;
    g_autofree char *text = g_strdup(draft->text);
    d->draft = draft->id;
    d->has_draft = TRUE;
    linli_action_form_restore(d->form, text);
    return;
  }
}

/* --- What happens meanwhile ----------------------------------------------------------------------------------- */

/* It cannot be sent from here any more, whatever becomes of the request. */
static void end(Dialog *d, const char *why) {
  const char *kept = d->has_draft ? _("What you entered is kept as a draft.") : "";
  g_autofree char *text = g_strconcat(why, *kept ? " " : "", kept, NULL);

  d->over = TRUE;
  stop_listening(d);
  gtk_widget_set_sensitive(d->submit, FALSE);
  linli_action_form_freeze(d->form);
  say(d->problem, text);
}

static void on_closed(Dialog *d) {
  end(d, _("This desk is signed out: the account was disabled, or its sign-in ended."));
  d->has_draft = FALSE; /* the drafts close now, and let go of what they hold */
}

static gboolean on_history(WireBytes row, gpointer data) {
  Dialog *d = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoTimeline entry;
  WireError ignored;

  if (!wire_decode(&proto_msg_timeline, row, true, arena, &entry, &ignored) ||
      linli_history_version(&entry) <= d->opened)
    return TRUE;
  g_autofree char *head = linli_history_head(&entry), *more = linli_history_more(d->context, &entry);
  g_string_append_printf(d->since, "\n%s%s%s", head, *more ? "\n" : "", more);
  return TRUE;
}

static void show_news(Dialog *d) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;

  if (!linli_context_request(d->context, d->request, arena, &row)) return;
  g_autofree char *text = g_strdup_printf(_("It has changed while you wrote. It is now: %s.%s"),
                                          linli_words_label(&proto_enum_request_state, row.state), d->since->str);
  say(d->news, text);
}

static void on_history_told(G_GNUC_UNUSED const GError *error, gpointer data) {
  Dialog *d = data;

  d->walk = NULL;
  show_news(d);
}

static void judge(Dialog *d, const ProtoRequest *row) {
  LinliMay may = linli_context_may(d->context, row, d->action->request_action);
  gboolean is_allowed = may == LINLI_MAY, was_allowed = gtk_widget_get_sensitive(d->submit);

  gtk_widget_set_sensitive(d->submit, is_allowed);
  if (is_allowed == was_allowed) return;
  const char *kept = !is_allowed && d->has_draft ? _("What you entered is kept as a draft.") : "";
  g_autofree char *text = g_strconcat(is_allowed ? "" : linli_may_sentence(may), *kept ? " " : "", kept, NULL);
  say(d->problem, text);
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  Dialog *d = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;

  if (memcmp(&id, &d->request, sizeof id) != 0) return;
  if (!after.data || !linli_context_request(d->context, d->request, arena, &row)) {
    end(d, _("The request has left this desk: it is not yours to see any more, or was moved."));
    return;
  }
  judge(d, &row);
  if (row.version <= d->opened || d->action->request_action == PROTO_REQUEST_ACTION_COMMENT) return;
  show_news(d);
  g_clear_pointer(&d->walk, linli_walk_stop);
  g_string_truncate(d->since, 0);
  d->walk =
      linli_ask_about(d->context, PROTO_QUERY_REQUEST_TIMELINE, d->request, NULL, on_history, on_history_told, d);
}

static void on_state(Dialog *d) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest row;

  if (!d->over && linli_context_request(d->context, d->request, arena, &row)) judge(d, &row);
}

static void listen(Dialog *d) {
  d->listener = linli_replica_listen(linli_context_replica(d->context), PROTO_MESSAGE_REQUEST, on_row, d);
  g_signal_connect_swapped(d->context, "closed", G_CALLBACK(on_closed), d);
  g_signal_connect_swapped(d->context, "state-changed", G_CALLBACK(on_state), d);
}

/* --- The window ----------------------------------------------------------------------------------------------- */

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, Dialog *d) {
  if (linli_keys_composing(gtk_window_get_focus(d->window))) return FALSE;
  if (key == GDK_KEY_Escape) {
    gtk_window_destroy(d->window);
    return TRUE;
  }
  if ((key != GDK_KEY_Return && key != GDK_KEY_KP_Enter) || !(state & GDK_CONTROL_MASK)) return FALSE;
  on_submit(d);
  return TRUE;
}

static GtkWidget *header(Dialog *d) {
  GtkWidget *bar = adw_header_bar_new(), *cancel = gtk_button_new_with_mnemonic(_("_Close"));

  d->submit = gtk_button_new_with_label(_(d->action->label));
  adw_header_bar_set_show_end_title_buttons(ADW_HEADER_BAR(bar), FALSE);
  gtk_widget_add_css_class(d->submit, "suggested-action");
  gtk_widget_set_tooltip_text(d->submit, _("Ctrl+Return"));
  adw_header_bar_pack_start(ADW_HEADER_BAR(bar), cancel);
  adw_header_bar_pack_end(ADW_HEADER_BAR(bar), d->submit);
  g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_destroy), d->window);
  g_signal_connect_swapped(d->submit, "clicked", G_CALLBACK(on_submit), d);
  return bar;
}

static GtkLabel *add_label(GtkWidget *box, const char *class) {
  GtkWidget *label = gtk_label_new(NULL);

  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_selectable(GTK_LABEL(label), TRUE);
  gtk_widget_set_focusable(label, FALSE);
  gtk_widget_set_visible(label, FALSE);
  gtk_widget_add_css_class(label, class);
  gtk_box_append(GTK_BOX(box), label);
  return GTK_LABEL(label);
}

static GtkWidget *content(Dialog *d) {
  GtkWidget *inner = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

  gtk_widget_set_margin_start(inner, 18);
  gtk_widget_set_margin_end(inner, 18);
  gtk_widget_set_margin_top(inner, 12);
  gtk_widget_set_margin_bottom(inner, 18);
  d->news = add_label(inner, "news");
  d->problem = add_label(inner, "error");
  gtk_box_append(GTK_BOX(inner), GTK_WIDGET(d->form));
  return inner;
}

static void build(Dialog *d, const ProtoRequest *request) {
  GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
  GtkEventController *keys = gtk_event_controller_key_new();
  g_autofree char *title =
      g_strdup_printf("%s · %.*s", _(d->action->label), (int)request->number.len, request->number.data);

  gtk_window_set_title(d->window, title);
  gtk_window_set_transient_for(d->window, d->parent);
  gtk_window_set_modal(d->window, TRUE);
  gtk_window_set_destroy_with_parent(d->window, TRUE);
  gtk_window_set_default_size(d->window, 520, -1);
  gtk_box_append(GTK_BOX(outer), header(d));
  gtk_box_append(GTK_BOX(outer), content(d));
  adw_window_set_content(ADW_WINDOW(d->window), outer);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), d);
  gtk_widget_add_controller(GTK_WIDGET(d->window), keys);
  g_signal_connect_swapped(d->form, "changed", G_CALLBACK(on_changed), d);
}

static Dialog *dialog_new(LinliContext *context, GtkWindow *parent, const ProtoRequest *row,
                          const LinliActionInfo *action, const ProtoCommand *command) {
  Dialog *d = g_new0(Dialog, 1);

  *d = (Dialog){.context = g_object_ref(context),
                .action = action,
                .command = command,
                .request = row->id,
                .opened = row->version,
                .version = row->version,
                .about = linli_form_draft_about(command, row->id),
                .since = g_string_new(NULL)};
  g_set_weak_pointer(&d->parent, parent);
  d->window = GTK_WINDOW(adw_window_new());
  d->form = LINLI_ACTION_FORM(linli_action_form_new(context, command, row));
  g_object_set_data_full(G_OBJECT(d->window), "dialog", d, dialog_free);
  build(d, row);
  return d;
}

void linli_action_dialog_present(LinliContext *context, GtkWindow *parent, Uuid request,
                                 const LinliActionInfo *action) {
  g_autoptr(WireArena) arena = wire_arena_new();
  const ProtoCommand *command = proto_command_by_name(&proto_linli, action->name);
  ProtoRequest row;

  if (!command || !linli_context_request(context, request, arena, &row)) return;
  Dialog *d = dialog_new(context, parent, &row, action, command);
  if (linli_action_form_is_empty(d->form)) {
    on_submit(d);
    return;
  }
  restore(d);
  listen(d);
  gtk_window_present(d->window);
  gtk_widget_grab_focus(GTK_WIDGET(d->form));
}
