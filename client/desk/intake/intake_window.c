/* intake_window.c: see intake_window.h. It joins the rooms: fields, hints, drafts, receipts; and minds who has the
 * draft. */
#include "client/desk/intake/intake_window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/window.h"
#include "client/desk/intake/intake_drafts.h"
#include "client/desk/intake/intake_fields.h"
#include "client/desk/intake/intake_form.h"
#include "client/desk/intake/intake_hints.h"
#include "client/desk/intake/intake_receipt.h"
#include "common/uuid.h"

enum { CLAIM_MS = 100, CLAIM_TRIES = 40 };

/* Why the form is shown only. */
typedef enum {
  HOLD_NONE,
  HOLD_WINDOW, /* another process has the draft */
  HOLD_ASKING, /* it has been asked for it */
  HOLD_DESK,   /* it was taken over at another desk */
  HOLD_SIGNED_OUT
} Hold;

struct _LinliIntakeWindow {
  AdwWindow parent_instance;
  LinliContext *context;
  GtkWidget *problem, *banner, *banner_words, *banner_button, *receipts, *form, *done, *buttons;
  LinliIntakeFields *fields;
  LinliIntakeHints *hints;
  LinliIntakeDrafts *drafts;
  LinliIntake intake;
  Uuid draft;
  char *account; /* whose it is, by server and name: another one sees nothing of it */
  gboolean has_draft;
  Hold hold;
  guint claim, tries; /* source */
};

G_DEFINE_FINAL_TYPE(LinliIntakeWindow, linli_intake_window, ADW_TYPE_WINDOW)

static char *account_of(LinliContext *context) {
  LinliSettings *settings = linli_session_settings(linli_context_session(context));

  return g_strconcat(linli_settings_server(settings), "\n", linli_settings_user(settings), NULL);
}

static void show_problem(LinliIntakeWindow *w, const char *problem) {
  gtk_label_set_text(GTK_LABEL(w->problem), problem ? problem : "");
  gtk_widget_set_visible(w->problem, problem != NULL);
}

static void set_hold(LinliIntakeWindow *w, Hold hold) {
  const char *words[] = {
      [HOLD_NONE] = "",
      [HOLD_WINDOW] = _("Another window has this draft. It is only shown here."),
      [HOLD_ASKING] = _("Asking the other window…"),
      [HOLD_DESK] = _("This draft was taken over at another desk. It is only shown here."),
      [HOLD_SIGNED_OUT] =
          _("Nobody is signed in any more. What was typed is kept as a draft on this computer: sign in again "
            "in the main window, and go on here."),
  };
  const char *buttons[] = {
      [HOLD_WINDOW] = _("Take it over"), [HOLD_DESK] = _("Go on here all the same"), [HOLD_SIGNED_OUT] = NULL};

  w->hold = hold;
  gtk_label_set_text(GTK_LABEL(w->banner_words), words[hold]);
  gtk_widget_set_visible(w->banner, hold != HOLD_NONE);
  gboolean has_button = hold < G_N_ELEMENTS(buttons) && buttons[hold];
  if (has_button) gtk_button_set_label(GTK_BUTTON(w->banner_button), buttons[hold]);
  gtk_widget_set_visible(w->banner_button, has_button);
  gtk_widget_set_sensitive(GTK_WIDGET(w->fields), hold == HOLD_NONE);
  gtk_widget_set_sensitive(w->buttons, hold == HOLD_NONE);
}

/* --- The draft ------------------------------------------------------------------------------------------------ */

static void keep_copy(LinliIntakeWindow *w) {
  Uuid device = linli_session_device(linli_context_session(w->context));
  g_autofree char *copy = linli_intake_to_copy(&w->intake, device, g_get_host_name());

  linli_draft_copies_put(linli_context_draft_copies(w->context), w->draft, copy);
}

