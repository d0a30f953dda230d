/* replica.c: see replica.h. */
#include "client/core/replica.h"

#include <string.h>

#include "client/core/row.h"
#include "client/core/store.h"

enum { WRITE_MS = 250 };

typedef struct {
  guint32 noun;
  Uuid id;
} Key;
typedef struct {
  Key key;
  guint64 stream;
  GBytes *body;
} Row;

typedef struct {
  guint64 stream, seq, chain;
  gboolean has_cursor;
  GHashTable *rows;   /* set of Row *, owned by the nouns */
  GHashTable *staged; /* Key -> GBytes, of a snapshot that is coming; NULL otherwise */
} Stream;

typedef struct {
  guint number;
  guint32 noun;
  LinliReplicaChanged changed;
  gpointer data;
} Listener;

struct LinliReplica {
  const Proto *proto;
  LinliStore *store;
  char *trouble;
  GHashTable *nouns;   /* noun -> GHashTable of Key -> Row */
  GHashTable *streams; /* guint64 -> Stream */
  GHashTable *changed_rows, *changed_streams;
  GArray *listeners;
  guint last_listener, write_source;
  gboolean loading; /* perhaps on another thread: nothing is written yet */
  WireArena *arena;
};

/* --- Keys, rows and streams ----------------------------------------------------------------------------------- */

static guint key_hash(gconstpointer p) {
  const Key *key = p;
  guint a, b;

  memcpy(&a, key->id.b + 8, sizeof a);
  memcpy(&b, key->id.b + 12, sizeof b);
  return a * 31 + b + key->noun;
}

static gboolean key_equal(gconstpointer a, gconstpointer b) {
  const Key *x = a, *y = b;

  return x->noun == y->noun && memcmp(x->id.b, y->id.b, sizeof x->id.b) == 0;
}

static void row_free(gpointer data) {
  Row *row = data;

  g_bytes_unref(row->body);
  g_free(row);
}

static void stream_free(gpointer data) {
  Stream *s = data;

  g_hash_table_unref(s->rows);
  g_clear_pointer(&s->staged, g_hash_table_unref);
  g_free(s);
}

static GHashTable *rows_of(LinliReplica *r, guint32 noun) {
  GHashTable *rows = g_hash_table_lookup(r->nouns, GUINT_TO_POINTER(noun));

  if (rows) return rows;
  rows = g_hash_table_new_full(key_hash, key_equal, NULL, row_free);
  g_hash_table_insert(r->nouns, GUINT_TO_POINTER(noun), rows);
  return rows;
}

static Row *row_of(LinliReplica *r, const Key *key) {
  GHashTable *rows = g_hash_table_lookup(r->nouns, GUINT_TO_POINTER(key->noun));

  return rows ? g_hash_table_lookup(rows, key) : NULL;
}

static Stream *stream_of(LinliReplica *r, guint64 number) {
  Stream *s = g_hash_table_lookup(r->streams, &number);

  if (s) return s;
  s = g_new0(Stream, 1);
  s->stream = number;
  s->rows = g_hash_table_new(g_direct_hash, g_direct_equal);
  g_hash_table_insert(r->streams, &s->stream, s);
  return s;
}

static WireBytes view(GBytes *bytes) {
  gsize len;
  const uint8_t *data = g_bytes_get_data(bytes, &len);

  return (WireBytes){data ? data : (const uint8_t *)"", (uint32_t)len};
}

/* --- Writing behind ------------------------------------------------------------------------------------------- */

static void write_now(LinliReplica *r) {
  LinliBatch *batch = linli_batch_new();
  GHashTableIter iter;
  gpointer p;

  g_hash_table_iter_init(&iter, r->changed_rows);
  while (g_hash_table_iter_next(&iter, &p, NULL)) {
    const Key *key = p;
    Row *row = row_of(r, key);
    if (row)
      linli_batch_put_row(batch, key->noun, key->id, row->stream, row->body);
    else
      linli_batch_drop_row(batch, key->noun, key->id);
  }
  g_hash_table_iter_init(&iter, r->changed_streams);
  while (g_hash_table_iter_next(&iter, &p, NULL)) {
    Stream *s = g_hash_table_lookup(r->streams, p);
    if (s && s->has_cursor)
      linli_batch_put_stream(batch, s->stream, s->seq, s->chain);
    else
      linli_batch_drop_stream(batch, *(guint64 *)p);
  }
  g_hash_table_remove_all(r->changed_rows);
  g_hash_table_remove_all(r->changed_streams);
  linli_store_write(r->store, batch);
}

