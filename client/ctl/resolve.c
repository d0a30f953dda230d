/* resolve.c: see resolve.h. */
#include "client/ctl/resolve.h"

#include <string.h>

#include "client/core/row.h"
#include "common/fold.h"
#include "common/pinyin.h"
#include "common/uuid.h"

enum { ID_DIGITS_MAX = 8, CANDIDATES_SHOWN = 5 };

static const struct { const char *field, *noun; } spoken[] = {{"assist", "team"}}; /* fields that are not named so */

static const ProtoQuery *query_of(const Proto *proto, const char *noun, const char *verb) {
  g_autofree char *name = g_strconcat(noun, ".", verb, NULL);

  return proto_query_by_name(proto, name);
}

const ProtoQuery *resolve_list_of(const Proto *proto, const WireField *field) {
  const char *name = field->name, *last;

  if (field->kind != WIRE_FIELD_UINT) return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS(spoken); i++)
    if (strcmp(name, spoken[i].field) == 0) name = spoken[i].noun;
  last = strrchr(name, '_');
  const ProtoQuery *list = query_of(proto, name, "list");
  return list || !last ? list : query_of(proto, last + 1, "list");
}

static gboolean is_id(const char *text) {
  gsize len = strlen(text);

  return len > 0 && len <= ID_DIGITS_MAX && strspn(text, "0123456789") == len;
}

/* --- By name -------------------------------------------------------------------------------------------------- */

typedef struct {
  const WireMessage *message;
  const char *text;
  GArray *exact, *partial; /* of guint64 */
  GString *names;          /* of candidates, for the sentence */
} Search;

static gboolean equals(WireBytes a, const char *text) {
  return a.len == strlen(text) && memcmp(a.data, text, a.len) == 0;
}

static gboolean on_candidate(WireBytes row, gpointer data) {
  static const char *const called[] = {"code", "name", "short_name", "title", "english", "official_code"};
  Search *s = data;
  Uuid id;
  gboolean exact = FALSE, partial = FALSE;

  if (!linli_row_id(s->message, row, &id)) return TRUE;
  guint64 number = linli_number_of_id(id);
  for (gsize i = 0; i < G_N_ELEMENTS(called); i++) {
    WireBytes value = linli_row_text(s->message, row, called[i]);
    g_autofree char *text = g_strndup((const char *)value.data, value.len);
    exact = exact || (value.len && equals(value, s->text));
    partial = partial || (value.len && i > 0 && (fold_contains(text, s->text) || pinyin_match(text, s->text)));
  }
  if (exact) g_array_append_val(s->exact, number);
  if (!exact && partial) g_array_append_val(s->partial, number);
  if ((exact || partial) && s->exact->len + s->partial->len <= CANDIDATES_SHOWN) {
    WireBytes name = linli_row_text(s->message, row, "name");
    g_string_append_printf(s->names, " %" G_GUINT64_FORMAT " %.*s;", number, (int)name.len, (const char *)name.data);
  }
  return TRUE;
}

/* The list query's own narrowing, where it has it. */
static void narrow(const ProtoQuery *list, ResolveIn in, GByteArray *body) {
  for (guint i = 0; i < list->fields->count; i++) {
    const WireField *field = &list->fields->fields[i];
    if (strcmp(field->name, "office") == 0 && in.office) wire_put_uint(body, field->number, in.office);
    if (strcmp(field->name, "community") == 0 && in.community) wire_put_uint(body, field->number, in.community);
  }
}

static gboolean look(Ctl *ctl, const ProtoQuery *list, ResolveIn in, Search *s, GError **error) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  narrow(list, in, body);
  return ctl_rows(ctl, list, (WireBytes){body->data, body->len}, on_candidate, s, error);
}

static gboolean choose(const Search *s, const char *noun, guint64 *number, GError **error) {
  const GArray *found = s->exact->len ? s->exact : s->partial;

  if (found->len == 1) {
    *number = g_array_index(found, guint64, 0);
    return TRUE;
  }
  if (found->len)
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                "\"%s\" fits more than one %s:%s write more of it, or the number.", s->text, noun, s->names->str);
  else
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "No %s is called \"%s\" here. `linlictl %s list` shows them.",
                noun, s->text, noun);
  return FALSE;
}