static void keep_draft(LinliIntakeWindow *w) {
  LinliDrafts *drafts = linli_context_drafts(w->context);

  if (!drafts || w->hold != HOLD_NONE) return;
  if (uuid_is_nil(w->intake.request)) w->intake.request = linli_new_id_at(linli_context_now(w->context) / 1000);
  g_autofree char *text = linli_intake_to_draft(&w->intake);
  if (*text && !w->has_draft) {
    w->draft = linli_new_id();
    w->has_draft = linli_drafts_claim(drafts, w->draft);
    linli_intake_drafts_set_own(w->drafts, &w->draft);
  }
  if (!w->has_draft) return;
  if (*text)
    linli_drafts_put(drafts, w->draft, "request", text);
  else
    linli_drafts_remove(drafts, w->draft);
  keep_copy(w);
  if (!*text) linli_intake_drafts_set_own(w->drafts, NULL);
  w->has_draft = *text != '\0';
}

static void let_go(LinliIntakeWindow *w) {
  if (w->has_draft && linli_context_drafts(w->context))
    linli_drafts_release(linli_context_drafts(w->context), w->draft);
  w->has_draft = FALSE;
}

static void show_intake(LinliIntakeWindow *w) {
  linli_intake_fields_write(w->fields, &w->intake);
  linli_intake_hints_ask(w->hints, &w->intake);
}

/* The popover gives the focus back to its button first. */
static gboolean on_focus(gpointer data) {
  LinliIntakeWindow *w = data;

  if (w->context) linli_intake_fields_focus(w->fields, NULL);
  return G_SOURCE_REMOVE;
}

static void focus_soon(LinliIntakeWindow *w) {
  g_idle_add_full(G_PRIORITY_LOW, on_focus, g_object_ref(w), g_object_unref);
}

static LinliIntakeWindow *window_of(GtkApplication *application, Uuid draft) {
  for (GList *at = gtk_application_get_windows(application); at; at = at->next) {
    LinliIntakeWindow *w = LINLI_IS_INTAKE_WINDOW(at->data) ? at->data : NULL;
    if (w && w->has_draft && uuid_compare(w->draft, draft) == 0) return w;
  }
  return NULL;
}

/* FALSE: there is no such draft any more. */
G_GNUC_WARN_UNUSED_RESULT static gboolean take_draft(LinliIntakeWindow *w, Uuid id) {
  LinliDrafts *drafts = linli_context_drafts(w->context);
  gboolean claimed = linli_drafts_claim(drafts, id);
  const LinliDraft *draft = linli_drafts_read_again(drafts, id);

  if (!draft || !linli_intake_from_draft(&w->intake, draft->text)) {
    if (claimed) linli_drafts_release(drafts, id);
    return FALSE;
  }
  if (!w->has_draft || uuid_compare(w->draft, id) != 0) let_go(w);
  w->draft = id;
  w->has_draft = claimed;
  linli_intake_drafts_set_own(w->drafts, &id);
  set_hold(w, claimed ? HOLD_NONE : HOLD_WINDOW);
  show_intake(w);
  focus_soon(w);
  return TRUE;
}

static void on_local(LinliIntakeWindow *w, const Uuid *id) {
  LinliIntakeWindow *other = window_of(gtk_window_get_application(gtk_window_get_transient_for(GTK_WINDOW(w))), *id);

  if (other && other != w)
    gtk_window_present(GTK_WINDOW(other));
  else if (!take_draft(w, *id))
    show_problem(w, _("This draft is gone: it was sent or thrown away in another window."));
  linli_intake_drafts_refresh(w->drafts);
}

/* Begun at another desk: from here on it is this one's, under an id of its own, so that the two never write over each
 * other; over there it is seen that the copy has gone. */
static void on_elsewhere(LinliIntakeWindow *w, const Uuid *id, const char *copy) {
  if (!linli_intake_from_draft(&w->intake, copy)) return;
  let_go(w);
  set_hold(w, HOLD_NONE);
  keep_draft(w);
  linli_draft_copies_put(linli_context_draft_copies(w->context), *id, "");
  show_intake(w);
  show_problem(w, _("Taken over from another desk. The caller's phone stayed there: ask for it again."));
  focus_soon(w);
  linli_intake_drafts_refresh(w->drafts);
}