static gboolean on_write(gpointer data) {
  LinliReplica *r = data;

  if (linli_store_under_way(r->store)) return G_SOURCE_CONTINUE;
  r->write_source = 0;
  write_now(r);
  return G_SOURCE_REMOVE;
}

static void must_write(LinliReplica *r) {
  if (!r->write_source && !r->loading) r->write_source = g_timeout_add(WRITE_MS, on_write, r);
}

static void row_changed(LinliReplica *r, const Key *key) {
  if (!r->store) return;
  g_hash_table_add(r->changed_rows, g_memdup2(key, sizeof *key));
  must_write(r);
}

static void stream_changed(LinliReplica *r, guint64 stream) {
  if (!r->store) return;
  g_hash_table_add(r->changed_streams, g_memdup2(&stream, sizeof stream));
  must_write(r);
}

void linli_replica_settle(LinliReplica *replica) {
  if (!replica->store) return;
  g_clear_handle_id(&replica->write_source, g_source_remove);
  write_now(replica);
  linli_store_settle(replica->store);
}

/* --- Changing rows -------------------------------------------------------------------------------------------- */

static void tell(LinliReplica *r, const Key *key, WireBytes before, WireBytes after) {
  for (guint i = 0; i < r->listeners->len; i++) {
    Listener l = g_array_index(r->listeners, Listener, i);
    if (l.changed && (!l.noun || l.noun == key->noun)) l.changed(r, key->noun, key->id, before, after, l.data);
  }
}

static void put(LinliReplica *r, Stream *s, const Key *key, GBytes *body) {
  Row *row = row_of(r, key);
  g_autoptr(GBytes) before = NULL;

  if (row && row->stream == s->stream && g_bytes_equal(row->body, body)) return;
  if (row) {
    Stream *old = g_hash_table_lookup(r->streams, &row->stream);
    if (old) g_hash_table_remove(old->rows, row);
    before = g_steal_pointer(&row->body);
  } else {
    row = g_new0(Row, 1);
    row->key = *key;
    g_hash_table_insert(rows_of(r, key->noun), &row->key, row);
  }
  row->stream = s->stream;
  row->body = g_bytes_ref(body);
  g_hash_table_add(s->rows, row);
  row_changed(r, key);
  tell(r, key, before ? view(before) : (WireBytes){NULL, 0}, view(body));
}

static void drop(LinliReplica *r, Stream *s, const Key *wanted) {
  Row *row = row_of(r, wanted);
  Key key = *wanted;

  if (!row || row->stream != s->stream) return;
  g_autoptr(GBytes) before = g_bytes_ref(row->body);
  g_hash_table_remove(s->rows, row);
  g_hash_table_remove(rows_of(r, key.noun), &key);
  row_changed(r, &key);
  tell(r, &key, view(before), (WireBytes){NULL, 0});
}

static void advance(LinliReplica *r, Stream *s, guint64 seq, guint64 chain) {
  s->seq = seq;
  s->chain = chain;
  s->has_cursor = TRUE;
  stream_changed(r, s->stream);
}

/* --- Events --------------------------------------------------------------------------------------------------- */

static gboolean is_readable(const WireMessage *message, WireBytes body, gboolean partial) {
  WireError ignored;

  return wire_check(message, body, partial, &ignored);
}

static gboolean fold_part(LinliReplica *r, Stream *s, const Key *key, const ProtoEvent *kind,
                          const ProtoEventFrame *event) {
  Row *row = row_of(r, key);

  if (!row || row->stream != s->stream) return TRUE; /* outside the working set */
  g_autoptr(GByteArray) merged = g_byte_array_new(), kept = g_byte_array_new();
  if (!wire_merge(kind->row, view(row->body), event->body, event->cleared.data, event->cleared.count, merged))
    return FALSE;
  GByteArray *result = merged;
  if (event->form == PROTO_FORM_REDACTED) {
    wire_redact(kind->row, (WireBytes){merged->data, merged->len}, kept);
    result = kept;
  }
  g_autoptr(GBytes) body = g_bytes_new(result->data, result->len);
  put(r, s, key, body);
  return TRUE;
}

