/* import_tree.c: see import_tree.h. */
#include "client/ctl/import_tree.h"

#include <stdio.h>
#include <string.h>

#include "client/core/row.h"
#include "client/ctl/route.h"
#include "common/pinyin.h"
#include "proto/proto_tables.h"

enum { CODE_DIGITS = 3, COMMUNITY_LAST = 998, GRID_LAST = 899, UNPLACED_CODE = 999 };
#define ROOT_CODE "000000000000"

typedef struct {
  char *text, *name;
  guint64 number;
} Grid;

typedef struct {
  char *text; /* in the file; empty for the unplaced */
  char *name, *team_name;
  char code[13];
  guint64 number, team;
  GHashTable *grids; /* text -> Grid */
} Community;

struct Tree {
  Ctl *ctl;
  Bulk *bulk;
  const MappingTree *wanted;
  GHashTable *communities; /* text -> Community */
  GHashTable *categories;  /* code -> number, as pointer */
  GArray *places;          /* of TreePlace */
  guint64 root_stream, office;
  TreeMade made;
  guint *counting; /* the member of made that an answer adds to */
  GError *refused; /* the first */
};

/* ---- What the file speaks of ----------------------------------------------------------------------------------- */

static void grid_free(gpointer data) {
  Grid *g = data;
  g_free(g->text);
  g_free(g->name);
  g_free(g);
}

static void community_free(gpointer data) {
  Community *c = data;
  g_hash_table_unref(c->grids);
  g_free(c->text);
  g_free(c->name);
  g_free(c->team_name);
  g_free(c);
}

Tree *tree_new(Ctl *ctl, Bulk *bulk, const MappingTree *wanted) {
  Tree *t = g_new0(Tree, 1);
  t->ctl = ctl;
  t->bulk = bulk;
  t->wanted = wanted;
  t->communities = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, community_free);
  t->categories = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  t->places = g_array_new(FALSE, FALSE, sizeof(TreePlace));
  return t;
}

void tree_free(Tree *t) {
  g_hash_table_unref(t->communities);
  g_hash_table_unref(t->categories);
  g_array_unref(t->places);
  g_clear_error(&t->refused);
  g_free(t);
}

void tree_want(Tree *t, const MappedRow *row) {
  const char *text = row->community != NULL ? row->community : "";
  Community *c = g_hash_table_lookup(t->communities, text);
  if (c == NULL) {
    c = g_new0(Community, 1);
    c->text = g_strdup(text);
    c->name = *text != '\0' ? mapping_name(t->wanted->community_format, text) : g_strdup(t->wanted->unplaced);
    if (t->wanted->team_format != NULL)
      c->team_name = mapping_name(t->wanted->team_format, *text != '\0' ? text : t->wanted->unplaced);
    c->grids = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, grid_free);
    g_hash_table_insert(t->communities, c->text, c);
  }
  if (row->grid == NULL || *row->grid == '\0' || g_hash_table_contains(c->grids, row->grid)) return;
  Grid *g = g_new0(Grid, 1);
  g->text = g_strdup(row->grid);
  g->name = mapping_name(t->wanted->grid_format, g->text);
  g_hash_table_insert(c->grids, g->text, g);
}

/* ---- Asking ---------------------------------------------------------------------------------------------------- */

