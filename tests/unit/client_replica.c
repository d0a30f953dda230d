/* client_replica.c: the replica is the fold of its streams, whatever comes and in whatever order, on disk as in
 * memory. The model is the plainest possible: a table of (noun, id) -> fields by number, folded field by field. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "client/core/replica.h"
#include "client/core/row.h"
#include "proto/proto_random.h"

enum { STREAM = 6, OTHER = 10, STEPS = 3000, IDS = 12 };
#define MESSAGE (&proto_msg_request)

/* --- Bodies --------------------------------------------------------------------------------------------------- */

static Uuid id_of(guint n) {
  Uuid id = {{0x01, (guint8)n}};

  return id;
}

/* A random row with this id: fields by chance; all that must be there when whole. */
static GByteArray *body_of(GRand *rand, guint n, gboolean whole) {
  g_autoptr(GByteArray) rest = g_byte_array_new();
  GByteArray *body = g_byte_array_new();
  guint64 has = 0;

  for (guint i = 1; i < MESSAGE->count; i++) {
    const WireField *f = &MESSAGE->fields[i];
    gboolean needed = whole && !(f->flags & WIRE_OPTIONAL);
    if ((needed || g_rand_int_range(rand, 0, 4) == 0) && f->max < 400) has |= G_GUINT64_CONSTANT(1) << f->has;
  }
  if (whole) has |= G_GUINT64_CONSTANT(1) << wire_field_by_name(MESSAGE, "text")->has;
  proto_random_fields(MESSAGE, has, rand, rest);
  wire_put_uuid(body, 1, id_of(n));
  g_byte_array_append(body, rest->data, rest->len);
  return body;
}

static WireBytes bytes_of(const GByteArray *array) {
  return (WireBytes){array->data, array->len};
}

/* --- The model ------------------------------------------------------------------------------------------------ */

typedef struct {
  gboolean held;
  guint64 stream;
  GBytes *fields[256];
} ModelRow; /* by number: the field's own bytes */

static void model_clear_field(ModelRow *row, guint number) {
  g_clear_pointer(&row->fields[number], g_bytes_unref);
}

static void model_erase(ModelRow *row) {
  for (guint i = 0; i < 256; i++)
    model_clear_field(row, i);
  row->held = FALSE;
}

static void model_put(ModelRow *row, WireBytes body) {
  WireReader r = {body.data, body.data + body.len};
  WireAny any;

  while (r.at < r.end) {
    const guint8 *start = r.at;
    g_assert_cmpint(wire_read_any(&r, &any), ==, WIRE_OK);
    model_clear_field(row, any.number);
    row->fields[any.number] = g_bytes_new(start, (gsize)(r.at - start));
  }
  row->held = TRUE;
}

static void model_redact(ModelRow *row) {
  for (guint i = 0; i < MESSAGE->count; i++)
    if (MESSAGE->fields[i].audience) model_clear_field(row, MESSAGE->fields[i].number);
}

static GByteArray *model_body(const ModelRow *row) {
  GByteArray *body = g_byte_array_new();

  for (guint i = 0; i < 256; i++) {
    gsize len;
    if (!row->fields[i]) continue;
    gconstpointer data = g_bytes_get_data(row->fields[i], &len);
    g_byte_array_append(body, data, (guint)len);
  }
  return body;
}

static void assert_same(LinliReplica *replica, const ModelRow *model) {
  guint held = 0;

  for (guint n = 0; n < IDS; n++) {
    WireBytes row = linli_replica_get(replica, MESSAGE->number, id_of(n));
    g_autoptr(GByteArray) expected = model_body(&model[n]);
    held += model[n].held ? 1 : 0;
    if (!model[n].held) {
      g_assert_null(row.data);
      continue;
    }
    g_assert_nonnull(row.data);
    g_assert_cmpmem(row.data, row.len, expected->data, expected->len);
  }
  g_assert_cmpuint(linli_replica_count(replica, MESSAGE->number), ==, held);
}

/* --- Random life ---------------------------------------------------------------------------------------------- */

