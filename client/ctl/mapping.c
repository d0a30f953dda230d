#include "client/ctl/mapping.h"

#include <math.h>
#include <string.h>

#include "proto/proto_tables.h"

#ifndef LINLI_MAPPING_DIRS
#define LINLI_MAPPING_DIRS "/usr/share/linli/mappings"
#endif

typedef struct {
  GRegex *pattern;
  char *value;
} Rule;

/* Columns whose joined text is judged by rules. */
typedef struct {
  GArray *columns;
  GArray *rules;
  char *fallback;
  char **names;
} Rules;

enum {
  C_NUMBER,
  C_REGISTERED,
  C_DUE,
  C_CLOSED,
  C_TITLE,
  C_TEXT,
  C_ANSWER,
  C_TYPE,
  C_ADDRESS,
  C_LATITUDE,
  C_LONGITUDE,
  C_COUNT
};
static const char *const COLUMN_KEYS[C_COUNT] = {"number",  "registered_at", "due_at",   "closed_at",
                                                 "title",   "text",          "answer",   "source_type",
                                                 "address", "latitude",      "longitude"};
enum { R_STATE, R_CHANNEL, R_CATEGORY, R_CLASS, R_COUNT };
static const struct {
  const char *group;
  const WireEnum *values;
} RULE_GROUPS[R_COUNT] = {
    {"state", &proto_enum_request_state},
    {"channel", &proto_enum_channel},
    {"category", NULL}, /* the office's own codes */
    {"class", &proto_enum_request_class},
};
enum { SHIFT_DAYS_MAX = 100000 };

struct Mapping {
  GKeyFile *file;
  char *path;
  GPtrArray *strings; /* owned by the mapping */
  MappingTree tree;
  GTimeZone *zone;
  GRegex *place;
  Rules columns[C_COUNT]; /* only names and columns are used */
  Rules rules[R_COUNT];
  Rules place_column;
  GHashTable *ignore; /* column name -> GRegex */
  GRegex **ignored;   /* by column index, after bind */
  guint width;
};

/* ---- Loading --------------------------------------------------------------------------------------------------- */

static const char *keep(Mapping *m, const char *group, const char *key) {
  char *value = g_key_file_get_string(m->file, group, key, NULL);
  if (value == NULL) return NULL;
  g_ptr_array_add(m->strings, value);
  return value;
}

static GRegex *pattern(const Mapping *m, const char *group, const char *key, const char *text, char **why) {
  g_autoptr(GError) error = NULL;
  GRegex *regex = g_regex_new(text, G_REGEX_OPTIMIZE, 0, &error);
  if (regex == NULL)
    *why = g_strdup_printf("%s: [%s] %s is not a pattern: %s; correct it", m->path, group, key, error->message);
  return regex;
}

static void rule_clear(void *data) {
  Rule *rule = data;
  g_clear_pointer(&rule->pattern, g_regex_unref);
  g_clear_pointer(&rule->value, g_free);
}

static void rules_init(Rules *rules, char *names) {
  rules->columns = g_array_new(FALSE, FALSE, sizeof(guint));
  rules->rules = g_array_new(FALSE, TRUE, sizeof(Rule));
  g_array_set_clear_func(rules->rules, rule_clear);
  rules->names = names != NULL ? g_strsplit(names, ",", 16) : g_new0(char *, 1);
  for (char **name = rules->names; *name != NULL; name++)
    g_strstrip(*name);
  g_free(names);
}

static void rules_clear(Rules *rules) {
  if (rules->columns == NULL) return;
  g_array_unref(rules->columns);
  g_array_unref(rules->rules);
  g_strfreev(rules->names);
  g_free(rules->fallback);
}

/* An identifier of the schema; any text where the schema has no list. */
static gboolean known_value(const Mapping *m, int which, const char *key, const char *value, char **why) {
  const WireEnum *values = RULE_GROUPS[which].values;
  if (value == NULL || values == NULL || wire_label_by_name(values, value) != NULL) return TRUE;
  *why = g_strdup_printf("%s: [%s] %s: there is no %s %s; take one from the list of that name in the reference",
                         m->path, RULE_GROUPS[which].group, key, values->name, value);
  return FALSE;
}

