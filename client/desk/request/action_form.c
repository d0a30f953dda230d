/* action_form.c: see action_form.h. */
#include "client/desk/request/action_form.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/picker.h"

enum { LONG_TEXT = 400, MERGE_CANDIDATES = 300 };

typedef struct {
  const WireField *field;
  GtkWidget *widget; /* GtkTextView, GtkEntry, GtkDropDown or LinliPicker */
  gboolean optional;
} Input;

struct _LinliActionForm {
  GtkWidget parent_instance;
  LinliContext *context;
  const ProtoCommand *command;
  ProtoRequest request; /* as it was when the form was made; its texts may be gone */
  GtkWidget *box;
  GArray *inputs;
  GArray *targets; /* of Uuid: what `into` chooses from */
  GArray *target_communities;
  LinliPicker *teams;
  LinliWalk *walk;
  GHashTable *proposed;
};

G_DEFINE_FINAL_TYPE(LinliActionForm, linli_action_form, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void tell(LinliActionForm *form) {
  g_signal_emit(form, signals[CHANGED], 0);
}

static const char *label_of(const WireField *field) {
  static const struct {
    const char *name, *label;
  } labels[] = {
      {"note", N_("Note (internal)")}, {"answer", N_("Public answer")}, {"team", N_("Lead team")},
      {"reason", N_("Reason")},        {"result", N_("Result")},        {"phoned", N_("Who was phoned")},
      {"class", N_("Class")},          {"category", N_("Category")},    {"grid", N_("Grid")},
      {"text", N_("Remark")},          {"into", N_("Merge into")},
  };

  for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
    if (strcmp(labels[i].name, field->name) == 0) return _(labels[i].label);
  return NULL;
}

/* --- What a field is asked with ------------------------------------------------------------------------------- */

static GtkWidget *text_input(LinliActionForm *form, const WireField *field) {
  GtkWidget *widget;

  if (field->max <= LONG_TEXT) {
    widget = gtk_entry_new();
    g_signal_connect_swapped(widget, "changed", G_CALLBACK(tell), form);
    return widget;
  }
  widget = gtk_text_view_new();
  gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(widget), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab(GTK_TEXT_VIEW(widget), FALSE);
  gtk_text_view_set_left_margin(GTK_TEXT_VIEW(widget), 6);
  gtk_text_view_set_top_margin(GTK_TEXT_VIEW(widget), 6);
  g_signal_connect_swapped(gtk_text_view_get_buffer(GTK_TEXT_VIEW(widget)), "changed", G_CALLBACK(tell), form);
  return widget;
}

/* Position 0 is "as it is" where the field may be absent. */
static GtkWidget *choice_input(LinliActionForm *form, const WireField *field) {
  GtkStringList *names = gtk_string_list_new(NULL);
  gboolean optional = field->flags & WIRE_OPTIONAL;

  if (optional) gtk_string_list_append(names, _("As it is"));
  for (guint i = 0; i < field->enumeration->count; i++)
    gtk_string_list_append(names, linli_label_text(&field->enumeration->labels[i]));
  GtkWidget *widget = gtk_drop_down_new(G_LIST_MODEL(names), NULL);
  g_signal_connect_swapped(widget, "notify::selected", G_CALLBACK(tell), form);
  return widget;
}

static gboolean add_category(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  gpointer *pair = data;
  LinliActionForm *form = pair[0];
  guint64 number = linli_number_of_id(id);
  ProtoCategory category;

  if (!linli_context_row(form->context, PROTO_MESSAGE_CATEGORY, number, &category)) return TRUE;
  g_autofree char *above = g_strdup(linli_context_name(form->context, PROTO_MESSAGE_CATEGORY, category.parent));
  linli_picker_add(pair[1], number, linli_context_name(form->context, PROTO_MESSAGE_CATEGORY, number), above);
  return TRUE;
}

static gboolean add_grid(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  gpointer *pair = data;
  LinliActionForm *form = pair[0];
  guint64 number = linli_number_of_id(id);
  ProtoGrid grid;

  if (linli_context_row(form->context, PROTO_MESSAGE_GRID, number, &grid) &&
      grid.community == form->request.community)
    linli_picker_add(pair[1], number, linli_context_name(form->context, PROTO_MESSAGE_GRID, number), NULL);
  return TRUE;
}

/* Teams of this community or of the whole office; those that were proposed stand above already. */
static gboolean add_team(Uuid id, G_GNUC_UNUSED guint64 stream, G_GNUC_UNUSED WireBytes body, gpointer data) {
  gpointer *pair = data;
  LinliActionForm *form = pair[0];
  guint64 number = linli_number_of_id(id);
  ProtoTeam team;

  if (!linli_context_row(form->context, PROTO_MESSAGE_TEAM, number, &team) || team.disabled ||
      (team.community && team.community != form->request.community) || number == form->request.subject_team ||
      g_hash_table_contains(form->proposed, GUINT_TO_POINTER((guint)number)))
    return TRUE;
  const WireLabel *kind = wire_label_by_number(&proto_enum_team_kind, (uint32_t)team.kind);
  linli_picker_add(pair[1], number, linli_context_name(form->context, PROTO_MESSAGE_TEAM, number),
                   kind ? linli_label_text(kind) : NULL);
  return TRUE;
}

static gboolean add_target(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  gpointer *pair = data;
  LinliActionForm *form = pair[0];
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  WireError ignored;

  if (!wire_decode(&proto_msg_request, body, true, arena, &r, &ignored) || !linli_is_open(&r) || !r.title.len ||
      memcmp(&id, &form->request.id, sizeof id) == 0 || r.confidential)
    return TRUE;
  g_array_append_val(form->targets, id);
  g_array_append_val(form->target_communities, r.community);
  g_autofree char *text =
      g_strdup_printf("%.*s %.*s", (int)r.number.len, r.number.data, (int)r.title.len, r.title.data);
  linli_picker_add(pair[1], form->targets->len, text,
                   linli_context_name(form->context, PROTO_MESSAGE_COMMUNITY, r.community));
  return form->targets->len < MERGE_CANDIDATES;
}

static void fill(LinliActionForm *form, guint32 noun, LinliReplicaEach each, GtkWidget *picker) {
  gpointer pair[] = {form, picker};

  linli_replica_foreach(linli_context_replica(form->context), noun, each, pair);
}

static GtkWidget *pick_input(LinliActionForm *form, const WireField *field) {
  GtkWidget *picker = linli_picker_new(label_of(field), strcmp(field->name, "team") != 0);

  if (strcmp(field->name, "team") == 0) {
    form->teams = LINLI_PICKER(picker);
    fill(form, PROTO_MESSAGE_TEAM, add_team, picker);
  } else if (strcmp(field->name, "category") == 0) {
    fill(form, PROTO_MESSAGE_CATEGORY, add_category, picker);
  } else if (strcmp(field->name, "grid") == 0) {
    fill(form, PROTO_MESSAGE_GRID, add_grid, picker);
  } else {
    fill(form, PROTO_MESSAGE_REQUEST, add_target, picker);
  }
  g_signal_connect_swapped(picker, "picked", G_CALLBACK(tell), form);
  return picker;
}

static GtkWidget *input_for(LinliActionForm *form, const WireField *field) {
  if (!label_of(field)) return NULL;
  if (field->kind == WIRE_FIELD_TEXT) return text_input(form, field);
  if (field->kind == WIRE_FIELD_ENUM) return choice_input(form, field);
  return pick_input(form, field);
}

/* Who was phoned is asked only where a clerk signs for a team that has no accounts. */
static gboolean is_asked(LinliActionForm *form, const WireField *field) {
  ProtoTeam team;

  if (strcmp(field->name, "phoned") != 0) return TRUE;
  return linli_context_row(form->context, PROTO_MESSAGE_TEAM, form->request.team, &team) &&
         team.has & PROTO_HAS_TEAM_HAS_ACCOUNTS && !team.has_accounts;
}

static void add_input(LinliActionForm *form, const WireField *field) {
  GtkWidget *widget = is_asked(form, field) ? input_for(form, field) : NULL, *label, *frame;
  Input input = {field, widget, field->flags & WIRE_OPTIONAL};

  if (!widget) return;
  g_autofree char *text = input.optional ? g_strdup(label_of(field)) : g_strconcat(label_of(field), " *", NULL);
  label = gtk_label_new(text);
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_widget_add_css_class(label, "heading");
  gtk_box_append(GTK_BOX(form->box), label);
  frame = widget;
  if (GTK_IS_TEXT_VIEW(widget)) {
    frame = gtk_scrolled_window_new();
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), widget);
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(frame), 84);
    gtk_widget_add_css_class(frame, "frame");
  }
  gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label_of(field), -1);
  gtk_box_append(GTK_BOX(form->box), frame);
  g_array_append_val(form->inputs, input);
}

