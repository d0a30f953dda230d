/* outbox_card.c: see outbox_card.h. */
#include "client/desk/outbox/outbox_card.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/identity.h"
#include "client/desk/app/ask.h"
#include "client/desk/app/window.h"
#include "client/desk/app/words.h"
#include "client/desk/request/history.h"

enum { COLUMN_CHARS = 44, SIDE_WIDTH = 130 };

struct _LinliOutboxCard {
  GtkWidget parent_instance;
  LinliContext *context;
  LinliOutboxItem *item;
  gboolean alone;
  GtkWidget *box, *icon, *title, *state, *sentence, *sides, *mine, *theirs, *filled, *buttons;
  GtkWidget *again, *why_not;
  GString *since; /* what happened since, in lines */
  LinliWalk *walk;
  guint64 asked; /* the row's version at that time */
  guint listener;
};

G_DEFINE_FINAL_TYPE(LinliOutboxCard, linli_outbox_card, GTK_TYPE_WIDGET)

/* --- What became of the request meanwhile --------------------------------------------------------------------- */

static void add_line(GString *out, const char *name, const char *value) {
  if (value && *value) g_string_append_printf(out, "%s%s: %s", out->len ? "\n" : "", name, value);
}

static void show_theirs(LinliOutboxCard *card, const ProtoRequest *r) {
  g_autoptr(GString) text = g_string_new(NULL);
  g_autofree char *answer = linli_words_copy(r->answer);

  add_line(text, _("State"), linli_words_label(&proto_enum_request_state, r->state));
  add_line(text, _("Lead team"), linli_context_name(card->context, PROTO_MESSAGE_TEAM, r->team));
  add_line(text, _("Handled by"), linli_context_name(card->context, PROTO_MESSAGE_ACCOUNT, r->handler));
  add_line(text, _("Public answer"), answer);
  if (card->since->len) g_string_append_printf(text, "%s%s", text->len ? "\n" : "", card->since->str);
  gtk_label_set_text(GTK_LABEL(card->theirs), text->str);
}

/* A remark has no version: what came after it was made counts. */
static gboolean is_since(LinliOutboxCard *card, const ProtoTimeline *entry) {
  const LinliEntry *mine = linli_outbox_item_entry(card->item);
  guint64 version = linli_history_version(entry);

  return mine->version && version ? version > mine->version : entry->at > mine->made_at;
}

static gboolean on_history(WireBytes row, gpointer data) {
  LinliOutboxCard *card = data;
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoTimeline entry;
  WireError ignored;

  if (!wire_decode(&proto_msg_timeline, row, true, arena, &entry, &ignored) || !is_since(card, &entry)) return TRUE;
  g_autofree char *head = linli_history_head(&entry), *more = linli_history_more(card->context, &entry);
  g_string_append_printf(card->since, "%s%s%s%s", card->since->len ? "\n" : "", head, *more ? "\n" : "", more);
  return TRUE;
}

static void show_request(LinliOutboxCard *card);

static void on_history_told(const GError *error, gpointer data) {
  LinliOutboxCard *card = data;

  card->walk = NULL;
  if (error) card->asked = 0; /* the line will come back, and with it another question */
  show_request(card);
}

static void ask_history(LinliOutboxCard *card, const ProtoRequest *r) {
  LinliSession *session = linli_context_session(card->context);

  if (card->walk || card->asked == r->version || !session || linli_session_state(session) != LINLI_STATE_READY)
    return;
  card->asked = r->version;
  g_string_truncate(card->since, 0);
  card->walk =
      linli_ask_about(card->context, PROTO_QUERY_REQUEST_TIMELINE, r->id, NULL, on_history, on_history_told, card);
}

static void show_choices(LinliOutboxCard *card) {
  const char *why;
  gboolean may = linli_outbox_item_may_resend(card->item, card->context, &why);

  gtk_widget_set_visible(card->why_not, FALSE);
  if (!card->again) return;
  gtk_widget_set_sensitive(card->again, may);
  gtk_widget_set_tooltip_text(card->again, may ? _("For the request as it is now") : why);
  g_autofree char *text = may ? NULL : g_strdup_printf(_("Not to be sent again: %s"), why);
  gtk_label_set_text(GTK_LABEL(card->why_not), text ? text : "");
  gtk_widget_set_visible(card->why_not, !may);
}

