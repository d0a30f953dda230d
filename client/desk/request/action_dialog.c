/* action_dialog.c: see action_dialog.h. */
#include "client/desk/request/action_dialog.h"

#include <glib/gi18n.h>

#include "client/core/identity.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/window.h"
#include "client/desk/request/action_form.h"
#include "common/uuid.h"

enum { UNDO_MS = 5000 };

typedef struct {
  LinliContext *context;
  GtkWindow *window, *parent;
  LinliActionForm *form;
  GtkLabel *problem;
  const LinliActionInfo *action;
  const ProtoCommand *command;
  Uuid request, draft;
  guint64 stream, version;
  gboolean critical, has_draft;
  char *about;
} Dialog;

static void dialog_free(gpointer data) {
  Dialog *d = data;

  if (d->has_draft && linli_context_drafts(d->context))
    linli_drafts_release(linli_context_drafts(d->context), d->draft);
  g_object_unref(d->context);
  g_free(d->about);
  g_free(d);
}

/* --- Sending -------------------------------------------------------------------------------------------------- */

/* What is typed again into the same form, should the server say no. */
typedef struct {
  LinliContext *context;
  char *about, *text;
} Typed;

static void on_decided(G_GNUC_UNUSED const LinliEntry *entry, const LinliAnswer *answer, const GError *error,
                       gpointer data) {
  Typed *typed = data;

  if ((error || answer->verdict != LINLI_DONE) && *typed->text && linli_context_drafts(typed->context))
    linli_drafts_put(linli_context_drafts(typed->context), linli_new_id(), typed->about, typed->text);
  g_object_unref(typed->context);
  g_free(typed->about);
  g_free(typed->text);
  g_free(typed);
}

/* Dispatching, returning and judging may be taken back for a moment; what is critical leaves at once. */
static guint hold_of(const Dialog *d) {
  guint64 action = d->action->request_action;
  gboolean held = action == PROTO_REQUEST_ACTION_DISPATCH || action == PROTO_REQUEST_ACTION_RETURN ||
                  action == PROTO_REQUEST_ACTION_VERIFY || action == PROTO_REQUEST_ACTION_REWORK ||
                  action == PROTO_REQUEST_ACTION_MERGE;

  return held && !d->critical ? UNDO_MS : 0;
}

static void send(Dialog *d, const GByteArray *body) {
  guint hold = hold_of(d);
  Typed *typed = g_new(Typed, 1);

  *typed = (Typed){g_object_ref(d->context), g_strdup(d->about), linli_action_form_draft(d->form)};
  Uuid id =
      linli_context_submit(d->context, d->command->number, d->stream, d->version, body, hold, on_decided, typed);
  if (d->has_draft) linli_drafts_remove(linli_context_drafts(d->context), d->draft);
  d->has_draft = FALSE;
  if (!LINLI_IS_WINDOW(d->parent)) return;
  g_autofree char *text = g_strdup_printf(_("%s: done"), _(d->action->label));
  if (hold)
    linli_window_toast_undo(LINLI_WINDOW(d->parent), text, id);
  else
    linli_window_toast(LINLI_WINDOW(d->parent), text, NULL, NULL, NULL);
}

static void on_submit(Dialog *d) {
  g_autofree char *problem = NULL;
  g_autoptr(GByteArray) body = NULL;

  if (linli_keys_composing(gtk_window_get_focus(d->window))) return;
  if (!linli_context_is_open(d->context)) return;
  body = linli_action_form_body(d->form, &problem);
  if (!body) {
    gtk_label_set_text(d->problem, problem);
    gtk_widget_set_visible(GTK_WIDGET(d->problem), TRUE);
    return;
  }
  send(d, body);
  gtk_window_destroy(d->window);
}

/* --- Drafts --------------------------------------------------------------------------------------------------- */