/* --- Proposals ------------------------------------------------------------------------------------------------ */

static gboolean on_proposal(WireBytes row, gpointer data) {
  LinliActionForm *form = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoProposal p;
  WireError ignored;

  if (!wire_decode(&proto_msg_proposal, row, true, arena, &p, &ignored)) return TRUE;
  if (g_hash_table_size(form->proposed) == 0) linli_picker_clear(form->teams);
  g_hash_table_add(form->proposed, GUINT_TO_POINTER((guint)p.team));
  const WireLabel *reason = wire_label_by_number(&proto_enum_proposal_reason, (uint32_t)p.reason);
  g_autofree char *detail = g_strdup_printf(_("%s (%u) · %u in hand"), reason ? linli_label_text(reason) : "",
                                            (guint)p.handled, (guint)p.in_hand);
  linli_picker_add(form->teams, p.team, linli_context_name(form->context, PROTO_MESSAGE_TEAM, p.team), detail);
  if (g_hash_table_size(form->proposed) == 1 && !linli_picker_selected(form->teams))
    linli_picker_select(form->teams, p.team);
  return TRUE;
}

static void on_proposals(const GError *error, gpointer data) {
  LinliActionForm *form = data;

  form->walk = NULL;
  if (!error && g_hash_table_size(form->proposed)) fill(form, PROTO_MESSAGE_TEAM, add_team, GTK_WIDGET(form->teams));
}