/* --- Who has the draft ---------------------------------------------------------------------------------------- */

/* The other window writes what it has, lets go, and shows only; one that does not answer keeps its text, and this one
 * goes on with a draft of its own. */
static gboolean on_claim(gpointer data) {
  LinliIntakeWindow *w = data;
  LinliDrafts *drafts = linli_context_drafts(w->context);

  if (drafts && linli_drafts_claim(drafts, w->draft)) {
    linli_drafts_release(drafts, w->draft);
    w->claim = 0;
    if (!take_draft(w, w->draft))
      show_problem(w, _("This draft is gone: it was sent or thrown away in another window."));
    return G_SOURCE_REMOVE;
  }
  if (drafts && ++w->tries < CLAIM_TRIES) return G_SOURCE_CONTINUE;
  w->claim = 0;
  w->has_draft = FALSE;
  set_hold(w, HOLD_NONE);
  keep_draft(w);
  show_problem(w, _("The other window does not answer. This is a copy of the draft: throw the other one away."));
  focus_soon(w);
  return G_SOURCE_REMOVE;
}

static void on_banner_button(LinliIntakeWindow *w) {
  if (!linli_context_is_open(w->context)) return;
  if (w->hold == HOLD_WINDOW) {
    set_hold(w, HOLD_ASKING);
    linli_drafts_want(linli_context_drafts(w->context), w->draft);
    w->tries = 0;
    if (!w->claim) w->claim = g_timeout_add(CLAIM_MS, on_claim, w);
  } else if (w->hold == HOLD_DESK) {
    set_hold(w, HOLD_NONE);
    keep_draft(w);
    focus_soon(w);
  }
}

static void on_wanted(Uuid id, gpointer data) {
  LinliIntakeWindow *w = window_of(data, id);

  if (!w) return;
  w->has_draft = FALSE; /* the claim is gone already */
  set_hold(w, HOLD_WINDOW);
}

/* The copy was taken from here once and is not there any more: somebody at another desk has it. */
static void on_looked(LinliIntakeWindow *w) {
  if (w->hold == HOLD_NONE && w->has_draft &&
      linli_draft_copies_has_sent(linli_context_draft_copies(w->context), w->draft) &&
      !linli_intake_drafts_on_server(w->drafts, w->draft))
    set_hold(w, HOLD_DESK);
}

static void on_active(LinliIntakeWindow *w) {
  if (gtk_window_is_active(GTK_WINDOW(w)) && linli_context_is_open(w->context))
    linli_intake_drafts_refresh(w->drafts);
}

/* --- Signed out and in again ---------------------------------------------------------------------------------- */

/* The drafts have been written when this is heard last; nothing more is kept until somebody signs in again. */
static void on_closed(LinliIntakeWindow *w) {
  g_clear_handle_id(&w->claim, g_source_remove);
  if (w->has_draft || w->hold != HOLD_NONE)
    set_hold(w, HOLD_SIGNED_OUT);
  else
    gtk_window_destroy(GTK_WINDOW(w));
}

/* Another account sees nothing of it: the draft is its owner's. */
static void on_opened(LinliIntakeWindow *w) {
  g_autofree char *account = account_of(w->context);

  w->has_draft = FALSE;
  linli_drafts_on_wanted(linli_context_drafts(w->context), on_wanted, gtk_window_get_application(GTK_WINDOW(w)));
  if (strcmp(account, w->account) != 0 || !take_draft(w, w->draft)) gtk_window_destroy(GTK_WINDOW(w));
}

/* --- Changes -------------------------------------------------------------------------------------------------- */

static void on_changed(LinliIntakeWindow *w) {
  if (w->hold != HOLD_NONE) return;
  linli_intake_fields_read(w->fields, &w->intake);
  keep_draft(w);
  show_problem(w, NULL);
  linli_intake_hints_ask(w->hints, &w->intake);
}

