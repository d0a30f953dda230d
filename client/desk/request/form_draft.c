/* form_draft.c: see form_draft.h. */
#include "client/desk/request/form_draft.h"

#include <string.h>

#include "client/core/row.h"
#include "client/desk/app/fields.h"
#include "client/desk/app/words.h"
#include "common/uuid.h"

char *linli_form_draft_about(const ProtoCommand *command, Uuid request) {
  char id[UUID_TEXT_SIZE];

  return g_strconcat(command->name, " ", uuid_format(request, id), NULL);
}

static void keep_numbers(GKeyFile *file, const WireField *field, const WireAny *value) {
  g_autoptr(GArray) numbers = linli_field_numbers(field, value);
  g_autoptr(GString) text = g_string_new(NULL);

  for (guint i = 0; i < numbers->len; i++)
    g_string_append_printf(text, "%s%" G_GUINT64_FORMAT, i ? ";" : "", g_array_index(numbers, guint64, i));
  g_key_file_set_string(file, LINLI_FORM_DRAFT_GROUP, field->name, text->str);
}

static void keep(const WireField *field, const WireAny *value, gpointer data) {
  const WireLabel *label;
  char text[UUID_TEXT_SIZE];
  Uuid id;

  if (field->number == 1) return; /* the request itself: it is in `about` */
  if (field->kind == WIRE_FIELD_TEXT) {
    g_autofree char *words = linli_words_copy(value->bytes);
    g_key_file_set_string(data, LINLI_FORM_DRAFT_GROUP, field->name, words);
  } else if (field->kind == WIRE_FIELD_ENUM) {
    label = wire_label_by_number(field->enumeration, (uint32_t)value->value);
    if (label) g_key_file_set_string(data, LINLI_FORM_DRAFT_GROUP, field->name, label->name);
  } else if (field->kind == WIRE_FIELD_UUID && value->bytes.len == sizeof id.b) {
    memcpy(id.b, value->bytes.data, sizeof id.b);
    g_key_file_set_string(data, LINLI_FORM_DRAFT_GROUP, field->name, uuid_format(id, text));
  } else if (field->kind == WIRE_FIELD_UINT) {
    keep_numbers(data, field, value);
  }
}

char *linli_form_draft_of_body(const ProtoCommand *command, WireBytes body) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  linli_fields_each(command->fields, body, keep, file);
  return g_key_file_has_group(file, LINLI_FORM_DRAFT_GROUP) ? g_key_file_to_data(file, NULL, NULL) : g_strdup("");
}
