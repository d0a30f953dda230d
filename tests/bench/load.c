/* load.c: linli-load, a crew of desks that a bench leads by lines.
 *
 *   stdin                                     stdout, a JSON object a line
 *                       (all desks connect)   {"ready":1064,…}
 *   run window=64 …     (a run, then its end) {"commands":20312,"p50_us":…}
 *   end of file         (the process ends)
 *
 * The first --readers desks of the file only read; the others write, one command in flight each, in turn. The first
 * --listen readers decrypt and check that events come gapless; the rest are deaf, so that a thousand of them cost
 * little here. Words of a run: kind=NAME of a command with the fields (uuid, text); window=N in flight at most;
 * warm=S and seconds=S, measured are those answered after warm; count=N ends it earlier; rate=N a second, 0 for a
 * closed loop; backlog=N: at most so many events ahead of the slowest listener; targets=N: only the first of the
 * file. Invariant: nothing is measured that was not answered. Owner: main(). */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <glib.h>
#include <openssl/rand.h>

#include "common/proto.h"
#include "common/uuid.h"
#include "proto/proto_tables.h"
#include "tests/bench/desk.h"
#include "tests/bench/samples.h"

enum { CONNECTING_MAX = 64, DRAIN_S = 30 };

typedef struct {
  uint64_t stream;
  Uuid row;
} Target;

typedef struct {
  const ProtoCommand *kind;
  double warm, seconds, rate;
  guint window, count, backlog, targets;
} Plan;

typedef struct {
  char *server, *ca, *desks_file, *targets_file;
  int readers, listen;
} Options;

typedef struct {
  Options options;
  uv_loop_t loop;
  uv_pipe_t input;
  uv_timer_t clock;
  GString *line;
  SSL_CTX *ctx;
  WireArena *arena;
  struct sockaddr_in to;
  Desk *desks;
  guint n_desks, next, connecting, ready, closed, retries;
  GArray *targets;
  GQueue idle; /* writers */
  UuidClock ids;
  uint64_t began_ns;
  Plan plan;
  bool running, stopping;
  uint64_t measure_ns, stop_ns, give_up_ns, next_ns;
  guint in_flight, sent, done, refused, errors, gaps;
  uint64_t taken, bytes;
  double cpu;
  guint measured;
  Samples answered, delivered;
} Crew;

static Crew crew;

static double own_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "linli-load: %s: %s\n", what, why);
  exit(1);
}

/* --- A command ------------------------------------------------------------------------------------------------ */

static Uuid fresh_id(void) {
  uint8_t random[UUID_RANDOM];
  if (RAND_bytes(random, sizeof random) != 1) fail("random", "none to be had");
  return uuid_clock_next(&crew.ids, (uint64_t)g_get_real_time() / 1000, random);
}

static void command(Desk *desk, const Target *target, uint64_t now_ns) {
  g_autoptr(GByteArray) body = g_byte_array_sized_new(160), frame = g_byte_array_sized_new(256);
  char text[128];
  int len = g_snprintf(text, sizeof text, "@t=%020" G_GUINT64_FORMAT " 已到现场查看，正在联系物业处理。", now_ns);

  wire_put_uuid(body, 1, target->row);
  wire_put_bytes(body, 2, (WireBytes){(const uint8_t *)text, (uint32_t)len});
  ProtoCommandFrame command = {.has = PROTO_HAS_COMMAND_FRAME_ID | PROTO_HAS_COMMAND_FRAME_KIND |
                                      PROTO_HAS_COMMAND_FRAME_STREAM | PROTO_HAS_COMMAND_FRAME_MADE_AT |
                                      PROTO_HAS_COMMAND_FRAME_BODY,
                               .id = fresh_id(),
                               .kind = crew.plan.kind->number,
                               .stream = target->stream,
                               .made_at = (uint64_t)g_get_real_time(),
                               .body = {body->data, body->len}};
  wire_frame_message(&proto_msg_command_frame, ++desk->correlation, &command, frame);
  desk->sent_ns = now_ns;
  desk_send(desk, frame);
}

