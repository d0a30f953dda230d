/* metrics.c: numbers, their text, and a responder that knows one sentence of HTTP.
 *
 *   GET /metrics -> 200 and the text; anything else -> 404 or 400; one answer a connection, then it ends
 *
 * Owner: the server. Invariants: loopback only; at most READERS connections, 2 KiB each of input, five seconds each.
 * Ends: metrics_end() closes, metrics_free() frees. */
#include "server/metrics.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/log.h"
#include "server/server.h"

enum { READERS = 8, HEAD_MAX = 2048, READER_MS = 5000, BUCKETS = 14 };

typedef enum { COUNTER, GAUGE, HISTOGRAM } Kind;

typedef struct {
  Kind kind;
  const char *name, *labels, *help;
} Line;

static const Line lines[METRIC_COUNT] = {
#define X(id, kind_, name_, labels_, help_) {kind_, name_, labels_, help_},
    METRICS(X)
#undef X
};

static const char *const kinds[] = {"counter", "gauge", "histogram"};
static const double bounds[BUCKETS] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};

typedef struct {
  int64_t value;
  int64_t buckets[BUCKETS]; /* not summed up */
  double sum;
} Metric;

typedef struct Reader Reader;
struct Metrics {
  Metric of[METRIC_COUNT];
  uv_tcp_t tcp;
  bool serving;
  Reader *readers[READERS];
};

struct Reader {
  uv_tcp_t tcp;
  uv_timer_t timer;
  uv_write_t write;
  Server *server;
  char *answer;
  int handles;
  bool closing;
  size_t len;
  char head[HEAD_MAX];
};

/* --- Numbers ------------------------------------------------------------------------------------------------- */

void metric_add(Server *server, MetricId id, int64_t n) {
  server->metrics->of[id].value += n;
}

void metric_set(Server *server, MetricId id, int64_t value) {
  server->metrics->of[id].value = value;
}

int64_t metric_value(const Server *server, MetricId id) {
  return server->metrics->of[id].value;
}

void metric_observe(Server *server, MetricId id, double seconds) {
  Metric *metric = &server->metrics->of[id];

  metric->value++;
  metric->sum += seconds;
  for (size_t i = 0; i < BUCKETS; i++) {
    if (seconds > bounds[i]) continue;
    metric->buckets[i]++;
    return;
  }
}

/* --- Text ---------------------------------------------------------------------------------------------------- */

static void append_number(GString *text, double value) {
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append(text, g_ascii_formatd(digits, sizeof digits, "%.9g", value));
}

static void append_histogram(GString *text, const Line *line, const Metric *metric) {
  int64_t sum = 0;

  for (size_t i = 0; i < BUCKETS; i++) {
    sum += metric->buckets[i];
    g_string_append_printf(text, "%s_bucket{le=\"", line->name);
    append_number(text, bounds[i]);
    g_string_append_printf(text, "\"} %" G_GINT64_FORMAT "\n", sum);
  }
  g_string_append_printf(text, "%s_bucket{le=\"+Inf\"} %" G_GINT64_FORMAT "\n%s_sum ", line->name, metric->value,
                         line->name);
  append_number(text, metric->sum);
  g_string_append_printf(text, "\n%s_count %" G_GINT64_FORMAT "\n", line->name, metric->value);
}