gboolean resolve_number(Ctl *ctl, const char *noun, const char *text, ResolveIn in, guint64 *number, GError **error) {
  const ProtoQuery *list = query_of(ctl->proto, noun, "list");

  if (is_id(text)) {
    *number = g_ascii_strtoull(text, NULL, 10);
    return TRUE;
  }
  g_autoptr(GArray) exact = g_array_new(FALSE, FALSE, sizeof(guint64));
  g_autoptr(GArray) partial = g_array_new(FALSE, FALSE, sizeof(guint64));
  g_autoptr(GString) names = g_string_new(NULL);
  Search s = {list->returns, text, exact, partial, names};
  return look(ctl, list, in, &s, error) && choose(&s, noun, number, error);
}

/* --- By id ---------------------------------------------------------------------------------------------------- */

typedef struct {
  const WireMessage *message;
  guint64 number;
  GByteArray *row;
  gboolean found;
} Wanted;

static gboolean on_wanted(WireBytes row, gpointer data) {
  Wanted *w = data;
  Uuid id;

  if (w->number && (!linli_row_id(w->message, row, &id) || linli_number_of_id(id) != w->number)) return TRUE;
  g_byte_array_set_size(w->row, 0);
  g_byte_array_append(w->row, row.data, row.len);
  w->found = TRUE;
  return FALSE;
}

static gboolean find_in(Ctl *ctl, const ProtoQuery *list, guint64 office, Wanted *w, GError **error) {
  g_autoptr(GByteArray) body = g_byte_array_new();

  narrow(list, (ResolveIn){office, 0}, body);
  return ctl_rows(ctl, list, (WireBytes){body->data, body->len}, on_wanted, w, error);
}

static gboolean on_office(WireBytes row, gpointer data) {
  guint64 number;
  Uuid id;

  if (!linli_row_id(((Wanted *)data)->message, row, &id)) return TRUE;
  number = linli_number_of_id(id);
  g_array_append_val((GArray *)((Wanted *)data)->row, number);
  return TRUE;
}

static gboolean find_in_every_office(Ctl *ctl, const ProtoQuery *list, Wanted *w, GError **error) {
  const ProtoQuery *offices = query_of(ctl->proto, "office", "list");
  g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint64));

  if (!offices || !wire_field_by_name(list->fields, "office")) return TRUE;
  Wanted all = {offices->returns, 0, (GByteArray *)numbers, FALSE};
  if (!ctl_rows(ctl, offices, (WireBytes){NULL, 0}, on_office, &all, error)) return FALSE;
  for (guint i = 0; i < numbers->len && !w->found; i++)
    if (!find_in(ctl, list, g_array_index(numbers, guint64, i), w, error)) return FALSE;
  return TRUE;
}

gboolean resolve_row(Ctl *ctl, const ProtoQuery *list, guint64 number, guint64 office, GByteArray *row,
                     GError **error) {
  Wanted w = {list->returns, number, row, FALSE};

  if (!find_in(ctl, list, office, &w, error)) return FALSE;
  if (!w.found && !office && !find_in_every_office(ctl, list, &w, error)) return FALSE;
  if (w.found) return TRUE;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "There is no %s %" G_GUINT64_FORMAT " that you may see.",
              list->returns->name, number);
  return FALSE;
}

gboolean resolve_show(Ctl *ctl, const char *noun, const char *text, GByteArray *row, GError **error) {
  const ProtoQuery *show = query_of(ctl->proto, noun, "show");
  g_autoptr(GByteArray) body = g_byte_array_new();
  g_autofree char *why = NULL;
  Uuid id;

  const WireField *field = !show                                 ? NULL
                           : uuid_parse(text, strlen(text), &id) ? &show->fields->fields[0]
                                                                 : wire_field_by_name(show->fields, "number");
  if (!field || !wire_put_text(field, text, body, &why)) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "\"%s\" is neither the id nor the number of a %s.", text,
                noun);
    return FALSE;
  }
  Wanted w = {show->returns, 0, row, FALSE};
  if (!ctl_rows(ctl, show, (WireBytes){body->data, body->len}, on_wanted, &w, error)) return FALSE;
  if (w.found) return TRUE;
  const WireLabel *unknown = wire_label_by_name(ctl->proto->refusals, "unknown_row");
  g_set_error(error, LINLI_REFUSAL, unknown ? (gint)unknown->number : 0, "%s (%s %s)",
              unknown ? linli_label_text(unknown) : "There is no such row.", noun, text);
  return FALSE;
}

