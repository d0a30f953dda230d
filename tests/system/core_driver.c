/* core_driver.c: the client's core as the desk wires it (session, replica, sync, outbox, courier), worked by lines,
 * so that a test can hold, recall and be killed between any two of them.
 *
 *   held MS ID KIND STREAM HEX | submit ID KIND STREAM HEX | recall ID | count NOUN | current
 *   -> ready | decided ID WORD | recalled ID yes|no | count N | current yes|no
 *
 * argv[1]: the folder of its outbox. Server and account come from the environment. Ends with its input. */
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/core/courier.h"
#include "client/core/replica.h"
#include "client/core/sync.h"
#include "common/uuid.h"

typedef struct {
  GMainLoop *loop;
  LinliSession *session;
  LinliReplica *replica;
  LinliSync *sync;
  LinliCourier *courier;
} Driver;

static void on_decided(const LinliEntry *entry, const LinliAnswer *answer, const GError *error,
                       G_GNUC_UNUSED gpointer data) {
  char id[UUID_TEXT_SIZE];
  const char *word = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "cancelled"
                     : error                                                  ? "error"
                     : answer->verdict == LINLI_DONE                          ? "done"
                     : answer->verdict == LINLI_REFUSED                       ? "refused"
                                                                              : "undecided";
  printf("decided %s %s\n", uuid_format(entry->id, id), word);
}

static GByteArray *from_hex(const char *hex) {
  GByteArray *bytes = g_byte_array_new();

  for (; hex[0] && hex[1]; hex += 2) {
    guint8 byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
    g_byte_array_append(bytes, &byte, 1);
  }
  return bytes;
}

static Uuid id_of(const char *text) {
  Uuid id = {{0}};

  if (!uuid_parse(text, strlen(text), &id)) g_error("%s is no id", text);
  return id;
}

/* ID KIND STREAM HEX */
static void submit(Driver *d, char **words, guint hold_ms) {
  g_autoptr(GByteArray) body = from_hex(words[3]);
  LinliCommand command = {.id = id_of(words[0]),
                          .kind = (guint32)g_ascii_strtoull(words[1], NULL, 10),
                          .stream = g_ascii_strtoull(words[2], NULL, 10),
                          .body = {body->data, body->len}};

  if (hold_ms)
    linli_courier_submit_held(d->courier, &command, hold_ms, on_decided, NULL);
  else
    linli_courier_submit(d->courier, &command, on_decided, NULL);
}

static void obey(Driver *d, char **words) {
  guint n = g_strv_length(words);

  if (n == 6 && strcmp(words[0], "held") == 0)
    submit(d, words + 2, (guint)atoi(words[1]));
  else if (n == 5 && strcmp(words[0], "submit") == 0)
    submit(d, words + 1, 0);
  else if (n == 2 && strcmp(words[0], "recall") == 0)
    printf("recalled %s %s\n", words[1], linli_courier_recall(d->courier, id_of(words[1])) ? "yes" : "no");
  else if (n == 2 && strcmp(words[0], "count") == 0)
    printf("count %u\n", linli_replica_count(d->replica, (guint32)atoi(words[1])));
  else if (n == 1 && strcmp(words[0], "current") == 0)
    printf("current %s\n", linli_sync_is_current(d->sync) ? "yes" : "no");
  else
    g_error("what is %s?", words[0]);
}

static gboolean on_line(GIOChannel *in, G_GNUC_UNUSED GIOCondition condition, gpointer data) {
  Driver *d = data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line(in, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
    g_main_loop_quit(d->loop);
    return G_SOURCE_REMOVE;
  }
  g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", -1);
  obey(d, words);
  return G_SOURCE_CONTINUE;
}

static void on_state(G_GNUC_UNUSED LinliSession *session, guint state, G_GNUC_UNUSED gpointer data) {
  if (state == LINLI_STATE_READY) printf("ready\n");
}

static void end(Driver *d) {
  linli_courier_free(d->courier);
  linli_sync_free(d->sync);
  linli_session_stop(d->session);
  g_object_unref(d->session);
  linli_replica_free(d->replica);
  g_main_loop_unref(d->loop);
}

int main(int argc, char **argv) {
  g_autoptr(GError) error = NULL;
  const LinliOptions options = {NULL, NULL, NULL, NULL, NULL};
  g_autoptr(LinliSettings) settings = linli_settings_load(&options, &error);
  g_autoptr(LinliTokens) tokens = linli_tokens_in_memory();
  g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : ".", "outbox.sqlite", NULL);
  g_autoptr(LinliOutbox) outbox = settings ? linli_outbox_open(path, &error) : NULL;
  g_autoptr(GIOChannel) in = g_io_channel_unix_new(0);
  Driver d = {.loop = g_main_loop_new(NULL, FALSE)};

  if (!outbox) g_error("%s", error->message);
  setvbuf(stdout, NULL, _IOLBF, 0);
  d.session = linli_session_new(settings, tokens, &proto_linli, "core_driver");
  d.replica = linli_replica_new(&proto_linli, NULL);
  d.sync = linli_sync_new(d.session, d.replica);
  d.courier = linli_courier_new(d.session, outbox);
  g_signal_connect(d.session, "state-changed", G_CALLBACK(on_state), NULL);
  if (!linli_courier_take_over(d.courier, on_decided, NULL, &error)) g_error("%s", error->message);
  g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_line, &d);
  linli_session_start(d.session);
  g_main_loop_run(d.loop);
  end(&d);
  return 0;
}