static void append_head(GString *text, const char *name, const char *kind, const char *help) {
  g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

/* Of the process itself; what every Prometheus dashboard knows by these names. */
static void append_process(GString *text) {
  struct rusage usage;
  g_autofree char *statm = NULL;
  long pages = 0;

  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    append_head(text, "process_cpu_seconds_total", "counter", "Processor time, user and system.");
    g_string_append(text, "process_cpu_seconds_total ");
    append_number(text, (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
    g_string_append_c(text, '\n');
  }
  if (g_file_get_contents("/proc/self/statm", &statm, NULL, NULL) && sscanf(statm, "%*d %ld", &pages) == 1) {
    append_head(text, "process_resident_memory_bytes", "gauge", "Resident memory.");
    g_string_append_printf(text, "process_resident_memory_bytes %ld\n", pages * sysconf(_SC_PAGESIZE));
  }
}

GString *metrics_text(const Server *server) {
  GString *text = g_string_sized_new(16384);

  for (size_t i = 0; i < METRIC_COUNT; i++) {
    const Line *line = &lines[i];
    const Metric *metric = &server->metrics->of[i];
    if (i == 0 || strcmp(line->name, lines[i - 1].name) != 0)
      append_head(text, line->name, kinds[line->kind], line->help);
    if (line->kind == HISTOGRAM) {
      append_histogram(text, line, metric);
      continue;
    }
    g_string_append(text, line->name);
    if (*line->labels) g_string_append_printf(text, "{%s}", line->labels);
    g_string_append_printf(text, " %" G_GINT64_FORMAT "\n", metric->value);
  }
  append_process(text);
  return text;
}

/* --- Serving ------------------------------------------------------------------------------------------------- */

static void on_reader_closed(uv_handle_t *handle) {
  Reader *reader = handle->data;

  if (--reader->handles > 0) return;
  for (size_t i = 0; i < READERS; i++)
    if (reader->server->metrics->readers[i] == reader) reader->server->metrics->readers[i] = NULL;
  g_free(reader->answer);
  g_free(reader);
}

static void reader_close(Reader *reader) {
  if (reader->closing) return;
  reader->closing = true;
  uv_close((uv_handle_t *)&reader->tcp, on_reader_closed);
  uv_close((uv_handle_t *)&reader->timer, on_reader_closed);
}

static void on_answered(uv_write_t *write, int status) {
  (void)status;
  reader_close(write->data);
}

static void answer(Reader *reader) {
  bool good = g_str_has_prefix(reader->head, "GET /metrics ");
  GString *body = good ? metrics_text(reader->server) : g_string_new("Only GET /metrics is answered here.\n");

  reader->answer = g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                                   good ? "200 OK" : "404 Not Found", body->len, body->str);
  g_string_free(body, TRUE);
  uv_read_stop((uv_stream_t *)&reader->tcp);
  uv_buf_t buf = uv_buf_init(reader->answer, (unsigned)strlen(reader->answer));
  reader->write.data = reader;
  if (uv_write(&reader->write, (uv_stream_t *)&reader->tcp, &buf, 1, on_answered) != 0) reader_close(reader);
}

static void on_head(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  Reader *reader = handle->data;

  (void)suggested;
  *buf = uv_buf_init(reader->head + reader->len, (unsigned)(HEAD_MAX - 1 - reader->len));
}

static void on_reader(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf) {
  Reader *reader = stream->data;

  (void)buf;
  if (len < 0) { /* UV_ENOBUFS too: the head was too long */
    reader_close(reader);
    return;
  }
  reader->len += (size_t)len;
  reader->head[reader->len] = '\0';
  if (strstr(reader->head, "\r\n\r\n")) answer(reader);
}

static void on_reader_late(uv_timer_t *timer) {
  reader_close(timer->data);
}

static Reader **free_place(Metrics *metrics) {
  for (size_t i = 0; i < READERS; i++)
    if (!metrics->readers[i]) return &metrics->readers[i];
  return NULL;
}

/* Always accepted, so that the kernel's queue empties; without a place it is closed unread. */
static void on_metrics_connection(uv_stream_t *stream, int status) {
  Server *server = stream->data;
  Reader **place = free_place(server->metrics);

  if (status < 0) return;
  Reader *reader = g_new0(Reader, 1);
  reader->server = server;
  reader->handles = 2;
  uv_tcp_init(server->loop, &reader->tcp);
  uv_timer_init(server->loop, &reader->timer);
  reader->tcp.data = reader->timer.data = reader;
  bool good = uv_accept(stream, (uv_stream_t *)&reader->tcp) == 0 && place;
  if (good) *place = reader;
  good = good && uv_timer_start(&reader->timer, on_reader_late, READER_MS, 0) == 0;
  good = good && uv_read_start((uv_stream_t *)&reader->tcp, on_head, on_reader) == 0;
  if (!good) reader_close(reader);
}

bool metrics_start(Server *server, char **why) {
  Metrics *metrics = server->metrics = g_new0(Metrics, 1);
  struct sockaddr_in at;

  if (server->config->metrics == 0) return true;
  uv_ip4_addr("127.0.0.1", (int)server->config->metrics, &at);
  uv_tcp_init(server->loop, &metrics->tcp);
  metrics->serving = true;
  metrics->tcp.data = server;
  int status = uv_tcp_bind(&metrics->tcp, (const struct sockaddr *)&at, 0);
  if (status == 0) status = uv_listen((uv_stream_t *)&metrics->tcp, READERS, on_metrics_connection);
  if (status == 0) return true;
  *why = g_strdup_printf("metrics: port %" G_GINT64_FORMAT " of loopback cannot be served: %s. Choose another with "
                         "--metrics, or 0 for none.",
                         server->config->metrics, uv_strerror(status));
  return false;
}

void metrics_end(Server *server) {
  Metrics *metrics = server->metrics;

  if (!metrics) return;
  for (size_t i = 0; i < READERS; i++)
    if (metrics->readers[i]) reader_close(metrics->readers[i]);
  if (metrics->serving) uv_close((uv_handle_t *)&metrics->tcp, NULL);
  metrics->serving = false;
}

void metrics_free(Server *server) {
  g_clear_pointer(&server->metrics, g_free);
}
