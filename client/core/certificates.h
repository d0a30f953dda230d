/* certificates.h: the fingerprint of the certificate that each server showed when it was last trusted, so that a
 * person can be shown what changed. It decides nothing: whom to trust is the authority's to say (settings.h).
 *   FOLDER/certificates/WHOSE    one line, SHA-256 as link.h writes it
 * A file that cannot be written is no error: then there is nothing to compare with. */
#pragma once

#include <glib.h>

/* NULL: none is known; g_free. */
char *linli_certificate_known(const char *folder, const char *server);
void linli_certificate_remember(const char *folder, const char *server, const char *fingerprint);