static WireBytes as_bytes(const char *text) {
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static gboolean same(WireBytes a, const char *b) {
  return a.len == strlen(b) && memcmp(a.data, b, a.len) == 0;
}

static gboolean list(Ctl *ctl, guint32 number, const void *in, LinliRowFunc row, gpointer data, GError **error) {
  const ProtoQuery *query = proto_query(ctl->proto, number);
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_encode(query->fields, in, body);
  return ctl_rows(ctl, query, (WireBytes){body->data, body->len}, row, data, error);
}

/* A row looked for by its code or its name. */
typedef struct {
  const WireMessage *message;
  const char *field, *value, *wanted;
  guint64 found;
} Search;

static gboolean on_search(WireBytes row, gpointer data) {
  Search *s = data;
  if (!same(linli_row_text(s->message, row, s->field), s->value)) return TRUE;
  s->found = linli_row_uint(s->message, row, s->wanted);
  return FALSE;
}

guint64 tree_root_stream(Ctl *ctl, GError **error) {
  Search s = {&proto_msg_office, "code", ROOT_CODE, "id", 0};
  ProtoOfficeList in = {0};
  if (!list(ctl, PROTO_QUERY_OFFICE_LIST, &in, on_search, &s, error)) return 0;
  if (s.found != 0) return route_stream(s.found, PROTO_STREAM_KIND_OFFICE);
  g_set_error(
      error, LINLI_ERROR, LINLI_ERROR_SIGN_IN,
      "%s does not see the root office, which keeps districts and subdistricts. Sign in as its administrator.",
      linli_settings_user(ctl->settings));
  return 0;
}

static void on_put(const BulkCommand *command, const LinliAnswer *answer, gpointer data) {
  Tree *t = data;
  gboolean there = answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_EXISTS;
  if (answer->verdict == LINLI_DONE && t->counting != NULL) (*t->counting)++;
  if (answer->verdict == LINLI_DONE || there || t->refused != NULL) return;
  g_autoptr(GError) why = linli_answer_error(t->ctl->proto, answer);
  const ProtoCommand *kind = proto_command(t->ctl->proto, command->kind);
  t->refused = g_error_copy(why);
  g_prefix_error(&t->refused, "%s: ", kind->name);
}

static void put(Tree *t, guint32 kind, guint64 stream, const void *in) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_encode(proto_command(t->ctl->proto, kind)->fields, in, body);
  bulk_send(t->bulk, kind, stream, (WireBytes){body->data, body->len}, on_put, t);
}

static gboolean settled(Tree *t, GError **error) {
  if (!bulk_drain(&t->bulk, 1, error)) return FALSE;
  t->counting = NULL;
  if (t->refused == NULL) return TRUE;
  g_propagate_error(error, g_steal_pointer(&t->refused));
  return FALSE;
}

/* ---- District, subdistrict, office ----------------------------------------------------------------------------- */

static gboolean make_top(Tree *t, GError **error) {
  const MappingTree *w = t->wanted;
  Search district = {&proto_msg_district, "code", w->district_code, "id", 0};
  Search office = {&proto_msg_subdistrict, "code", w->subdistrict_code, "office", 0};
  ProtoDistrictList all_districts = {0};
  ProtoSubdistrictList all = {0};
  t->root_stream = tree_root_stream(t->ctl, error);
  if (t->root_stream == 0) return FALSE;
  if (!list(t->ctl, PROTO_QUERY_DISTRICT_LIST, &all_districts, on_search, &district, error) ||
      !list(t->ctl, PROTO_QUERY_SUBDISTRICT_LIST, &all, on_search, &office, error))
    return FALSE;
  if (district.found == 0) {
    ProtoDistrictPut in = {PROTO_HAS_COMMAND_DISTRICT_PUT_CODE | PROTO_HAS_COMMAND_DISTRICT_PUT_NAME,
                           as_bytes(w->district_code), as_bytes(w->district)};
    put(t, PROTO_COMMAND_DISTRICT_PUT, t->root_stream, &in);
    if (!settled(t, error)) return FALSE;
  }
  if (office.found == 0) {
    ProtoSubdistrictPut in = {
        PROTO_HAS_COMMAND_SUBDISTRICT_PUT_CODE | PROTO_HAS_COMMAND_SUBDISTRICT_PUT_NAME |
            PROTO_HAS_COMMAND_SUBDISTRICT_PUT_DISTRICT_CODE | PROTO_HAS_COMMAND_SUBDISTRICT_PUT_ZONE,
        as_bytes(w->subdistrict_code), as_bytes(w->subdistrict), as_bytes(w->district_code), as_bytes(w->zone)};
    t->counting = &t->made.subdistricts;
    put(t, PROTO_COMMAND_SUBDISTRICT_PUT, t->root_stream, &in);
    if (!settled(t, error) || !list(t->ctl, PROTO_QUERY_SUBDISTRICT_LIST, &all, on_search, &office, error))
      return FALSE;
  }
  t->office = office.found;
  if (t->office == 0)
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_PROTOCOL,
                "The subdistrict %s was added and is not listed. Run it again.", w->subdistrict_code);
  return t->office != 0;
}