static void ask_proposals(LinliActionForm *form) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  if (!form->teams || linli_session_state(linli_context_session(form->context)) != LINLI_STATE_READY) return;
  wire_put_uuid(body, 1, form->request.id);
  form->walk =
      linli_walk_start(linli_context_session(form->context), proto_query(&proto_linli, PROTO_QUERY_REQUEST_PROPOSE),
                       (WireBytes){body->data, body->len}, 0, on_proposal, on_proposals, form);
}

/* --- Reading it ----------------------------------------------------------------------------------------------- */

static char *text_in(GtkWidget *widget) {
  GtkTextIter start, end;

  if (GTK_IS_ENTRY(widget)) return g_strdup(gtk_editable_get_text(GTK_EDITABLE(widget)));
  GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(widget));
  gtk_text_buffer_get_bounds(buffer, &start, &end);
  return gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
}

static char *put_text(const Input *input, GByteArray *body) {
  g_autofree char *text = g_strstrip(text_in(input->widget));
  gsize len = strlen(text);

  if (!len) return input->optional ? NULL : g_strdup_printf(_("%s: please fill this in."), label_of(input->field));
  if (len > input->field->max)
    return g_strdup_printf(_("%s is too long: %u of %u bytes. Shorten it."), label_of(input->field), (guint)len,
                           input->field->max);
  wire_put_bytes(body, input->field->number, (WireBytes){(const uint8_t *)text, (uint32_t)len});
  return NULL;
}

static char *put_choice(const Input *input, GByteArray *body) {
  guint at = gtk_drop_down_get_selected(GTK_DROP_DOWN(input->widget));

  if (input->optional && at-- == 0) return NULL;
  wire_put_uint(body, input->field->number, input->field->enumeration->labels[at].number);
  return NULL;
}

static char *put_pick(LinliActionForm *form, const Input *input, GByteArray *body) {
  guint64 id = linli_picker_selected(LINLI_PICKER(input->widget));

  if (!id) return input->optional ? NULL : g_strdup_printf(_("%s: please choose one."), label_of(input->field));
  if (input->field->kind != WIRE_FIELD_UUID) {
    wire_put_uint(body, input->field->number, id);
    return NULL;
  }
  wire_put_uuid(body, input->field->number, g_array_index(form->targets, Uuid, id - 1));
  const WireField *community = wire_field_by_name(form->command->fields, "into_community");
  wire_put_uint(body, community->number, g_array_index(form->target_communities, guint64, id - 1));
  return NULL;
}