typedef struct {
  GRand *rand;
  LinliReplica *replica;
  ModelRow model[IDS];
  guint64 seq[2];
} Life;

static ProtoEventFrame frame_of(guint64 stream, guint64 seq, guint64 kind, WireBytes body) {
  return (ProtoEventFrame){.has = PROTO_HAS_EVENT_FRAME_STREAM | PROTO_HAS_EVENT_FRAME_SEQ |
                                  PROTO_HAS_EVENT_FRAME_KIND | PROTO_HAS_EVENT_FRAME_BODY,
                           .stream = stream,
                           .seq = seq,
                           .chain = seq * 77,
                           .kind = kind,
                           .body = body};
}

static void live_snapshot(Life *l, guint64 stream, guint64 seq) {
  g_autoptr(GPtrArray) kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_byte_array_unref);
  guint frames = (guint)g_rand_int_range(l->rand, 1, 4);
  gboolean breaks_off = g_rand_int_range(l->rand, 0, 5) == 0;
  guint n = 0;

  for (guint n_erase = 0; n_erase < IDS && !breaks_off; n_erase++)
    if (l->model[n_erase].stream == stream) model_erase(&l->model[n_erase]);
  for (guint f = 0; f < frames; f++) {
    WireBytes rows[IDS];
    guint count = 0;
    for (; n < IDS * (f + 1) / frames; n++) {
      gboolean others = l->model[n].held && l->model[n].stream != stream;
      if (others || g_rand_boolean(l->rand)) continue;
      GByteArray *body = body_of(l->rand, n, TRUE), *row = g_byte_array_new();
      ProtoSnapshotRow in = {.has = PROTO_HAS_SNAPSHOT_ROW_NOUN | PROTO_HAS_SNAPSHOT_ROW_BODY,
                             .noun = MESSAGE->number,
                             .body = bytes_of(body)};
      wire_encode(&proto_msg_snapshot_row, &in, row);
      g_ptr_array_add(kept, body);
      g_ptr_array_add(kept, row);
      rows[count++] = bytes_of(row);
      if (breaks_off) continue;
      model_put(&l->model[n], bytes_of(body));
      l->model[n].stream = stream;
    }
    ProtoSnapshot snapshot = {.stream = stream,
                              .seq = seq,
                              .chain = seq * 77,
                              .first = f == 0,
                              .last = f + 1 == frames && !breaks_off,
                              .rows = {rows, count}};
    g_assert_cmpint(linli_replica_snapshot(l->replica, &snapshot), ==, LINLI_TAKEN);
  }
}

static void live_event(Life *l, guint which) {
  guint64 stream = which ? OTHER : STREAM, cleared[2] = {5, 19};
  guint n = (guint)g_rand_int_range(l->rand, 0, IDS), sort = (guint)g_rand_int_range(l->rand, 0, 10);
  ModelRow *row = &l->model[n];
  gboolean mine = row->held && row->stream == stream, whole = sort < 3;
  g_autoptr(GByteArray) body = body_of(l->rand, n, whole);
  ProtoEventFrame event = frame_of(stream, l->seq[which] + 1, PROTO_EVENT_REQUEST_ACCEPTED, bytes_of(body));

  if (whole) {
    event.whole = 1;
    model_erase(row);
    model_put(row, event.body);
    row->stream = stream;
  } else if (sort == 3) {
    event.form = PROTO_FORM_GONE;
    if (mine) model_erase(row);
  } else if (sort == 4) {
    event = (ProtoEventFrame){.stream = stream, .seq = event.seq, .chain = event.chain, .form = PROTO_FORM_TOMBSTONE};
  } else {
    gboolean redacted = sort == 5;
    event.cleared = (WireList){cleared, sort == 6 ? 2 : 0};
    if (redacted) event.form = PROTO_FORM_REDACTED;
    if (mine) {
      for (guint i = 0; i < event.cleared.count; i++)
        model_clear_field(row, (guint)cleared[i]);
      WireBytes without = event.body;
      model_put(row, without);
      for (guint i = 0; i < event.cleared.count; i++)
        model_clear_field(row, (guint)cleared[i]);
      if (redacted) model_redact(row);
    }
  }
  /* A field both changed and cleared would be the server's contradiction: leave it out of the game. */
  WireAny any;
  if (event.cleared.count && (linli_row_field(event.body, 5, &any) || linli_row_field(event.body, 19, &any))) {
    event.cleared.count = 0;
    if (mine) model_put(row, event.body);
  }
  g_assert_cmpint(linli_replica_event(l->replica, &event), ==, LINLI_TAKEN);
  l->seq[which]++;
}

