/* import_divisions.c: see import.h. Rows are read whole (a district has hundreds), then put level by level, because
 * each level stands in the one above: districts, subdistricts with their offices, communities. */
#include "client/ctl/import.h"

#include <stdio.h>
#include <string.h>

#include "client/core/row.h"
#include "client/ctl/bulk.h"
#include "client/ctl/import_run.h"
#include "client/ctl/import_tree.h"
#include "client/ctl/route.h"
#include "common/pinyin.h"
#include "proto/proto_tables.h"

enum { ROWS_MAX = 200000, PATIENCE_MS = 300000 };

enum { COLUMN_LEVEL, COLUMN_CODE, COLUMN_NAME, COLUMN_SHORT_NAME, COLUMN_PARENT, COLUMNS };
static const char *const COLUMN_NAMES[COLUMNS] = {"level", "code12", "name", "short_name", "parent_code12"};

enum { LEVEL_DISTRICT, LEVEL_STREET, LEVEL_COMMUNITY, LEVELS };
static const char *const LEVEL_NAMES[LEVELS] = {"district", "street", "community"};

typedef struct Divisions Divisions;

typedef struct {
  Divisions *owner;
  ImportedRow *row;
  int level;
  gboolean known; /* its code was there before */
} Division;

struct Divisions {
  ImportRun run;
  guint columns[COLUMNS];
  GPtrArray *divisions; /* of Division */
  GHashTable *codes;    /* what the server has, a set */
  GHashTable *offices;  /* code of a subdistrict -> office, as pointer */
  guint64 root_stream;
  Bulk *bulk;
};

/* ---- Reading --------------------------------------------------------------------------------------------------- */

static gboolean find_columns(Divisions *d, GError **error) {
  for (int i = 0; i < COLUMNS; i++) {
    guint at = 0;
    while (at < d->run.header->len && strcmp(d->run.header->pdata[at], COLUMN_NAMES[i]) != 0)
      at++;
    d->columns[i] = at;
    if (at < d->run.header->len) continue;
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                "%s has no column %s; divisions need level, code12, name, short_name and parent_code12.", d->run.file,
                COLUMN_NAMES[i]);
    return FALSE;
  }
  return TRUE;
}

static const char *field(const Division *division, int column) {
  return division->row->fields->pdata[division->owner->columns[column]];
}

static void division_free(gpointer data) {
  Division *division = data;
  import_row_free(division->row);
  g_free(division);
}

static void take_row(Divisions *d, const CsvRow *row) {
  if (row->fields->len != d->run.header->len) {
    g_autofree char *why =
        g_strdup_printf("has %u columns where the header has %u", row->fields->len, d->run.header->len);
    import_reject(&d->run, row, why);
    return;
  }
  const char *level = row->fields->pdata[d->columns[COLUMN_LEVEL]];
  int at = 0;
  while (at < LEVELS && strcmp(level, LEVEL_NAMES[at]) != 0)
    at++;
  if (at == LEVELS) {
    import_reject(&d->run, row, "is of no level that is known: district, street or community");
    return;
  }
  Division *division = g_new0(Division, 1);
  division->owner = d;
  division->row = import_keep(row);
  division->level = at;
  g_ptr_array_add(d->divisions, division);
}

static gboolean read_rows(Divisions *d, GError **error) {
  CsvRow row;
  CsvStatus status;
  while ((status = csv_next(d->run.csv, &row)) != CSV_END) {
    if (status == CSV_LOST || d->run.rows == ROWS_MAX) {
      g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE, "Nothing was imported: %s.",
                  status == CSV_LOST ? row.why : "the file has more than 200,000 rows; split it by district");
      return FALSE;
    }
    d->run.rows++;
    if (status == CSV_BAD)
      import_reject(&d->run, &row, row.why);
    else
      take_row(d, &row);
  }
  d->run.expected = d->run.rows;
  return TRUE;
}

/* ---- What is there already ------------------------------------------------------------------------------------- */

typedef struct {
  Divisions *owner;
  const WireMessage *message;
} Listing;

