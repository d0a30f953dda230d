/* wall_rows.c: see wall_rows.h. */
#include "client/desk/wall/wall_rows.h"

#include "client/core/row.h"
#include "common/uuid.h"

typedef struct {
  Uuid id;
  guint64 due;
  gboolean pinned;
  GSequenceIter *iter;
} Line;

struct LinliWallRows {
  LinliReplica *replica;
  GSequence *order;  /* of Line, which it owns */
  GHashTable *lines; /* Uuid in the line -> Line */
  guint listener;
};

static int by_pressure(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data) {
  const Line *x = a, *y = b;

  if (x->pinned != y->pinned) return x->pinned ? -1 : 1;
  if (x->due != y->due) return x->due < y->due ? -1 : 1;
  return uuid_compare(x->id, y->id);
}

static void drop(LinliWallRows *rows, Uuid id) {
  Line *line = g_hash_table_lookup(rows->lines, &id);

  if (!line) return;
  g_hash_table_remove(rows->lines, &id);
  g_sequence_remove(line->iter);
}

static void put(LinliWallRows *rows, Uuid id, const ProtoRequest *r) {
  Line *line = g_new(Line, 1);

  *line = (Line){.id = id, .due = r->due_at ? r->due_at : G_MAXUINT64, .pinned = linli_is_pinned(r)};
  line->iter = g_sequence_insert_sorted(rows->order, line, by_pressure, NULL);
  g_hash_table_insert(rows->lines, &line->id, line);
}

/* The state is looked at before the row is decoded: most rows of a replica are closed. */
static void on_row(G_GNUC_UNUSED LinliReplica *replica, G_GNUC_UNUSED guint32 noun, Uuid id,
                   G_GNUC_UNUSED WireBytes before, WireBytes after, gpointer data) {
  ProtoRequest r = {.state = after.data ? linli_row_uint(&proto_msg_request, after, "state") : 0};
  g_autoptr(WireArena) arena = NULL;
  WireError ignored;

  drop(data, id);
  if (!linli_is_open(&r)) return;
  arena = wire_arena_new();
  if (wire_decode(&proto_msg_request, after, true, arena, &r, &ignored) && !r.confidential) put(data, id, &r);
}

static gboolean on_each(Uuid id, G_GNUC_UNUSED guint64 stream, WireBytes body, gpointer data) {
  on_row(NULL, 0, id, body, body, data);
  return TRUE;
}

guint linli_wall_rows_first(LinliWallRows *rows, Uuid *ids, guint max) {
  GSequenceIter *iter = g_sequence_get_begin_iter(rows->order);
  guint n = 0;

  for (; n < max && !g_sequence_iter_is_end(iter); iter = g_sequence_iter_next(iter))
    ids[n++] = ((const Line *)g_sequence_get(iter))->id;
  return n;
}

LinliWallRows *linli_wall_rows_new(LinliReplica *replica) {
  LinliWallRows *rows = g_new0(LinliWallRows, 1);

  rows->replica = replica;
  rows->order = g_sequence_new(g_free);
  rows->lines = g_hash_table_new(uuid_hash, uuid_equal);
  linli_replica_foreach(replica, PROTO_MESSAGE_REQUEST, on_each, rows);
  rows->listener = linli_replica_listen(replica, PROTO_MESSAGE_REQUEST, on_row, rows);
  return rows;
}

void linli_wall_rows_free(LinliWallRows *rows) {
  linli_replica_unlisten(rows->replica, rows->listener);
  g_hash_table_unref(rows->lines);
  g_sequence_free(rows->order);
  g_free(rows);
}
