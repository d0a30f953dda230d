/* tls.h: TLS 1.3 lines under sessions: one receive slab and one output slab for the whole loop.
 *
 *   socket -> slab -> SSL_read -> session_feed          (no buffer of the connection's own while it is idle)
 *   socket <- slab <- SSL_write <- session_next         once a turn, at most 64 KiB a line, established lines first
 *          <- rest  (only while the kernel does not take it)
 *
 *   turn of the loop:  poll -> [check: flush dirty lines, then handshakes for 4 ms] -> timers -> [prepare: flush]
 *
 * Invariants: ALPN linli/1 or a fatal alert; no 0-RTT, no TLS below 1.3; one write in flight a line; memory of a line
 * goes in its socket's close callback. Owner: the server. Ends: tls_end() closes every line. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <uv.h>

typedef struct Server Server;
typedef struct TlsLine TlsLine;

G_GNUC_WARN_UNUSED_RESULT bool tls_start(Server *server, char **why);
/* Certificate, key and CA anew from their files; on failure the old ones stay. */
G_GNUC_WARN_UNUSED_RESULT bool tls_reload(Server *server, char **why);
/* Each minute: ticket keys. Each second: gives memory of past handshakes back. */
void tls_tick_minute(Server *server);
void tls_tick_second(Server *server);
void tls_end(Server *server);  /* every line is closed; the loop must run for the callbacks */
void tls_free(Server *server); /* after the loop has run out */

/* A line without a socket: accept into tls_line_tcp(), then open or drop it. gone() is called when its memory goes.
 */
TlsLine *tls_line_new(Server *server, void (*gone)(Server *server, const char *key));
uv_tcp_t *tls_line_tcp(TlsLine *line);
/* address: the peer's, for the log; key: what gone() is told. Copied. */
void tls_line_open(TlsLine *line, const char *address, const char *key);
void tls_line_drop(TlsLine *line);