static bool listeners_allow(void) {
  if (!crew.plan.backlog) return true;
  for (int i = 0; i < crew.options.listen; i++)
    if (crew.sent - crew.desks[i].events >= crew.plan.backlog) return false;
  return true;
}

static bool may_send(uint64_t now_ns) {
  const Plan *plan = &crew.plan;
  return crew.running && !crew.stopping && crew.in_flight < plan->window &&
         (!plan->count || crew.sent < plan->count) && (plan->rate <= 0 || now_ns >= crew.next_ns) &&
         listeners_allow();
}

static void pump(void) {
  for (;;) {
    uint64_t now_ns = uv_hrtime();
    if (!may_send(now_ns)) return;
    Desk *desk = g_queue_pop_head(&crew.idle);
    if (!desk) return;
    guint pick = (guint)g_random_int_range(0, (gint32)crew.plan.targets);
    if (crew.plan.rate > 0) crew.next_ns += (uint64_t)(1e9 / crew.plan.rate);
    crew.in_flight++;
    crew.sent++;
    command(desk, &g_array_index(crew.targets, Target, pick), now_ns);
  }
}

static void answered(Desk *desk, uint64_t now_ns) {
  if (now_ns >= crew.measure_ns && now_ns < crew.stop_ns) {
    crew.measured++;
    samples_add(&crew.answered, now_ns - desk->sent_ns);
  }
  desk->sent_ns = 0;
  crew.in_flight--;
  g_queue_push_tail(&crew.idle, desk);
  pump();
}

/* --- A run ---------------------------------------------------------------------------------------------------- */

static uint64_t bytes_received(void) {
  uint64_t sum = 0;
  for (guint i = 0; i < crew.n_desks; i++)
    sum += crew.desks[i].bytes;
  return sum;
}

static void report(void) {
  double seconds = (double)(MIN(crew.stop_ns, uv_hrtime()) - crew.measure_ns) / 1e9;
  printf("{\"commands\":%u,\"total\":%u,\"seconds\":%.4f,\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,"
         "\"refused\":%u,\"errors\":%u,\"closed\":%u,\"unanswered\":%u,\"listeners\":%d,\"events\":%" G_GUINT64_FORMAT
         ",\"gaps\":%u,\"delivered_p50_us\":%u,\"delivered_p99_us\":%u,\"bytes\":%" G_GUINT64_FORMAT
         ",\"cpu_s\":%.3f}\n",
         crew.measured, crew.done, seconds, crew.measured / seconds, samples_at(&crew.answered, 0.5),
         samples_at(&crew.answered, 0.99), crew.refused, crew.errors, crew.closed, crew.in_flight,
         crew.options.listen, crew.taken, crew.gaps, samples_at(&crew.delivered, 0.5),
         samples_at(&crew.delivered, 0.99), bytes_received() - crew.bytes, own_cpu() - crew.cpu);
  fflush(stdout);
}

static bool all_came(void) {
  if (crew.in_flight) return false;
  for (int i = 0; i < crew.options.listen; i++)
    if (crew.desks[i].events < crew.done) return false;
  return true;
}

static void on_clock(uv_timer_t *clock) {
  uint64_t now_ns = uv_hrtime();

  if (crew.plan.count && crew.sent == crew.plan.count && !crew.in_flight && !crew.stopping) crew.stop_ns = now_ns;
  if (now_ns >= crew.stop_ns) crew.stopping = true;
  if (!crew.stopping) {
    pump();
  } else if (all_came() || now_ns >= crew.give_up_ns) {
    uv_timer_stop(clock);
    crew.running = false;
    report();
  }
}