static void on_open_similar(LinliIntakeWindow *w, const Uuid *id) {
  GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(w));

  if (!LINLI_IS_WINDOW(parent)) return;
  linli_window_show_request(LINLI_WINDOW(parent), *id);
  gtk_window_present(parent);
}

/* --- Registering ---------------------------------------------------------------------------------------------- */

static void show_form(LinliIntakeWindow *w, gboolean form) {
  gtk_widget_set_visible(w->form, form);
  gtk_widget_set_visible(w->buttons, form);
  gtk_widget_set_visible(w->done, !form);
  if (!form) gtk_widget_grab_focus(gtk_widget_get_last_child(w->done));
}

static void forget_receipts(LinliIntakeWindow *w) {
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child(w->receipts)))
    gtk_box_remove(GTK_BOX(w->receipts), child);
}

/* Nothing has left: the draft is ours again. */
static void on_failed(LinliIntakeWindow *w, const char *sentence, GtkWidget *receipt) {
  w->has_draft = TRUE;
  gtk_box_remove(GTK_BOX(w->receipts), receipt);
  show_form(w, TRUE);
  show_problem(w, sentence);
  linli_intake_fields_focus(w->fields, "text");
}

/* The outbox forgets it only once the draft is on disk. */
static void on_correct(LinliIntakeWindow *w, const char *draft, LinliIntakeReceipt *receipt) {
  if (!linli_context_is_open(w->context) || !linli_intake_from_draft(&w->intake, draft)) return;
  let_go(w);
  keep_draft(w);
  linli_drafts_settle(linli_context_drafts(w->context));
  linli_intake_receipt_taken_back(receipt);
  gtk_box_remove(GTK_BOX(w->receipts), GTK_WIDGET(receipt));
  show_form(w, TRUE);
  show_intake(w);
  focus_soon(w);
}

