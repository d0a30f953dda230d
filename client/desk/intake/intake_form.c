/* intake_form.c: see intake_form.h. */
#include "client/desk/intake/intake_form.h"

#include <glib/gi18n.h>
#include <string.h>

#include "client/core/identity.h"
#include "common/uuid.h"

#define GROUP "request"
#define COPY  "copy"

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

void linli_intake_next(LinliIntake *intake) {
  if (uuid_is_nil(intake->call)) intake->call = linli_new_id();
  g_free(intake->text);
  intake->text = g_strdup("");
  intake->category = intake->class = 0;
  intake->confidential = intake->confidential_said = FALSE;
  memset(&intake->request, 0, sizeof intake->request);
}

/* --- Drafts --------------------------------------------------------------------------------------------------- */

/* Channel, nature and community may be preset: alone they are nothing that somebody would miss. */
static gboolean is_empty(const LinliIntake *i) {
  return !*i->phone && !*i->name && !*i->text && !*i->place && !i->category && !i->class && !i->occurred_at &&
         !i->grid && !i->confidential_said;
}

static void put_id(GKeyFile *file, const char *group, const char *key, Uuid id) {
  char text[UUID_TEXT_SIZE];

  if (!uuid_is_nil(id)) g_key_file_set_string(file, group, key, uuid_format(id, text));
}

static GKeyFile *to_file(const LinliIntake *intake) {
  GKeyFile *file = g_key_file_new();

  g_key_file_set_string(file, GROUP, "phone", intake->phone);
  g_key_file_set_string(file, GROUP, "name", intake->name);
  g_key_file_set_string(file, GROUP, "text", intake->text);
  g_key_file_set_string(file, GROUP, "place", intake->place);
  g_key_file_set_uint64(file, GROUP, "channel", intake->channel);
  g_key_file_set_uint64(file, GROUP, "nature", intake->nature);
  g_key_file_set_uint64(file, GROUP, "category", intake->category);
  g_key_file_set_uint64(file, GROUP, "community", intake->community);
  g_key_file_set_uint64(file, GROUP, "grid", intake->grid);
  g_key_file_set_uint64(file, GROUP, "class", intake->class);
  g_key_file_set_uint64(file, GROUP, "occurred-at", intake->occurred_at);
  if (intake->confidential_said) g_key_file_set_boolean(file, GROUP, "confidential", intake->confidential);
  put_id(file, GROUP, "request", intake->request);
  put_id(file, GROUP, "call", intake->call);
  return file;
}

char *linli_intake_to_draft(const LinliIntake *intake) {
  g_autoptr(GKeyFile) file = to_file(intake);

  return is_empty(intake) ? g_strdup("") : g_key_file_to_data(file, NULL, NULL);
}

char *linli_intake_to_copy(const LinliIntake *intake, Uuid device, const char *desk) {
  g_autoptr(GKeyFile) file = to_file(intake);

  if (is_empty(intake)) return g_strdup("");
  g_key_file_set_string(file, GROUP, "phone", "");
  g_key_file_set_string(file, COPY, "desk", desk);
  put_id(file, COPY, "device", device);
  return g_key_file_to_data(file, NULL, NULL);
}

static char *get_text(GKeyFile *file, const char *key) {
  char *text = g_key_file_get_string(file, GROUP, key, NULL);

  return text ? text : g_strdup("");
}

static Uuid get_id(GKeyFile *file, const char *group, const char *key) {
  g_autofree char *text = g_key_file_get_string(file, group, key, NULL);
  Uuid id = {{0}};

  return text && uuid_parse(text, strlen(text), &id) ? id : (Uuid){{0}};
}

gboolean linli_intake_from_draft(LinliIntake *intake, const char *draft) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  if (!g_key_file_load_from_data(file, draft, (gsize)-1, G_KEY_FILE_NONE, NULL) || !g_key_file_has_group(file, GROUP))
    return FALSE;
  linli_intake_clear(intake);
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
      .class = g_key_file_get_uint64(file, GROUP, "class", NULL),
      .occurred_at = g_key_file_get_uint64(file, GROUP, "occurred-at", NULL),
      .confidential = g_key_file_get_boolean(file, GROUP, "confidential", NULL),
      .confidential_said = g_key_file_has_key(file, GROUP, "confidential", NULL),
      .request = get_id(file, GROUP, "request"),
      .call = get_id(file, GROUP, "call"),
  };
  return TRUE;
}

