/* certs.h: a private certificate authority and the server's certificate, in one folder.
 *
 *   ca.pem, ca.key           made once, ten years; clients are given ca.pem
 *   server.pem, server.key   EC P-256, one year, signed by the CA; server.pem holds the chain
 *
 * Names in the certificate: localhost, the host's name, 127.0.0.1, ::1, and the extra ones. It is made again, by the
 * same CA, when fewer than 30 days are left, when a name is missing, or when it does not fit its key or the CA. Keys
 * are 0600 and written before what they belong to; every file is replaced whole. Nothing is kept in memory. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

enum { CERTS_DAYS = 365, CERTS_RENEW_DAYS = 30, CERTS_CA_DAYS = 3650 };

/* names: NULL-terminated DNS names or IP addresses, or NULL. *renewed, where given, says whether the server's
 * certificate was made now. */
G_GNUC_WARN_UNUSED_RESULT bool certs_ensure(const char *dir, const char *const *names, bool *renewed, GError **why);