static gboolean on_row(WireBytes row, gpointer data) {
  const Listing *l = data;
  WireBytes code = linli_row_text(l->message, row, "code");
  char *text = g_strndup((const char *)code.data, code.len);
  if (l->message == &proto_msg_subdistrict)
    g_hash_table_insert(l->owner->offices, g_strdup(text),
                        GUINT_TO_POINTER((guint)linli_row_uint(l->message, row, "office")));
  g_hash_table_add(l->owner->codes, text);
  return TRUE;
}

static gboolean list(Divisions *d, guint32 number, GError **error) {
  const ProtoQuery *query = proto_query(d->run.ctl->proto, number);
  Listing listing = {d, query->returns};
  return ctl_rows(d->run.ctl, query, (WireBytes){NULL, 0}, on_row, &listing, error);
}

/* ---- Putting --------------------------------------------------------------------------------------------------- */

static void on_decided(G_GNUC_UNUSED const BulkCommand *command, const LinliAnswer *answer, gpointer data) {
  Division *division = data;
  ImportRun *run = &division->owner->run;
  if (answer->verdict == LINLI_DONE) {
    if (division->known)
      run->changed++;
    else
      run->added++;
  } else if (answer->verdict == LINLI_REFUSED && answer->code == PROTO_REFUSAL_EXISTS) {
    run->already++;
  } else {
    g_autofree char *reason = import_refusal(run, answer);
    import_reject_kept(run, division->row, reason);
  }
  import_progress(run);
}

static WireBytes text_of(const Division *division, int column) {
  const char *text = field(division, column);
  return (WireBytes){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void put(Division *division, guint32 kind, guint64 stream, const void *in) {
  g_autoptr(GByteArray) body = g_byte_array_new();
  wire_encode(proto_command(division->owner->run.ctl->proto, kind)->fields, in, body);
  bulk_send(division->owner->bulk, kind, stream, (WireBytes){body->data, body->len}, on_decided, division);
}

static void put_district(Divisions *d, Division *division) {
  ProtoDistrictPut in = {PROTO_HAS_COMMAND_DISTRICT_PUT_CODE | PROTO_HAS_COMMAND_DISTRICT_PUT_NAME,
                         text_of(division, COLUMN_CODE), text_of(division, COLUMN_NAME)};
  put(division, PROTO_COMMAND_DISTRICT_PUT, d->root_stream, &in);
}

static void put_street(Divisions *d, Division *division) {
  ProtoSubdistrictPut in = {.has = PROTO_HAS_COMMAND_SUBDISTRICT_PUT_CODE | PROTO_HAS_COMMAND_SUBDISTRICT_PUT_NAME |
                                   PROTO_HAS_COMMAND_SUBDISTRICT_PUT_DISTRICT_CODE,
                            .code = text_of(division, COLUMN_CODE),
                            .name = text_of(division, COLUMN_NAME),
                            .district_code = text_of(division, COLUMN_PARENT)};
  put(division, PROTO_COMMAND_SUBDISTRICT_PUT, d->root_stream, &in);
}

static void put_community(Divisions *d, Division *division) {
  guint office = GPOINTER_TO_UINT(g_hash_table_lookup(d->offices, field(division, COLUMN_PARENT)));
  const char *short_name = field(division, COLUMN_SHORT_NAME);
  if (office == 0) {
    import_reject_kept(
        &d->run, division->row,
        "is a community of a subdistrict that is neither in the file nor at the server; add that first");
    return;
  }
  g_autofree char *pinyin =
      pinyin_keys(*short_name != '\0' ? short_name : field(division, COLUMN_NAME), PINYIN_KEYS_MAX);
  ProtoCommunityPut in = {.has = PROTO_HAS_COMMAND_COMMUNITY_PUT_CODE | PROTO_HAS_COMMAND_COMMUNITY_PUT_NAME,
                          .code = text_of(division, COLUMN_CODE),
                          .name = text_of(division, COLUMN_NAME),
                          .short_name = text_of(division, COLUMN_SHORT_NAME),
                          .pinyin = {(const uint8_t *)pinyin, (uint32_t)strlen(pinyin)}};
  if (in.short_name.len > 0) in.has |= PROTO_HAS_COMMAND_COMMUNITY_PUT_SHORT_NAME;
  if (in.pinyin.len > 0) in.has |= PROTO_HAS_COMMAND_COMMUNITY_PUT_PINYIN;
  put(division, PROTO_COMMAND_COMMUNITY_PUT, route_stream(office, PROTO_STREAM_KIND_OFFICE), &in);
}

/* What would not fit the wire is the row's fault, and is said before anything is sent. */
static gboolean fits(Divisions *d, const Division *division) {
  static const struct {
    int column;
    const char *name;
  } texts[] = {
      {COLUMN_CODE, "code"}, {COLUMN_NAME, "name"}, {COLUMN_SHORT_NAME, "short_name"}, {COLUMN_PARENT, "code"}};
  for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
    const WireField *f = wire_field_by_name(&proto_msg_community_put, texts[i].name);
    if (strlen(field(division, texts[i].column)) <= f->max) continue;
    g_autofree char *why =
        g_strdup_printf("has a %s longer than %u bytes; shorten it", COLUMN_NAMES[texts[i].column], f->max);
    import_reject_kept(&d->run, division->row, why);
    return FALSE;
  }
  return TRUE;
}

static gboolean put_level(Divisions *d, int level, GError **error) {
  static void (*const puts[LEVELS])(Divisions *, Division *) = {put_district, put_street, put_community};
  for (guint i = 0; i < d->divisions->len; i++) {
    Division *division = d->divisions->pdata[i];
    if (division->level != level || !fits(d, division)) continue;
    division->known = g_hash_table_contains(d->codes, field(division, COLUMN_CODE));
    puts[level](d, division);
  }
  if (!bulk_drain(&d->bulk, 1, error)) return FALSE;
  if (d->run.error == NULL) return TRUE;
  g_propagate_error(error, g_steal_pointer(&d->run.error));
  return FALSE;
}

/* ---- All together ---------------------------------------------------------------------------------------------- */

static gboolean read_options(Divisions *d, int argc, char **argv, GError **error) {
  g_auto(GStrv) files = NULL;
  const GOptionEntry entries[] = {{"rejects", 0, 0, G_OPTION_ARG_FILENAME, &d->run.rejects_path, NULL, NULL},
                                  {"encoding", 0, 0, G_OPTION_ARG_STRING, &d->run.encoding, NULL, NULL},
                                  {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, NULL},
                                  {0}};
  if (!import_options(entries, argc, argv, error)) return FALSE;
  if (files != NULL && files[0] != NULL && files[1] == NULL) {
    d->run.file = g_strdup(files[0]);
    return TRUE;
  }
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
              "Usage: linlictl import divisions [--rejects FILE] [--encoding NAME] FILE");
  return FALSE;
}

