/* certificates.c: see certificates.h. */
#include "client/core/certificates.h"

#include <glib/gstdio.h>
#include <string.h>

static char *path_of(const char *folder, const char *server) {
  g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, server, -1);

  digest[16] = '\0';
  return g_build_filename(folder, "certificates", digest, NULL);
}

char *linli_certificate_known(const char *folder, const char *server) {
  g_autofree char *path = path_of(folder, server);
  char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL)) return NULL;
  g_strchomp(text);
  if (*text && strspn(text, "0123456789ABCDEF:") == strlen(text)) return text;
  g_free(text);
  return NULL;
}

void linli_certificate_remember(const char *folder, const char *server, const char *fingerprint) {
  g_autofree char *path = path_of(folder, server), *known = linli_certificate_known(folder, server),
                  *parent = g_path_get_dirname(path);

  if (g_strcmp0(known, fingerprint) == 0) return;
  g_mkdir(parent, 0700);
  (void)g_file_set_contents_full(path, fingerprint, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}