static LinliIntakeReceipt *new_receipt(LinliIntakeWindow *w) {
  GtkWidget *receipt = linli_intake_receipt_new(w->context);

  gtk_box_append(GTK_BOX(w->receipts), receipt);
  g_signal_connect_object(receipt, "failed", G_CALLBACK(on_failed), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(receipt, "correct", G_CALLBACK(on_correct), w, G_CONNECT_SWAPPED);
  return LINLI_INTAKE_RECEIPT(receipt);
}

static gboolean lacks_nothing(LinliIntakeWindow *w) {
  const char *field = NULL;
  g_autofree char *problem = linli_intake_fields_problem(w->fields, &field);

  linli_intake_fields_read(w->fields, &w->intake);
  if (!problem) field = linli_intake_lacks(&w->intake, linli_context_now(w->context), &problem);
  if (!field) return TRUE;
  show_problem(w, problem);
  linli_intake_fields_focus(w->fields, field);
  return FALSE;
}

static gboolean may_send(LinliIntakeWindow *w) {
  return gtk_widget_get_visible(w->form) && w->hold == HOLD_NONE && linli_context_is_open(w->context) &&
         !linli_keys_composing(gtk_window_get_focus(GTK_WINDOW(w)));
}

static gboolean submit(LinliIntakeWindow *w) {
  if (!may_send(w) || !lacks_nothing(w)) return FALSE;
  keep_draft(w);
  linli_intake_receipt_register(new_receipt(w), &w->intake, w->has_draft ? &w->draft : NULL);
  w->has_draft = FALSE; /* the receipt's, until it is on disk as a command */
  show_problem(w, NULL);
  return TRUE;
}

static void on_submit(LinliIntakeWindow *w) {
  if (submit(w)) show_form(w, FALSE);
}

/* The next request of the same call: caller and place stay. */
static void on_submit_next(LinliIntakeWindow *w) {
  if (uuid_is_nil(w->intake.call)) w->intake.call = linli_new_id();
  if (!submit(w)) return;
  linli_intake_next(&w->intake);
  show_intake(w);
  keep_draft(w);
  linli_intake_fields_focus(w->fields, "text");
}

static void on_remark(LinliIntakeWindow *w, const Uuid *request, guint64 community, const char *number) {
  g_autofree char *remark = NULL;
  gsize max = wire_field_by_name(proto_command(&proto_linli, PROTO_COMMAND_REQUEST_COMMENT)->fields, "text")->max;
  guint fit, over;

  if (!may_send(w)) return;
  linli_intake_fields_read(w->fields, &w->intake);
  remark = linli_intake_remark(&w->intake);
  linli_intake_count(remark, max, &fit, &over);
  if (!*remark || over) {
    g_autofree char *problem =
        over
            ? g_strdup_printf(_("A comment takes %u characters of this, and %u are too many. Shorten it."), fit, over)
            : g_strdup(_("What was said? Write at least a line."));
    show_problem(w, problem);
    linli_intake_fields_focus(w->fields, "text");
    return;
  }
  keep_draft(w);
  linli_intake_receipt_remark(new_receipt(w), &w->intake, w->has_draft ? &w->draft : NULL, *request, community,
                              number);
  w->has_draft = FALSE;
  show_form(w, FALSE);
}

/* --- Beginning ------------------------------------------------------------------------------------------------ */

static void preset(LinliIntakeWindow *w) {
  const LinliWho *who = linli_context_who(w->context);

  linli_intake_clear(&w->intake);
  linli_intake_init(&w->intake);
  if (who && who->communities->len == 1) w->intake.community = g_array_index(who->communities, guint64, 0);
  /* Who only works is on patrol; the others sit by the phone. */
  w->intake.channel = who && !(who->rights >> PROTO_RIGHT_TRIAGE & 1) && who->rights >> PROTO_RIGHT_WORK & 1
                          ? PROTO_CHANNEL_PATROL
                          : PROTO_CHANNEL_PHONE;
  w->intake.nature = PROTO_REQUEST_NATURE_HELP;
}

static void begin_anew(LinliIntakeWindow *w) {
  if (!linli_context_is_open(w->context)) return;
  forget_receipts(w);
  preset(w);
  show_form(w, TRUE);
  show_intake(w);
  linli_intake_drafts_set_own(w->drafts, NULL);
  linli_intake_drafts_refresh(w->drafts);
  linli_intake_fields_focus(w->fields, NULL);
}

/* --- Keys ----------------------------------------------------------------------------------------------------- */

static gboolean on_key(G_GNUC_UNUSED GtkEventControllerKey *controller, guint key, G_GNUC_UNUSED guint code,
                       GdkModifierType state, LinliIntakeWindow *w) {
  gboolean is_return = key == GDK_KEY_Return || key == GDK_KEY_KP_Enter, control = state & GDK_CONTROL_MASK;

  if (linli_keys_composing(gtk_window_get_focus(GTK_WINDOW(w)))) return FALSE;
  if (key == GDK_KEY_Escape) {
    gtk_window_close(GTK_WINDOW(w));
    return TRUE;
  }
  if (control && key == GDK_KEY_n && !gtk_widget_get_visible(w->form)) {
    begin_anew(w);
    return TRUE;
  }
  if (!is_return || !control) return FALSE;
  if (state & GDK_SHIFT_MASK)
    on_submit_next(w);
  else
    on_submit(w);
  return TRUE;
}

static gboolean on_close(LinliIntakeWindow *w) {
  GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(w));

  if (w->has_draft && LINLI_IS_WINDOW(parent))
    linli_window_toast(LINLI_WINDOW(parent), _("The draft is kept: it is under Drafts in the next new request."),
                       NULL, NULL, NULL);
  return FALSE;
}

/* --- Building ------------------------------------------------------------------------------------------------- */

static GtkWidget *note_label(const char *class) {
  GtkWidget *label = gtk_label_new(NULL);

  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  if (class) gtk_widget_add_css_class(label, class);
  return label;
}