static gboolean work(Divisions *d, GError **error) {
  Ctl *ctl = d->run.ctl;
  if (!import_begin(&d->run, error) || !find_columns(d, error) || !ctl_connect(ctl, error)) return FALSE;
  linli_session_set_patience(ctl->session, PATIENCE_MS);
  d->bulk = bulk_new(ctl->session);
  d->root_stream = tree_root_stream(ctl, error);
  if (d->root_stream == 0 || !import_work(&d->run, error) || !read_rows(d, error)) return FALSE;
  if (!list(d, PROTO_QUERY_DISTRICT_LIST, error) || !list(d, PROTO_QUERY_SUBDISTRICT_LIST, error) ||
      !list(d, PROTO_QUERY_COMMUNITY_LIST, error))
    return FALSE;
  for (int level = 0; level < LEVELS && !d->run.stopped; level++) {
    if (level == LEVEL_COMMUNITY && !list(d, PROTO_QUERY_SUBDISTRICT_LIST, error)) return FALSE;
    if (!put_level(d, level, error)) return FALSE;
  }
  return TRUE;
}

int import_divisions(Ctl *ctl, int argc, char **argv) {
  Divisions d = {.run = {.ctl = ctl}};
  GError *error = NULL;
  d.divisions = g_ptr_array_new_with_free_func(division_free);
  d.codes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  d.offices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  if (read_options(&d, argc, argv, &error)) (void)!work(&d, &error);
  g_clear_pointer(&d.bulk, bulk_free);
  int how = import_end(&d.run, error, "");
  g_ptr_array_unref(d.divisions);
  g_hash_table_unref(d.codes);
  g_hash_table_unref(d.offices);
  return how;
}