/* FALSE: it cannot be read. */
static gboolean fold(LinliReplica *r, Stream *s, const ProtoEventFrame *event) {
  const ProtoEvent *kind = event->kind <= G_MAXUINT32 ? proto_event(r->proto, (uint32_t)event->kind) : NULL;
  Key key;

  if (event->form == PROTO_FORM_TOMBSTONE || !(event->has & PROTO_HAS_EVENT_FRAME_KIND)) return TRUE;
  if (!kind || kind->rights) return TRUE; /* a newer server's; or its row is only named, not told */
  key.noun = kind->row->number;
  if (!is_readable(kind->row, event->body, TRUE) || !linli_row_id(kind->row, event->body, &key.id)) return FALSE;
  if (event->form == PROTO_FORM_GONE) {
    drop(r, s, &key);
  } else if (event->whole || kind->whole) {
    g_autoptr(GBytes) body = g_bytes_new(event->body.data, event->body.len);
    put(r, s, &key, body);
  } else {
    return fold_part(r, s, &key, kind, event);
  }
  return TRUE;
}

LinliTake linli_replica_event(LinliReplica *replica, const ProtoEventFrame *event) {
  Stream *s = g_hash_table_lookup(replica->streams, &event->stream);

  if (!s || !s->has_cursor) return LINLI_GAP;
  if (event->seq <= s->seq) return LINLI_STALE;
  if (event->seq != s->seq + 1) return LINLI_GAP;
  if (!fold(replica, s, event)) {
    linli_replica_distrust(replica, event->stream);
    return LINLI_GAP;
  }
  advance(replica, s, event->seq, event->chain);
  return LINLI_TAKEN;
}

/* --- Snapshots ------------------------------------------------------------------------------------------------ */

static gboolean stage(LinliReplica *r, Stream *s, WireBytes item) {
  ProtoSnapshotRow row;
  WireError ignored;

  if (!wire_decode(&proto_msg_snapshot_row, item, false, r->arena, &row, &ignored)) return FALSE;
  const WireMessage *message = row.noun <= G_MAXUINT32 ? proto_message(r->proto, (uint32_t)row.noun) : NULL;
  if (!message) return TRUE; /* a newer server's noun */
  Key *key = g_new0(Key, 1);
  key->noun = message->number;
  if (!is_readable(message, row.body, TRUE) || !linli_row_id(message, row.body, &key->id)) {
    g_free(key);
    return FALSE;
  }
  g_hash_table_replace(s->staged, key, g_bytes_new(row.body.data, row.body.len));
  return TRUE;
}

/* What the stream held and the snapshot does not have goes; the rest comes or changes. */
static void unstage(LinliReplica *r, Stream *s) {
  g_autoptr(GHashTable) staged = g_steal_pointer(&s->staged);
  g_autoptr(GArray) lost = g_array_new(FALSE, FALSE, sizeof(Key));
  GHashTableIter iter;
  gpointer key, body;

  g_hash_table_iter_init(&iter, s->rows);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    if (!g_hash_table_contains(staged, &((Row *)key)->key)) g_array_append_val(lost, ((Row *)key)->key);
  for (guint i = 0; i < lost->len; i++)
    drop(r, s, &g_array_index(lost, Key, i));
  g_hash_table_iter_init(&iter, staged);
  while (g_hash_table_iter_next(&iter, &key, &body))
    put(r, s, key, body);
}