static gboolean load_rules(Mapping *m, int which, char **why) {
  Rules *rules = &m->rules[which];
  const char *group = RULE_GROUPS[which].group;
  rules_init(rules, g_key_file_get_string(m->file, group, "column", NULL));
  rules->fallback = g_key_file_get_string(m->file, group, "default", NULL);
  if (!known_value(m, which, "default", rules->fallback, why)) return FALSE;
  for (guint i = 1;; i++) {
    g_autofree char *key = g_strdup_printf("%u", i);
    g_autofree char *line = g_key_file_get_string(m->file, group, key, NULL);
    if (line == NULL) return TRUE;
    char *space = strrchr(line, ' ');
    if (space == NULL) {
      *why = g_strdup_printf("%s: [%s] %s needs a pattern, a space and a value", m->path, group, key);
      return FALSE;
    }
    *space = '\0';
    Rule rule = {pattern(m, group, key, line, why), g_strdup(space + 1)};
    g_array_append_val(rules->rules, rule);
    if (rule.pattern == NULL || !known_value(m, which, key, rule.value, why)) return FALSE;
  }
}

static gboolean load_ignore(Mapping *m, char **why) {
  m->ignore = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_regex_unref);
  g_auto(GStrv) keys = g_key_file_get_keys(m->file, "ignore", NULL, NULL);
  for (char **key = keys; key != NULL && *key != NULL; key++) {
    g_autofree char *text = g_key_file_get_string(m->file, "ignore", *key, NULL);
    GRegex *regex = pattern(m, "ignore", *key, text, why);
    if (regex == NULL) return FALSE;
    g_hash_table_insert(m->ignore, g_strdup(*key), regex);
  }
  return TRUE;
}

static gboolean load_tree(Mapping *m, char **why) {
  MappingTree *t = &m->tree;
  struct {
    const char **value;
    const char *group, *key;
    gboolean needed;
  } wanted[] = {
      {&t->system, "source", "system", TRUE},
      {&t->encoding, "source", "encoding", FALSE},
      {&t->district_code, "tree", "district_code", TRUE},
      {&t->district, "tree", "district", TRUE},
      {&t->subdistrict_code, "tree", "subdistrict_code", TRUE},
      {&t->subdistrict, "tree", "subdistrict", TRUE},
      {&t->community_format, "tree", "community", TRUE},
      {&t->grid_format, "tree", "grid", TRUE},
      {&t->unplaced, "tree", "unplaced", TRUE},
      {&t->zone, "source", "zone", FALSE},
      {&t->team_format, "tree", "team", FALSE},
  };
  for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
    *wanted[i].value = keep(m, wanted[i].group, wanted[i].key);
    if (*wanted[i].value == NULL && wanted[i].needed) {
      *why = g_strdup_printf("%s: [%s] lacks %s; add it", m->path, wanted[i].group, wanted[i].key);
      return FALSE;
    }
  }
  if (strstr(t->community_format, "%s") == NULL || strstr(t->grid_format, "%s") == NULL ||
      (t->team_format != NULL && strstr(t->team_format, "%s") == NULL)) {
    *why =
        g_strdup_printf("%s: [tree] community, grid and team each need %%s, where the file's own text goes", m->path);
    return FALSE;
  }
  if (t->zone == NULL) t->zone = "Asia/Shanghai";
  m->zone = g_time_zone_new_identifier(t->zone);
  if (m->zone == NULL) {
    *why =
        g_strdup_printf("%s: [source] zone %s is not known here; use a name such as Asia/Shanghai", m->path, t->zone);
    return FALSE;
  }
  gint64 days = g_key_file_get_int64(m->file, "source", "shift_days", NULL);
  if (days < -SHIFT_DAYS_MAX || days > SHIFT_DAYS_MAX) {
    *why = g_strdup_printf("%s: [source] shift_days is more than %d days; correct it", m->path, SHIFT_DAYS_MAX);
    return FALSE;
  }
  t->shift_us = days * G_TIME_SPAN_DAY;
  g_autofree char *text = g_key_file_get_string(m->file, "tree", "pattern", NULL);
  m->place = pattern(m, "tree", "pattern", text != NULL ? text : "^(.+)$", why);
  rules_init(&m->place_column, g_key_file_get_string(m->file, "tree", "place", NULL));
  return m->place != NULL;
}

static gboolean load_columns(Mapping *m, char **why) {
  for (gsize i = 0; i < C_COUNT; i++) {
    rules_init(&m->columns[i], g_key_file_get_string(m->file, "columns", COLUMN_KEYS[i], NULL));
    if (m->columns[i].names[0] == NULL && (i == C_NUMBER || i == C_REGISTERED || i == C_TITLE)) {
      *why = g_strdup_printf("%s: [columns] lacks %s; name the column that holds it", m->path, COLUMN_KEYS[i]);
      return FALSE;
    }
  }
  for (int i = 0; i < R_COUNT; i++)
    if (!load_rules(m, i, why)) return FALSE;
  return TRUE;
}

