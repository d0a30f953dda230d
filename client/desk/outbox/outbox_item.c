/* outbox_item.c: see outbox_item.h. */
#include "client/desk/outbox/outbox_item.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/fields.h"
#include "client/desk/app/words.h"
#include "client/desk/intake/intake_form.h"
#include "client/desk/request/form_draft.h"

enum { SUMMARY_CHARS = 40 };

struct _LinliOutboxItem {
  GObject parent_instance;
  LinliEntry *entry;
  LinliKeptState state; /* as it was last told */
};

G_DEFINE_FINAL_TYPE(LinliOutboxItem, linli_outbox_item, G_TYPE_OBJECT)

enum { CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

LinliOutboxItem *linli_outbox_item_new(LinliEntry *entry) {
  LinliOutboxItem *item = g_object_new(LINLI_TYPE_OUTBOX_ITEM, NULL);

  item->entry = linli_entry_ref(entry);
  item->state = entry->state;
  return item;
}

LinliEntry *linli_outbox_item_entry(LinliOutboxItem *item) {
  return item->entry;
}

void linli_outbox_item_check(LinliOutboxItem *item) {
  if (item->state == item->entry->state) return;
  item->state = item->entry->state;
  g_signal_emit(item, signals[CHANGED], 0);
}

/* --- What it is ----------------------------------------------------------------------------------------------- */

static const ProtoCommand *command_of(LinliOutboxItem *item) {
  return proto_command(&proto_linli, item->entry->kind);
}

static WireBytes body_of(LinliOutboxItem *item) {
  gsize len;
  const uint8_t *data = g_bytes_get_data(item->entry->body, &len);

  return (WireBytes){data, (uint32_t)len};
}

static gboolean is_new_request(LinliOutboxItem *item) {
  return item->entry->kind == PROTO_COMMAND_REQUEST_REGISTER;
}

gboolean linli_outbox_item_is_back(LinliOutboxItem *item) {
  return item->entry->state == LINLI_KEPT_REFUSED || item->entry->state == LINLI_FOR_A_PERSON;
}

gboolean linli_outbox_item_request(LinliOutboxItem *item, Uuid *id) {
  const ProtoCommand *command = command_of(item);

  return command && g_str_has_prefix(command->name, "request.") && linli_row_id(command->fields, body_of(item), id);
}

const LinliActionInfo *linli_outbox_item_action(LinliOutboxItem *item) {
  const ProtoCommand *command = command_of(item);

  return command ? linli_action_by_name(command->name) : NULL;
}

guint64 linli_outbox_item_version(LinliOutboxItem *item) {
  return item->entry->version;
}

/* --- Words ---------------------------------------------------------------------------------------------------- */

const char *linli_outbox_item_what(LinliOutboxItem *item) {
  const LinliActionInfo *info = linli_outbox_item_action(item);
  const ProtoCommand *command = command_of(item);

  if (is_new_request(item)) return _("New request");
  return info ? _(info->label) : command ? command->name : "?";
}

static char *first_words(const char *text) {
  g_autofree char *line = g_strndup(text, strcspn(text, "\r\n"));

  if (g_utf8_strlen(line, -1) <= SUMMARY_CHARS) return g_steal_pointer(&line);
  g_autofree char *start = g_utf8_substring(line, 0, SUMMARY_CHARS);
  return g_strconcat(start, "…", NULL);
}

char *linli_outbox_item_about(LinliOutboxItem *item, LinliContext *context) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid id;

  if (is_new_request(item)) {
    g_autofree char *text = linli_words_copy(linli_row_text(command_of(item)->fields, body_of(item), "text"));
    return first_words(text);
  }
  if (!linli_outbox_item_request(item, &id)) return g_strdup("");
  if (!linli_context_request(context, id, arena, &r)) return g_strdup(_("A request that is not on this desk"));
  g_autofree char *title = linli_words_copy(r.title);
  return g_strdup_printf("%.*s %s", (int)r.number.len, r.number.data, *title ? title : _("Confidential request"));
}

const char *linli_outbox_item_state(LinliOutboxItem *item) {
  switch (item->entry->state) {
  case LINLI_KEPT:
    return _("waits to be sent");
  case LINLI_SENT:
    return _("sent, no answer yet");
  case LINLI_KEPT_REFUSED:
    return _("came back");
  case LINLI_FOR_A_PERSON:
    return _("needs a person");
  }
  return "";
}