static void on_changed(Dialog *d) {
  LinliDrafts *drafts = linli_context_drafts(d->context);
  g_autofree char *text = linli_action_form_draft(d->form);

  gtk_widget_set_visible(GTK_WIDGET(d->problem), FALSE);
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
  g_autoptr(GPtrArray) list = linli_drafts_list(linli_context_drafts(d->context), d->about);

  for (guint i = 0; i < list->len; i++) {
    const LinliDraft *draft = list->pdata[i];
    if (!linli_drafts_claim(linli_context_drafts(d->context), draft->id)) continue;
    g_autofree char *text = g_strdup(draft->text);
    d->draft = draft->id;
    d->has_draft = TRUE;
    linli_action_form_restore(d->form, text);
    return;
  }
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
  GtkWidget *bar = adw_header_bar_new(), *cancel = gtk_button_new_with_mnemonic(_("_Close")),
            *submit = gtk_button_new_with_label(_(d->action->label));

  adw_header_bar_set_show_end_title_buttons(ADW_HEADER_BAR(bar), FALSE);
  gtk_widget_add_css_class(submit, "suggested-action");
  gtk_widget_set_tooltip_text(submit, _("Ctrl+Return"));
  adw_header_bar_pack_start(ADW_HEADER_BAR(bar), cancel);
  adw_header_bar_pack_end(ADW_HEADER_BAR(bar), submit);
  g_signal_connect_swapped(cancel, "clicked", G_CALLBACK(gtk_window_destroy), d->window);
  g_signal_connect_swapped(submit, "clicked", G_CALLBACK(on_submit), d);
  return bar;
}

static void build(Dialog *d, const ProtoRequest *request) {
  GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *inner = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);
  GtkEventController *keys = gtk_event_controller_key_new();
  g_autofree char *title =
      g_strdup_printf("%s · %.*s", _(d->action->label), (int)request->number.len, request->number.data);

  gtk_window_set_title(d->window, title);
  gtk_window_set_transient_for(d->window, d->parent);
  gtk_window_set_modal(d->window, TRUE);
  gtk_window_set_destroy_with_parent(d->window, TRUE);
  gtk_window_set_default_size(d->window, 520, -1);
  d->problem = GTK_LABEL(gtk_label_new(NULL));
  gtk_label_set_wrap(d->problem, TRUE);
  gtk_label_set_xalign(d->problem, 0);
  gtk_widget_set_visible(GTK_WIDGET(d->problem), FALSE);
  gtk_widget_add_css_class(GTK_WIDGET(d->problem), "error");
  gtk_widget_set_margin_start(inner, 18);
  gtk_widget_set_margin_end(inner, 18);
  gtk_widget_set_margin_top(inner, 12);
  gtk_widget_set_margin_bottom(inner, 18);
  gtk_box_append(GTK_BOX(inner), GTK_WIDGET(d->problem));
  gtk_box_append(GTK_BOX(inner), GTK_WIDGET(d->form));
  gtk_box_append(GTK_BOX(outer), header(d));
  gtk_box_append(GTK_BOX(outer), inner);
  adw_window_set_content(ADW_WINDOW(d->window), outer);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), d);
  gtk_widget_add_controller(GTK_WIDGET(d->window), keys);
  g_signal_connect_swapped(d->form, "changed", G_CALLBACK(on_changed), d);
}

void linli_action_dialog_present(LinliContext *context, GtkWindow *parent, Uuid request,
                                 const LinliActionInfo *action) {
  g_autoptr(WireArena) arena = wire_arena_new();
  const ProtoCommand *command = proto_command_by_name(&proto_linli, action->name);
  ProtoRequest row;
  char id[UUID_TEXT_SIZE];
  Dialog *d;

  if (!command || !linli_context_request(context, request, arena, &row)) return;
  d = g_new0(Dialog, 1);
  *d = (Dialog){.context = g_object_ref(context),
                .parent = parent,
                .action = action,
                .command = command,
                .request = request,
                .stream = row.community * 4 + PROTO_STREAM_KIND_COMMUNITY,
                .version = row.version,
                .critical = row.class == PROTO_REQUEST_CLASS_CRITICAL};
  d->about = g_strconcat(action->name, " ", uuid_format(request, id), NULL);
  d->window = GTK_WINDOW(adw_window_new());
  d->form = LINLI_ACTION_FORM(linli_action_form_new(context, command, &row));
  g_object_set_data_full(G_OBJECT(d->window), "dialog", d, dialog_free);
  build(d, &row);
  if (linli_action_form_is_empty(d->form)) {
    on_submit(d);
    return;
  }
  restore(d);
  gtk_window_present(d->window);
  gtk_widget_grab_focus(GTK_WIDGET(d->form));
}
