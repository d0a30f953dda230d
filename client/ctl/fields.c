/* fields.c: see fields.h. */
#include "client/ctl/fields.h"

#include <stdio.h>
#include <string.h>

#define usage(error, ...) (g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, __VA_ARGS__), FALSE)

static guint place_of(const Fields *f, const WireField *field) {
  return (guint)(field - f->message->fields);
}

void fields_set(Fields *fields, const WireField *field, const char *text) {
  guint at = place_of(fields, field);

  g_free(fields->texts[at]);
  fields->texts[at] = g_strdup(text);
}

const char *fields_get(const Fields *fields, const char *name) {
  const WireField *field = wire_field_by_name(fields->message, name);

  return field ? fields->texts[place_of(fields, field)] : NULL;
}

static char **route(Fields *f, const char *name) {
  if (strcmp(name, "stream") == 0) return &f->stream;
  if (strcmp(name, "community") == 0) return &f->community;
  if (strcmp(name, "office") == 0) return &f->office;
  if (strcmp(name, "version") == 0) return &f->version;
  return NULL;
}

static gboolean is_truth(const char *text) {
  static const char *const words[] = {"true", "false", "yes", "no", "是", "否"};

  for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
    if (strcmp(text, words[i]) == 0) return TRUE;
  return FALSE;
}

/* --name-from FILE: the text of a field from a file, "-" for standard input; the last newline does not count. */
static gboolean read_text(const char *path, char **text, GError **error) {
  g_autoptr(GError) why = NULL;
  gsize len = 0;

  if (!g_file_get_contents(strcmp(path, "-") == 0 ? "/dev/stdin" : path, text, &len, &why))
    return usage(error, "%s", why->message);
  if (len && (*text)[len - 1] == '\n') (*text)[--len] = '\0';
  if (strlen(*text) == len) return TRUE;
  g_clear_pointer(text, g_free);
  return usage(error, "%s holds a NUL byte; only text can be sent.", path);
}

static gboolean set_option(Fields *f, const char *name, const char *value, GError **error) {
  const WireField *field = wire_field_by_name(f->message, name);

  if (field) {
    if (f->texts[place_of(f, field)]) return usage(error, "--%s is given twice.", name);
    fields_set(f, field, value);
    return TRUE;
  }
  char **way = route(f, name);
  if (way) {
    g_free(*way);
    *way = g_strdup(value);
    return TRUE;
  }
  if (g_str_has_suffix(name, "_from")) {
    g_autofree char *base = g_strndup(name, strlen(name) - 5), *text = NULL;
    if (!wire_field_by_name(f->message, base)) return usage(error, "There is no field \"%s\" here.", base);
    return read_text(value, &text, error) && set_option(f, base, text, error);
  }
  return usage(error, "There is no --%s here. `--help` behind the verb lists what there is.", name);
}

/* One option at argv[*i], which begins with "--". */
static gboolean take_option(Fields *f, int argc, char **argv, int *i, GError **error) {
  const char *equals = strchr(argv[*i], '=');
  g_autofree char *name = equals ? g_strndup(argv[*i] + 2, (gsize)(equals - argv[*i] - 2)) : g_strdup(argv[*i] + 2);
  g_strdelimit(name, "-", '_');
  const WireField *field = wire_field_by_name(f->message, name);
  const char *next = *i + 1 < argc ? argv[*i + 1] : NULL;

  if (equals) return set_option(f, name, equals + 1, error);
  if (field && field->kind == WIRE_FIELD_BOOL && !(next && is_truth(next))) return set_option(f, name, "true", error);
  if (!next) return usage(error, "--%s needs a value.", name);
  ++*i;
  return set_option(f, name, next, error);
}

/* Whether a word could be this field; names of rows and labels are resolved later, so text of any kind may fit. */
static gboolean fits(const WireField *field, const char *word) {
  g_autoptr(GByteArray) out = g_byte_array_new();
  g_autofree char *why = NULL;

  return wire_put_text(field, word, out, &why);
}

static const WireField *next_free(Fields *f, const WireField *spare, const char *word) {
  gboolean any_required = FALSE;

  if (spare && !f->texts[place_of(f, spare)] && fits(spare, word)) return spare;
  for (guint i = 0; i < f->message->count; i++) {
    const WireField *field = &f->message->fields[i];
    if (field == spare || field->flags & WIRE_OPTIONAL) continue;
    any_required = TRUE;
    if (!f->texts[i]) return field;
  }
  for (guint i = 0; i < f->message->count && !any_required; i++) {
    const WireField *field = &f->message->fields[i];
    gboolean long_number = field->kind == WIRE_FIELD_UINT && strlen(word) > 8;
    if (!f->texts[i] && !long_number && fits(field, word)) return field;
  }
  return NULL;
}

gboolean fields_parse(Fields *fields, const WireMessage *message, const WireField *spare, int argc, char **argv,
                      GError **error) {
  gboolean only_words = FALSE;

  *fields = (Fields){.message = message, .texts = g_new0(char *, message->count + 1u)};
  g_autoptr(GPtrArray) words = g_ptr_array_new();
  for (int i = 0; i < argc; i++)
    if (!g_utf8_validate(argv[i], -1, NULL))
      return usage(error, "Word %d is not UTF-8 text. Set the terminal to UTF-8 and type it again.", i + 1);
  for (int i = 0; i < argc; i++) {
    if (!only_words && strcmp(argv[i], "--") == 0)
      only_words = TRUE;
    else if (only_words || !g_str_has_prefix(argv[i], "--"))
      g_ptr_array_add(words, argv[i]);
    else if (!take_option(fields, argc, argv, &i, error))
      return FALSE;
  }
  for (guint i = 0; i < words->len; i++) {
    const WireField *field = next_free(fields, spare, words->pdata[i]);
    if (!field)
      return usage(error,
                   "\"%s\" is one word too many. Name the field: --field value (`--help` lists them), or quote the "
                   "text.",
                   (char *)words->pdata[i]);
    fields_set(fields, field, words->pdata[i]);
  }
  return TRUE;
}

void fields_clear(Fields *fields) {
  for (guint i = 0; fields->texts && i < fields->message->count; i++)
    g_free(fields->texts[i]);
  g_clear_pointer(&fields->texts, g_free);
  g_clear_pointer(&fields->stream, g_free);
  g_clear_pointer(&fields->community, g_free);
  g_clear_pointer(&fields->office, g_free);
  g_clear_pointer(&fields->version, g_free);
}

static char *choices(const WireField *field) {
  g_autoptr(GString) list = g_string_new(NULL);

  if (field->kind != WIRE_FIELD_ENUM) return g_strdup("");
  for (guint i = 0; i < field->enumeration->count; i++)
    g_string_append_printf(list, "%s%s", i ? ", " : " One of: ", field->enumeration->labels[i].name);
  return g_string_free(g_steal_pointer(&list), FALSE);
}

gboolean fields_encode(const Fields *fields, GByteArray *body, GError **error) {
  for (guint i = 0; i < fields->message->count; i++) {
    const WireField *field = &fields->message->fields[i];
    g_autofree char *why = NULL;
    if (!fields->texts[i] && !(field->flags & WIRE_OPTIONAL))
      return usage(error, "--%s is needed: %s", field->name, field->doc);
    if (!fields->texts[i] || wire_put_text(field, fields->texts[i], body, &why)) continue;
    g_autofree char *list = choices(field);
    return usage(error, "--%s \"%.60s\" is not valid (%s).%s", field->name, fields->texts[i], why ? why : field->doc,
                 list);
  }
  return TRUE;
}
