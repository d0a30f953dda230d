/* config_embedded.c: what embedded mode fills in.
 *
 * Owner: main. Invariants: options that were given stay; a password is written to its file before the account exists,
 * so it cannot be lost between the two. */
#include "server/config_embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "server/log.h"
#include "sql/admin/cluster.h"
#include "sql/admin/upgrade.h"

enum { PASSWORD_LETTERS = 16 };

static void fill(char **option, const char *value) {
  if (!*option) *option = g_strdup(value);
}

static void make_password(char out[PASSWORD_LETTERS + 1]) {
  static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* none that look alike */

  for (int i = 0; i < PASSWORD_LETTERS; i++)
    out[i] = letters[randombytes_uniform(sizeof letters - 1)];
  out[PASSWORD_LETTERS] = '\0';
}

static bool write_password(const char *path, const char *password, char **why) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd >= 0 && dprintf(fd, "account: admin\npassword: %s\n", password) > 0 && fsync(fd) == 0 && close(fd) == 0)
    return true;
  *why = g_strdup_printf("%s: cannot be written: %s. Give the folder to the user linlid runs as.", path,
                         g_strerror(errno));
  if (fd >= 0) close(fd);
  return false;
}

/* The first administrator, once. */
static bool ensure_account(const ClusterInfo *info, char **why) {
  g_autoptr(GError) error = NULL;
  g_autofree char *path = g_build_filename(info->dir, "administrator", NULL);
  char password[PASSWORD_LETTERS + 1];
  bool has = false;

  bool good = upgrade_has_account(info->owner_url, &has, &error);
  if (good && has) return true;
  make_password(password);
  if (good && !write_password(path, password, why)) return false;
  good = good && upgrade_bootstrap(info->owner_url, "admin", "管理员", password, &error);
  sodium_memzero(password, sizeof password);
  if (good)
    log_event(LOG_INFO, "administrator_made", LOG_TEXT("account", "admin"), LOG_TEXT("password_in", path));
  else
    *why = g_strdup(error->message);
  return good;
}

bool config_embed(Config *config, char **why) {
  g_auto(ClusterInfo) info = {0};
  g_autoptr(GError) error = NULL;

  if (sodium_init() < 0 || !cluster_ensure(config->embedded, &info, &error) ||
      !upgrade_run(info.owner_url, NULL, &error)) {
    *why = g_strdup(error ? error->message : "libsodium cannot start.");
    return false;
  }
  g_autofree char *data = g_build_filename(info.dir, "linlid", NULL);
  fill(&config->database, info.linlid_url);
  fill(&config->certificate, info.certificate);
  fill(&config->key, info.key);
  fill(&config->data, data);
  return ensure_account(&info, why);
}