static void begin_run(const Plan *plan) {
  crew.plan = *plan;
  crew.running = true;
  crew.stopping = false;
  crew.sent = crew.done = crew.refused = crew.errors = crew.gaps = crew.measured = 0;
  crew.taken = 0;
  crew.bytes = bytes_received();
  crew.cpu = own_cpu();
  samples_begin(&crew.answered);
  samples_begin(&crew.delivered);
  for (guint i = 0; i < crew.n_desks; i++)
    crew.desks[i].events = 0;
  crew.next_ns = uv_hrtime();
  crew.measure_ns = crew.next_ns + (uint64_t)(plan->warm * 1e9);
  crew.stop_ns = crew.measure_ns + (uint64_t)(plan->seconds * 1e9);
  crew.give_up_ns = crew.stop_ns + DRAIN_S * UINT64_C(1000000000);
  uv_timer_start(&crew.clock, on_clock, 1, 1);
}

static bool take_word(Plan *plan, const char *key, const char *value) {
  if (strcmp(key, "kind") == 0) return (plan->kind = proto_command_by_name(&proto_linli, value)) != NULL;
  double number = g_ascii_strtod(value, NULL);
  if (strcmp(key, "window") == 0)
    plan->window = (guint)number;
  else if (strcmp(key, "count") == 0)
    plan->count = (guint)number;
  else if (strcmp(key, "backlog") == 0)
    plan->backlog = (guint)number;
  else if (strcmp(key, "targets") == 0)
    plan->targets = (guint)number;
  else if (strcmp(key, "warm") == 0)
    plan->warm = number;
  else if (strcmp(key, "seconds") == 0)
    plan->seconds = number;
  else if (strcmp(key, "rate") == 0)
    plan->rate = number;
  else
    return false;
  return true;
}

static void take_line(const char *line) {
  Plan plan = {.kind = proto_command(&proto_linli, PROTO_COMMAND_REQUEST_CONTACT),
               .window = 1,
               .seconds = 1,
               .targets = crew.targets->len};
  g_auto(GStrv) words = g_strsplit(line, " ", -1);

  if (crew.running || g_strcmp0(words[0], "run") != 0) fail("this line has no meaning now", line);
  for (char **word = words + 1; *word; word++) {
    char *equals = strchr(*word, '=');
    if (!equals) fail("this word has no meaning", *word);
    *equals = '\0';
    if (!take_word(&plan, *word, equals + 1)) fail("this word has no meaning", *word);
  }
  if (plan.targets == 0 || plan.targets > crew.targets->len) fail("targets", "there are not so many");
  begin_run(&plan);
}

/* --- What desks say ------------------------------------------------------------------------------------------- */

static void take_outcome(Desk *desk, WireBytes fields, uint64_t now_ns) {
  ProtoOutcome outcome;
  if (!wire_decode(&proto_msg_outcome, fields, false, crew.arena, &outcome, NULL))
    fail("outcome", "it cannot be read");
  if (outcome.refusal) {
    if (!crew.refused++)
      fprintf(stderr, "linli-load: refused: %s\n",
              wire_label_by_number(proto_linli.refusals, (uint32_t)outcome.refusal)->name);
  } else {
    crew.done++;
  }
  answered(desk, now_ns);
}

static void take_error(Desk *desk, WireBytes fields, uint64_t now_ns) {
  ProtoError error;
  if (!wire_decode(&proto_msg_error, fields, false, crew.arena, &error, NULL)) fail("error", "it cannot be read");
  if (!crew.errors++)
    fprintf(stderr, "linli-load: error %u %.*s\n", (unsigned)error.code, (int)error.detail.len,
            error.detail.data ? (const char *)error.detail.data : "");
  if (desk->sent_ns) answered(desk, now_ns);
}

