/* link.h: one TLS 1.3 connection to linlid: bytes to frames and back. It knows no frame.
 *
 *   open ── TCP ── handshake (ALPN linli/1, CA, name) ── up ── frame … ── down
 *
 * Invariants: `up` comes at most once and before any frame; `down` at most once and last; neither comes after
 * linli_link_close(), nor from inside open or send. Never blocks. Owner: the session; async work in flight holds it.
 * Ends by linli_link_close() alone. */
#pragma once

#include <gio/gio.h>

#include "client/core/error.h"

typedef struct LinliLink LinliLink;

typedef struct {
  void (*up)(gpointer owner);
  void (*frame)(gpointer owner, const WireFrame *frame); /* views until it returns */
  /* hurry: the server was there and let go (a reset while connecting): another attempt may follow at once. */
  void (*down)(gpointer owner, const GError *error, gboolean hurry);
} LinliLinkEvents;

/* server: host, host:port or [v6]:port. */
LinliLink *linli_link_open(const char *server, guint16 default_port, GTlsDatabase *trust, const char *ca_named,
                           const LinliLinkEvents *events, gpointer owner);
/* Appends whole frames; they leave in order, what one turn of the loop gathers in one write. */
void linli_link_send(LinliLink *link, const guint8 *data, gsize len);
/* Bytes that have not left yet. */
gsize linli_link_backlog(const LinliLink *link);
/* SHA-256 of the certificate that the server showed, "AB:CD:…", whether it was accepted or not; NULL before it did.
 */
const char *linli_link_fingerprint(const LinliLink *link);
/* Gives up the reference; legal in every state, and inside callbacks. */
void linli_link_close(LinliLink *link);