char *linli_intake_desk_of(const char *copy, Uuid *device) {
  g_autoptr(GKeyFile) file = g_key_file_new();

  *device = (Uuid){{0}};
  if (!g_key_file_load_from_data(file, copy, (gsize)-1, G_KEY_FILE_NONE, NULL)) return NULL;
  *device = get_id(file, COPY, "device");
  return g_key_file_get_string(file, COPY, "desk", NULL);
}

/* --- What lacks ----------------------------------------------------------------------------------------------- */

gsize linli_intake_max(const char *field) {
  return wire_field_by_name(proto_command(&proto_linli, PROTO_COMMAND_REQUEST_REGISTER)->fields, field)->max;
}

void linli_intake_count(const char *text, gsize max, guint *fit, guint *over) {
  *fit = *over = 0;
  for (const char *at = text; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    gboolean own = !g_unichar_ismark(c) && !g_unichar_iszerowidth(c);
    if ((gsize)(g_utf8_next_char(at) - text) <= max)
      *fit += own;
    else
      *over += own;
  }
  if (strlen(text) > max && !*over) *over = 1;
}

static const char *too_long(const char *field, const char *text, const char *label, char **problem) {
  gsize max = linli_intake_max(field);
  guint fit, over;

  if (strlen(text) <= max) return NULL;
  linli_intake_count(text, max, &fit, &over);
  *problem =
      g_strdup_printf(_("%s: %u characters too many; the first %u fit. Shorten it, or put the rest into a comment "
                        "after registering. Nothing has been sent."),
                      label, over, fit);
  return field;
}

const char *linli_intake_lacks(const LinliIntake *intake, guint64 now, char **problem) {
  g_autofree char *text = g_strstrip(g_strdup(intake->text));
  const char *field = NULL;

  *problem = NULL;
  if (!*text) {
    *problem = g_strdup(_("What was said? Write at least a line."));
    return "text";
  }
  if ((field = too_long("caller_phone", intake->phone, _("Phone"), problem))) return field;
  if ((field = too_long("caller_name", intake->name, _("Caller"), problem))) return field;
  if ((field = too_long("text", text, _("Request"), problem))) return field;
  if ((field = too_long("place", intake->place, _("Place"), problem))) return field;
  if (intake->occurred_at > now) {
    *problem = g_strdup(_("It cannot have happened later than now. Correct the time, or leave it empty."));
    return "occurred_at";
  }
  if (intake->community) return NULL;
  *problem = g_strdup(_("Which community? Choose where it is."));
  return "community";
}

/* --- The wire ------------------------------------------------------------------------------------------------- */

static void put_text(GByteArray *body, guint32 number, const char *text) {
  if (*text) wire_put_bytes(body, number, (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)});
}

static void put_number(GByteArray *body, guint32 number, guint64 value) {
  if (value) wire_put_uint(body, number, value);
}

GByteArray *linli_intake_body(const LinliIntake *intake) {
  const WireMessage *m = proto_command(&proto_linli, PROTO_COMMAND_REQUEST_REGISTER)->fields;
  GByteArray *body = g_byte_array_new();
  g_autofree char *text = g_strstrip(g_strdup(intake->text));

#define N(name) wire_field_by_name(m, name)->number
  wire_put_uuid(body, N("request"), intake->request);
  put_text(body, N("text"), text);
  put_number(body, N("channel"), intake->channel ? intake->channel : PROTO_CHANNEL_PHONE);
  put_number(body, N("nature"), intake->nature);
  put_number(body, N("category"), intake->category);
  put_number(body, N("grid"), intake->grid);
  put_text(body, N("place"), intake->place);
  put_number(body, N("class"), intake->class);
  /* "No" is an answer too: without one, the category's default holds. */
  if (intake->confidential_said) wire_put_uint(body, N("confidential"), intake->confidential);
  put_text(body, N("caller_name"), intake->name);
  put_text(body, N("caller_phone"), intake->phone);
  if (intake->occurred_at) wire_put_uint(body, N("occurred_at"), intake->occurred_at);
  if (!uuid_is_nil(intake->call)) wire_put_uuid(body, N("call"), intake->call);
#undef N
  return body;
}

char *linli_intake_remark(const LinliIntake *intake) {
  g_autofree char *text = g_strstrip(g_strdup(intake->text));

  return *intake->place ? g_strdup_printf("%s\n%s: %s", text, _("Place"), intake->place) : g_steal_pointer(&text);
}