GByteArray *linli_action_form_body(LinliActionForm *form, char **problem) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  wire_put_uuid(body, 1, form->request.id);
  for (guint i = 0; i < form->inputs->len; i++) {
    const Input *input = &g_array_index(form->inputs, Input, i);
    *problem = input->field->kind == WIRE_FIELD_TEXT   ? put_text(input, body)
               : input->field->kind == WIRE_FIELD_ENUM ? put_choice(input, body)
                                                       : put_pick(form, input, body);
    if (!*problem) continue;
    gtk_widget_grab_focus(input->widget);
    return NULL;
  }
  return g_steal_pointer(&body);
}

char *linli_action_form_draft(LinliActionForm *form) {
  g_autoptr(GKeyFile) file = g_key_file_new();
  gboolean any = FALSE;

  for (guint i = 0; i < form->inputs->len; i++) {
    const Input *input = &g_array_index(form->inputs, Input, i);
    if (input->field->kind != WIRE_FIELD_TEXT) continue;
    g_autofree char *text = text_in(input->widget);
    any |= *text != '\0';
    g_key_file_set_string(file, "draft", input->field->name, text);
  }
  return any ? g_key_file_to_data(file, NULL, NULL) : g_strdup("");
}

void linli_action_form_restore(LinliActionForm *form, const char *draft) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  if (!g_key_file_load_from_data(file, draft, (gsize)-1, G_KEY_FILE_NONE, NULL)) return;
  for (guint i = 0; i < form->inputs->len; i++) {
    const Input *input = &g_array_index(form->inputs, Input, i);
    g_autofree char *text = g_key_file_get_string(file, "draft", input->field->name, NULL);
    if (!text) continue;
    if (GTK_IS_ENTRY(input->widget))
      gtk_editable_set_text(GTK_EDITABLE(input->widget), text);
    else if (GTK_IS_TEXT_VIEW(input->widget))
      gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(input->widget)), text, -1);
  }
}

gboolean linli_action_form_is_empty(LinliActionForm *form) {
  return form->inputs->len == 0;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_action_form_new(LinliContext *context, const ProtoCommand *command, const ProtoRequest *request) {
  LinliActionForm *form = g_object_new(LINLI_TYPE_ACTION_FORM, NULL);

  form->context = g_object_ref(context);
  form->command = command;
  form->request = *request;
  for (guint i = 1; i < command->fields->count; i++)
    add_input(form, &command->fields->fields[i]);
  ask_proposals(form);
  return GTK_WIDGET(form);
}

static gboolean linli_action_form_grab_focus(GtkWidget *widget) {
  LinliActionForm *form = LINLI_ACTION_FORM(widget);

  return form->inputs->len && gtk_widget_grab_focus(g_array_index(form->inputs, Input, 0).widget);
}

static void linli_action_form_dispose(GObject *object) {
  LinliActionForm *form = LINLI_ACTION_FORM(object);

  g_clear_pointer(&form->walk, linli_walk_stop);
  g_clear_pointer(&form->box, gtk_widget_unparent);
  g_clear_object(&form->context);
  G_OBJECT_CLASS(linli_action_form_parent_class)->dispose(object);
}

static void linli_action_form_finalize(GObject *object) {
  LinliActionForm *form = LINLI_ACTION_FORM(object);

  g_array_unref(form->inputs);
  g_array_unref(form->targets);
  g_array_unref(form->target_communities);
  g_hash_table_unref(form->proposed);
  G_OBJECT_CLASS(linli_action_form_parent_class)->finalize(object);
}

static void linli_action_form_class_init(LinliActionFormClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_action_form_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_action_form_finalize;
  GTK_WIDGET_CLASS(class)->grab_focus = linli_action_form_grab_focus;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_ACTION_FORM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_action_form_init(LinliActionForm *form) {
  form->inputs = g_array_new(FALSE, FALSE, sizeof(Input));
  form->targets = g_array_new(FALSE, FALSE, sizeof(Uuid));
  form->target_communities = g_array_new(FALSE, FALSE, sizeof(guint64));
  form->proposed = g_hash_table_new(NULL, NULL);
  form->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_set_parent(form->box, GTK_WIDGET(form));
}