static GtkWidget *make_header(LinliIntakeWindow *w) {
  GtkWidget *bar = adw_header_bar_new(), *button = gtk_button_new_with_label(_("Register")),
            *next = gtk_button_new_with_label(_("Register, and the next"));

  w->buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_widget_add_css_class(button, "suggested-action");
  gtk_widget_set_tooltip_text(button, _("Ctrl+Return"));
  gtk_widget_set_tooltip_text(next, _("Ctrl+Shift+Return: keeps caller and place"));
  gtk_box_append(GTK_BOX(w->buttons), next);
  gtk_box_append(GTK_BOX(w->buttons), button);
  w->drafts = LINLI_INTAKE_DRAFTS(linli_intake_drafts_new(w->context));
  adw_header_bar_pack_start(ADW_HEADER_BAR(bar), GTK_WIDGET(w->drafts));
  adw_header_bar_pack_end(ADW_HEADER_BAR(bar), w->buttons);
  g_signal_connect_swapped(button, "clicked", G_CALLBACK(on_submit), w);
  g_signal_connect_swapped(next, "clicked", G_CALLBACK(on_submit_next), w);
  g_signal_connect_swapped(w->drafts, "local", G_CALLBACK(on_local), w);
  g_signal_connect_swapped(w->drafts, "elsewhere", G_CALLBACK(on_elsewhere), w);
  g_signal_connect_swapped(w->drafts, "looked", G_CALLBACK(on_looked), w);
  return bar;
}

static GtkWidget *make_banner(LinliIntakeWindow *w) {
  w->banner = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
  w->banner_words = note_label(NULL);
  w->banner_button = gtk_button_new();
  gtk_widget_add_css_class(w->banner, "intakebanner");
  gtk_widget_set_hexpand(w->banner_words, TRUE);
  gtk_widget_set_valign(w->banner_button, GTK_ALIGN_CENTER);
  gtk_box_append(GTK_BOX(w->banner), w->banner_words);
  gtk_box_append(GTK_BOX(w->banner), w->banner_button);
  g_signal_connect_swapped(w->banner_button, "clicked", G_CALLBACK(on_banner_button), w);
  return w->banner;
}

static GtkWidget *make_form(LinliIntakeWindow *w) {
  GtkWidget *inner = gtk_box_new(GTK_ORIENTATION_VERTICAL, 10);

  w->form = gtk_scrolled_window_new();
  w->problem = note_label("error");
  w->fields = LINLI_INTAKE_FIELDS(linli_intake_fields_new(w->context));
  w->hints = LINLI_INTAKE_HINTS(linli_intake_hints_new(w->context));
  show_problem(w, NULL);
  gtk_widget_add_css_class(inner, "requestbox");
  gtk_box_append(GTK_BOX(inner), w->problem);
  gtk_box_append(GTK_BOX(inner), GTK_WIDGET(w->fields));
  gtk_box_append(GTK_BOX(inner), GTK_WIDGET(w->hints));
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(w->form), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(w->form), inner);
  gtk_widget_set_vexpand(w->form, TRUE);
  g_signal_connect_swapped(w->fields, "changed", G_CALLBACK(on_changed), w);
  g_signal_connect_swapped(w->hints, "confidential", G_CALLBACK(linli_intake_fields_set_default), w->fields);
  g_signal_connect_swapped(w->hints, "open", G_CALLBACK(on_open_similar), w);
  g_signal_connect_swapped(w->hints, "remark", G_CALLBACK(on_remark), w);
  return w->form;
}

static GtkWidget *make_done(LinliIntakeWindow *w) {
  GtkWidget *again = gtk_button_new_with_label(_("New request")), *close = gtk_button_new_with_label(_("Close"));

  w->done = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
  gtk_widget_set_halign(w->done, GTK_ALIGN_CENTER);
  gtk_widget_set_margin_bottom(w->done, 24);
  gtk_widget_set_tooltip_text(again, "Ctrl+N");
  gtk_widget_set_tooltip_text(close, "Esc");
  gtk_widget_add_css_class(close, "suggested-action");
  gtk_box_append(GTK_BOX(w->done), again);
  gtk_box_append(GTK_BOX(w->done), close);
  g_signal_connect_swapped(again, "clicked", G_CALLBACK(begin_anew), w);
  g_signal_connect_swapped(close, "clicked", G_CALLBACK(gtk_window_close), w);
  return w->done;
}