static void live(Life *l, guint steps) {
  for (guint i = 0; i < steps; i++) {
    guint which = (guint)g_rand_int_range(l->rand, 0, 2);
    if (g_rand_int_range(l->rand, 0, 60) == 0) {
      guint64 before = linli_replica_cursor(l->replica, which ? OTHER : STREAM).since;
      live_snapshot(l, which ? OTHER : STREAM, l->seq[which] + 5);
      if (linli_replica_cursor(l->replica, which ? OTHER : STREAM).since != before) l->seq[which] += 5;
    } else {
      live_event(l, which);
    }
    assert_same(l->replica, l->model);
  }
}

static void begin(Life *l, const char *path) {
  ProtoSnapshot empty = {.first = 1, .last = 1};

  *l = (Life){.rand = g_rand_new_with_seed(g_test_rand_int() & 0x7fffffff),
              .replica = linli_replica_new(&proto_linli, path)};
  empty.stream = STREAM;
  g_assert_cmpint(linli_replica_snapshot(l->replica, &empty), ==, LINLI_TAKEN);
  empty.stream = OTHER;
  g_assert_cmpint(linli_replica_snapshot(l->replica, &empty), ==, LINLI_TAKEN);
}

static void end(Life *l) {
  for (guint n = 0; n < IDS; n++)
    model_erase(&l->model[n]);
  linli_replica_free(l->replica);
  g_rand_free(l->rand);
}

static void a_replica_is_the_fold_of_its_streams(void) {
  Life l;

  begin(&l, NULL);
  live(&l, STEPS);
  end(&l);
}

/* --- On disk -------------------------------------------------------------------------------------------------- */

static char *new_folder(void) {
  return g_dir_make_tmp("linli-replica-XXXXXX", NULL);
}

static void remove_folder(const char *folder) {
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_unlink(path);
  }
  g_rmdir(folder);
}

static void what_was_written_is_read_again(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "replica", NULL);
  Life l;

  begin(&l, path);
  for (guint round = 0; round < 5; round++) {
    live(&l, 200);
    linli_replica_free(l.replica);
    l.replica = linli_replica_new(&proto_linli, path);
    g_autofree char *trouble = linli_replica_trouble(l.replica);
    g_assert_null(trouble);
    g_assert_cmpuint(linli_replica_cursor(l.replica, STREAM).since, ==, l.seq[0]);
    g_assert_cmpuint(linli_replica_cursor(l.replica, OTHER).since, ==, l.seq[1]);
    assert_same(l.replica, l.model);
  }
  end(&l);
  remove_folder(folder);
}

static void a_damaged_file_is_begun_anew(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "replica", NULL);
  Life l;

  begin(&l, path);
  live(&l, 300);
  end(&l);
  for (guint attempt = 0; attempt < 3; attempt++) {
    g_autofree char *data = NULL;
    gsize len;
    g_assert_true(g_file_get_contents(path, &data, &len, NULL));
    for (gsize i = attempt == 0 ? 0 : 100; i < len; i += attempt == 2 ? 97 : 1)
      data[i] = (char)(i * 7);
    g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
    g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, path);
    g_autofree char *trouble = linli_replica_trouble(replica);
    g_assert_nonnull(trouble);
    g_assert_cmpuint(linli_replica_count(replica, MESSAGE->number), ==, 0);
    g_assert_false(linli_replica_cursor(replica, STREAM).has_since);
    ProtoSnapshot snapshot = {.stream = STREAM, .seq = 3, .first = 1, .last = 1};
    g_assert_cmpint(linli_replica_snapshot(replica, &snapshot), ==, LINLI_TAKEN);
  }
  remove_folder(folder);
}

