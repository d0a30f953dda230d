/* tls_context.h: what every TLS line shares: the SSL_CTX with its rules. For tls.c alone.
 * Rules: TLS 1.3, ALPN linli/1, stateless tickets under keys of tickets.h, no early data, buffers given back. */
#pragma once

#include <glib.h>
#include <openssl/ssl.h>
#include "server/config.h"
#include "server/tickets.h"

/* NULL: *why is a sentence that names the file (g_free). tickets must outlive the context. */
G_GNUC_WARN_UNUSED_RESULT SSL_CTX *tls_context_new(const Config *config, Tickets *tickets, char **why);