/* --- All fields ----------------------------------------------------------------------------------------------- */

static gboolean resolve_list_field(Ctl *ctl, const ProtoQuery *list, const WireField *field, Fields *fields,
                                   ResolveIn in, GError **error) {
  const char *noun = list->returns->name;
  g_auto(GStrv) parts = g_strsplit(fields_get(fields, field->name), ",", -1);
  g_autoptr(GString) numbers = g_string_new(NULL);
  guint64 number;

  for (char **part = parts; *part; part++) {
    if (!resolve_number(ctl, noun, g_strstrip(*part), in, &number, error)) return FALSE;
    g_string_append_printf(numbers, "%s%" G_GUINT64_FORMAT, numbers->len ? "," : "", number);
  }
  fields_set(fields, field, numbers->str);
  return TRUE;
}

/* A row's id from its number, and, where the message also wants it, the row's community: into -> into_community. */
static gboolean resolve_uuid_field(Ctl *ctl, const char *noun, const WireField *field, Fields *fields,
                                   GError **error) {
  const ProtoQuery *show = query_of(ctl->proto, noun, "show");
  g_autofree char *beside_name = g_strconcat(field->name, "_community", NULL);
  const WireField *beside = wire_field_by_name(fields->message, beside_name);
  const char *text = fields_get(fields, field->name);
  g_autoptr(GByteArray) row = g_byte_array_new();
  char id_text[UUID_TEXT_SIZE];
  Uuid id;

  gboolean is_uuid = uuid_parse(text, strlen(text), &id);
  gboolean wants_community = beside && !fields_get(fields, beside_name);
  if (!show || (is_uuid && !wants_community)) return TRUE;
  if (!resolve_show(ctl, noun, text, row, error)) return FALSE;
  WireBytes bytes = {row->data, row->len};
  if (!linli_row_id(show->returns, bytes, &id)) return TRUE;
  fields_set(fields, field, uuid_format(id, id_text));
  if (wants_community) {
    g_autofree char *number =
        g_strdup_printf("%" G_GUINT64_FORMAT, linli_row_uint(show->returns, bytes, "community"));
    fields_set(fields, beside, number);
  }
  return TRUE;
}

/* Search keys are the client's to make. */
static void fill_pinyin(Fields *fields) {
  const WireField *field = wire_field_by_name(fields->message, "pinyin");
  const char *name = fields_get(fields, "short_name");

  if (!name) name = fields_get(fields, "name");
  if (!field || !name || fields_get(fields, "pinyin")) return;
  g_autofree char *keys = pinyin_keys(name, field->max);
  fields_set(fields, field, keys);
}

gboolean resolve_fields(Ctl *ctl, const char *noun, Fields *fields, GError **error) {
  ResolveIn in = {0, 0}, nowhere = {0, 0};

  if (fields->office && !resolve_number(ctl, "office", fields->office, nowhere, &in.office, error)) return FALSE;
  if (fields->community && !resolve_number(ctl, "community", fields->community, in, &in.community, error))
    return FALSE;
  for (guint i = 0; i < fields->message->count; i++) {
    const WireField *field = &fields->message->fields[i];
    if (!fields->texts[i]) continue;
    const ProtoQuery *list = resolve_list_of(ctl->proto, field);
    if (list && !resolve_list_field(ctl, list, field, fields, in, error)) return FALSE;
    if (strcmp(field->name, "community") == 0) in.community = g_ascii_strtoull(fields->texts[i], NULL, 10);
    if (field->kind == WIRE_FIELD_UUID && !resolve_uuid_field(ctl, noun, field, fields, error)) return FALSE;
  }
  fill_pinyin(fields);
  return TRUE;
}