/* ---- Communities and grids ------------------------------------------------------------------------------------- */

/* The number in the code: what the text says when it is digits, else the next free one. 0: all are taken. */
static guint free_number(GHashTable *used, const char *text, guint last) {
  guint said = strlen(text) <= CODE_DIGITS && strspn(text, "0123456789") == strlen(text) ? (guint)atoi(text) : 0;
  if (said >= 1 && said <= last && g_hash_table_add(used, GUINT_TO_POINTER(said))) return said;
  for (guint n = 1; n <= last; n++)
    if (g_hash_table_add(used, GUINT_TO_POINTER(n))) return n;
  return 0;
}

typedef struct {
  GHashTable *by_name;
  GHashTable *used;
} Known; /* name -> thing; numbers of codes */

static gboolean on_community(WireBytes row, gpointer data) {
  Known *known = data;
  WireBytes name = linli_row_text(&proto_msg_community, row, "name"),
            code = linli_row_text(&proto_msg_community, row, "code");
  g_autofree char *text = g_strndup((const char *)name.data, name.len);
  Community *c = g_hash_table_lookup(known->by_name, text);
  g_autofree char *digits = g_strndup((const char *)code.data, code.len);
  if (code.len == 12) g_hash_table_add(known->used, GUINT_TO_POINTER((guint)atoi(digits + 9)));
  if (c == NULL || code.len != 12) return TRUE;
  c->number = linli_row_uint(&proto_msg_community, row, "id");
  memcpy(c->code, digits, sizeof c->code);
  return TRUE;
}

static gboolean find_communities(Tree *t, GHashTable *used, GError **error) {
  g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, t->communities);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_hash_table_insert(by_name, ((Community *)value)->name, value);
  Known known = {by_name, used};
  ProtoCommunityList in = {.has = PROTO_HAS_QUERY_COMMUNITY_LIST_OFFICE, .office = t->office};
  return list(t->ctl, PROTO_QUERY_COMMUNITY_LIST, &in, on_community, &known, error);
}

static gint by_text(gconstpointer a, gconstpointer b) {
  return strcmp(((const Community *)a)->text, ((const Community *)b)->text);
}

static gboolean add_community(Tree *t, Community *c, GHashTable *used, GError **error) {
  guint number = *c->text == '\0' && g_hash_table_add(used, GUINT_TO_POINTER((guint)UNPLACED_CODE))
                     ? (guint)UNPLACED_CODE
                     : free_number(used, c->text, COMMUNITY_LAST);
  if (number == 0) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                "There is no code left for the community %s: a subdistrict has 999. Split the file by subdistrict.",
                c->name);
    return FALSE;
  }
  snprintf(c->code, sizeof c->code, "%.9s%03u", t->wanted->subdistrict_code, number % 1000);
  g_autofree char *pinyin = pinyin_keys(c->name, PINYIN_KEYS_MAX);
  ProtoCommunityPut in = {.has = PROTO_HAS_COMMAND_COMMUNITY_PUT_CODE | PROTO_HAS_COMMAND_COMMUNITY_PUT_NAME,
                          .code = as_bytes(c->code),
                          .name = as_bytes(c->name),
                          .pinyin = as_bytes(pinyin)};
  if (*pinyin != '\0') in.has |= PROTO_HAS_COMMAND_COMMUNITY_PUT_PINYIN;
  put(t, PROTO_COMMAND_COMMUNITY_PUT, route_stream(t->office, PROTO_STREAM_KIND_OFFICE), &in);
  return TRUE;
}