static void take_event(Desk *desk, WireBytes fields, uint64_t now_ns) {
  ProtoEventFrame event;

  if (!wire_decode(&proto_msg_event_frame, fields, false, crew.arena, &event, NULL))
    fail("event", "it cannot be read");
  if (event.stream != g_array_index(desk->cursors, Cursor, 0).stream) return;
  if (event.seq != desk->seq + 1) crew.gaps++;
  desk->seq = event.seq;
  desk->events++;
  crew.taken++;
  const char *mark = event.note.len ? memmem(event.note.data, event.note.len, "@t=", 3) : NULL;
  uint64_t sent_ns = mark ? g_ascii_strtoull(mark + 3, NULL, 10) : 0;
  if (sent_ns >= crew.measure_ns && sent_ns < crew.stop_ns) samples_add(&crew.delivered, now_ns - sent_ns);
  if (crew.plan.backlog) pump();
}

static void on_frame(Desk *desk, const WireFrame *frame, uint64_t now_ns) {
  wire_arena_reset(crew.arena);
  if (frame->type == PROTO_FRAME_OUTCOME)
    take_outcome(desk, frame->fields, now_ns);
  else if (frame->type == PROTO_FRAME_ERROR)
    take_error(desk, frame->fields, now_ns);
  else if (frame->type == PROTO_FRAME_EVENT && desk < crew.desks + crew.options.readers)
    take_event(desk, frame->fields, now_ns);
  else if (frame->type == PROTO_FRAME_RESYNC)
    crew.gaps++;
}

static const DeskHooks *hooks(void);

static void connect_more(void) {
  while (crew.connecting < CONNECTING_MAX && crew.next < crew.n_desks) {
    crew.connecting++;
    desk_connect(&crew.desks[crew.next++], &crew.loop, crew.ctx, crew.arena, (const struct sockaddr *)&crew.to,
                 hooks());
  }
}

static void on_ready(Desk *desk) {
  guint index = (guint)(desk - crew.desks);

  crew.connecting--;
  crew.ready++;
  crew.retries += desk->retries;
  if (desk->cursors->len) desk->seq = g_array_index(desk->cursors, Cursor, 0).since;
  if (index >= (guint)crew.options.readers)
    g_queue_push_tail(&crew.idle, desk);
  else
    desk->deaf = index >= (guint)crew.options.listen;
  connect_more();
  if (crew.ready < crew.n_desks) return;
  double seconds = (double)(uv_hrtime() - crew.began_ns) / 1e9;
  printf("{\"ready\":%u,\"retries\":%u,\"seconds\":%.3f,\"cpu_s\":%.3f}\n", crew.ready, crew.retries, seconds,
         own_cpu());
  fflush(stdout);
}

static void on_desk_closed(Desk *desk, const char *why) {
  if (crew.ready < crew.n_desks) fail("a desk was closed before all were ready", why);
  if (!crew.closed++) fprintf(stderr, "linli-load: a desk was closed: %s\n", why);
  g_queue_remove(&crew.idle, desk);
  if (desk->sent_ns) crew.in_flight--;
  desk->sent_ns = 0;
}

static const DeskHooks *hooks(void) {
  static const DeskHooks all = {on_ready, on_frame, on_desk_closed};
  return &all;
}

/* --- Beginning ------------------------------------------------------------------------------------------------ */

static void on_input_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf) {
  static char slab[4096];
  (void)handle, (void)wanted;
  *buf = uv_buf_init(slab, sizeof slab);
}

static void on_input(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  char *end;

  if (len < 0) {
    uv_stop(stream->loop);
    return;
  }
  g_string_append_len(crew.line, buf->base, len);
  while ((end = strchr(crew.line->str, '\n'))) {
    *end = '\0';
    take_line(crew.line->str);
    g_string_erase(crew.line, 0, end - crew.line->str + 1);
  }
}

static GStrv lines_of(const char *file) {
  char *text;
  g_autoptr(GError) error = NULL;

  if (!g_file_get_contents(file, &text, NULL, &error)) fail(file, error->message);
  GStrv lines = g_strsplit(g_strstrip(text), "\n", -1);
  g_free(text);
  return lines;
}

