/* fields.c: see fields.h. */
#include "client/desk/app/fields.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/words.h"

/* nouns: of which rows the numbers are; 0 for none. */
static const struct {
  const char *name, *label;
  guint32 noun;
} table[] = {
    {"note", N_("Note (internal)"), 0},
    {"answer", N_("Public answer"), 0},
    {"team", N_("Lead team"), PROTO_MESSAGE_TEAM},
    {"assist", N_("Assisting teams"), PROTO_MESSAGE_TEAM},
    {"reason", N_("Reason"), 0},
    {"result", N_("Result"), 0},
    {"phoned", N_("Who was phoned"), 0},
    {"class", N_("Class"), 0},
    {"category", N_("Category"), PROTO_MESSAGE_CATEGORY},
    {"grid", N_("Grid"), PROTO_MESSAGE_GRID},
    {"text", N_("Text"), 0},
    {"into", N_("Merge into"), PROTO_MESSAGE_REQUEST},
    {"title", N_("Title"), 0},
    {"place", N_("Place"), 0},
    {"channel", N_("Channel"), 0},
    {"nature", N_("Nature"), 0},
    {"caller_name", N_("Caller"), 0},
    {"caller_phone", N_("Phone"), 0},
    {"occurred_at", N_("When it happened"), 0},
    {"external_number", N_("Number elsewhere"), 0},
    {"subject_team", N_("About the team"), PROTO_MESSAGE_TEAM},
};

static int place_of(const WireField *field) {
  for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
    if (strcmp(table[i].name, field->name) == 0) return (int)i;
  return -1;
}

const char *linli_field_label(const WireField *field) {
  int at = place_of(field);

  return at < 0 ? NULL : _(table[at].label);
}

GArray *linli_field_numbers(const WireField *field, const WireAny *value) {
  GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));

  if (!(field->flags & WIRE_LIST)) {
    g_array_append_val(numbers, value->value);
    return numbers;
  }
  WireReader reader = {value->bytes.data, value->bytes.data + value->bytes.len};
  uint64_t number;
  while (reader.at < reader.end && wire_read_varint(&reader, &number) == WIRE_OK)
    g_array_append_val(numbers, number);
  return numbers;
}

static char *names_of(LinliContext *context, guint32 noun, const WireField *field, const WireAny *value) {
  g_autoptr(GArray) numbers = linli_field_numbers(field, value);
  g_autoptr(GString) names = g_string_new(NULL);

  for (guint i = 0; i < numbers->len; i++)
    g_string_append_printf(names, "%s%s", i ? "、" : "",
                           linli_context_name(context, noun, g_array_index(numbers, guint64, i)));
  return g_string_free(g_steal_pointer(&names), FALSE);
}

/* A request that is named by its id: number and title, where this desk holds it. */
static char *request_words(LinliContext *context, const WireAny *value) {
  g_autoptr(WireArena) arena = wire_arena_new();
  ProtoRequest r;
  Uuid id;

  if (value->bytes.len != sizeof id.b) return g_strdup("");
  memcpy(id.b, value->bytes.data, sizeof id.b);
  if (!linli_context_request(context, id, arena, &r)) return g_strdup("");
  return g_strdup_printf("%.*s %.*s", (int)r.number.len, r.number.data, (int)r.title.len, r.title.data);
}

char *linli_field_words(LinliContext *context, const WireField *field, const WireAny *value) {
  int at = place_of(field);

  if (at < 0) return g_strdup("");
  switch (field->kind) {
  case WIRE_FIELD_TEXT:
    return linli_words_copy(value->bytes);
  case WIRE_FIELD_ENUM:
    return g_strdup(linli_words_label(field->enumeration, value->value));
  case WIRE_FIELD_TIME:
    return linli_words_time(value->value, "%Y-%m-%d %H:%M");
  case WIRE_FIELD_UUID:
    return request_words(context, value);
  case WIRE_FIELD_UINT:
    return table[at].noun ? names_of(context, table[at].noun, field, value) : g_strdup("");
  default:
    return g_strdup("");
  }
}

void linli_fields_each(const WireMessage *fields, WireBytes body, LinliFieldFunc each, gpointer data) {
  for (guint i = 0; fields && i < fields->count; i++) {
    WireAny value;
    if (linli_row_field(body, fields->fields[i].number, &value)) each(&fields->fields[i], &value, data);
  }
}
