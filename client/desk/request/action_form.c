/* action_form.c: see action_form.h. */
#include "client/desk/request/action_form.h"

#include <glib/gi18n.h>

#include "client/desk/app/ask.h"
#include "client/desk/request/form_choices.h"
#include "client/desk/request/form_draft.h"
#include "client/desk/request/form_input.h"
#include "client/desk/request/proposal.h"

struct _LinliActionForm {
  GtkWidget parent_instance;
  LinliContext *context;
  const ProtoCommand *command;
  ProtoRequest request; /* as it was when the form was made; its texts may be gone */
  GtkWidget *box;
  GPtrArray *inputs;     /* of LinliFormInput, which the box holds */
  LinliFormInput *teams; /* whom it is dispatched to; NULL where nobody is */
  LinliWalk *walk;
  GHashTable *proposed;
};

G_DEFINE_FINAL_TYPE(LinliActionForm, linli_action_form, GTK_TYPE_WIDGET)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- Inputs --------------------------------------------------------------------------------------------------- */

static void on_changed(LinliActionForm *form) {
  g_signal_emit(form, signals[CHANGED], 0);
}

/* Return in a picker: the next field. */
static void on_done(LinliFormInput *input, LinliActionForm *form) {
  guint at;

  if (g_ptr_array_find(form->inputs, input, &at) && at + 1 < form->inputs->len)
    gtk_widget_grab_focus(form->inputs->pdata[at + 1]);
}

static void add_input(LinliActionForm *form, const WireField *field) {
  GtkWidget *input = linli_form_input_new(form->context, form->command, &form->request, field);

  if (!input) return;
  g_ptr_array_add(form->inputs, input);
  if (linli_form_input_teams(LINLI_FORM_INPUT(input))) form->teams = LINLI_FORM_INPUT(input);
  g_signal_connect_object(input, "changed", G_CALLBACK(on_changed), form, G_CONNECT_SWAPPED);
  g_signal_connect_object(input, "done", G_CALLBACK(on_done), form, 0);
  gtk_box_append(GTK_BOX(form->box), input);
}

/* --- Proposals ------------------------------------------------------------------------------------------------ */

static gboolean on_proposal(WireBytes row, gpointer data) {
  LinliActionForm *form = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  LinliPicker *picker = linli_form_input_teams(form->teams);
  ProtoProposal p;
  WireError ignored;

  if (!wire_decode(&proto_msg_proposal, row, true, arena, &p, &ignored)) return TRUE;
  if (g_hash_table_size(form->proposed) == 0) linli_picker_clear(picker);
  g_hash_table_add(form->proposed, GUINT_TO_POINTER((guint)p.team));
  g_autofree char *why = linli_proposal_reason(&p);
  linli_picker_add(picker, p.team, linli_context_name(form->context, PROTO_MESSAGE_TEAM, p.team), why);
  if (g_hash_table_size(form->proposed) == 1) linli_form_input_suggest(form->teams, p.team);
  return TRUE;
}

static void on_proposals(G_GNUC_UNUSED const GError *error, gpointer data) {
  LinliActionForm *form = data;

  form->walk = NULL;
  if (g_hash_table_size(form->proposed))
    linli_choices_teams(form->context, &form->request, form->proposed, linli_form_input_teams(form->teams));
}

/* --- Reading it ----------------------------------------------------------------------------------------------- */

GByteArray *linli_action_form_body(LinliActionForm *form, char **problem) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  wire_put_uuid(body, 1, form->request.id);
  for (guint i = 0; i < form->inputs->len; i++) {
    if (linli_form_input_put(form->inputs->pdata[i], body, problem)) continue;
    gtk_widget_grab_focus(form->inputs->pdata[i]);
    return NULL;
  }
  return g_steal_pointer(&body);
}

char *linli_action_form_draft(LinliActionForm *form) {
  g_autoptr(GKeyFile) file = g_key_file_new();
  gboolean any = FALSE;

  for (guint i = 0; i < form->inputs->len; i++) {
    LinliFormInput *input = form->inputs->pdata[i];
    g_autofree char *kept = linli_form_input_draft(input);
    any |= *kept != '\0';
    g_key_file_set_string(file, LINLI_FORM_DRAFT_GROUP, linli_form_input_field(input)->name, kept);
  }
  return any ? g_key_file_to_data(file, NULL, NULL) : g_strdup("");
}

void linli_action_form_restore(LinliActionForm *form, const char *draft) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  if (!g_key_file_load_from_data(file, draft, (gsize)-1, G_KEY_FILE_NONE, NULL)) return;
  for (guint i = 0; i < form->inputs->len; i++) {
    LinliFormInput *input = form->inputs->pdata[i];
    g_autofree char *kept =
        g_key_file_get_string(file, LINLI_FORM_DRAFT_GROUP, linli_form_input_field(input)->name, NULL);
    if (kept) linli_form_input_restore(input, kept);
  }
}

void linli_action_form_freeze(LinliActionForm *form) {
  for (guint i = 0; i < form->inputs->len; i++)
    linli_form_input_freeze(form->inputs->pdata[i]);
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
  if (form->teams)
    form->walk =
        linli_ask_about(context, PROTO_QUERY_REQUEST_PROPOSE, request->id, NULL, on_proposal, on_proposals, form);
  return GTK_WIDGET(form);
}

static gboolean linli_action_form_grab_focus(GtkWidget *widget) {
  LinliActionForm *form = LINLI_ACTION_FORM(widget);

  return form->inputs->len && gtk_widget_grab_focus(form->inputs->pdata[0]);
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

  g_ptr_array_unref(form->inputs);
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
  form->inputs = g_ptr_array_new();
  form->proposed = g_hash_table_new(NULL, NULL);
  form->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_set_parent(form->box, GTK_WIDGET(form));
}