/* The request as it is now, and what may be done because of that. */
static void show_request(LinliOutboxCard *card) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid id;
  gboolean held = linli_outbox_item_is_back(card->item) && linli_outbox_item_request(card->item, &id) &&
                  linli_context_request(card->context, id, arena, &r);

  gtk_widget_set_visible(card->sides, held);
  gtk_widget_set_visible(card->filled, !held && *gtk_label_get_text(GTK_LABEL(card->filled)));
  show_choices(card);
  if (!held) return;
  show_theirs(card, &r);
  ask_history(card, &r);
}

/* --- What may be done ----------------------------------------------------------------------------------------- */

static LinliWindow *window_of(LinliOutboxCard *card) {
  GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(card));

  return LINLI_IS_WINDOW(root) ? LINLI_WINDOW(root) : NULL;
}

static void on_again(LinliOutboxCard *card) {
  g_autoptr(LinliOutboxItem) item = g_object_ref(card->item);
  g_autoptr(WireArena) arena = wire_arena_new();
  const LinliEntry *entry = linli_outbox_item_entry(item);
  LinliWindow *window = window_of(card);
  ProtoRequest r = {0};
  const char *why;
  Uuid id;

  if (!linli_outbox_item_may_resend(item, card->context, &why)) return;
  guint64 stream = entry->stream;
  if (linli_outbox_item_action(item) && linli_outbox_item_request(item, &id) &&
      linli_context_request(card->context, id, arena, &r))
    stream = r.community * 4 + PROTO_STREAM_KIND_COMMUNITY;
  g_autofree char *text = g_strdup_printf(_("%s: sent again"), linli_outbox_item_what(item));
  linli_context_resend(card->context, entry, stream, r.version); /* the card may be gone now */
  if (window) linli_window_toast(window, text, NULL, NULL, NULL);
}

static void on_draft(LinliOutboxCard *card) {
  g_autofree char *about = NULL, *draft = linli_outbox_item_draft(card->item, &about);
  LinliDrafts *drafts = linli_context_drafts(card->context);
  LinliWindow *window = window_of(card);

  if (!draft || !drafts) return;
  g_autofree char *text = g_strdup_printf(_("Kept as a draft: it is there when you open “%s” again."),
                                          linli_outbox_item_what(card->item));
  linli_drafts_put(drafts, linli_new_id(), about, draft);
  linli_drafts_settle(drafts); /* on disk before it leaves the outbox */
  linli_courier_acknowledge(linli_context_courier(card->context), linli_outbox_item_entry(card->item)->id);
  if (window) linli_window_toast(window, text, NULL, NULL, NULL);
}

typedef struct {
  LinliContext *context;
  LinliEntry *entry;
} SetAside;

static void set_aside_free(gpointer data) {
  SetAside *aside = data;

  g_object_unref(aside->context);
  linli_entry_unref(aside->entry);
  g_free(aside);
}

static const char *on_undo(gpointer data) {
  SetAside *aside = data;
  LinliCourier *courier = linli_context_courier(aside->context);

  if (!courier) return NULL;
  linli_courier_restore(courier, aside->entry);
  return _("It is in the outbox again.");
}

static void on_aside(LinliOutboxCard *card) {
  LinliEntry *entry = linli_outbox_item_entry(card->item);
  LinliWindow *window = window_of(card);
  SetAside *aside = g_new(SetAside, 1);

  *aside = (SetAside){g_object_ref(card->context), linli_entry_ref(entry)};
  g_autofree char *text = g_strdup_printf(_("%s: set aside"), linli_outbox_item_what(card->item));
  linli_courier_acknowledge(linli_context_courier(aside->context), entry->id); /* the card may be gone now */
  if (window)
    linli_window_toast_undo_by(window, text, on_undo, aside, set_aside_free);
  else
    set_aside_free(aside);
}

static void on_show(LinliOutboxCard *card) {
  LinliWindow *window = window_of(card);
  Uuid id;

  if (window && linli_outbox_item_request(card->item, &id)) linli_window_show_request(window, id);
}

static void on_copy(LinliOutboxCard *card) {
  g_autofree char *text = linli_outbox_item_filled(card->item, card->context);

  gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(card)), text);
}