static char *find_file(const char *name) {
  if (strchr(name, '/') != NULL || g_file_test(name, G_FILE_TEST_IS_REGULAR)) return g_strdup(name);
  g_auto(GStrv) folders = g_strsplit(LINLI_MAPPING_DIRS, ":", 0);
  for (char **folder = folders; *folder != NULL; folder++) {
    g_autofree char *path = g_strdup_printf("%s/%s.mapping", *folder, name);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) return g_steal_pointer(&path);
  }
  return g_strdup(name);
}

Mapping *mapping_load(const char *name, char **why) {
  g_autoptr(Mapping) m = g_new0(Mapping, 1);
  g_autoptr(GError) error = NULL;
  m->file = g_key_file_new();
  m->strings = g_ptr_array_new_with_free_func(g_free);
  m->path = find_file(name);
  if (!g_key_file_load_from_file(m->file, m->path, G_KEY_FILE_NONE, &error)) {
    *why = g_strdup_printf("the mapping %s cannot be read: %s; give a file, or the name of an installed mapping",
                           m->path, error->message);
    return NULL;
  }
  if (!load_tree(m, why) || !load_columns(m, why) || !load_ignore(m, why)) return NULL;
  return g_steal_pointer(&m);
}

void mapping_free(Mapping *m) {
  for (gsize i = 0; i < C_COUNT; i++)
    rules_clear(&m->columns[i]);
  for (gsize i = 0; i < R_COUNT; i++)
    rules_clear(&m->rules[i]);
  rules_clear(&m->place_column);
  g_clear_pointer(&m->ignore, g_hash_table_unref);
  g_clear_pointer(&m->place, g_regex_unref);
  g_clear_pointer(&m->zone, g_time_zone_unref);
  g_key_file_unref(m->file);
  g_ptr_array_unref(m->strings);
  g_free(m->ignored);
  g_free(m->path);
  g_free(m);
}

const MappingTree *mapping_tree(const Mapping *m) {
  return &m->tree;
}

char *mapping_name(const char *format, const char *text) {
  const char *at = strstr(format, "%s");
  if (at == NULL) return g_strdup(format);
  return g_strdup_printf("%.*s%s%s", (int)(at - format), format, text, at + 2);
}

/* ---- Binding to a header --------------------------------------------------------------------------------------- */

static gboolean bind_one(const Mapping *m, Rules *rules, const GPtrArray *header, char **why) {
  g_array_set_size(rules->columns, 0);
  for (char **name = rules->names; *name != NULL; name++) {
    guint at = 0;
    while (at < header->len && strcmp(header->pdata[at], *name) != 0)
      at++;
    if (at == header->len) {
      *why = g_strdup_printf("the file has no column %s, which the mapping %s names; use another mapping", *name,
                             m->path);
      return FALSE;
    }
    g_array_append_val(rules->columns, at);
  }
  return TRUE;
}

gboolean mapping_bind(Mapping *m, const GPtrArray *header, char **why) {
  for (gsize i = 0; i < C_COUNT; i++)
    if (!bind_one(m, &m->columns[i], header, why)) return FALSE;
  for (gsize i = 0; i < R_COUNT; i++)
    if (!bind_one(m, &m->rules[i], header, why)) return FALSE;
  if (!bind_one(m, &m->place_column, header, why)) return FALSE;
  m->width = header->len;
  m->ignored = g_renew(GRegex *, m->ignored, header->len);
  for (guint i = 0; i < header->len; i++)
    m->ignored[i] = g_hash_table_lookup(m->ignore, header->pdata[i]);
  return TRUE;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

/* The text of the columns, joined; NULL when all are empty. */
static char *joined(const Mapping *m, const Rules *rules, const GPtrArray *fields) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < rules->columns->len; i++) {
    guint at = g_array_index(rules->columns, guint, i);
    const char *value = fields->pdata[at];
    if (*value == '\0' || (m->ignored[at] != NULL && g_regex_match(m->ignored[at], value, 0, NULL))) continue;
    if (text->len > 0) g_string_append(text, " · ");
    g_string_append(text, value);
  }
  g_strstrip(text->str);
  return *text->str != '\0' ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