static gboolean make_communities(Tree *t, GError **error) {
  g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
  if (!find_communities(t, used, error)) return FALSE;
  g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(t->communities), by_text);
  t->counting = &t->made.communities;
  for (GList *l = all; l != NULL; l = l->next)
    if (((Community *)l->data)->number == 0 && !add_community(t, l->data, used, error)) return FALSE;
  if (!settled(t, error)) return FALSE;
  return t->made.communities == 0 || find_communities(t, used, error);
}

static gboolean on_grid(WireBytes row, gpointer data) {
  Known *known = data;
  WireBytes name = linli_row_text(&proto_msg_grid, row, "name"), code = linli_row_text(&proto_msg_grid, row, "code");
  g_autofree char *text = g_strndup((const char *)name.data, name.len);
  g_autofree char *digits = g_strndup((const char *)code.data, code.len);
  Grid *g = g_hash_table_lookup(known->by_name, text);
  if (code.len == 15) g_hash_table_add(known->used, GUINT_TO_POINTER((guint)atoi(digits + 12)));
  if (g != NULL) g->number = linli_row_uint(&proto_msg_grid, row, "id");
  return TRUE;
}

static gboolean find_grids(Tree *t, Community *c, GHashTable *used, GError **error) {
  g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init(&iter, c->grids);
  while (g_hash_table_iter_next(&iter, NULL, &value))
    g_hash_table_insert(by_name, ((Grid *)value)->name, value);
  Known known = {by_name, used};
  ProtoGridList in = {.has = PROTO_HAS_QUERY_GRID_LIST_COMMUNITY, .community = c->number};
  return list(t->ctl, PROTO_QUERY_GRID_LIST, &in, on_grid, &known, error);
}

static gint by_grid_text(gconstpointer a, gconstpointer b) {
  return strcmp(((const Grid *)a)->text, ((const Grid *)b)->text);
}

/* Adds what is missing of one community; the numbers come with a second look. */
static gboolean add_grids(Tree *t, Community *c, GError **error) {
  g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
  if (g_hash_table_size(c->grids) == 0) return TRUE;
  if (!find_grids(t, c, used, error)) return FALSE;
  g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(c->grids), by_grid_text);
  guint before = t->made.grids;
  t->counting = &t->made.grids;
  for (GList *l = all; l != NULL; l = l->next) {
    Grid *g = l->data;
    if (g->number != 0) continue;
    char code[16] = "";
    guint number = free_number(used, g->text, GRID_LAST);
    if (number != 0) snprintf(code, sizeof code, "%s%03u", c->code, number % 1000);
    ProtoGridAdd in = {.has = PROTO_HAS_COMMAND_GRID_ADD_COMMUNITY | PROTO_HAS_COMMAND_GRID_ADD_NAME,
                       .community = c->number,
                       .code = as_bytes(code),
                       .name = as_bytes(g->name)};
    if (*code != '\0') in.has |= PROTO_HAS_COMMAND_GRID_ADD_CODE; /* else the server says what is wrong */
    put(t, PROTO_COMMAND_GRID_ADD, route_stream(t->office, PROTO_STREAM_KIND_OFFICE), &in);
  }
  return settled(t, error) && (t->made.grids == before || find_grids(t, c, used, error));
}

/* ---- Teams and categories -------------------------------------------------------------------------------------- */

static gboolean on_team(WireBytes row, gpointer data) {
  GHashTable *by_name = data;
  WireBytes name = linli_row_text(&proto_msg_team, row, "name");
  g_autofree char *text = g_strndup((const char *)name.data, name.len);
  Community *c = g_hash_table_lookup(by_name, text);
  if (c != NULL) c->team = linli_row_uint(&proto_msg_team, row, "id");
  return TRUE;
}

