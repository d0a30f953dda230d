/* mapping.h: another system's row -> a request, by the rules of a mapping file (client/ctl/data/mappings/README.md).
 * Pure apart from loading: no network. Owner: the caller. */
#pragma once

#include <glib.h>

typedef struct Mapping Mapping;

/* A row in our words; state, channel and class are identifiers of the schema. Strings belong to the row
 * (mapped_row_clear) or to the mapping; absent ones are NULL, absent times 0. Times are UTC microseconds, already
 * shifted. */
typedef struct {
  char *number, *title, *text, *answer, *address, *source_type;
  char *community; /* what the pattern found; NULL: unplaced */
  char *grid;
  const char *state, *channel, *category, *class;
  gint64 registered_at, due_at, closed_at;
  gint64 latitude, longitude; /* millionths of a degree */
  gboolean located;
} MappedRow;

typedef struct {
  const char *system;
  const char *district_code, *district, *subdistrict_code, *subdistrict;
  const char *community_format, *grid_format; /* one %s each */
  const char *unplaced;
  const char *team_format; /* one %s; NULL: no team */
  const char *encoding;    /* NULL: find out */
  const char *zone;
  gint64 shift_us; /* added to every time of the file */
} MappingTree;

/* name: a path, or a bare name looked for among the installed mappings and beside the program's source. */
Mapping *mapping_load(const char *name, char **why);
void mapping_free(Mapping *mapping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mapping, mapping_free)
const MappingTree *mapping_tree(const Mapping *mapping);
/* The format with its first %s replaced: a mapping is a file from outside, and no format of printf. g_free. */
char *mapping_name(const char *format, const char *text);

/* Finds the columns that the mapping names. FALSE with *why when one is missing. */
G_GNUC_WARN_UNUSED_RESULT gboolean mapping_bind(Mapping *mapping, const GPtrArray *header, char **why);
/* FALSE with *why (g_free) when the row cannot become a request. */
G_GNUC_WARN_UNUSED_RESULT gboolean mapping_row(Mapping *mapping, const GPtrArray *fields, MappedRow *out, char **why);
void mapped_row_clear(MappedRow *row);
