/* flood.c: linli-flood, the desk with a tap: the same application in the same window, and a source that hands its
 * session more events a second than a server on the same two cores can make.
 *
 *   stdin "flood 10000 10"  ──>  10,000 events a second for 10 s  ──>  stdout {"events":100000,"seconds":10.003}
 *
 * An event goes the way of one that came by the line: "event" of the session, sync, replica (and its file), live
 * view, widgets; what is left out is TLS and the frame's decoding. Each gives an open request another deadline, so
 * each row moves. The server's own events are gaps afterwards: a process is flooded and thrown away. Owner: main().
 */
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>

#include "client/desk/app/application.h"
#include "proto/proto_tables.h"

enum { STEP_MS = 8, SPREAD_S = 4 * 24 * 3600 };

typedef struct {
  Uuid id;
  guint64 stream;
} Target;

static struct {
  LinliApplication *application;
  GArray *targets;
  GHashTable *seqs; /* guint64 -> guint64 */
  GRand *rand;
  GByteArray *body;
  guint64 rate, seconds, made;
  gint64 began;
} tap;

static LinliContext *context(void) {
  return linli_application_context(tap.application);
}

static gboolean on_each(Uuid id, guint64 stream, WireBytes body, G_GNUC_UNUSED gpointer data) {
  g_autoptr(WireArena) arena = wire_arena_new();
  Target target = {id, stream};
  ProtoRequest request;
  WireError ignored;

  if (wire_decode(&proto_msg_request, body, true, arena, &request, &ignored) && linli_is_open(&request))
    g_array_append_val(tap.targets, target);
  return TRUE;
}

static guint64 *seq_of(guint64 stream) {
  guint64 *seq = g_hash_table_lookup(tap.seqs, &stream);

  if (seq) return seq;
  seq = g_new(guint64, 1);
  *seq = linli_replica_cursor(linli_context_replica(context()), stream).since;
  g_hash_table_insert(tap.seqs, g_memdup2(&stream, sizeof stream), seq);
  return seq;
}

static guint32 number(const char *field) {
  return wire_field_by_name(&proto_msg_request, field)->number;
}

static void give_one(void) {
  guint index = (guint)g_rand_int_range(tap.rand, 0, (gint32)tap.targets->len);
  const Target *target = &g_array_index(tap.targets, Target, index);
  guint64 now = linli_context_now(context()), *seq = seq_of(target->stream);
  guint64 due = now + (guint64)g_rand_int_range(tap.rand, 1, SPREAD_S) * G_USEC_PER_SEC;

  g_byte_array_set_size(tap.body, 0);
  wire_put_uuid(tap.body, number("id"), target->id);
  wire_put_uint(tap.body, number("due_at"), due);
  ProtoEventFrame event = {.has = G_MAXUINT64,
                           .stream = target->stream,
                           .seq = ++*seq,
                           .chain = *seq,
                           .kind = proto_event_by_name(&proto_linli, "request.contacted")->number,
                           .at = now,
                           .body = {tap.body->data, tap.body->len}};
  g_signal_emit_by_name(linli_context_session(context()), "event", &event);
  tap.made++;
}

static gboolean on_step(G_GNUC_UNUSED gpointer data) {
  gint64 gone = g_get_monotonic_time() - tap.began;
  gboolean over = gone > (gint64)tap.seconds * G_USEC_PER_SEC;
  guint64 due = tap.rate * (guint64)gone / G_USEC_PER_SEC;

  while (!over && tap.made < due)
    give_one();
  if (!over) return G_SOURCE_CONTINUE;
  printf("{\"events\":%" G_GUINT64_FORMAT ",\"seconds\":%.3f}\n", tap.made, (double)gone / G_USEC_PER_SEC);
  fflush(stdout);
  return G_SOURCE_REMOVE;
}

static gboolean on_line(GIOChannel *in, G_GNUC_UNUSED GIOCondition condition, G_GNUC_UNUSED gpointer data) {
  g_autofree char *line = NULL;

  if (g_io_channel_read_line(in, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) return G_SOURCE_REMOVE;
  if (sscanf(line, "flood %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &tap.rate, &tap.seconds) != 2) {
    g_printerr("linli-flood: not understood: %s", line);
    return G_SOURCE_CONTINUE;
  }
  g_array_set_size(tap.targets, 0);
  linli_replica_foreach(linli_context_replica(context()), PROTO_MESSAGE_REQUEST, on_each, NULL);
  tap.made = 0;
  tap.began = g_get_monotonic_time();
  if (tap.targets->len) g_timeout_add(STEP_MS, on_step, NULL);
  return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv) {
  setlocale(LC_ALL, "C.UTF-8");
  bindtextdomain(GETTEXT_PACKAGE, LINLI_LOCALE_DIR);
  bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
  textdomain(GETTEXT_PACKAGE);
  gtk_disable_setlocale();
  tap.application = linli_application_new(TRUE);
  tap.targets = g_array_new(FALSE, FALSE, sizeof(Target));
  tap.seqs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  tap.body = g_byte_array_new();
  tap.rand = g_rand_new_with_seed(42);
  GIOChannel *in = g_io_channel_unix_new(0);
  g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_line, NULL);
  int status = g_application_run(G_APPLICATION(tap.application), argc, argv);
  g_io_channel_unref(in);
  g_rand_free(tap.rand);
  g_byte_array_unref(tap.body);
  g_hash_table_unref(tap.seqs);
  g_array_unref(tap.targets);
  g_object_unref(tap.application);
  return status;
}
