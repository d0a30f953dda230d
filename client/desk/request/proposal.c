/* proposal.c: see proposal.h. */
#include "client/desk/request/proposal.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/ask.h"
#include "client/desk/app/words.h"

struct _LinliProposal {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *box, *who, *why, *button;
  LinliWalk *walk;
  Uuid request;
  guint64 version, team;
  gboolean shown, again; /* again: it was asked for while there was no line */
};

G_DEFINE_FINAL_TYPE(LinliProposal, linli_proposal, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

char *linli_proposal_reason(const ProtoProposal *proposal) {
  const char *reason = linli_words_label(&proto_enum_proposal_reason, proposal->reason);

  if (!proposal->handled) return g_strdup_printf(_("%s · %u in hand"), reason, (guint)proposal->in_hand);
  return g_strdup_printf(_("%s (%u) · %u in hand"), reason, (guint)proposal->handled, (guint)proposal->in_hand);
}

static void forget(LinliProposal *p) {
  gboolean had = p->team != 0;

  g_clear_pointer(&p->walk, linli_walk_stop);
  p->team = 0;
  gtk_widget_set_visible(GTK_WIDGET(p), FALSE);
  if (had) g_signal_emit(p, signals[CHANGED], 0);
}

/* The best stands first. */
static gboolean on_proposal(WireBytes row, gpointer data) {
  LinliProposal *p = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoProposal best;
  WireError ignored;

  if (!wire_decode(&proto_msg_proposal, row, true, arena, &best, &ignored)) return FALSE;
  p->team = best.team;
  g_autofree char *who = g_strdup_printf(_("Proposed: %s"),
                                         linli_context_name(p->context, PROTO_MESSAGE_TEAM, best.team)),
                  *why = linli_proposal_reason(&best);
  gtk_label_set_text(GTK_LABEL(p->who), who);
  gtk_label_set_text(GTK_LABEL(p->why), why);
  gtk_widget_set_visible(GTK_WIDGET(p), TRUE);
  g_signal_emit(p, signals[CHANGED], 0);
  return FALSE;
}

static void on_finished(const GError *error, gpointer data) {
  LinliProposal *p = data;

  p->walk = NULL;
  p->again = error != NULL;
}

static void ask(LinliProposal *p) {
  p->walk = linli_ask_about(p->context, PROTO_QUERY_REQUEST_PROPOSE, p->request, NULL, on_proposal, on_finished, p);
}

void linli_proposal_show(LinliProposal *proposal, const ProtoRequest *request) {
  gboolean wanted = request && request->state == PROTO_REQUEST_STATE_ACCEPTED &&
                    linli_context_may(proposal->context, request, PROTO_REQUEST_ACTION_DISPATCH) == LINLI_MAY;

  if (wanted && proposal->shown && request->version == proposal->version &&
      memcmp(&request->id, &proposal->request, sizeof request->id) == 0)
    return;
  proposal->shown = wanted;
  forget(proposal);
  if (!wanted) return;
  proposal->request = request->id;
  proposal->version = request->version;
  ask(proposal);
}

guint64 linli_proposal_team(LinliProposal *proposal) {
  return proposal->team;
}

static void on_state(LinliProposal *p) {
  LinliSession *session = linli_context_session(p->context);

  if (p->again && p->shown && !p->walk && session && linli_session_state(session) == LINLI_STATE_READY) ask(p);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void build(LinliProposal *p) {
  const LinliActionInfo *info = linli_action_by_name("request.dispatch-proposed");
  GtkWidget *text = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
  g_autofree char *keys = linli_action_keys(info);

  p->box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
  p->who = gtk_label_new(NULL);
  p->why = gtk_label_new(NULL);
  p->button = gtk_button_new_with_label(_(info->label));
  gtk_widget_add_css_class(p->box, "proposal");
  gtk_widget_add_css_class(p->who, "heading");
  gtk_widget_add_css_class(p->why, "dim-label");
  GtkWidget *labels[] = {p->who, p->why};
  for (gsize i = 0; i < G_N_ELEMENTS(labels); i++) {
    gtk_label_set_xalign(GTK_LABEL(labels[i]), 0);
    gtk_label_set_wrap(GTK_LABEL(labels[i]), TRUE);
    gtk_box_append(GTK_BOX(text), labels[i]);
  }
  gtk_widget_set_hexpand(text, TRUE);
  gtk_widget_set_valign(p->button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class(p->button, "suggested-action");
  gtk_widget_set_tooltip_text(p->button, keys);
  gtk_actionable_set_action_name(GTK_ACTIONABLE(p->button), info->name);
  gtk_box_append(GTK_BOX(p->box), text);
  gtk_box_append(GTK_BOX(p->box), p->button);
  gtk_widget_set_parent(p->box, GTK_WIDGET(p));
}

GtkWidget *linli_proposal_new(LinliContext *context) {
  LinliProposal *p = g_object_new(LINLI_TYPE_PROPOSAL, NULL);

  p->context = g_object_ref(context);
  build(p);
  gtk_widget_set_visible(GTK_WIDGET(p), FALSE);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_state), p, G_CONNECT_SWAPPED);
  return GTK_WIDGET(p);
}

static void linli_proposal_dispose(GObject *object) {
  LinliProposal *p = LINLI_PROPOSAL(object);

  g_clear_pointer(&p->walk, linli_walk_stop);
  g_clear_pointer(&p->box, gtk_widget_unparent);
  g_clear_object(&p->context);
  G_OBJECT_CLASS(linli_proposal_parent_class)->dispose(object);
}

static void linli_proposal_class_init(LinliProposalClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_proposal_dispose;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_PROPOSAL, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_proposal_init(G_GNUC_UNUSED LinliProposal *p) {
}
