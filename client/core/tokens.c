/* tokens.c: see tokens.h.
 * Files:  FOLDER/device         the uuid as text
 *         FOLDER/tokens/HEX     32 bytes; HEX is SHA-256 of server, newline, account */
#include "client/core/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "client/core/identity.h"
#include "common/uuid.h"

enum { TOKEN_BYTES = 32 };

typedef struct {
  LinliTokens base;
  char *folder;      /* NULL: in memory */
  GHashTable *known; /* in memory: name of file -> GBytes */
} Store;

static char *name_of(const char *server, const char *account) {
  g_autofree char *both = g_strconcat(server, "\n", account, NULL);

  return g_compute_checksum_for_string(G_CHECKSUM_SHA256, both, -1);
}

static char *path_of(Store *s, const char *server, const char *account) {
  g_autofree char *name = name_of(server, account);

  return g_build_filename(s->folder, "tokens", name, NULL);
}

static GBytes *load_file(LinliTokens *tokens, const char *server, const char *account) {
  g_autofree char *path = path_of((Store *)tokens, server, account);
  char *data = NULL;
  gsize len = 0;

  if (!g_file_get_contents(path, &data, &len, NULL)) return NULL;
  g_autoptr(GBytes) bytes = g_bytes_new_take(data, len);
  return len == TOKEN_BYTES ? g_steal_pointer(&bytes) : NULL;
}

static void save_file(LinliTokens *tokens, const char *server, const char *account, WireBytes token) {
  g_autofree char *path = path_of((Store *)tokens, server, account);
  g_autofree char *folder = g_path_get_dirname(path);

  g_mkdir(folder, 0700);
  if (!g_file_set_contents_full(path, (const char *)token.data, token.len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                NULL))
    g_unlink(path);
}

static void drop_file(LinliTokens *tokens, const char *server, const char *account) {
  g_autofree char *path = path_of((Store *)tokens, server, account);

  g_unlink(path);
}

static GBytes *load_memory(LinliTokens *tokens, const char *server, const char *account) {
  g_autofree char *name = name_of(server, account);
  GBytes *found = g_hash_table_lookup(((Store *)tokens)->known, name);

  return found ? g_bytes_ref(found) : NULL;
}

static void save_memory(LinliTokens *tokens, const char *server, const char *account, WireBytes token) {
  g_hash_table_replace(((Store *)tokens)->known, name_of(server, account), g_bytes_new(token.data, token.len));
}

static void drop_memory(LinliTokens *tokens, const char *server, const char *account) {
  g_autofree char *name = name_of(server, account);

  g_hash_table_remove(((Store *)tokens)->known, name);
}

static void free_store(LinliTokens *tokens) {
  Store *s = (Store *)tokens;

  g_free(s->folder);
  g_clear_pointer(&s->known, g_hash_table_unref);
  g_free(s);
}

static gboolean read_device(const char *path, Uuid *device) {
  g_autofree char *text = NULL;
  gsize len = 0;

  if (!g_file_get_contents(path, &text, &len, NULL)) return FALSE;
  g_strchomp(text);
  return uuid_parse(text, strlen(text), device);
}

/* Whoever links first wins; the others read what is there. A damaged file is replaced. */
static gboolean make_device(const char *folder, const char *path, Uuid *device) {
  g_autofree char *draft = g_strdup_printf("%s/device.%d", folder, (int)getpid());
  char text[UUID_TEXT_SIZE];

  uuid_format(linli_new_id(), text);
  if (!g_file_set_contents_full(draft, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL)) return FALSE;
  gboolean there = link(draft, path) == 0 || (errno == EEXIST && read_device(path, device));
  if (!there && errno == EEXIST) there = g_rename(draft, path) == 0;
  g_unlink(draft);
  return there && read_device(path, device);
}

LinliTokens *linli_tokens_in_folder(const char *folder, GError **error) {
  g_autofree char *path = g_build_filename(folder, "device", NULL);
  Uuid device;

  if (!read_device(path, &device) && !make_device(folder, path, &device)) {
    g_set_error(
        error, LINLI_ERROR, LINLI_ERROR_DISK,
        linli_text(
            "The device's id cannot be kept in %s: %s. Make room there, or set XDG_STATE_HOME to another folder."),
        path, g_strerror(errno));
    return NULL;
  }
  Store *s = g_new0(Store, 1);
  s->base = (LinliTokens){device, load_file, save_file, drop_file, free_store, NULL};
  s->folder = g_strdup(folder);
  return &s->base;
}

LinliTokens *linli_tokens_in_memory(void) {
  Store *s = g_new0(Store, 1);

  s->base = (LinliTokens){linli_new_id(), load_memory, save_memory, drop_memory, free_store, NULL};
  s->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
  return &s->base;
}

void linli_tokens_free(LinliTokens *tokens) {
  tokens->free(tokens);
}
