/* listener.c: bind, listen, accept, refuse.
 *
 * Owner: the server. Invariants: every accepted connection is counted in limits until its line is gone; a connection
 * over a limit is closed before it costs a handshake. Ends: listener_stop(), then listener_free() once the loop ran
 * out. */
#include "server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/limits.h"
#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"
#include "server/tls.h"

struct Listener {
  uv_tcp_t tcp;
  Limits *limits;
  char address[80];
  int lock; /* -1 without a data folder */
  bool stopped, bound;
};

/* --- Where --------------------------------------------------------------------------------------------------- */

/* "127.0.0.1:7443", "[::1]:7443" */
static bool parse_address(const char *text, struct sockaddr_storage *out, char **why) {
  const char *colon = strrchr(text, ':');
  char *end = NULL;
  guint64 port = colon ? g_ascii_strtoull(colon + 1, &end, 10) : 65536;

  if (colon && end != colon + 1 && *end == '\0' && port <= 65535) {
    bool six = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    g_autofree char *host =
        six ? g_strndup(text + 1, (gsize)(colon - text - 2)) : g_strndup(text, (gsize)(colon - text));
    if (six && uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)out) == 0) return true;
    if (!six && uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out) == 0) return true;
  }
  *why = g_strdup_printf("listen: \"%s\" is not an address and a port; write 0.0.0.0:7443 or [::]:7443.", text);
  return false;
}

static void name_address(Listener *listener) {
  struct sockaddr_storage at;
  int len = sizeof at;
  char host[64];

  if (uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&at, &len) != 0) return;
  bool six = at.ss_family == AF_INET6;
  int port = ntohs(six ? ((struct sockaddr_in6 *)&at)->sin6_port : ((struct sockaddr_in *)&at)->sin_port);
  if (six)
    uv_ip6_name((struct sockaddr_in6 *)&at, host, sizeof host);
  else
    uv_ip4_name((struct sockaddr_in *)&at, host, sizeof host);
  g_snprintf(listener->address, sizeof listener->address, six ? "[%s]:%d" : "%s:%d", host, port);
}

/* Who runs: one process a port and folder, or several that all share the port. */
static bool take_lock(Server *server, int port, char **why) {
  const char *folder = server->config->data;
  Listener *listener = server->listener;

  if (!folder || port == 0) return true;
  g_autofree char *path = g_strdup_printf("%s/linlid-%d.lock", folder, port);
  listener->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (listener->lock < 0) {
    *why = g_strdup_printf("%s: cannot be opened: %s. Make the folder, and give it to the user linlid runs as.", path,
                           g_strerror(errno));
    return false;
  }
  if (flock(listener->lock, (server->config->reuse_port ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return true;
  *why = g_strdup_printf("%s: another linlid serves port %d with this folder. End it first, or give all of them "
                         "--reuse-port true.",
                         path, port);
  return false;
}

/* --- Accept -------------------------------------------------------------------------------------------------- */

static void on_gone(Server *server, const char *key) {
  if (*key) limits_leave(server->listener->limits, key);
  metric_add(server, METRIC_CONNECTIONS_OPEN, -1);
}

static bool admit(Server *server, uv_tcp_t *tcp, char *address, char *key) {
  struct sockaddr_storage peer;
  int len = sizeof peer;

  if (uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &len) != 0) return false; /* gone already */
  limits_name((struct sockaddr *)&peer, address, key);
  if (limits_enter(server->listener->limits, key)) return true;
  metric_add(server, METRIC_CONNECTIONS_REFUSED, 1);
  log_event(LOG_WARN, "connection_refused", LOG_TEXT("address", address), LOG_TEXT("why", "too many connections"),
            LOG_NUMBER("open", limits_total(server->listener->limits)));
  return false;
}

static void on_connection(uv_stream_t *stream, int status) {
  Server *server = stream->data;
  char address[LIMITS_KEY_SIZE], key[LIMITS_KEY_SIZE];

  if (status < 0) {
    metric_add(server, METRIC_ACCEPT_ERRORS, 1);
    log_event(LOG_ERROR, "accept_failed", LOG_TEXT("why", uv_strerror(status)));
    return;
  }
  metric_add(server, METRIC_CONNECTIONS_OPEN, 1);
  TlsLine *line = tls_line_new(server, on_gone);
  if (uv_accept(stream, (uv_stream_t *)tls_line_tcp(line)) == 0 && admit(server, tls_line_tcp(line), address, key)) {
    metric_add(server, METRIC_CONNECTIONS, 1);
    tls_line_open(line, address, key);
    return;
  }
  tls_line_drop(line);
}

/* --- Start and end ------------------------------------------------------------------------------------------- */

static int bind_and_listen(Server *server, const struct sockaddr_storage *at) {
  Listener *listener = server->listener;
  uv_os_fd_t fd;
  int one = 1;
  int status = uv_tcp_init_ex(server->loop, &listener->tcp, at->ss_family);

  if (status != 0) return status;
  listener->bound = true;
  listener->tcp.data = server;
  status = uv_fileno((uv_handle_t *)&listener->tcp, &fd);
  if (status == 0 && server->config->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0)
    status = uv_translate_sys_error(errno);
  if (status == 0) status = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)at, 0);
  if (status == 0) status = uv_listen((uv_stream_t *)&listener->tcp, (int)server->config->backlog, on_connection);
  return status;
}

bool listener_start(Server *server, char **why) {
  Listener *listener = server->listener = g_new0(Listener, 1);
  struct sockaddr_storage at;
  const char *text = server->config->listen;

  listener->lock = -1;
  listener->limits = limits_new(server->config->max_connections, server->config->max_per_address);
  if (!parse_address(text, &at, why)) return false;
  if (!take_lock(server, ntohs(((struct sockaddr_in *)&at)->sin_port), why)) return false;
  int status = bind_and_listen(server, &at);
  if (status == UV_EADDRINUSE) {
    *why = g_strdup_printf("listen: %s is taken by another program. End it, or choose another port with --listen.",
                           text);
  } else if (status != 0) {
    *why =
        g_strdup_printf("listen: %s cannot be served: %s. Check that the address is this machine's and that the port "
                        "may be used.",
                        text, uv_strerror(status));
  }
  name_address(listener);
  return status == 0;
}

const char *listener_address(const Server *server) {
  return server->listener->address;
}

void listener_stop(Server *server) {
  Listener *listener = server->listener;

  if (!listener || listener->stopped) return;
  listener->stopped = true;
  if (listener->bound) uv_close((uv_handle_t *)&listener->tcp, NULL);
  if (listener->lock >= 0) close(listener->lock); /* the next process may start while this one drains */
  listener->lock = -1;
}

void listener_free(Server *server) {
  if (!server->listener) return;
  limits_free(server->listener->limits);
  g_clear_pointer(&server->listener, g_free);
}
