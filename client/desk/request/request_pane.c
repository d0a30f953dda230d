/* request_pane.c: see request_pane.h. */
#include "client/desk/request/request_pane.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/actions.h"
#include "client/desk/app/window.h"
#include "client/desk/outbox/returned_list.h"
#include "client/desk/board/request_row.h"
#include "client/desk/request/action_dialog.h"
#include "client/desk/request/caller_box.h"
#include "client/desk/request/chip.h"
#include "client/desk/request/proposal.h"
#include "client/desk/request/submit.h"
#include "client/desk/request/timeline.h"
#include "client/desk/slip/slip.h"
#include "client/desk/app/words.h"

enum { VIEWING_S = 5, FORGET_S = 10 };
#define PROPOSED "request.dispatch-proposed"

struct _LinliRequestPane {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *scroller, *box, *nothing, *heading, *due, *bar, *viewers, *buttons, *more, *title, *facts, *text,
      *answer, *why;
  LinliChip *class_chip, *state_chip;
  LinliProposal *proposal;
  LinliTimeline *timeline;
  LinliCallerBox *caller;
  LinliReturnedList *returned;
  GSimpleActionGroup *actions;
  GHashTable *looking; /* account -> when it was last heard of (seconds of the monotonic clock) */
  gboolean shown;
  Uuid id;
  guint listener, ticks;
};

G_DEFINE_FINAL_TYPE(LinliRequestPane, linli_request_pane, GTK_TYPE_WIDGET)

/* --- The deadline --------------------------------------------------------------------------------------------- */

static void show_due(LinliRequestPane *pane, const ProtoRequest *r) {
  static const char *const classes[] = {"calm", "soon", "now", "over"};
  double share;
  guint64 now = linli_context_now(pane->context);
  LinliUrgency urgency = linli_urgency(r, now, &share);
  g_autofree char *left = linli_left_text(r, now), *at = linli_words_time(r->due_at, "%Y-%m-%d %H:%M");
  g_autofree char *text = g_strdup_printf("%s %s · %s · %s", linli_urgency_sign(r, urgency),
                                          linli_words_label(&proto_enum_deadline_stage, r->due_stage), left, at);
  gboolean runs = r->due_at && linli_is_open(r);

  gtk_widget_set_visible(pane->due, runs);
  gtk_widget_set_visible(pane->bar, runs);
  if (!runs) return;
  gtk_label_set_text(GTK_LABEL(pane->due), text);
  gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(pane->bar), MIN(share, 1));
  for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
    GtkWidget *both[] = {pane->due, pane->bar};
    for (gsize k = 0; k < G_N_ELEMENTS(both); k++)
      (i == urgency ? gtk_widget_add_css_class : gtk_widget_remove_css_class)(both[k], classes[i]);
  }
}

/* --- What is known -------------------------------------------------------------------------------------------- */