static void read_files(void) {
  g_auto(GStrv) desks = lines_of(crew.options.desks_file);
  g_auto(GStrv) targets = lines_of(crew.options.targets_file);

  crew.n_desks = g_strv_length(desks);
  crew.desks = g_new0(Desk, crew.n_desks);
  for (guint i = 0; i < crew.n_desks; i++)
    if (!desk_parse(&crew.desks[i], desks[i])) fail("not a desk", desks[i]);
  crew.targets = g_array_new(FALSE, FALSE, sizeof(Target));
  for (char **line = targets; *line; line++) {
    Target target;
    char id[64];
    if (sscanf(*line, "%" G_GUINT64_FORMAT " %63s", &target.stream, id) != 2 ||
        !uuid_parse(id, strlen(id), &target.row))
      fail("not a target", *line);
    g_array_append_val(crew.targets, target);
  }
}

static void prepare_tls(void) {
  static const uint8_t alpn[] = "\x07linli/1";

  crew.ctx = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(crew.ctx, TLS1_3_VERSION);
  SSL_CTX_set_mode(crew.ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(crew.ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(crew.ctx, SSL_VERIFY_PEER, NULL);
  if (SSL_CTX_load_verify_file(crew.ctx, crew.options.ca) != 1) fail(crew.options.ca, "no certificate in it");
  if (SSL_CTX_set_alpn_protos(crew.ctx, alpn, sizeof alpn - 1) != 0) fail("TLS", "ALPN cannot be set");
}

static void read_options(int argc, char **argv) {
  Options *o = &crew.options;
  GOptionEntry entries[] = {
      {"server", 0, 0, G_OPTION_ARG_STRING, &o->server, "Where linlid listens", "IP:PORT"},
      {"ca", 0, 0, G_OPTION_ARG_FILENAME, &o->ca, "The installation's CA", "FILE"},
      {"desks", 0, 0, G_OPTION_ARG_FILENAME, &o->desks_file, "Desks, one a line", "FILE"},
      {"targets", 0, 0, G_OPTION_ARG_FILENAME, &o->targets_file, "Stream and row, one a line", "FILE"},
      {"readers", 0, 0, G_OPTION_ARG_INT, &o->readers, "Desks that only read", "N"},
      {"listen", 0, 0, G_OPTION_ARG_INT, &o->listen, "Readers that decrypt", "N"},
      {NULL, 0, 0, 0, NULL, NULL, NULL}};
  g_autoptr(GOptionContext) context = g_option_context_new("- a crew of desks");
  g_autoptr(GError) error = NULL;

  g_option_context_add_main_entries(context, entries, NULL);
  if (!g_option_context_parse(context, &argc, &argv, &error)) fail("options", error->message);
  char *colon = o->server ? strrchr(o->server, ':') : NULL;
  if (!colon || !o->ca || !o->desks_file || !o->targets_file)
    fail("options", "server, ca, desks and targets are needed");
  *colon = '\0';
  if (uv_ip4_addr(o->server, atoi(colon + 1), &crew.to) != 0) fail("not an address", o->server);
}

int main(int argc, char **argv) {
  setlocale(LC_ALL, "C.UTF-8");
  read_options(argc, argv);
  read_files();
  prepare_tls();
  uv_loop_init(&crew.loop);
  uv_timer_init(&crew.loop, &crew.clock);
  uv_pipe_init(&crew.loop, &crew.input, 0);
  crew.line = g_string_new(NULL);
  crew.arena = wire_arena_new();
  crew.began_ns = uv_hrtime();
  if (uv_pipe_open(&crew.input, 0) != 0) fail("stdin", "it is no pipe");
  uv_read_start((uv_stream_t *)&crew.input, on_input_alloc, on_input);
  connect_more();
  uv_run(&crew.loop, UV_RUN_DEFAULT);
  return 0;
}