static void a_replica_of_another_schema_is_fetched_anew(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "replica", NULL);
  Proto newer = proto_linli;
  Life l;

  begin(&l, path);
  live(&l, 100);
  end(&l);
  newer.digest = "another";
  g_autoptr(LinliReplica) replica = linli_replica_new(&newer, path);
  g_assert_false(linli_replica_cursor(replica, STREAM).has_since);
  g_assert_cmpuint(linli_replica_count(replica, MESSAGE->number), ==, 0);
  g_clear_pointer(&replica, linli_replica_free);
  remove_folder(folder);
}

static void a_file_in_use_leaves_a_replica_in_memory(void) {
  g_autofree char *folder = new_folder(), *path = g_build_filename(folder, "replica", NULL);
  g_autoptr(LinliReplica) first = linli_replica_new(&proto_linli, path),
                          second = linli_replica_new(&proto_linli, path);
  g_autofree char *trouble = linli_replica_trouble(second);

  g_assert_nonnull(trouble);
  g_clear_pointer(&second, linli_replica_free);
  g_clear_pointer(&first, linli_replica_free);
  remove_folder(folder);
}

/* --- Single rules --------------------------------------------------------------------------------------------- */

static void only_last_plus_one_is_taken(void) {
  g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, NULL);
  ProtoEventFrame event = {.stream = STREAM, .seq = 1, .form = PROTO_FORM_TOMBSTONE};
  ProtoSnapshot snapshot = {.stream = STREAM, .seq = 7, .chain = 70, .first = 1, .last = 1};

  g_assert_cmpint(linli_replica_event(replica, &event), ==, LINLI_GAP); /* nothing held yet */
  g_assert_cmpint(linli_replica_snapshot(replica, &snapshot), ==, LINLI_TAKEN);
  g_assert_cmpint(linli_replica_event(replica, &event), ==, LINLI_STALE);
  event.seq = 9;
  g_assert_cmpint(linli_replica_event(replica, &event), ==, LINLI_GAP);
  g_assert_cmpuint(linli_replica_cursor(replica, STREAM).since, ==, 7);
  event.seq = 8;
  event.chain = 80;
  g_assert_cmpint(linli_replica_event(replica, &event), ==, LINLI_TAKEN);
  g_assert_cmpuint(linli_replica_cursor(replica, STREAM).since, ==, 8);
  g_assert_cmpuint(linli_replica_cursor(replica, STREAM).chain, ==, 80);
}

static void a_snapshot_that_breaks_off_changes_nothing(void) {
  GRand *rand = g_rand_new_with_seed(5);
  Life l;

  begin(&l, NULL);
  live(&l, 50);
  LinliCursor before = linli_replica_cursor(l.replica, STREAM);
  ProtoSnapshot first = {.stream = STREAM, .seq = 1000, .first = 1};
  g_assert_cmpint(linli_replica_snapshot(l.replica, &first), ==, LINLI_TAKEN);
  assert_same(l.replica, l.model);
  g_assert_cmpuint(linli_replica_cursor(l.replica, STREAM).since, ==, before.since);
  g_rand_free(rand);
  end(&l);
}

static void a_fork_keeps_the_rows_until_the_snapshot(void) {
  Life l;

  begin(&l, NULL);
  live(&l, 100);
  linli_replica_distrust(l.replica, STREAM);
  assert_same(l.replica, l.model);
  g_assert_false(linli_replica_cursor(l.replica, STREAM).has_since);
  ProtoSnapshot snapshot = {.stream = STREAM, .seq = 2, .first = 1, .last = 1};
  g_assert_cmpint(linli_replica_snapshot(l.replica, &snapshot), ==, LINLI_TAKEN);
  for (guint n = 0; n < IDS; n++)
    if (l.model[n].stream == STREAM) model_erase(&l.model[n]);
  assert_same(l.replica, l.model);
  g_assert_cmpuint(linli_replica_cursor(l.replica, STREAM).since, ==, 2);
  end(&l);
}

