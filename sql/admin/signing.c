#include "sql/admin/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "sql/admin/program.h"

enum { SEED = crypto_sign_SEEDBYTES, PUBLIC = crypto_sign_PUBLICKEYBYTES, ID_BYTES = 8 };

static const char DOMAIN[] = "linli head 1\n", ALGORITHM[] = "ed25519 ";
enum { SIGNED = sizeof DOMAIN - 1 + 8 + 8 + SIGNING_CHAIN };

struct SigningKey {
  char id[2 * ID_BYTES + 1];
  uint8_t public_key[PUBLIC];
  uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static void id_of(const uint8_t public_key[PUBLIC], char id[2 * ID_BYTES + 1]) {
  uint8_t digest[crypto_hash_sha256_BYTES];

  crypto_hash_sha256(digest, public_key, PUBLIC);
  sodium_bin2hex(id, 2 * ID_BYTES + 1, digest, ID_BYTES);
}

static void put_int8(uint8_t *at, int64_t value) {
  guint64 big = GUINT64_TO_BE((guint64)value);
  memcpy(at, &big, sizeof big);
}

static void message_of(int64_t stream, int64_t seq, const uint8_t *chain, uint8_t message[SIGNED]) {
  const size_t head = sizeof DOMAIN - 1;

  memcpy(message, DOMAIN, head);
  put_int8(message + head, stream);
  put_int8(message + head + 8, seq);
  memcpy(message + head + 16, chain, SIGNING_CHAIN);
}

/* --- Files ---------------------------------------------------------------------------------------------------- */

/* "ed25519 <hex>"; false when it is not that. */
static bool read_bytes(const char *path, uint8_t *bytes, size_t len, GError **why) {
  g_autofree char *text = NULL;
  size_t found = 0;

  if (!g_file_get_contents(path, &text, NULL, why)) return false;
  const char *hex = g_str_has_prefix(text, ALGORITHM) ? text + strlen(ALGORITHM) : "";
  bool good = sodium_hex2bin(bytes, len, hex, strcspn(hex, "\n"), NULL, &found, NULL) == 0 && found == len;
  sodium_memzero(text, strlen(text));
  return good ||
         admin_fail(why, "%s: it holds no \"ed25519 <%zu hex digits>\". Put the right file back.", path, 2 * len);
}

/* Whole, or not at all; one that is there already stays. */
static bool write_bytes(const char *path, mode_t mode, const uint8_t *bytes, size_t len, GError **why) {
  g_autofree char *draft = g_strdup_printf("%s.%d", path, (int)getpid());
  char hex[2 * SEED + 1];
  int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

  sodium_bin2hex(hex, sizeof hex, bytes, len);
  bool good = fd >= 0 && dprintf(fd, "%s%s\n", ALGORITHM, hex) > 0 && fsync(fd) == 0;
  sodium_memzero(hex, sizeof hex);
  if (fd >= 0) close(fd);
  good = good && (link(draft, path) == 0 || errno == EEXIST);
  int error = errno;
  g_unlink(draft);
  return good || admin_fail(why, "%s: cannot be written: %s. Give the folder to the user linlid runs as.", path,
                            g_strerror(error));
}

static bool make_key(const char *path, GError **why) {
  uint8_t seed[SEED];

  randombytes_buf(seed, sizeof seed);
  bool good = write_bytes(path, 0600, seed, sizeof seed, why);
  sodium_memzero(seed, sizeof seed);
  return good;
}

/* --- Signing -------------------------------------------------------------------------------------------------- */

static bool open_in(const char *folder, SigningKey *key, GError **why) {
  g_autofree char *path = g_build_filename(folder, "key", NULL), *public_path = NULL, *name = NULL;
  uint8_t seed[SEED];

  if (sodium_init() < 0) return admin_fail(why, "libsodium cannot start: the kernel gives no random numbers.");
  if (g_mkdir_with_parents(folder, 0755) != 0)
    return admin_fail(why, "%s: cannot be made: %s. Give its parent to the user linlid runs as.", folder,
                      g_strerror(errno));
  if (access(path, F_OK) != 0 && !make_key(path, why)) return false;
  if (!read_bytes(path, seed, sizeof seed, why)) return false;
  crypto_sign_seed_keypair(key->public_key, key->secret, seed);
  sodium_memzero(seed, sizeof seed);
  id_of(key->public_key, key->id);
  name = g_strconcat(key->id, ".pub", NULL);
  public_path = g_build_filename(folder, name, NULL);
  return write_bytes(public_path, 0644, key->public_key, PUBLIC, why);
}

SigningKey *signing_open(const char *folder, GError **why) {
  g_autoptr(SigningKey) key = g_new0(SigningKey, 1);
  return open_in(folder, key, why) ? g_steal_pointer(&key) : NULL;
}

void signing_free(SigningKey *key) {
  if (!key) return;
  sodium_memzero(key, sizeof *key);
  g_free(key);
}

const char *signing_id(const SigningKey *key) {
  return key->id;
}

void signing_sign(const SigningKey *key, int64_t stream, int64_t seq, const uint8_t chain[SIGNING_CHAIN],
                  uint8_t signature[SIGNING_SIGNATURE]) {
  uint8_t message[SIGNED];

  message_of(stream, seq, chain, message);
  crypto_sign_detached(signature, NULL, message, sizeof message, key->secret);
}

/* --- Checking ------------------------------------------------------------------------------------------------- */

GHashTable *signing_keys(const char *folder) {
  GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name(dir))) {
    g_autofree char *path = g_build_filename(folder, name, NULL);
    uint8_t public_key[PUBLIC];
    char id[2 * ID_BYTES + 1];
    if (!g_str_has_suffix(name, ".pub") || !read_bytes(path, public_key, PUBLIC, NULL)) continue;
    id_of(public_key, id); /* what the file is called is nobody's word */
    g_hash_table_replace(keys, g_strdup(id), g_memdup2(public_key, PUBLIC));
  }
  return keys;
}

SigningVerdict signing_check(GHashTable *keys, const char *id, int64_t stream, int64_t seq,
                             const uint8_t chain[SIGNING_CHAIN], const uint8_t signature[SIGNING_SIGNATURE]) {
  const uint8_t *public_key = g_hash_table_lookup(keys, id);
  uint8_t message[SIGNED];

  if (!public_key) return SIGNING_UNKNOWN_KEY;
  message_of(stream, seq, chain, message);
  return crypto_sign_verify_detached(signature, message, sizeof message, public_key) == 0 ? SIGNING_GOOD
                                                                                          : SIGNING_FALSE;
}