const char *linli_outbox_item_sentence(LinliOutboxItem *item) {
  if (item->entry->state == LINLI_KEPT_REFUSED) return linli_sentence(proto_linli.refusals, item->entry->code);
  return item->entry->code ? linli_sentence(proto_linli.errors, item->entry->code)
                           : _("It may have been sent long ago. Look whether it has been done, then set it aside.");
}

typedef struct {
  LinliContext *context;
  GString *out;
} Filled;

static void on_field(const WireField *field, const WireAny *value, gpointer data) {
  Filled *filled = data;
  g_autofree char *words = linli_field_words(filled->context, field, value);

  if (*words)
    g_string_append_printf(filled->out, "%s%s: %s", filled->out->len ? "\n" : "", linli_field_label(field), words);
}

char *linli_outbox_item_filled(LinliOutboxItem *item, LinliContext *context) {
  const ProtoCommand *command = command_of(item);
  Filled filled = {context, g_string_new(NULL)};

  if (command) linli_fields_each(command->fields, body_of(item), on_field, &filled);
  return g_string_free(filled.out, FALSE);
}

/* --- What may become of it ------------------------------------------------------------------------------------ */

gboolean linli_outbox_item_may_resend(LinliOutboxItem *item, LinliContext *context, const char **why) {
  const LinliActionInfo *info = linli_outbox_item_action(item);
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid id;

  *why = NULL;
  /* What was sent could not be read: the same bytes would meet the same fate. */
  if (item->entry->state == LINLI_FOR_A_PERSON && item->entry->code) *why = _("It would come back again.");
  if (*why || is_new_request(item)) return !*why; /* its id is its own: twice is told, not done */
  if (!info || !linli_outbox_item_request(item, &id))
    *why = _("It cannot be sent from here.");
  else if (!linli_context_request(context, id, arena, &r))
    *why = _("The request is not on this desk any more.");
  else
    *why = linli_may_sentence(linli_context_may(context, &r, info->request_action));
  return !*why;
}

static void take_text(char **into, WireBytes text) {
  g_free(*into);
  *into = linli_words_copy(text);
}

static char *intake_draft(LinliOutboxItem *item) {
  const WireMessage *m = command_of(item)->fields;
  WireBytes body = body_of(item);
  g_auto(LinliIntake) intake = {0};

  linli_intake_init(&intake);
  take_text(&intake.text, linli_row_text(m, body, "text"));
  take_text(&intake.place, linli_row_text(m, body, "place"));
  take_text(&intake.name, linli_row_text(m, body, "caller_name"));
  take_text(&intake.phone, linli_row_text(m, body, "caller_phone"));
  intake.channel = linli_row_uint(m, body, "channel");
  intake.nature = linli_row_uint(m, body, "nature");
  intake.category = linli_row_uint(m, body, "category");
  intake.grid = linli_row_uint(m, body, "grid");
  intake.confidential = linli_row_uint(m, body, "confidential") != 0;
  intake.call = linli_row_uuid(m, body, "call");
  intake.community = item->entry->stream / 4;
  return linli_intake_to_draft(&intake);
}

char *linli_outbox_item_draft(LinliOutboxItem *item, char **about) {
  Uuid id;

  *about = NULL;
  if (is_new_request(item)) {
    *about = g_strdup("request");
    return intake_draft(item);
  }
  if (!linli_outbox_item_action(item) || !linli_outbox_item_request(item, &id)) return NULL;
  *about = linli_form_draft_about(command_of(item), id);
  return linli_form_draft_of_body(command_of(item), body_of(item));
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static void linli_outbox_item_finalize(GObject *object) {
  linli_entry_unref(LINLI_OUTBOX_ITEM(object)->entry);
  G_OBJECT_CLASS(linli_outbox_item_parent_class)->finalize(object);
}

static void linli_outbox_item_class_init(LinliOutboxItemClass *class) {
  G_OBJECT_CLASS(class)->finalize = linli_outbox_item_finalize;
  signals[CHANGED] =
      g_signal_new("changed", LINLI_TYPE_OUTBOX_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void linli_outbox_item_init(G_GNUC_UNUSED LinliOutboxItem *item) {
}
