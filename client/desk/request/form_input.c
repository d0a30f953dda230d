/* form_input.c: see form_input.h. */
#include "client/desk/request/form_input.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/fields.h"
#include "client/desk/request/form_choices.h"
#include "client/desk/request/several.h"
#include "common/uuid.h"

enum { LONG_TEXT = 400 };

typedef enum { NOT_ASKED, LINE, TEXT, CHOICE, PICK, SEVERAL } Kind;

struct _LinliFormInput {
  GtkWidget parent_instance;
  LinliContext *context;
  const ProtoCommand *command;
  const ProtoRequest *request;
  const WireField *field;
  Kind kind;
  GtkWidget *box, *control;
  GArray *targets;   /* of LinliTarget: what an id is chosen from */
  guint64 suggested; /* what stands there without anybody's doing */
};

G_DEFINE_FINAL_TYPE(LinliFormInput, linli_form_input, GTK_TYPE_WIDGET)

enum { CHANGED, DONE, N_SIGNALS };
static guint signals[N_SIGNALS];

/* --- What it is asked with ------------------------------------------------------------------------------------ */

static Kind kind_of(const WireField *field) {
  if (!linli_field_label(field)) return NOT_ASKED;
  switch (field->kind) {
  case WIRE_FIELD_TEXT:
    return field->max <= LONG_TEXT ? LINE : TEXT;
  case WIRE_FIELD_ENUM:
    return CHOICE;
  case WIRE_FIELD_UINT:
    return field->flags & WIRE_LIST ? SEVERAL : PICK;
  case WIRE_FIELD_UUID:
    return PICK;
  default:
    return NOT_ASKED;
  }
}

static gboolean is_optional(LinliFormInput *input) {
  return input->field->flags & WIRE_OPTIONAL;
}

static void on_changed(LinliFormInput *input) {
  g_signal_emit(input, signals[CHANGED], 0);
}

static void on_picked(LinliFormInput *input) {
  input->suggested = 0;
  g_signal_emit(input, signals[CHANGED], 0);
  g_signal_emit(input, signals[DONE], 0);
}

static void on_done(LinliFormInput *input) {
  g_signal_emit(input, signals[DONE], 0);
}

static GtkWidget *text_new(LinliFormInput *input) {
  GtkWidget *view = gtk_text_view_new();

  gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_accepts_tab(GTK_TEXT_VIEW(view), FALSE);
  gtk_text_view_set_left_margin(GTK_TEXT_VIEW(view), 6);
  gtk_text_view_set_top_margin(GTK_TEXT_VIEW(view), 6);
  g_signal_connect_object(gtk_text_view_get_buffer(GTK_TEXT_VIEW(view)), "changed", G_CALLBACK(on_changed), input,
                          G_CONNECT_SWAPPED);
  return view;
}

static GtkWidget *line_new(LinliFormInput *input) {
  GtkWidget *entry = gtk_entry_new();

  g_signal_connect_object(entry, "changed", G_CALLBACK(on_changed), input, G_CONNECT_SWAPPED);
  return entry;
}

/* Position 0 is "as it is" where the field may be absent. */
static GtkWidget *choice_new(LinliFormInput *input) {
  GtkStringList *names = gtk_string_list_new(NULL);
  const WireEnum *of = input->field->enumeration;

  if (is_optional(input)) gtk_string_list_append(names, _("As it is"));
  for (guint i = 0; i < of->count; i++)
    gtk_string_list_append(names, linli_label_text(&of->labels[i]));
  GtkWidget *choice = gtk_drop_down_new(G_LIST_MODEL(names), NULL);
  g_signal_connect_object(choice, "notify::selected", G_CALLBACK(on_changed), input, G_CONNECT_SWAPPED);
  return choice;
}

static void fill(LinliFormInput *input, LinliPicker *picker) {
  if (input->field->kind == WIRE_FIELD_UUID)
    linli_choices_targets(input->context, input->request, input->targets, picker);
  else if (strcmp(input->field->name, "category") == 0)
    linli_choices_categories(input->context, picker);
  else if (strcmp(input->field->name, "grid") == 0)
    linli_choices_grids(input->context, input->request, picker);
  else
    linli_choices_teams(input->context, input->request, NULL, picker);
}