static void add_fact(LinliRequestPane *pane, int *line, const char *name, const char *value) {
  GtkWidget *left, *right;

  if (!value || !*value) return;
  left = gtk_label_new(name);
  right = gtk_label_new(value);
  gtk_label_set_xalign(GTK_LABEL(left), 1);
  gtk_label_set_yalign(GTK_LABEL(left), 0);
  gtk_widget_add_css_class(left, "dim-label");
  gtk_label_set_xalign(GTK_LABEL(right), 0);
  gtk_label_set_wrap(GTK_LABEL(right), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(right), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable(GTK_LABEL(right), TRUE);
  gtk_widget_set_focusable(right, FALSE);
  gtk_widget_set_hexpand(right, TRUE);
  gtk_grid_attach(GTK_GRID(pane->facts), left, 0, *line, 1, 1);
  gtk_grid_attach(GTK_GRID(pane->facts), right, 1, *line, 1, 1);
  ++*line;
}

static char *assists(LinliRequestPane *pane, const ProtoRequest *r) {
  g_autoptr(GString) names = g_string_new(NULL);
  const uint64_t *teams = r->assist.data;

  for (guint i = 0; i < r->assist.count; i++)
    g_string_append_printf(names, "%s%s", i ? "、" : "",
                           linli_context_name(pane->context, PROTO_MESSAGE_TEAM, teams[i]));
  return g_string_free(g_steal_pointer(&names), FALSE);
}

static char *waited(LinliRequestPane *pane, const ProtoRequest *r) {
  guint64 until = linli_is_open(r) ? linli_context_now(pane->context) : r->closed_at;
  guint64 hours = until > r->registered_at ? (until - r->registered_at) / (3600 * (guint64)G_USEC_PER_SEC) : 0;

  return hours < 48 ? g_strdup_printf(_("%u h"), (guint)hours) : g_strdup_printf(_("%u days"), (guint)(hours / 24));
}

static void show_facts(LinliRequestPane *pane, const ProtoRequest *r) {
  LinliContext *c = pane->context;
  g_autofree char *place = linli_words_copy(r->place),
                  *registered = linli_words_time(r->registered_at, "%Y-%m-%d %H:%M"),
                  *finish = linli_words_time(r->finish_due_at, "%Y-%m-%d %H:%M"),
                  *number = linli_words_copy(r->external_number), *helpers = assists(pane, r),
                  *wait = waited(pane, r);
  const char *community = linli_context_name(c, PROTO_MESSAGE_COMMUNITY, r->community);
  g_autofree char *where =
      r->grid ? g_strconcat(community, " / ", linli_context_name(c, PROTO_MESSAGE_GRID, r->grid), NULL)
              : g_strdup(community);
  GtkWidget *child;
  int line = 0;

  while ((child = gtk_widget_get_first_child(pane->facts)))
    gtk_grid_remove(GTK_GRID(pane->facts), child);
  add_fact(pane, &line, _("Community / grid"), where);
  add_fact(pane, &line, _("Place"), place);
  add_fact(pane, &line, _("Category"), linli_context_name(c, PROTO_MESSAGE_CATEGORY, r->category));
  add_fact(pane, &line, _("Nature"), linli_words_label(&proto_enum_request_nature, r->nature));
  add_fact(pane, &line, _("Channel"), linli_words_label(&proto_enum_channel, r->channel));
  add_fact(pane, &line, _("Lead team"), linli_context_name(c, PROTO_MESSAGE_TEAM, r->team));
  add_fact(pane, &line, _("Assisting"), helpers);
  add_fact(pane, &line, _("Handled by"), linli_context_name(c, PROTO_MESSAGE_ACCOUNT, r->handler));
  add_fact(pane, &line, _("Registered"), registered);
  add_fact(pane, &line, _("Waiting for"), wait);
  add_fact(pane, &line, _("To be finished by"), finish);
  add_fact(pane, &line, _("Number elsewhere"), number);
  add_fact(pane, &line, _("Call-back"), linli_words_label(&proto_enum_callback_result, r->callback_result));
}

/* --- Actions -------------------------------------------------------------------------------------------------- */

/* The step that leads on from a state: its button comes first and stands out. */
static guint64 next_action(guint64 state) {
  static const guint8 next[] = {
      [PROTO_REQUEST_STATE_REGISTERED] = PROTO_REQUEST_ACTION_ACCEPT,
      [PROTO_REQUEST_STATE_ACCEPTED] = PROTO_REQUEST_ACTION_DISPATCH,
      [PROTO_REQUEST_STATE_DISPATCHED] = PROTO_REQUEST_ACTION_SIGN,
      [PROTO_REQUEST_STATE_IN_PROGRESS] = PROTO_REQUEST_ACTION_REPORT,
      [PROTO_REQUEST_STATE_REPORTED] = PROTO_REQUEST_ACTION_VERIFY,
      [PROTO_REQUEST_STATE_CALLBACK] = PROTO_REQUEST_ACTION_CALLBACK,
  };

  return state < G_N_ELEMENTS(next) ? next[state] : 0;
}

static const char *bare_name(const LinliActionInfo *info) {
  return strchr(info->name, '.') + 1;
}

static GAction *action_of(LinliRequestPane *pane, const char *bare) {
  return g_action_map_lookup_action(G_ACTION_MAP(pane->actions), bare);
}

/* Greyed with the reason, but still to be pointed at: a widget that takes no pointer shows no tooltip. */
static void add_button(LinliRequestPane *pane, const LinliActionInfo *info, LinliMay may, gboolean is_next) {
  GtkWidget *button = gtk_button_new_with_label(_(info->label));
  g_autofree char *keys = linli_action_keys(info);

  gtk_actionable_set_action_name(GTK_ACTIONABLE(button), info->name);
  gtk_widget_set_tooltip_text(button, may == LINLI_MAY ? keys : linli_may_sentence(may));
  if (is_next && !linli_proposal_team(pane->proposal)) gtk_widget_add_css_class(button, "suggested-action");
  gtk_flow_box_insert(GTK_FLOW_BOX(pane->buttons), button, is_next ? 0 : -1);
  gtk_widget_set_focusable(gtk_widget_get_parent(button), FALSE);
}

/* An item has no tooltip: the reason stands behind its words. */
static void add_item(GMenu *menu, const LinliActionInfo *info, LinliMay may) {
  g_autofree char *label = may == LINLI_MAY ? g_strdup(_(info->label))
                                            : g_strdup_printf("%s — %s", _(info->label), linli_may_sentence(may));
  g_autoptr(GMenuItem) item = g_menu_item_new(label, info->name);

  if (info->accels[0]) g_menu_item_set_attribute(item, "accel", "s", info->accels[0]);
  g_menu_append_item(menu, item);
}

static void add_more(LinliRequestPane *pane, GMenu *menu) {
  gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(pane->more), G_MENU_MODEL(menu));
  gtk_flow_box_insert(GTK_FLOW_BOX(pane->buttons), pane->more, -1);
  gtk_widget_set_focusable(gtk_widget_get_parent(pane->more), FALSE);
}