static void build(LinliIntakeWindow *w) {
  GtkWidget *outer = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
  GtkEventController *keys = gtk_event_controller_key_new();

  w->receipts = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  gtk_box_append(GTK_BOX(outer), make_header(w));
  gtk_box_append(GTK_BOX(outer), make_banner(w));
  gtk_box_append(GTK_BOX(outer), w->receipts);
  gtk_box_append(GTK_BOX(outer), make_form(w));
  gtk_box_append(GTK_BOX(outer), make_done(w));
  adw_window_set_content(ADW_WINDOW(w), outer);
  set_hold(w, HOLD_NONE);
  show_form(w, TRUE);
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", G_CALLBACK(on_key), w);
  gtk_widget_add_controller(GTK_WIDGET(w), keys);
  g_signal_connect(w, "close-request", G_CALLBACK(on_close), NULL);
  g_signal_connect(w, "notify::is-active", G_CALLBACK(on_active), NULL);
}

void linli_intake_window_present(LinliContext *context, GtkWindow *parent, const Uuid *draft) {
  LinliIntakeWindow *w = draft ? window_of(gtk_window_get_application(parent), *draft) : NULL;

  if (!linli_context_is_open(context)) return;
  if (w) {
    gtk_window_present(GTK_WINDOW(w));
    return;
  }
  w = g_object_new(LINLI_TYPE_INTAKE_WINDOW, "title", _("New request"), "transient-for", parent,
                   "destroy-with-parent", TRUE, "application", gtk_window_get_application(parent), "default-width",
                   640, "default-height", 800, NULL);
  w->context = g_object_ref(context);
  w->account = account_of(context);
  build(w);
  linli_drafts_on_wanted(linli_context_drafts(context), on_wanted, gtk_window_get_application(parent));
  g_signal_connect_object(context, "closed", G_CALLBACK(on_closed), w, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "opened", G_CALLBACK(on_opened), w, G_CONNECT_SWAPPED);
  begin_anew(w);
  if (draft && !take_draft(w, *draft))
    show_problem(w, _("This draft is gone: it was sent or thrown away in another window."));
  gtk_window_present(GTK_WINDOW(w));
  linli_intake_fields_focus(w->fields, NULL);
}

void linli_intake_windows_close(GtkApplication *application) {
  g_autoptr(GList) windows = g_list_copy(gtk_application_get_windows(application));

  for (GList *at = windows; at; at = at->next)
    if (LINLI_IS_INTAKE_WINDOW(at->data)) gtk_window_destroy(at->data);
}

gboolean linli_intake_window_draft(LinliIntakeWindow *window, Uuid *draft) {
  *draft = window->draft;
  return window->has_draft;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void linli_intake_window_dispose(GObject *object) {
  LinliIntakeWindow *w = LINLI_INTAKE_WINDOW(object);

  g_clear_handle_id(&w->claim, g_source_remove);
  if (w->context) let_go(w);
  G_OBJECT_CLASS(linli_intake_window_parent_class)->dispose(object);
  g_clear_object(&w->context);
}

static void linli_intake_window_finalize(GObject *object) {
  LinliIntakeWindow *w = LINLI_INTAKE_WINDOW(object);

  linli_intake_clear(&w->intake);
  g_free(w->account);
  G_OBJECT_CLASS(linli_intake_window_parent_class)->finalize(object);
}

static void linli_intake_window_class_init(LinliIntakeWindowClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_intake_window_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_intake_window_finalize;
}

static void linli_intake_window_init(LinliIntakeWindow *w) {
  linli_intake_init(&w->intake);
}