static const char *judged(const Mapping *m, const Rules *rules, const GPtrArray *fields) {
  g_autofree char *text = joined(m, rules, fields);
  for (guint i = 0; text != NULL && i < rules->rules->len; i++) {
    const Rule *rule = &g_array_index(rules->rules, Rule, i);
    if (g_regex_match(rule->pattern, text, 0, NULL)) return rule->value;
  }
  return rules->fallback;
}

static gboolean instant(const Mapping *m, int column, const GPtrArray *fields, gint64 *out, char **why) {
  g_autofree char *text = joined(m, &m->columns[column], fields);
  *out = 0;
  if (text == NULL) return TRUE;
  char *space = strchr(text, ' ');
  if (space != NULL) *space = 'T';
  g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, m->zone);
  if (time == NULL) {
    *why = g_strdup_printf("%s is not a time: %s", COLUMN_KEYS[column], text);
    return FALSE;
  }
  *out = g_date_time_to_unix(time) * G_USEC_PER_SEC + g_date_time_get_microsecond(time) + m->tree.shift_us;
  if (*out <= 0) *why = g_strdup_printf("%s is before 1970: %s", COLUMN_KEYS[column], text);
  return *out > 0;
}

static gboolean degrees(const Mapping *m, int column, const GPtrArray *fields, double limit, gint64 *out) {
  g_autofree char *text = joined(m, &m->columns[column], fields);
  if (text == NULL) return FALSE;
  char *end = NULL;
  double value = g_ascii_strtod(text, &end);
  if (*end != '\0' || !(fabs(value) <= limit)) return FALSE;
  *out = llround(value * 1e6);
  return TRUE;
}

static void locate(const Mapping *m, const GPtrArray *fields, MappedRow *out) {
  g_autofree char *text = joined(m, &m->place_column, fields);
  g_autoptr(GMatchInfo) found = NULL;
  if (text != NULL && g_regex_match(m->place, text, 0, &found)) {
    out->community = g_match_info_fetch(found, 1);
    out->grid = g_match_info_get_match_count(found) > 2 ? g_match_info_fetch(found, 2) : NULL;
  }
  out->located =
      degrees(m, C_LATITUDE, fields, 90, &out->latitude) && degrees(m, C_LONGITUDE, fields, 180, &out->longitude);
}

static gboolean judge_row(const MappedRow *row, char **why) {
  if (row->number == NULL)
    *why = g_strdup("has no number, so a second import could not know it again");
  else if (row->registered_at == 0)
    *why = g_strdup("has no time of registration");
  else if (row->title == NULL)
    *why = g_strdup("has no title");
  else if (row->state == NULL)
    *why = g_strdup("has a state that the mapping does not know; add a rule or a default");
  else if (row->closed_at != 0 && row->closed_at < row->registered_at)
    *why = g_strdup("was closed before it was registered");
  return *why == NULL;
}

gboolean mapping_row(Mapping *m, const GPtrArray *fields, MappedRow *out, char **why) {
  *out = (MappedRow){0};
  *why = NULL;
  if (fields->len != m->width) {
    *why = g_strdup_printf("has %u columns where the header has %u", fields->len, m->width);
    return FALSE;
  }
  struct {
    char **value;
    int column;
  } texts[] = {{&out->number, C_NUMBER}, {&out->title, C_TITLE},      {&out->text, C_TEXT},
               {&out->answer, C_ANSWER}, {&out->source_type, C_TYPE}, {&out->address, C_ADDRESS}};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    *texts[i].value = joined(m, &m->columns[texts[i].column], fields);
  if (out->text == NULL) out->text = g_strdup(out->title);
  out->state = judged(m, &m->rules[R_STATE], fields);
  out->channel = judged(m, &m->rules[R_CHANNEL], fields);
  out->category = judged(m, &m->rules[R_CATEGORY], fields);
  out->class = judged(m, &m->rules[R_CLASS], fields);
  locate(m, fields, out);
  return instant(m, C_REGISTERED, fields, &out->registered_at, why) && instant(m, C_DUE, fields, &out->due_at, why) &&
         instant(m, C_CLOSED, fields, &out->closed_at, why) && judge_row(out, why);
}

void mapped_row_clear(MappedRow *row) {
  char **texts[] = {&row->number,      &row->title,   &row->text,      &row->answer,
                    &row->source_type, &row->address, &row->community, &row->grid};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
    g_clear_pointer(texts[i], g_free);
}