static gboolean is_lead_team(LinliFormInput *input) {
  return strcmp(input->field->name, "team") == 0;
}

static GtkWidget *pick_new(LinliFormInput *input) {
  GtkWidget *picker = linli_picker_new(linli_field_label(input->field), !is_lead_team(input));

  fill(input, LINLI_PICKER(picker));
  g_signal_connect_object(picker, "picked", G_CALLBACK(on_picked), input, G_CONNECT_SWAPPED);
  return picker;
}

static GtkWidget *several_new(LinliFormInput *input) {
  GtkWidget *several = linli_several_new(linli_field_label(input->field), input->field->max_count);

  fill(input, linli_several_picker(LINLI_SEVERAL(several)));
  g_signal_connect_object(several, "changed", G_CALLBACK(on_changed), input, G_CONNECT_SWAPPED);
  g_signal_connect_object(several, "done", G_CALLBACK(on_done), input, G_CONNECT_SWAPPED);
  return several;
}

static GtkWidget *control_new(LinliFormInput *input) {
  switch (input->kind) {
  case LINE:
    return line_new(input);
  case TEXT:
    return text_new(input);
  case CHOICE:
    return choice_new(input);
  case PICK:
    return pick_new(input);
  case SEVERAL:
    return several_new(input);
  case NOT_ASKED:
    break;
  }
  return NULL;
}

/* --- What was entered ----------------------------------------------------------------------------------------- */

static char *text_in(LinliFormInput *input) {
  GtkTextIter start, end;

  if (input->kind == LINE) return g_strdup(gtk_editable_get_text(GTK_EDITABLE(input->control)));
  GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(input->control));
  gtk_text_buffer_get_bounds(buffer, &start, &end);
  return gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
}

/* NULL: as it is. */
static const WireLabel *label_in(LinliFormInput *input) {
  guint at = gtk_drop_down_get_selected(GTK_DROP_DOWN(input->control));

  if (is_optional(input) && at-- == 0) return NULL;
  return at < input->field->enumeration->count ? &input->field->enumeration->labels[at] : NULL;
}

static char *lacks(LinliFormInput *input, const char *sentence) {
  return is_optional(input) ? NULL : g_strdup_printf(sentence, linli_field_label(input->field));
}

static char *put_text(LinliFormInput *input, GByteArray *body) {
  g_autofree char *text = g_strstrip(text_in(input));
  gsize len = strlen(text);

  if (!len) return lacks(input, _("%s: please fill this in."));
  if (len > input->field->max)
    return g_strdup_printf(_("%s is too long: %u of %u bytes. Shorten it."), linli_field_label(input->field),
                           (guint)len, input->field->max);
  wire_put_bytes(body, input->field->number, (WireBytes){(const uint8_t *)text, (uint32_t)len});
  return NULL;
}

static char *put_pick(LinliFormInput *input, GByteArray *body) {
  guint64 number = linli_picker_selected(LINLI_PICKER(input->control));

  if (!number) return lacks(input, _("%s: please choose one."));
  if (input->field->kind != WIRE_FIELD_UUID) {
    wire_put_uint(body, input->field->number, number);
    return NULL;
  }
  const LinliTarget *target = &g_array_index(input->targets, LinliTarget, number - 1);
  wire_put_uuid(body, input->field->number, target->id);
  wire_put_uint(body, wire_field_by_name(input->command->fields, "into_community")->number, target->community);
  return NULL;
}

static void put_several(LinliFormInput *input, GByteArray *body) {
  GArray *picked = linli_several_picked(LINLI_SEVERAL(input->control));
  g_autoptr(GByteArray) packed = g_byte_array_new();

  for (guint i = 0; i < picked->len; i++)
    wire_put_varint(packed, g_array_index(picked, guint64, i));
  if (packed->len) wire_put_bytes(body, input->field->number, (WireBytes){packed->data, packed->len});
}

