/* intake_form.c: see intake_form.h. */
#include "client/desk/intake/intake_form.h"

#include <glib/gi18n.h>
#include <string.h>

#include "common/uuid.h"

#define GROUP "request"

void linli_intake_init(LinliIntake *intake) {
  *intake = (LinliIntake){g_strdup(""), g_strdup(""), g_strdup(""), g_strdup(""), .channel = 0};
}

void linli_intake_clear(LinliIntake *intake) {
  g_free(intake->phone);
  g_free(intake->name);
  g_free(intake->text);
  g_free(intake->place);
  memset(intake, 0, sizeof *intake);
}

char *linli_intake_to_draft(const LinliIntake *intake) {
  g_autoptr(GKeyFile) file = g_key_file_new();
  char call[UUID_TEXT_SIZE];

  if (!*intake->phone && !*intake->name && !*intake->text && !*intake->place) return g_strdup("");
  g_key_file_set_string(file, GROUP, "phone", intake->phone);
  g_key_file_set_string(file, GROUP, "name", intake->name);
  g_key_file_set_string(file, GROUP, "text", intake->text);
  g_key_file_set_string(file, GROUP, "place", intake->place);
  g_key_file_set_uint64(file, GROUP, "channel", intake->channel);
  g_key_file_set_uint64(file, GROUP, "nature", intake->nature);
  g_key_file_set_uint64(file, GROUP, "category", intake->category);
  g_key_file_set_uint64(file, GROUP, "community", intake->community);
  g_key_file_set_uint64(file, GROUP, "grid", intake->grid);
  g_key_file_set_boolean(file, GROUP, "confidential", intake->confidential);
  if (!uuid_is_nil(intake->call)) g_key_file_set_string(file, GROUP, "call", uuid_format(intake->call, call));
  return g_key_file_to_data(file, NULL, NULL);
}

static char *get_text(GKeyFile *file, const char *key) {
  char *text = g_key_file_get_string(file, GROUP, key, NULL);

  return text ? text : g_strdup("");
}

gboolean linli_intake_from_draft(LinliIntake *intake, const char *draft) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  if (!g_key_file_load_from_data(file, draft, (gsize)-1, G_KEY_FILE_NONE, NULL) || !g_key_file_has_group(file, GROUP))
    return FALSE;
  linli_intake_clear(intake);
  g_autofree char *call = get_text(file, "call");
  *intake = (LinliIntake){
      .phone = get_text(file, "phone"),
      .name = get_text(file, "name"),
      .text = get_text(file, "text"),
      .place = get_text(file, "place"),
      .channel = g_key_file_get_uint64(file, GROUP, "channel", NULL),
      .nature = g_key_file_get_uint64(file, GROUP, "nature", NULL),
      .category = g_key_file_get_uint64(file, GROUP, "category", NULL),
      .community = g_key_file_get_uint64(file, GROUP, "community", NULL),
      .grid = g_key_file_get_uint64(file, GROUP, "grid", NULL),
      .confidential = g_key_file_get_boolean(file, GROUP, "confidential", NULL),
  };
  if (!uuid_parse(call, strlen(call), &intake->call)) memset(&intake->call, 0, sizeof intake->call);
  return TRUE;
}

static const char *too_long(const char *field, const char *text, const char *label, char **problem) {
  const WireField *of =
      wire_field_by_name(proto_command(&proto_linli, PROTO_COMMAND_REQUEST_REGISTER)->fields, field);
  gsize len = strlen(text);

  if (len <= of->max) return NULL;
  *problem = g_strdup_printf(_("%s is too long: %u of %u bytes. Shorten it."), label, (guint)len, of->max);
  return field;
}

const char *linli_intake_lacks(const LinliIntake *intake, char **problem) {
  g_autofree char *text = g_strstrip(g_strdup(intake->text));
  const char *field = NULL;

  *problem = NULL;
  if (!*text) {
    *problem = g_strdup(_("What was said? Write at least a line."));
    return "text";
  }
  if ((field = too_long("caller_phone", intake->phone, _("Phone"), problem))) return field;
  if ((field = too_long("caller_name", intake->name, _("Caller"), problem))) return field;
  if ((field = too_long("text", intake->text, _("Request"), problem))) return field;
  if ((field = too_long("place", intake->place, _("Place"), problem))) return field;
  if (intake->community) return NULL;
  *problem = g_strdup(_("Which community? Choose where it is."));
  return "community";
}

static void put_text(GByteArray *body, guint32 number, const char *text) {
  if (*text) wire_put_bytes(body, number, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void put_number(GByteArray *body, guint32 number, guint64 value) {
  if (value) wire_put_uint(body, number, value);
}

GByteArray *linli_intake_body(const LinliIntake *intake, Uuid request) {
  const WireMessage *m = proto_command(&proto_linli, PROTO_COMMAND_REQUEST_REGISTER)->fields;
  GByteArray *body = g_byte_array_new();
  g_autofree char *text = g_strstrip(g_strdup(intake->text));

#define N(name) wire_field_by_name(m, name)->number
  wire_put_uuid(body, N("request"), request);
  put_text(body, N("text"), text);
  put_number(body, N("channel"), intake->channel ? intake->channel : PROTO_CHANNEL_PHONE);
  put_number(body, N("nature"), intake->nature);
  put_number(body, N("category"), intake->category);
  put_number(body, N("grid"), intake->grid);
  put_text(body, N("place"), intake->place);
  put_number(body, N("confidential"), intake->confidential);
  put_text(body, N("caller_name"), intake->name);
  put_text(body, N("caller_phone"), intake->phone);
  if (!uuid_is_nil(intake->call)) wire_put_uuid(body, N("call"), intake->call);
#undef N
  return body;
}
