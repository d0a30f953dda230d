/* outbox_button.c: see outbox_button.h. */
#include "client/desk/outbox/outbox_button.h"

#include <glib/gi18n.h>

#include "client/core/row.h"
#include "client/desk/app/actions.h"
#include "client/desk/app/words.h"

struct _LinliOutboxButton {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *button, *popover, *list;
  guint returned; /* that came back and wait for a person */
};

G_DEFINE_FINAL_TYPE(LinliOutboxButton, linli_outbox_button, GTK_TYPE_WIDGET)

/* --- Words ---------------------------------------------------------------------------------------------------- */

static const char *name_of(guint32 kind) {
  const ProtoCommand *command = proto_command(&proto_linli, kind);
  const LinliActionInfo *info = command ? linli_action_by_name(command->name) : NULL;

  if (kind == PROTO_COMMAND_REQUEST_REGISTER) return _("New request");
  return info ? _(info->label) : command ? command->name : "?";
}

/* All that was typed, to be read and copied. */
static char *typed_in(const LinliEntry *entry) {
  const ProtoCommand *command = proto_command(&proto_linli, entry->kind);
  g_autoptr(GString) text = g_string_new(NULL);
  gsize len;
  const uint8_t *data = g_bytes_get_data(entry->body, &len);

  for (guint i = 0; command && i < command->fields->count; i++) {
    const WireField *field = &command->fields->fields[i];
    WireAny any;
    if (field->kind != WIRE_FIELD_TEXT || !linli_row_field((WireBytes){data, (uint32_t)len}, field->number, &any))
      continue;
    g_string_append_printf(text, "%s%.*s", text->len ? "\n" : "", (int)any.bytes.len, any.bytes.data);
  }
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static const char *sentence_of(const LinliEntry *entry) {
  if (entry->state == LINLI_KEPT_REFUSED) return linli_sentence(proto_linli.refusals, entry->code);
  return entry->code ? linli_sentence(proto_linli.errors, entry->code)
                     : _("It may have been sent long ago. Look whether it has been done, then set it aside.");
}

/* --- The list ------------------------------------------------------------------------------------------------- */

static void show(LinliOutboxButton *b);

static void on_seen(GtkButton *button, LinliOutboxButton *b) {
  const Uuid *id = g_object_get_data(G_OBJECT(button), "id");

  linli_courier_acknowledge(linli_context_courier(b->context), *id);
  linli_outbox_settle(linli_context_outbox(b->context));
  show(b);
}

static void on_copy(GtkButton *button, G_GNUC_UNUSED LinliOutboxButton *b) {
  gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(button)), g_object_get_data(G_OBJECT(button), "text"));
}

static void add_line(GtkWidget *box, const char *text, const char *class) {
  GtkWidget *label = gtk_label_new(text);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_max_width_chars(GTK_LABEL(label), 50);
  gtk_label_set_selectable(GTK_LABEL(label), TRUE);
  if (class) gtk_widget_add_css_class(label, class);
  gtk_box_append(GTK_BOX(box), label);
}

static GtkWidget *entry_widget(LinliOutboxButton *b, const LinliEntry *entry) {
  GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4), *buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  gboolean back = entry->state == LINLI_KEPT_REFUSED || entry->state == LINLI_FOR_A_PERSON;
  g_autofree char *at = linli_words_time(entry->kept_at, "%H:%M"), *typed = typed_in(entry);
  g_autofree char *head =
      g_strdup_printf("%s · %s · %s", name_of(entry->kind), at, back ? _("came back") : _("waits"));

  add_line(box, head, "heading");
  if (back) add_line(box, sentence_of(entry), "error");
  if (*typed) add_line(box, typed, NULL);
  if (*typed) {
    GtkWidget *copy = gtk_button_new_with_label(_("Copy text"));
    g_object_set_data_full(G_OBJECT(copy), "text", g_strdup(typed), g_free);
    g_signal_connect_object(copy, "clicked", G_CALLBACK(on_copy), b, 0);
    gtk_box_append(GTK_BOX(buttons), copy);
  }
  if (back) {
    GtkWidget *seen = gtk_button_new_with_label(_("Dealt with"));
    g_object_set_data_full(G_OBJECT(seen), "id", g_memdup2(&entry->id, sizeof entry->id), g_free);
    g_signal_connect_object(seen, "clicked", G_CALLBACK(on_seen), b, 0);
    gtk_box_append(GTK_BOX(buttons), seen);
  }
  gtk_box_append(GTK_BOX(box), buttons);
  gtk_box_append(GTK_BOX(box), gtk_separator_new(GTK_ORIENTATION_HORIZONTAL));
  return box;
}

