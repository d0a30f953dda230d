/* crowd.c: many scripted clients in one process, on one main loop, led by lines.
 *
 *   work | rest                    make commands, or none
 *   pace MS                        between two of a client's, on the average
 *   offline C MS | online C        pull client C's line; MS 0: until `online`
 *   backlog C N MS                 client C makes N commands at once, as if over the last MS
 *   status                         -> status CLIENTS READY AT_REST WAITING
 *   heads PATH                     "stream head" lines: where at rest is
 *   end                            record where all stand -> ended
 *
 * Usage: chaos_crowd CLIENTS HISTORY FOLDER SERVER CA SEED RUN PACE_MS ENOUGH. The first line of CLIENTS is
 * "community:team …", the others are clients (see client.h). Ends with its input; killed, it goes on where it was
 * with the next RUN. */
#include <gio/gio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/chaos/client.h"

typedef struct {
  Crowd crowd;
  GMainLoop *loop;
  GPtrArray *clients; /* of Client */
} Process;

static Client *find(Process *p, const char *number) {
  for (guint i = 0; i < p->clients->len; i++)
    if (client_number(p->clients->pdata[i]) == (guint)atoi(number)) return p->clients->pdata[i];
  g_error("there is no client %s here", number);
}

static void say_status(Process *p) {
  guint ready = 0, rest = 0, waiting = 0;

  for (guint i = 0; i < p->clients->len; i++) {
    Client *client = p->clients->pdata[i];
    ready += client_state(client) == LINLI_STATE_READY;
    rest += client_at_rest(client);
    waiting += client_waiting(client);
  }
  printf("status %u %u %u %u\n", p->clients->len, ready, rest, waiting);
}

static void read_heads(Crowd *crowd, const char *path) {
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  if (!g_file_get_contents(path, &text, NULL, &error)) g_error("%s", error->message);
  g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    char *end;
    guint64 stream = g_ascii_strtoull(lines[i], &end, 10), head = g_ascii_strtoull(end, NULL, 10);
    g_hash_table_insert(crowd->heads, g_memdup2(&stream, sizeof stream), g_memdup2(&head, sizeof head));
  }
}

static void obey(Process *p, char **words) {
  guint n = g_strv_length(words);

  if (n == 1 && (strcmp(words[0], "work") == 0 || strcmp(words[0], "rest") == 0)) {
    p->crowd.working = strcmp(words[0], "work") == 0;
  } else if (n == 2 && strcmp(words[0], "pace") == 0) {
    p->crowd.pace_ms = (guint)MAX(atoi(words[1]), 2);
  } else if (n == 3 && strcmp(words[0], "offline") == 0) {
    client_offline(find(p, words[1]), (guint)atoi(words[2]));
  } else if (n == 2 && strcmp(words[0], "online") == 0) {
    client_online(find(p, words[1]));
  } else if (n == 4 && strcmp(words[0], "backlog") == 0) {
    client_backlog(find(p, words[1]), (guint)atoi(words[2]), (guint)atoi(words[3]));
  } else if (n == 2 && strcmp(words[0], "heads") == 0) {
    read_heads(&p->crowd, words[1]);
  } else if (n == 1 && strcmp(words[0], "status") == 0) {
    say_status(p);
  } else if (n == 1 && strcmp(words[0], "end") == 0) {
    g_ptr_array_foreach(p->clients, (GFunc)(void (*)(void))client_end, NULL);
    p->crowd.over = TRUE;
    printf("ended\n");
  } else {
    g_error("what is %s?", words[0]);
  }
}

static gboolean on_line(GIOChannel *in, G_GNUC_UNUSED GIOCondition condition, gpointer data) {
  Process *p = data;
  g_autofree char *line = NULL;

  if (g_io_channel_read_line(in, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
    g_main_loop_quit(p->loop);
    return G_SOURCE_REMOVE;
  }
  g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", -1);
  obey(p, words);
  return G_SOURCE_CONTINUE;
}

static void read_places(Crowd *crowd, const char *line) {
  g_auto(GStrv) places = g_strsplit(line, " ", -1);

  crowd->communities = g_array_new(FALSE, FALSE, sizeof(guint64));
  crowd->teams = g_array_new(FALSE, FALSE, sizeof(guint64));
  for (guint i = 0; places[i]; i++) {
    char *end;
    guint64 community = g_ascii_strtoull(places[i], &end, 10);
    guint64 team = *end == ':' ? g_ascii_strtoull(end + 1, NULL, 10) : 0;
    g_array_append_val(crowd->communities, community);
    g_array_append_val(crowd->teams, team);
  }
}

static void read_clients(Process *p, const char *path) {
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  if (!g_file_get_contents(path, &text, NULL, &error)) g_error("%s", error->message);
  g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);
  read_places(&p->crowd, lines[0]);
  for (guint i = 1; lines[i]; i++) {
    Client *client = client_new(&p->crowd, lines[i]);
    if (!client) g_error("%s: line %u is no client", path, i + 1);
    g_ptr_array_add(p->clients, client);
  }
}

int main(int argc, char **argv) {
  g_autoptr(GIOChannel) in = g_io_channel_unix_new(0);
  Process p = {.clients = g_ptr_array_new_with_free_func((GDestroyNotify)client_free)};

  if (argc != 10) g_error("chaos_crowd CLIENTS HISTORY FOLDER SERVER CA SEED RUN PACE_MS ENOUGH");
  p.crowd = (Crowd){.history = fopen(argv[2], "a"),
                    .folder = argv[3],
                    .server = argv[4],
                    .ca = argv[5],
                    .seed = (guint32)atoi(argv[6]),
                    .run = (guint)atoi(argv[7]),
                    .pace_ms = (guint)MAX(atoi(argv[8]), 2),
                    .enough = (guint)atoi(argv[9])};
  if (!p.crowd.history) g_error("%s cannot be written", argv[2]);
  p.crowd.heads = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
  setvbuf(p.crowd.history, NULL, _IOLBF, 8192);
  setvbuf(stdout, NULL, _IOLBF, 0);
  p.loop = g_main_loop_new(NULL, FALSE);
  read_clients(&p, argv[1]);
  g_io_add_watch(in, G_IO_IN | G_IO_HUP, on_line, &p);
  printf("begun %u\n", p.clients->len);
  g_main_loop_run(p.loop);
  g_ptr_array_unref(p.clients);
  g_array_unref(p.crowd.communities);
  g_array_unref(p.crowd.teams);
  g_hash_table_unref(p.crowd.heads);
  g_main_loop_unref(p.loop);
  fclose(p.crowd.history);
  return 0;
}