/* What is frequent as buttons, the step that leads on first; what is rare in a menu. */
static void show_buttons(LinliRequestPane *pane, const ProtoRequest *r) {
  g_autoptr(GMenu) menu = g_menu_new();
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child(pane->buttons))) {
    gtk_flow_box_child_set_child(GTK_FLOW_BOX_CHILD(child), NULL);
    gtk_flow_box_remove(GTK_FLOW_BOX(pane->buttons), child);
  }
  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    if (!g_str_has_prefix(info->name, "request.") || strcmp(info->name, PROPOSED) == 0) continue;
    LinliMay may = info->request_action ? linli_context_may(pane->context, r, info->request_action) : LINLI_MAY;
    g_simple_action_set_enabled(G_SIMPLE_ACTION(action_of(pane, bare_name(info))), may == LINLI_MAY);
    if (may == LINLI_MAY_NOT_STATE) continue; /* of another state: it would only be in the way */
    if (info->flags & LINLI_ACTION_RARE)
      add_item(menu, info, may);
    else
      add_button(pane, info, may,
                 may == LINLI_MAY && info->request_action && info->request_action == next_action(r->state));
  }
  add_more(pane, menu);
}

static GtkWindow *window_of(LinliRequestPane *pane) {
  GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(pane));

  return root ? GTK_WINDOW(root) : gtk_application_get_active_window(GTK_APPLICATION(g_application_get_default()));
}

static void on_action(GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliRequestPane *pane = data;
  g_autofree char *name = g_strconcat("request.", g_action_get_name(G_ACTION(action)), NULL);

  if (pane->shown) linli_action_dialog_present(pane->context, window_of(pane), pane->id, linli_action_by_name(name));
}

static void on_copy(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliRequestPane *pane = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  if (!pane->shown || !linli_context_request(pane->context, pane->id, arena, &r)) return;
  g_autofree char *text = linli_slip_text(pane->context, &r);
  gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(pane)), text);
  if (LINLI_IS_WINDOW(window_of(pane)))
    linli_window_toast(LINLI_WINDOW(window_of(pane)), _("Copied, without any personal data."), NULL, NULL, NULL);
}

static void on_print(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliRequestPane *pane = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  if (pane->shown && linli_context_request(pane->context, pane->id, arena, &r))
    linli_slip_print(pane->context, window_of(pane), &r);
}

/* One key: to the team that is proposed. */
static void on_proposed(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliRequestPane *pane = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  guint64 team = linli_proposal_team(pane->proposal);
  ProtoRequest r;

  if (!pane->shown || !team || !linli_context_request(pane->context, pane->id, arena, &r)) return;
  wire_put_uuid(body, 1, r.id);
  wire_put_uint(body, 2, team);
  linli_request_submit(pane->context, window_of(pane), linli_action_by_name("request.dispatch"), &r, body, NULL,
                       NULL);
}

static void on_proposal(LinliRequestPane *pane) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  g_simple_action_set_enabled(G_SIMPLE_ACTION(action_of(pane, bare_name(linli_action_by_name(PROPOSED)))),
                              linli_proposal_team(pane->proposal) != 0);
  if (pane->shown && linli_context_request(pane->context, pane->id, arena, &r)) show_buttons(pane, &r);
}