LinliTake linli_replica_snapshot(LinliReplica *replica, const ProtoSnapshot *snapshot) {
  Stream *s = stream_of(replica, snapshot->stream);
  const WireBytes *rows = snapshot->rows.data;
  gboolean readable = TRUE;

  if (snapshot->first) {
    g_clear_pointer(&s->staged, g_hash_table_unref);
    s->staged = g_hash_table_new_full(key_hash, key_equal, g_free, (GDestroyNotify)g_bytes_unref);
  }
  if (!s->staged) return LINLI_GAP;
  wire_arena_reset(replica->arena);
  for (guint i = 0; i < snapshot->rows.count && readable; i++)
    readable = stage(replica, s, rows[i]);
  if (!readable) {
    g_clear_pointer(&s->staged, g_hash_table_unref);
    return LINLI_GAP;
  }
  if (!snapshot->last) return LINLI_TAKEN;
  unstage(replica, s);
  advance(replica, s, snapshot->seq, snapshot->chain);
  return LINLI_TAKEN;
}

/* --- Streams -------------------------------------------------------------------------------------------------- */

void linli_replica_distrust(LinliReplica *replica, guint64 stream) {
  Stream *s = g_hash_table_lookup(replica->streams, &stream);

  if (!s) return;
  s->has_cursor = FALSE;
  g_clear_pointer(&s->staged, g_hash_table_unref);
  stream_changed(replica, stream);
}

void linli_replica_forget(LinliReplica *replica, guint64 stream) {
  Stream *s = g_hash_table_lookup(replica->streams, &stream);

  if (!s) return;
  linli_replica_distrust(replica, stream);
  s->staged = g_hash_table_new_full(key_hash, key_equal, g_free, (GDestroyNotify)g_bytes_unref);
  unstage(replica, s);
  g_hash_table_remove(replica->streams, &stream);
}

LinliCursor linli_replica_cursor(LinliReplica *replica, guint64 stream) {
  Stream *s = g_hash_table_lookup(replica->streams, &stream);
  LinliCursor cursor = {.stream = stream};

  if (!s || !s->has_cursor) return cursor;
  cursor.since = s->seq;
  cursor.chain = s->chain;
  cursor.has_since = cursor.has_chain = TRUE;
  return cursor;
}

GArray *linli_replica_streams(LinliReplica *replica) {
  GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init(&iter, replica->streams);
  while (g_hash_table_iter_next(&iter, &key, NULL))
    g_array_append_vals(numbers, key, 1);
  return numbers;
}

/* --- Looking -------------------------------------------------------------------------------------------------- */

WireBytes linli_replica_get(LinliReplica *replica, guint32 noun, Uuid id) {
  Key key = {noun, id};
  Row *row = row_of(replica, &key);

  return row ? view(row->body) : (WireBytes){NULL, 0};
}

guint linli_replica_count(LinliReplica *replica, guint32 noun) {
  GHashTable *rows = g_hash_table_lookup(replica->nouns, GUINT_TO_POINTER(noun));

  return rows ? g_hash_table_size(rows) : 0;
}

void linli_replica_foreach(LinliReplica *replica, guint32 noun, LinliReplicaEach each, gpointer data) {
  GHashTable *rows = g_hash_table_lookup(replica->nouns, GUINT_TO_POINTER(noun));
  GHashTableIter iter;
  gpointer value;

  if (!rows) return;
  g_hash_table_iter_init(&iter, rows);
  while (g_hash_table_iter_next(&iter, NULL, &value)) {
    Row *row = value;
    if (!each(row->key.id, row->stream, view(row->body), data)) return;
  }
}

guint linli_replica_listen(LinliReplica *replica, guint32 noun, LinliReplicaChanged changed, gpointer data) {
  Listener l = {++replica->last_listener, noun, changed, data};

  g_array_append_val(replica->listeners, l);
  return l.number;
}

void linli_replica_unlisten(LinliReplica *replica, guint listener) {
  for (guint i = 0; i < replica->listeners->len; i++) {
    Listener *l = &g_array_index(replica->listeners, Listener, i);
    if (l->number == listener) l->changed = NULL;
  }
}

/* --- Beginning and ending ------------------------------------------------------------------------------------- */

static void on_stored_stream(const LinliStoredStream *stored, gpointer data) {
  Stream *s = stream_of(data, stored->stream);

  s->seq = stored->seq;
  s->chain = stored->chain;
  s->has_cursor = TRUE;
}