/* --- Showing -------------------------------------------------------------------------------------------------- */

static GtkWidget *add_button(LinliOutboxCard *card, const char *label, GCallback clicked) {
  GtkWidget *button = gtk_button_new_with_label(label);
  g_autofree char *about = linli_outbox_item_about(card->item, card->context);

  gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, about, -1);
  g_signal_connect_object(button, "clicked", clicked, card, G_CONNECT_SWAPPED);
  gtk_box_append(GTK_BOX(card->buttons), button);
  return button;
}

static gboolean has_draft(LinliOutboxCard *card) {
  g_autofree char *about = NULL, *draft = linli_outbox_item_draft(card->item, &about);

  return draft && *draft;
}

static void show_buttons(LinliOutboxCard *card, gboolean back, gboolean filled) {
  Uuid id;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child(card->buttons)))
    gtk_box_remove(GTK_BOX(card->buttons), child);
  card->again = NULL;
  if (back) {
    card->again = add_button(card, _("Send again"), G_CALLBACK(on_again));
    if (has_draft(card)) add_button(card, _("Keep as draft"), G_CALLBACK(on_draft));
    add_button(card, _("Dealt with"), G_CALLBACK(on_aside));
  }
  if (filled && card->alone) add_button(card, _("Copy text"), G_CALLBACK(on_copy));
  if (card->alone && linli_outbox_item_action(card->item) && linli_outbox_item_request(card->item, &id))
    add_button(card, _("Open the request"), G_CALLBACK(on_show));
}