static void add_actions(LinliRequestPane *pane) {
  for (gsize i = 0; i < linli_actions_count; i++) {
    const LinliActionInfo *info = &linli_actions[i];
    if (!info->request_action) continue;
    GSimpleAction *action = g_simple_action_new(bare_name(info), NULL);
    g_simple_action_set_enabled(action, FALSE);
    g_signal_connect_object(action, "activate", G_CALLBACK(on_action), pane, 0);
    g_action_map_add_action(G_ACTION_MAP(pane->actions), G_ACTION(action));
    g_object_unref(action);
  }
  const struct {
    const char *name;
    GCallback activate;
  } others[] = {{"copy-text", G_CALLBACK(on_copy)},
                {"print", G_CALLBACK(on_print)},
                {"dispatch-proposed", G_CALLBACK(on_proposed)}};
  for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
    GSimpleAction *action = g_simple_action_new(others[i].name, NULL);
    g_signal_connect_object(action, "activate", others[i].activate, pane, 0);
    g_action_map_add_action(G_ACTION_MAP(pane->actions), G_ACTION(action));
    g_object_unref(action);
  }
}

/* --- Showing -------------------------------------------------------------------------------------------------- */

static void set_text(GtkWidget *label, const char *text) {
  gtk_label_set_text(GTK_LABEL(label), text);
  gtk_widget_set_visible(label, text && *text);
}

static void show_head(LinliRequestPane *pane, const ProtoRequest *r) {
  g_autofree char *number = linli_words_copy(r->number), *title = linli_words_copy(r->title),
                  *text = linli_words_copy(r->text), *answer = linli_words_copy(r->answer);
  g_autofree char *public = *answer ? g_strdup_printf("%s\n%s", _("Public answer"), answer) : g_strdup("");

  set_text(pane->heading, number);
  linli_chip_show_class(pane->class_chip, r->class);
  linli_chip_show_state(pane->state_chip, r->state);
  set_text(pane->title, r->title.len ? title : _("Confidential request"));
  set_text(pane->text, strcmp(text, title) == 0 ? "" : text);
  set_text(pane->answer, public);
  set_text(pane->why, r->title.len ? (r->confidential ? _("Confidential: only named roles see this.") : "")
                                   : _("It is confidential: what was said is seen by named roles only."));
}

static void show_nothing(LinliRequestPane *pane) {
  gtk_widget_set_visible(pane->box, FALSE);
  gtk_widget_set_visible(pane->nothing, TRUE);
  gchar **names = g_action_group_list_actions(G_ACTION_GROUP(pane->actions));
  for (char **name = names; *name; name++)
    g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(pane->actions), *name)),
                                FALSE);
  g_strfreev(names);
  linli_timeline_show(pane->timeline, NULL, 0);
  linli_returned_list_show(pane->returned, NULL);
  linli_caller_box_show(pane->caller, NULL);
}

static void show(LinliRequestPane *pane) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  if (!pane->shown || !linli_context_request(pane->context, pane->id, arena, &r)) {
    pane->shown = FALSE;
    show_nothing(pane);
    return;
  }
  gtk_widget_set_visible(pane->nothing, FALSE);
  gtk_widget_set_visible(pane->box, TRUE);
  show_head(pane, &r);
  show_due(pane, &r);
  linli_proposal_show(pane->proposal, &r);
  show_buttons(pane, &r);
  show_facts(pane, &r);
  linli_caller_box_show(pane->caller, &r);
  linli_returned_list_show(pane->returned, &pane->id);
  linli_timeline_show(pane->timeline, &pane->id, r.version);
}

/* --- Who else is here ----------------------------------------------------------------------------------------- */

/* The window is in front, or a dialog of its own is. */
static gboolean is_looked_at(LinliRequestPane *pane) {
  GtkWindow *window = window_of(pane),
            *active = gtk_application_get_active_window(GTK_APPLICATION(g_application_get_default()));

  return window && (gtk_window_is_active(window) ||
                    (active && gtk_window_is_active(active) && gtk_window_get_transient_for(active) == window));
}

/* Whoever has another window in front does not look. */
static void tell_viewing(LinliRequestPane *pane) {
  g_autoptr(WireArena) arena = wire_arena_new();
  g_autoptr(GByteArray) body = g_byte_array_new();
  ProtoRequest r;

  if (!pane->shown || !is_looked_at(pane) || !linli_context_request(pane->context, pane->id, arena, &r)) return;
  wire_put_uuid(body, 1, pane->id);
  linli_session_present(linli_context_session(pane->context), r.community * 4 + PROTO_STREAM_KIND_COMMUNITY,
                        PROTO_COMMAND_REQUEST_VIEWING, (WireBytes){body->data, body->len});
}