gboolean linli_form_input_put(LinliFormInput *input, GByteArray *body, char **problem) {
  const WireLabel *label;

  *problem = NULL;
  switch (input->kind) {
  case LINE:
  case TEXT:
    *problem = put_text(input, body);
    break;
  case CHOICE:
    if ((label = label_in(input))) wire_put_uint(body, input->field->number, label->number);
    break;
  case PICK:
    *problem = put_pick(input, body);
    break;
  case SEVERAL:
    put_several(input, body);
    break;
  case NOT_ASKED:
    break;
  }
  return !*problem;
}

/* --- Drafts (form_draft.h) ------------------------------------------------------------------------------------ */

static char *pick_draft(LinliFormInput *input) {
  guint64 number = linli_picker_selected(LINLI_PICKER(input->control));
  char id[UUID_TEXT_SIZE];

  if (!number || number == input->suggested) return g_strdup("");
  if (input->field->kind == WIRE_FIELD_UUID)
    return g_strdup(uuid_format(g_array_index(input->targets, LinliTarget, number - 1).id, id));
  return g_strdup_printf("%" G_GUINT64_FORMAT, number);
}

static char *several_draft(LinliFormInput *input) {
  GArray *picked = linli_several_picked(LINLI_SEVERAL(input->control));
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < picked->len; i++)
    g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, i ? ";" : "", g_array_index(picked, guint64, i));
  return g_string_free(g_steal_pointer(&text), FALSE);
}

char *linli_form_input_draft(LinliFormInput *input) {
  const WireLabel *label;

  switch (input->kind) {
  case LINE:
  case TEXT:
    return text_in(input);
  case CHOICE: /* what stands there first was not chosen by anybody */
    label = gtk_drop_down_get_selected(GTK_DROP_DOWN(input->control)) ? label_in(input) : NULL;
    return g_strdup(label ? label->name : "");
  case PICK:
    return pick_draft(input);
  case SEVERAL:
    return several_draft(input);
  case NOT_ASKED:
    break;
  }
  return g_strdup("");
}

static void restore_choice(LinliFormInput *input, const char *kept) {
  const WireEnum *of = input->field->enumeration;

  for (guint i = 0; i < of->count; i++)
    if (strcmp(of->labels[i].name, kept) == 0)
      gtk_drop_down_set_selected(GTK_DROP_DOWN(input->control), i + (is_optional(input) ? 1 : 0));
}

static void restore_pick(LinliFormInput *input, const char *kept) {
  guint64 number = g_ascii_strtoull(kept, NULL, 10);
  Uuid id;

  if (input->field->kind == WIRE_FIELD_UUID) {
    number = 0;
    for (guint i = 0; uuid_parse(kept, strlen(kept), &id) && i < input->targets->len; i++)
      if (uuid_compare(g_array_index(input->targets, LinliTarget, i).id, id) == 0) number = i + 1;
  }
  linli_picker_select(LINLI_PICKER(input->control), number);
}

static void restore_several(LinliFormInput *input, const char *kept) {
  g_auto(GStrv) numbers = g_strsplit(kept, ";", -1);

  for (char **at = numbers; *at; at++) {
    guint64 number = g_ascii_strtoull(*at, NULL, 10);
    linli_several_add(LINLI_SEVERAL(input->control), number,
                      linli_context_name(input->context, PROTO_MESSAGE_TEAM, number));
  }
}

void linli_form_input_restore(LinliFormInput *input, const char *kept) {
  if (!*kept) return;
  switch (input->kind) {
  case LINE:
    gtk_editable_set_text(GTK_EDITABLE(input->control), kept);
    break;
  case TEXT:
    gtk_text_buffer_set_text(gtk_text_view_get_buffer(GTK_TEXT_VIEW(input->control)), kept, -1);
    break;
  case CHOICE:
    restore_choice(input, kept);
    break;
  case PICK:
    restore_pick(input, kept);
    break;
  case SEVERAL:
    restore_several(input, kept);
    break;
  case NOT_ASKED:
    break;
  }
}

/* --- From outside --------------------------------------------------------------------------------------------- */