static void bytes_that_are_no_row_ask_for_a_snapshot(void) {
  static const guint8 garbage[] = {0xff, 0xff, 0xff};
  Life l;

  begin(&l, NULL);
  ProtoEventFrame event = frame_of(STREAM, 1, PROTO_EVENT_REQUEST_ACCEPTED, (WireBytes){garbage, sizeof garbage});
  g_assert_cmpint(linli_replica_event(l.replica, &event), ==, LINLI_GAP);
  g_assert_false(linli_replica_cursor(l.replica, STREAM).has_since);
  end(&l);
}

typedef struct {
  guint told, appeared, vanished;
} Heard;

static void on_changed(LinliReplica *replica, guint32 noun, Uuid id, WireBytes before, WireBytes after,
                       gpointer data) {
  Heard *h = data;
  WireBytes now = linli_replica_get(replica, noun, id);

  g_assert_cmpint(now.data != NULL, ==, after.data != NULL);
  h->told++;
  if (!before.data) h->appeared++;
  if (!after.data) h->vanished++;
}

static void listeners_hear_each_difference_once(void) {
  g_autoptr(LinliReplica) replica = linli_replica_new(&proto_linli, NULL);
  GRand *rand = g_rand_new_with_seed(1);
  g_autoptr(GByteArray) body = body_of(rand, 1, TRUE), row = g_byte_array_new();
  Heard heard = {0};

  linli_replica_listen(replica, MESSAGE->number, on_changed, &heard);
  ProtoSnapshotRow in = {.has = PROTO_HAS_SNAPSHOT_ROW_NOUN | PROTO_HAS_SNAPSHOT_ROW_BODY,
                         .noun = MESSAGE->number,
                         .body = bytes_of(body)};
  wire_encode(&proto_msg_snapshot_row, &in, row);
  WireBytes rows[] = {bytes_of(row)};
  ProtoSnapshot full = {.stream = STREAM, .seq = 1, .first = 1, .last = 1, .rows = {rows, 1}};
  ProtoSnapshot empty = {.stream = STREAM, .seq = 2, .first = 1, .last = 1};
  g_assert_cmpint(linli_replica_snapshot(replica, &full), ==, LINLI_TAKEN);
  g_assert_cmpint(linli_replica_snapshot(replica, &full), ==, LINLI_TAKEN); /* the same again: nothing to tell */
  g_assert_cmpuint(heard.told, ==, 1);
  g_assert_cmpint(linli_replica_snapshot(replica, &empty), ==, LINLI_TAKEN);
  g_assert_cmpuint(heard.told, ==, 2);
  g_assert_cmpuint(heard.appeared, ==, 1);
  g_assert_cmpuint(heard.vanished, ==, 1);
  g_rand_free(rand);
}

static void a_stream_that_may_not_be_followed_leaves_nothing(void) {
  Life l;

  begin(&l, NULL);
  live(&l, 200);
  linli_replica_forget(l.replica, STREAM);
  for (guint n = 0; n < IDS; n++)
    if (l.model[n].stream == STREAM) model_erase(&l.model[n]);
  assert_same(l.replica, l.model);
  end(&l);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/replica/" #name, name)
  TEST(a_replica_is_the_fold_of_its_streams);
  TEST(what_was_written_is_read_again);
  TEST(a_damaged_file_is_begun_anew);
  TEST(a_replica_of_another_schema_is_fetched_anew);
  TEST(a_file_in_use_leaves_a_replica_in_memory);
  TEST(only_last_plus_one_is_taken);
  TEST(a_snapshot_that_breaks_off_changes_nothing);
  TEST(a_fork_keeps_the_rows_until_the_snapshot);
  TEST(bytes_that_are_no_row_ask_for_a_snapshot);
  TEST(listeners_hear_each_difference_once);
  TEST(a_stream_that_may_not_be_followed_leaves_nothing);
  return g_test_run();
}