static void show_viewers(LinliRequestPane *pane) {
  g_autoptr(GString) names = g_string_new(NULL);
  gint64 now = g_get_monotonic_time() / G_USEC_PER_SEC;
  GHashTableIter iter;
  gpointer account, heard;

  g_hash_table_iter_init(&iter, pane->looking);
  while (g_hash_table_iter_next(&iter, &account, &heard)) {
    if (now - GPOINTER_TO_INT(heard) > FORGET_S) {
      g_hash_table_iter_remove(&iter);
      continue;
    }
    g_string_append_printf(names, "%s%s", names->len ? "、" : "",
                           linli_context_name(pane->context, PROTO_MESSAGE_ACCOUNT, GPOINTER_TO_UINT(account)));
  }
  g_autofree char *text = names->len ? g_strdup_printf(_("Also here: %s"), names->str) : g_strdup("");
  set_text(pane->viewers, text);
}

static void on_present(LinliRequestPane *pane, const ProtoPresent *present) {
  const LinliWho *who = linli_context_who(pane->context);
  Uuid id;

  if (!pane->shown || present->kind != PROTO_COMMAND_REQUEST_VIEWING || !who || present->actor == who->account)
    return;
  if (!linli_row_id(proto_command(&proto_linli, PROTO_COMMAND_REQUEST_VIEWING)->fields, present->body, &id) ||
      memcmp(&id, &pane->id, sizeof id) != 0)
    return;
  g_hash_table_insert(pane->looking, GUINT_TO_POINTER((guint)present->actor),
                      GINT_TO_POINTER((gint)(g_get_monotonic_time() / G_USEC_PER_SEC)));
  show_viewers(pane);
}

/* --- What moves it -------------------------------------------------------------------------------------------- */

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, G_GNUC_UNUSED WireBytes after, gpointer data) {
  LinliRequestPane *pane = data;

  if (pane->shown && memcmp(&id, &pane->id, sizeof id) == 0) show(pane);
}

static void on_tick(LinliRequestPane *pane) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;

  if (!pane->shown || !linli_context_request(pane->context, pane->id, arena, &r)) return;
  show_due(pane, &r);
  show_viewers(pane);
  if (pane->ticks++ % VIEWING_S == 0) tell_viewing(pane);
}

void linli_request_pane_show(LinliRequestPane *pane, const Uuid *id) {
  if (id && pane->shown && memcmp(id, &pane->id, sizeof *id) == 0) return;
  pane->shown = id != NULL;
  if (id) pane->id = *id;
  g_hash_table_remove_all(pane->looking);
  pane->ticks = 0;
  gtk_adjustment_set_value(gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(pane->scroller)), 0);
  show(pane);
  show_viewers(pane);
}

gboolean linli_request_pane_shown(LinliRequestPane *pane, Uuid *id) {
  if (pane->shown) *id = pane->id;
  return pane->shown;
}

GActionGroup *linli_request_pane_actions(LinliRequestPane *pane) {
  return G_ACTION_GROUP(pane->actions);
}

void linli_request_pane_focus(LinliRequestPane *pane) {
  gtk_widget_child_focus(pane->buttons, GTK_DIR_TAB_FORWARD);
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static GtkWidget *add_label_to(GtkWidget *box, const char *class) {
  GtkWidget *label = gtk_label_new(NULL);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable(GTK_LABEL(label), TRUE);
  gtk_widget_set_focusable(label, FALSE);
  if (class) gtk_widget_add_css_class(label, class);
  gtk_box_append(GTK_BOX(box), label);
  return label;
}

static GtkWidget *add_label(LinliRequestPane *pane, const char *class) {
  return add_label_to(pane->box, class);
}

/* Number, class, state. */
static void add_head(LinliRequestPane *pane) {
  GtkWidget *head = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);

  pane->heading = add_label_to(head, "heading");
  pane->class_chip = LINLI_CHIP(linli_chip_new());
  pane->state_chip = LINLI_CHIP(linli_chip_new());
  gtk_box_append(GTK_BOX(head), GTK_WIDGET(pane->class_chip));
  gtk_box_append(GTK_BOX(head), GTK_WIDGET(pane->state_chip));
  gtk_box_append(GTK_BOX(pane->box), head);
}