const WireField *linli_form_input_field(LinliFormInput *input) {
  return input->field;
}

void linli_form_input_freeze(LinliFormInput *input) {
  if (input->kind == LINE)
    gtk_editable_set_editable(GTK_EDITABLE(input->control), FALSE);
  else if (input->kind == TEXT)
    gtk_text_view_set_editable(GTK_TEXT_VIEW(input->control), FALSE);
  else
    gtk_widget_set_sensitive(input->control, FALSE);
}

LinliPicker *linli_form_input_teams(LinliFormInput *input) {
  return is_lead_team(input) ? LINLI_PICKER(input->control) : NULL;
}

void linli_form_input_suggest(LinliFormInput *input, guint64 number) {
  if (linli_picker_selected(LINLI_PICKER(input->control))) return;
  linli_picker_select(LINLI_PICKER(input->control), number);
  input->suggested = number;
}

/* --- The object ----------------------------------------------------------------------------------------------- */

/* Who was phoned is asked only where a clerk signs for a team that has no accounts. */
static gboolean is_asked(LinliContext *context, const ProtoRequest *request, const WireField *field) {
  ProtoTeam team;

  if (strcmp(field->name, "phoned") != 0) return TRUE;
  return linli_context_row(context, PROTO_MESSAGE_TEAM, request->team, &team) &&
         team.has & PROTO_HAS_TEAM_HAS_ACCOUNTS && !team.has_accounts;
}

static void build(LinliFormInput *input) {
  const char *label = linli_field_label(input->field);
  g_autofree char *text = is_optional(input) ? g_strdup(label) : g_strconcat(label, " *", NULL);
  GtkWidget *heading = gtk_label_new(text), *frame = input->control;

  gtk_label_set_xalign(GTK_LABEL(heading), 0);
  gtk_widget_add_css_class(heading, "heading");
  gtk_box_append(GTK_BOX(input->box), heading);
  if (input->kind == TEXT) {
    frame = gtk_scrolled_window_new();
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(frame), input->control);
    gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(frame), 84);
    gtk_widget_add_css_class(frame, "frame");
  }
  gtk_accessible_update_property(GTK_ACCESSIBLE(input->control), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  gtk_box_append(GTK_BOX(input->box), frame);
}

GtkWidget *linli_form_input_new(LinliContext *context, const ProtoCommand *command, const ProtoRequest *request,
                                const WireField *field) {
  LinliFormInput *input;

  if (kind_of(field) == NOT_ASKED || !is_asked(context, request, field)) return NULL;
  input = g_object_new(LINLI_TYPE_FORM_INPUT, NULL);
  input->context = g_object_ref(context);
  input->command = command;
  input->request = request;
  input->field = field;
  input->kind = kind_of(field);
  input->control = control_new(input);
  build(input);
  return GTK_WIDGET(input);
}

static gboolean linli_form_input_grab_focus(GtkWidget *widget) {
  return gtk_widget_grab_focus(LINLI_FORM_INPUT(widget)->control);
}

static void linli_form_input_dispose(GObject *object) {
  LinliFormInput *input = LINLI_FORM_INPUT(object);

  g_clear_pointer(&input->box, gtk_widget_unparent);
  g_clear_object(&input->context);
  G_OBJECT_CLASS(linli_form_input_parent_class)->dispose(object);
}

static void linli_form_input_finalize(GObject *object) {
  g_array_unref(LINLI_FORM_INPUT(object)->targets);
  G_OBJECT_CLASS(linli_form_input_parent_class)->finalize(object);
}

static void linli_form_input_class_init(LinliFormInputClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_form_input_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_form_input_finalize;
  GTK_WIDGET_CLASS(class)->grab_focus = linli_form_input_grab_focus;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_FORM_INPUT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[DONE] = g_signal_new("done", LINLI_TYPE_FORM_INPUT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_form_input_init(LinliFormInput *input) {
  input->targets = g_array_new(FALSE, FALSE, sizeof(LinliTarget));
  input->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_set_parent(input->box, GTK_WIDGET(input));
}