/* What waits and what came back, from the disk: it is what counts. */
static void show(LinliOutboxButton *b) {
  LinliSession *session = linli_context_session(b->context);
  LinliSettings *settings = session ? linli_session_settings(session) : NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) list = NULL;
  GtkWidget *child;
  guint64 oldest;

  if (!session) return;
  while ((child = gtk_widget_get_first_child(b->list)))
    gtk_box_remove(GTK_BOX(b->list), child);
  list = linli_outbox_list(linli_context_outbox(b->context), linli_settings_server(settings),
                           linli_settings_user(settings), &error);
  if (error) add_line(b->list, error->message, "error");
  b->returned = 0;
  for (guint i = 0; list && i < list->len; i++) {
    const LinliEntry *entry = list->pdata[i];
    b->returned += entry->state == LINLI_KEPT_REFUSED || entry->state == LINLI_FOR_A_PERSON;
    gtk_box_append(GTK_BOX(b->list), entry_widget(b, entry));
  }
  guint waiting = linli_context_waiting(b->context, &oldest);
  g_autoptr(GString) label = g_string_new(NULL);
  if (waiting) {
    g_autofree char *at = linli_words_time(oldest, "%H:%M");
    g_string_append_printf(label, _("%u to send, since %s"), waiting, at);
  }
  if (b->returned) g_string_append_printf(label, _("%s%u came back"), label->len ? " · " : "", b->returned);
  gtk_menu_button_set_label(GTK_MENU_BUTTON(b->button), label->str);
  gtk_widget_set_visible(GTK_WIDGET(b), waiting || b->returned);
}

/* Most commands are decided before anybody could read the button: it shows what waits longer than a blink. */
static void on_tick(LinliOutboxButton *b) {
  guint64 oldest;
  guint waiting = linli_context_waiting(b->context, &oldest);

  if (waiting || b->returned != 0 || gtk_widget_get_visible(GTK_WIDGET(b))) show(b);
}

static gboolean linli_outbox_button_activate(GtkWidget *widget) {
  LinliOutboxButton *b = LINLI_OUTBOX_BUTTON(widget);

  show(b);
  if (gtk_widget_get_visible(widget)) gtk_menu_button_popup(GTK_MENU_BUTTON(b->button));
  return TRUE;
}

static void on_activate(LinliOutboxButton *b) {
  linli_outbox_button_activate(GTK_WIDGET(b));
}

/* --- The object ----------------------------------------------------------------------------------------------- */

GtkWidget *linli_outbox_button_new(LinliContext *context) {
  LinliOutboxButton *b = g_object_new(LINLI_TYPE_OUTBOX_BUTTON, NULL);

  b->context = g_object_ref(context);
  g_signal_connect_object(context, "tick", G_CALLBACK(on_tick), b, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "returned", G_CALLBACK(show), b, G_CONNECT_SWAPPED);
  show(b);
  return GTK_WIDGET(b);
}

static void linli_outbox_button_dispose(GObject *object) {
  LinliOutboxButton *b = LINLI_OUTBOX_BUTTON(object);

  g_clear_pointer(&b->button, gtk_widget_unparent);
  g_clear_object(&b->context);
  G_OBJECT_CLASS(linli_outbox_button_parent_class)->dispose(object);
}

static void linli_outbox_button_class_init(LinliOutboxButtonClass *class) {
  GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);

  G_OBJECT_CLASS(class)->dispose = linli_outbox_button_dispose;
  gtk_widget_class_set_layout_manager_type(widget, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_activate_signal(
      widget, g_signal_new_class_handler("open", LINLI_TYPE_OUTBOX_BUTTON, G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
                                         G_CALLBACK(on_activate), NULL, NULL, NULL, G_TYPE_NONE, 0));
}

static void linli_outbox_button_init(LinliOutboxButton *b) {
  GtkWidget *scroller = gtk_scrolled_window_new();

  b->button = gtk_menu_button_new();
  b->popover = gtk_popover_new();
  b->list = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8);
  gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), b->list);
  gtk_scrolled_window_set_propagate_natural_height(GTK_SCROLLED_WINDOW(scroller), TRUE);
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_max_content_height(GTK_SCROLLED_WINDOW(scroller), 480);
  gtk_popover_set_child(GTK_POPOVER(b->popover), scroller);
  gtk_menu_button_set_popover(GTK_MENU_BUTTON(b->button), b->popover);
  gtk_widget_add_css_class(b->button, "outbox");
  gtk_widget_set_parent(b->button, GTK_WIDGET(b));
}