static void build(LinliRequestPane *pane) {
  GtkWidget *column = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

  pane->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 10);
  gtk_widget_add_css_class(pane->box, "requestbox");
  add_head(pane);
  pane->due = add_label(pane, "due");
  pane->bar = gtk_progress_bar_new();
  gtk_accessible_update_property(GTK_ACCESSIBLE(pane->bar), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                 _("Share of the time used"), -1);
  gtk_box_append(GTK_BOX(pane->box), pane->bar);
  pane->viewers = add_label(pane, "viewers");
  pane->title = add_label(pane, "title-3");
  gtk_box_append(GTK_BOX(pane->box), GTK_WIDGET(pane->returned));
  gtk_box_append(GTK_BOX(pane->box), GTK_WIDGET(pane->proposal));
  pane->buttons = gtk_flow_box_new();
  gtk_flow_box_set_selection_mode(GTK_FLOW_BOX(pane->buttons), GTK_SELECTION_NONE);
  gtk_flow_box_set_max_children_per_line(GTK_FLOW_BOX(pane->buttons), 8);
  gtk_box_append(GTK_BOX(pane->box), pane->buttons);
  pane->why = add_label(pane, "dim-label");
  pane->text = add_label(pane, NULL);
  pane->answer = add_label(pane, NULL);
  pane->facts = gtk_grid_new();
  gtk_grid_set_column_spacing(GTK_GRID(pane->facts), 12);
  gtk_grid_set_row_spacing(GTK_GRID(pane->facts), 4);
  gtk_box_append(GTK_BOX(pane->box), pane->facts);
  gtk_box_append(GTK_BOX(pane->box), GTK_WIDGET(pane->caller));
  gtk_box_append(GTK_BOX(pane->box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append(GTK_BOX(pane->box), GTK_WIDGET(pane->timeline));
  pane->nothing = gtk_label_new(_("Choose a request"));
  gtk_widget_add_css_class(pane->nothing, "dim-label");
  gtk_widget_set_vexpand(pane->nothing, TRUE);
  gtk_box_append(GTK_BOX(column), pane->box);
  gtk_box_append(GTK_BOX(column), pane->nothing);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(pane->scroller), column);
}

GtkWidget *linli_request_pane_new(LinliContext *context) {
  LinliRequestPane *pane = g_object_new(LINLI_TYPE_REQUEST_PANE, NULL);

  pane->context = g_object_ref(context);
  pane->timeline = LINLI_TIMELINE(linli_timeline_new(context));
  pane->caller = LINLI_CALLER_BOX(linli_caller_box_new(context));
  pane->returned = LINLI_RETURNED_LIST(linli_returned_list_new(context));
  pane->proposal = LINLI_PROPOSAL(linli_proposal_new(context));
  build(pane);
  add_actions(pane);
  pane->listener = linli_replica_listen(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_row, pane);
  g_signal_connect_object(pane->proposal, "changed", G_CALLBACK(on_proposal), pane, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), pane, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(show), pane, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "names-changed", G_CALLBACK(show), pane, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "present", G_CALLBACK(on_present), pane, G_CONNECT_SWAPPED);
  show(pane);
  return GTK_WIDGET(pane);
}

static void linli_request_pane_dispose(GObject *object) {
  LinliRequestPane *pane = LINLI_REQUEST_PANE(object);

  if (pane->listener && pane->context && linli_context_replica(pane->context))
    linli_replica_unlisten(linli_context_replica(pane->context), pane->listener);
  pane->listener = 0;
  g_clear_pointer(&pane->scroller, gtk_widget_unparent);
  g_clear_object(&pane->more);
  g_clear_object(&pane->actions);
  g_clear_object(&pane->context);
  G_OBJECT_CLASS(linli_request_pane_parent_class)->dispose(object);
}

static void linli_request_pane_finalize(GObject *object) {
  g_hash_table_unref(LINLI_REQUEST_PANE(object)->looking);
  G_OBJECT_CLASS(linli_request_pane_parent_class)->finalize(object);
}

static void linli_request_pane_class_init(LinliRequestPaneClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_request_pane_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_request_pane_finalize;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "requestpane");
}

static void linli_request_pane_init(LinliRequestPane *pane) {
  pane->looking = g_hash_table_new(NULL, NULL);
  pane->actions = g_simple_action_group_new();
  pane->more = g_object_ref_sink(gtk_menu_button_new());
  gtk_menu_button_set_label(GTK_MENU_BUTTON(pane->more), _("More"));
  gtk_accessible_update_property(GTK_ACCESSIBLE(pane->more), GTK_ACCESSIBLE_PROPERTY_LABEL, _("More"), -1);
  pane->scroller = gtk_scrolled_window_new();
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(pane->scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_widget_set_parent(pane->scroller, GTK_WIDGET(pane));
}