static void show_title(LinliOutboxCard *card) {
  g_autofree char *about = card->alone ? linli_outbox_item_about(card->item, card->context) : g_strdup("");
  g_autofree char *title = g_strdup_printf("%s%s%s", linli_outbox_item_what(card->item), *about ? " · " : "", about);

  gtk_label_set_text(GTK_LABEL(card->title), title);
  gtk_accessible_update_property(GTK_ACCESSIBLE(card), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

static void show(LinliOutboxCard *card) {
  gboolean back = linli_outbox_item_is_back(card->item);
  const LinliEntry *entry = linli_outbox_item_entry(card->item);
  g_autofree char *filled = linli_outbox_item_filled(card->item, card->context),
                  *at = linli_words_time(entry->kept_at, "%m-%d %H:%M");
  g_autofree char *state = g_strdup_printf("%s · %s", linli_outbox_item_state(card->item), at);

  gtk_image_set_from_icon_name(GTK_IMAGE(card->icon),
                               back ? "dialog-warning-symbolic" : "emblem-synchronizing-symbolic");
  gtk_label_set_text(GTK_LABEL(card->state), state);
  gtk_label_set_text(GTK_LABEL(card->sentence), back ? linli_outbox_item_sentence(card->item) : "");
  gtk_widget_set_visible(card->sentence, back);
  gtk_label_set_text(GTK_LABEL(card->filled), filled);
  gtk_label_set_text(GTK_LABEL(card->mine), *filled ? filled : _("Nothing had to be filled in."));
  show_title(card);
  show_buttons(card, back, *filled);
  show_request(card);
}

static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, G_GNUC_UNUSED WireBytes after, gpointer data) {
  LinliOutboxCard *card = data;
  Uuid mine;

  if (!linli_outbox_item_request(card->item, &mine) || memcmp(&id, &mine, sizeof id) != 0) return;
  show_title(card);
  show_request(card); /* the buttons stay: one of them may have the focus */
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static GtkWidget *label_new(const char *text, const char *class) {
  GtkWidget *label = gtk_label_new(text);

  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_yalign(GTK_LABEL(label), 0);
  gtk_label_set_wrap(GTK_LABEL(label), TRUE);
  gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable(GTK_LABEL(label), TRUE);
  gtk_widget_set_focusable(label, FALSE);
  if (class) gtk_widget_add_css_class(label, class);
  return label;
}

static GtkWidget *side_new(const char *heading, GtkWidget **label) {
  GtkWidget *side = gtk_box_new(GTK_ORIENTATION_VERTICAL, 4);

  *label = label_new(NULL, NULL);
  gtk_label_set_max_width_chars(GTK_LABEL(*label), COLUMN_CHARS);
  gtk_widget_add_css_class(side, "side");
  gtk_widget_set_size_request(side, SIDE_WIDTH, -1);
  gtk_widget_set_hexpand(side, TRUE);
  gtk_box_append(GTK_BOX(side), label_new(heading, "heading"));
  gtk_box_append(GTK_BOX(side), *label);
  return side;
}

static GtkWidget *head_new(LinliOutboxCard *card) {
  GtkWidget *head = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);

  card->icon = gtk_image_new();
  card->title = label_new(NULL, "heading");
  card->state = label_new(NULL, "dim-label");
  gtk_widget_set_hexpand(card->title, TRUE);
  gtk_label_set_wrap(GTK_LABEL(card->state), FALSE);
  gtk_box_append(GTK_BOX(head), card->icon);
  gtk_box_append(GTK_BOX(head), card->title);
  gtk_box_append(GTK_BOX(head), card->state);
  return head;
}

static void build(LinliOutboxCard *card) {
  card->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
  card->sentence = label_new(NULL, "error");
  card->filled = label_new(NULL, NULL);
  card->why_not = label_new(NULL, "dim-label");
  card->sides = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
  card->buttons = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_box_set_homogeneous(GTK_BOX(card->sides), TRUE);
  gtk_box_append(GTK_BOX(card->sides), side_new(_("What you wrote"), &card->mine));
  gtk_box_append(GTK_BOX(card->sides), side_new(_("What it is now"), &card->theirs));
  GtkWidget *all[] = {head_new(card), card->sentence, card->sides, card->filled, card->buttons, card->why_not};
  for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
    gtk_box_append(GTK_BOX(card->box), all[i]);
  gtk_widget_set_parent(card->box, GTK_WIDGET(card));
}

GtkWidget *linli_outbox_card_new(LinliContext *context, LinliOutboxItem *item, gboolean alone) {
  LinliOutboxCard *card = g_object_new(LINLI_TYPE_OUTBOX_CARD, NULL);

  card->context = g_object_ref(context);
  card->item = g_object_ref(item);
  card->alone = alone;
  build(card);
  card->listener = linli_replica_listen(linli_context_replica(context), PROTO_MESSAGE_REQUEST, on_row, card);
  g_signal_connect_object(item, "changed", G_CALLBACK(show), card, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(show_request), card, G_CONNECT_SWAPPED);
  show(card);
  return GTK_WIDGET(card);
}

/* The first button that can be pressed; the widget may not be mapped yet, so the focus chain would not find it. */
static gboolean linli_outbox_card_grab_focus(GtkWidget *widget) {
  GtkWidget *button = gtk_widget_get_first_child(LINLI_OUTBOX_CARD(widget)->buttons);

  while (button && !gtk_widget_grab_focus(button))
    button = gtk_widget_get_next_sibling(button);
  return button != NULL;
}

static void linli_outbox_card_dispose(GObject *object) {
  LinliOutboxCard *card = LINLI_OUTBOX_CARD(object);

  if (card->listener && card->context && linli_context_replica(card->context))
    linli_replica_unlisten(linli_context_replica(card->context), card->listener);
  card->listener = 0;
  g_clear_pointer(&card->walk, linli_walk_stop);
  g_clear_pointer(&card->box, gtk_widget_unparent);
  g_clear_object(&card->item);
  g_clear_object(&card->context);
  G_OBJECT_CLASS(linli_outbox_card_parent_class)->dispose(object);
}

static void linli_outbox_card_finalize(GObject *object) {
  g_string_free(LINLI_OUTBOX_CARD(object)->since, TRUE);
  G_OBJECT_CLASS(linli_outbox_card_parent_class)->finalize(object);
}

static void linli_outbox_card_class_init(LinliOutboxCardClass *class) {
  G_OBJECT_CLASS(class)->dispose = linli_outbox_card_dispose;
  G_OBJECT_CLASS(class)->finalize = linli_outbox_card_finalize;
  GTK_WIDGET_CLASS(class)->grab_focus = linli_outbox_card_grab_focus;
  gtk_widget_class_set_layout_manager_type(GTK_WIDGET_CLASS(class), GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_LIST_ITEM);
  gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "outboxcard");
}

static void linli_outbox_card_init(LinliOutboxCard *card) {
  card->since = g_string_new(NULL);
}