static void on_stored_row(const LinliStoredRow *stored, gpointer data) {
  LinliReplica *r = data;
  Stream *s = g_hash_table_lookup(r->streams, &stored->stream);
  const WireMessage *message = proto_message(r->proto, stored->noun);
  Key key = {stored->noun, stored->id};

  if (!s || !message || row_of(r, &key)) {
    row_changed(r, &key); /* of another schema, or a stream begun anew: it leaves the disk */
    return;
  }
  if (!is_readable(message, stored->body, TRUE)) {
    linli_replica_distrust(r, s->stream);
    return;
  }
  Row *row = g_new0(Row, 1);
  row->key = key;
  row->stream = stored->stream;
  row->body = g_bytes_new(stored->body.data, stored->body.len);
  g_hash_table_insert(rows_of(r, key.noun), &row->key, row);
  g_hash_table_add(s->rows, row);
}

static void forget_all(LinliReplica *r) {
  g_hash_table_remove_all(r->streams);
  g_hash_table_remove_all(r->nouns);
  g_hash_table_remove_all(r->changed_rows);
  g_hash_table_remove_all(r->changed_streams);
}

static void open_store(LinliReplica *r, const char *path) {
  g_autoptr(GError) error = NULL;
  gboolean rebuilt = FALSE;

  r->store = linli_store_open(path, r->proto->digest, &rebuilt, &error);
  if (!r->store) {
    r->trouble = g_strdup(error->message);
    return;
  }
  if (!linli_store_load(r->store, on_stored_stream, on_stored_row, r)) {
    forget_all(r);
    rebuilt = TRUE;
  }
  if (rebuilt)
    r->trouble = g_strdup_printf(linli_text("The local copy %s was damaged and is being fetched anew. What waits to "
                                            "be sent and drafts are not touched."),
                                 path);
}

static LinliReplica *load_replica(const Proto *proto, const char *path) {
  LinliReplica *r = g_new0(LinliReplica, 1);

  r->proto = proto;
  r->nouns = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_hash_table_unref);
  r->streams = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, stream_free);
  r->changed_rows = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
  r->changed_streams = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
  r->listeners = g_array_new(FALSE, FALSE, sizeof(Listener));
  r->arena = wire_arena_new();
  r->loading = TRUE;
  if (path) open_store(r, path);
  return r;
}

/* On the thread that it will live on. */
static LinliReplica *begin_writing(LinliReplica *r) {
  r->loading = FALSE;
  if (r->store && g_hash_table_size(r->changed_rows) + g_hash_table_size(r->changed_streams)) must_write(r);
  return r;
}

LinliReplica *linli_replica_new(const Proto *proto, const char *path) {
  return begin_writing(load_replica(proto, path));
}

struct LinliReplicaLoad {
  const Proto *proto;
  char *path;
  GThread *thread;
};

static gpointer load_on_thread(gpointer data) {
  const LinliReplicaLoad *load = data;

  return load_replica(load->proto, load->path);
}

LinliReplicaLoad *linli_replica_load_begin(const Proto *proto, const char *path) {
  LinliReplicaLoad *load = g_new0(LinliReplicaLoad, 1);

  load->proto = proto;
  load->path = g_strdup(path);
  load->thread = g_thread_new("replica", load_on_thread, load);
  return load;
}

LinliReplica *linli_replica_load_end(LinliReplicaLoad *load) {
  LinliReplica *r = begin_writing(g_thread_join(load->thread));

  g_free(load->path);
  g_free(load);
  return r;
}

char *linli_replica_trouble(LinliReplica *replica) {
  char *now = replica->store ? linli_store_trouble(replica->store) : NULL;

  return now ? now : g_strdup(replica->trouble);
}

void linli_replica_free(LinliReplica *replica) {
  linli_replica_settle(replica);
  g_clear_pointer(&replica->store, linli_store_close);
  g_hash_table_unref(replica->streams);
  g_hash_table_unref(replica->nouns);
  g_hash_table_unref(replica->changed_rows);
  g_hash_table_unref(replica->changed_streams);
  g_array_unref(replica->listeners);
  wire_arena_free(replica->arena);
  g_free(replica->trouble);
  g_free(replica);
}
