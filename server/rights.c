/* rights.c: the table of interned StreamRights. */
#include "server/rights.h"

#include <string.h>

typedef struct {
  guint refs;
  StreamRights rights; /* last: cut after what is used */
} Shared;

struct RightsTable {
  GHashTable *set;
};

static size_t used(const StreamRights *rights) {
  return (rights->n_teams + (size_t)rights->n_bars * STREAM_BAR) * sizeof rights->teams[0];
}

static guint hash(gconstpointer data) {
  const StreamRights *rights = data;
  guint h = (guint)(rights->clear * 31 + rights->sight) * 31 + rights->n_teams;
  for (size_t i = 0; i < used(rights) / sizeof rights->teams[0]; i++)
    h = h * 33 + (guint)rights->teams[i];
  return h;
}

bool rights_equal(const StreamRights *a, const StreamRights *b) {
  return a->clear == b->clear && a->sight == b->sight && a->n_teams == b->n_teams && a->n_bars == b->n_bars &&
         memcmp(a->teams, b->teams, used(a)) == 0;
}

static size_t size_of(const StreamRights *rights) {
  return offsetof(StreamRights, teams) + used(rights);
}

StreamRights *rights_dup(const StreamRights *rights) {
  return g_memdup2(rights, size_of(rights));
}

static Shared *shared_of(const StreamRights *rights) {
  return (Shared *)(void *)((char *)(void *)rights - offsetof(Shared, rights));
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
    shared = g_malloc0(offsetof(Shared, rights) + size_of(rights));
    memcpy(&shared->rights, rights, size_of(rights));
    g_hash_table_insert(table->set, &shared->rights, shared);
  }
  shared->refs++;
  return &shared->rights;
}

const StreamRights *rights_ref(const StreamRights *rights) {
  shared_of(rights)->refs++;
  return rights;
}

void rights_release(RightsTable *table, const StreamRights *rights) {
  if (rights && --shared_of(rights)->refs == 0) g_hash_table_remove(table->set, rights);
}