static gboolean make_teams(Tree *t, GError **error) {
  if (t->wanted->team_format == NULL) return TRUE;
  g_autoptr(GHashTable) by_name = g_hash_table_new(g_str_hash, g_str_equal);
  g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(t->communities), by_text);
  ProtoTeamList in = {.has = PROTO_HAS_QUERY_TEAM_LIST_OFFICE, .office = t->office};
  for (GList *l = all; l != NULL; l = l->next)
    g_hash_table_insert(by_name, ((Community *)l->data)->team_name, l->data);
  if (!list(t->ctl, PROTO_QUERY_TEAM_LIST, &in, on_team, by_name, error)) return FALSE;
  t->counting = &t->made.teams;
  for (GList *l = all; l != NULL; l = l->next) {
    Community *c = l->data;
    if (c->team != 0) continue;
    g_autofree char *pinyin = pinyin_keys(c->team_name, PINYIN_KEYS_MAX);
    ProtoTeamAdd add = {.has = PROTO_HAS_COMMAND_TEAM_ADD_KIND | PROTO_HAS_COMMAND_TEAM_ADD_NAME |
                               PROTO_HAS_COMMAND_TEAM_ADD_COMMUNITY,
                        .kind = PROTO_TEAM_KIND_CADRES,
                        .name = as_bytes(c->team_name),
                        .community = c->number,
                        .pinyin = as_bytes(pinyin)};
    if (*pinyin != '\0') add.has |= PROTO_HAS_COMMAND_TEAM_ADD_PINYIN;
    put(t, PROTO_COMMAND_TEAM_ADD, route_stream(t->office, PROTO_STREAM_KIND_OFFICE), &add);
  }
  if (!settled(t, error)) return FALSE;
  return t->made.teams == 0 || list(t->ctl, PROTO_QUERY_TEAM_LIST, &in, on_team, by_name, error);
}

static gboolean on_category(WireBytes row, gpointer data) {
  WireBytes code = linli_row_text(&proto_msg_category, row, "code");
  g_hash_table_insert(data, g_strndup((const char *)code.data, code.len),
                      GUINT_TO_POINTER((guint)linli_row_uint(&proto_msg_category, row, "id")));
  return TRUE;
}

/* ---- All together ---------------------------------------------------------------------------------------------- */

static gint by_code(gconstpointer a, gconstpointer b) {
  return strcmp(((const Community *)a)->code, ((const Community *)b)->code);
}

gboolean tree_make(Tree *t, GError **error) {
  ProtoCategoryList in = {0};
  if (!make_top(t, error) || !make_communities(t, error)) return FALSE;
  g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(t->communities), by_code);
  for (GList *l = all; l != NULL; l = l->next)
    if (!add_grids(t, l->data, error)) return FALSE;
  if (!make_teams(t, error)) return FALSE;
  for (GList *l = all; l != NULL; l = l->next) {
    const Community *c = l->data;
    TreePlace place = {route_stream(c->number, PROTO_STREAM_KIND_COMMUNITY), c->number, 0, c->team};
    g_array_append_val(t->places, place);
  }
  return list(t->ctl, PROTO_QUERY_CATEGORY_LIST, &in, on_category, t->categories, error);
}

gboolean tree_place(const Tree *t, const MappedRow *row, TreePlace *place) {
  const Community *c = g_hash_table_lookup(t->communities, row->community != NULL ? row->community : "");
  *place = (TreePlace){0};
  if (c == NULL || c->number == 0) return FALSE;
  const Grid *g = row->grid != NULL ? g_hash_table_lookup(c->grids, row->grid) : NULL;
  *place = (TreePlace){route_stream(c->number, PROTO_STREAM_KIND_COMMUNITY), c->number, g != NULL ? g->number : 0,
                       c->team};
  return row->grid == NULL || *row->grid == '\0' || place->grid != 0;
}

const TreeMade *tree_made(const Tree *t) {
  return &t->made;
}

guint64 tree_office(const Tree *t) {
  return t->office;
}

guint64 tree_office_stream(const Tree *t) {
  return route_stream(t->office, PROTO_STREAM_KIND_OFFICE);
}

guint64 tree_category(const Tree *t, const char *code) {
  return code != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(t->categories, code)) : 0;
}

const GArray *tree_communities(const Tree *t) {
  return t->places;
}
