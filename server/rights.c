/* rights.c: the table of interned StreamRights. */
#include "server/rights.h"

#include <string.h>

typedef struct {
  StreamRights rights; /* first: a pointer to it is one to this */
  guint refs;
} Shared;

struct RightsTable {
  GHashTable *set;
};

static size_t used(const StreamRights *rights) {
  return rights->n_teams * sizeof rights->teams[0];
}

static guint hash(gconstpointer data) {
  const StreamRights *rights = data;
  guint h = (guint)(rights->clear * 31 + rights->sight) * 31 + rights->n_teams;
  for (guint i = 0; i < rights->n_teams; i++)
    h = h * 33 + (guint)rights->teams[i];
  return h;
}

bool rights_equal(const StreamRights *a, const StreamRights *b) {
  return a->clear == b->clear && a->sight == b->sight && a->n_teams == b->n_teams &&
         memcmp(a->teams, b->teams, used(a)) == 0;
}

static gboolean equal(gconstpointer a, gconstpointer b) {
  return rights_equal(a, b);
}

RightsTable *rights_table_new(void) {
  RightsTable *table = g_new(RightsTable, 1);
  table->set = g_hash_table_new_full(hash, equal, NULL, g_free);
  return table;
}

void rights_table_free(RightsTable *table) {
  if (!table) return;
  g_hash_table_unref(table->set);
  g_free(table);
}

const StreamRights *rights_take(RightsTable *table, const StreamRights *rights) {
  Shared *shared = g_hash_table_lookup(table->set, rights);
  if (!shared) {
    shared = g_new0(Shared, 1);
    shared->rights = *rights;
    g_hash_table_insert(table->set, shared, shared);
  }
  shared->refs++;
  return &shared->rights;
}

const StreamRights *rights_ref(const StreamRights *rights) {
  ((Shared *)rights)->refs++;
  return rights;
}

void rights_release(RightsTable *table, const StreamRights *rights) {
  Shared *shared = (Shared *)rights;
  if (shared && --shared->refs == 0) g_hash_table_remove(table->set, shared);
}
