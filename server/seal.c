/* seal.c: see seal.h. */
#include "server/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

enum { KEY = 32, NONCE = 12, TAG = 16, HEAD = 3, ALGORITHM = 1, KEYS_MAX = 256 };

typedef struct {
  uint16_t id;
  uint8_t bytes[KEY];
} Key;

struct Sealer {
  GArray *keys; /* of Key; the newest is last */
  uint8_t search[KEY], command[KEY];
};

/* --- The key file --------------------------------------------------------------------------------------------- */

static bool say(char **why, const char *path, const char *what) {
  *why = g_strdup_printf("%s: %s", path, what);
  return false;
}

static bool read_hex(const char *text, uint8_t out[KEY]) {
  if (strlen(text) != 2 * KEY) return false;
  for (int i = 0; i < KEY; i++) {
    int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static bool read_line(GArray *keys, char *line) {
  g_auto(GStrv) words = g_strsplit_set(g_strstrip(line), " \t", -1);
  guint64 id;
  Key key;

  if (!words[0] || words[0][0] == '#') return true;
  if (g_strv_length(words) != 3 || strcmp(words[1], "aes-256-gcm") != 0 || keys->len == KEYS_MAX) return false;
  if (!g_ascii_string_to_unsigned(words[0], 10, 1, G_MAXUINT16, &id, NULL) || !read_hex(words[2], key.bytes))
    return false;
  key.id = (uint16_t)id;
  for (guint i = 0; i < keys->len; i++)
    if (g_array_index(keys, Key, i).id == key.id) return false;
  g_array_append_val(keys, key);
  return true;
}

static bool make_file(const char *path, char **why) {
  uint8_t key[KEY];
  GString *text =
      g_string_new("# Keys of sealed fields: id, algorithm, key. The newest is last. Keep a copy where no "
                   "backup of the database is.\n1 aes-256-gcm ");
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool fine = file >= 0 && RAND_bytes(key, KEY) == 1;

  for (int i = 0; i < KEY && fine; i++)
    g_string_append_printf(text, "%02x", key[i]);
  g_string_append_c(text, '\n');
  fine = fine && write(file, text->str, text->len) == (ssize_t)text->len && fsync(file) == 0;
  int error = errno;
  if (file >= 0) close(file);
  OPENSSL_cleanse(text->str, text->len);
  OPENSSL_cleanse(key, sizeof key);
  g_string_free(text, TRUE);
  return fine ? true : say(why, path, g_strerror(error));
}

static bool read_file(const char *path, GArray *keys, char **why) {
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  struct stat about;
  gsize len;
  bool fine = true;

  if (!g_file_get_contents(path, &text, &len, &error)) return say(why, path, error->message);
  if (stat(path, &about) == 0 && (about.st_mode & 077)) {
    fine = say(why, path, "others may read these keys; chmod 600 it");
  } else {
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line && fine; line++) {
      fine = read_line(keys, *line);
      OPENSSL_cleanse(*line, strlen(*line));
    }
    if (!fine || keys->len == 0) fine = say(why, path, "each line is: id, aes-256-gcm, 64 hex digits; ids differ");
  }
  OPENSSL_cleanse(text, len);
  return fine;
}

/* --- Keys ----------------------------------------------------------------------------------------------------- */

static void derive(const uint8_t key[KEY], const char *purpose, uint8_t out[KEY]) {
  unsigned len = KEY;
  HMAC(EVP_sha256(), key, KEY, (const uint8_t *)purpose, strlen(purpose), out, &len);
}

Sealer *sealer_new(const char *path, char **why) {
  g_autoptr(GArray) keys = g_array_new(FALSE, TRUE, sizeof(Key));

  if (access(path, F_OK) != 0 && errno == ENOENT && !make_file(path, why)) return NULL;
  if (!read_file(path, keys, why)) return NULL;
  Sealer *sealer = g_new0(Sealer, 1);
  derive(g_array_index(keys, Key, 0).bytes, "linli search", sealer->search);
  derive(g_array_index(keys, Key, 0).bytes, "linli command", sealer->command);
  for (guint i = 0; i < keys->len; i++) {
    Key *key = &g_array_index(keys, Key, i);
    derive(key->bytes, "linli seal", key->bytes);
  }
  sealer->keys = g_steal_pointer(&keys);
  return sealer;
}

void sealer_free(Sealer *sealer) {
  if (!sealer) return;
  OPENSSL_cleanse(sealer->keys->data, sealer->keys->len * sizeof(Key));
  g_array_unref(sealer->keys);
  OPENSSL_cleanse(sealer, sizeof *sealer);
  g_free(sealer);
}

void seal_digest(const Sealer *sealer, uint8_t digest[32]) {
  uint8_t plain[KEY];
  unsigned len = KEY;

  memcpy(plain, digest, KEY);
  HMAC(EVP_sha256(), sealer->command, KEY, plain, KEY, digest, &len);
}

/* --- Sealing and opening -------------------------------------------------------------------------------------- */

static bool seal(const Key *key, WireBytes value, uint8_t *out) {
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  uint8_t *nonce = out + HEAD, *text = nonce + NONCE;
  int len = 0, rest = 0;

  out[0] = ALGORITHM;
  out[1] = (uint8_t)(key->id >> 8);
  out[2] = (uint8_t)key->id;
  bool fine = ctx && RAND_bytes(nonce, NONCE) == 1 &&
              EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &len, out, HEAD) == 1 &&
              EVP_EncryptUpdate(ctx, text, &len, value.data, (int)value.len) == 1 &&
              EVP_EncryptFinal_ex(ctx, text + len, &rest) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, text + value.len) == 1;
  EVP_CIPHER_CTX_free(ctx);
  return fine;
}

/* Spaces, hyphens and letter case are no difference when one searches. Returns how much is left without them. */
static size_t search_key(const Sealer *sealer, WireBytes value, uint8_t out[KEY]) {
  g_autofree char *folded = g_utf8_strdown((const char *)value.data, value.len);
  unsigned len = KEY;
  size_t n = 0;

  for (const char *c = folded; *c; c++)
    if (!strchr(" -()\t", *c)) folded[n++] = *c;
  HMAC(EVP_sha256(), sealer->search, KEY, (const uint8_t *)folded, n, out, &len);
  OPENSSL_cleanse(folded, strlen(folded));
  return n;
}

void seal_put(const Sealer *sealer, WireBytes value, DbParams *params) {
  const Key *key = &g_array_index(sealer->keys, Key, sealer->keys->len - 1);
  size_t len = HEAD + NONCE + value.len + TAG;
  g_autofree uint8_t *sealed = g_malloc(len);
  g_autofree char *masked = seal_mask(value);
  uint8_t hash[KEY];

  if (!seal(key, value, sealed)) g_error("sealing failed: the cryptographic library does not work");
  search_key(sealer, value, hash);
  db_put_bytes(params, sealed, len);
  db_put_bytes(params, hash, sizeof hash);
  db_put_text(params, masked, strlen(masked));
}

void seal_put_key(const Sealer *sealer, WireBytes value, DbParams *params) {
  uint8_t hash[KEY];

  if (search_key(sealer, value, hash) > 0)
    db_put_bytes(params, hash, sizeof hash);
  else
    db_put_null(params);
}

static const Key *key_by_id(const Sealer *sealer, uint16_t id) {
  for (guint i = 0; i < sealer->keys->len; i++)
    if (g_array_index(sealer->keys, Key, i).id == id) return &g_array_index(sealer->keys, Key, i);
  return NULL;
}

bool seal_open(const Sealer *sealer, const uint8_t *sealed, size_t len, GByteArray *value) {
  if (len < HEAD + NONCE + TAG || sealed[0] != ALGORITHM) return false;
  const Key *key = key_by_id(sealer, (uint16_t)(sealed[1] << 8 | sealed[2]));
  const uint8_t *nonce = sealed + HEAD, *text = nonce + NONCE;
  size_t text_len = len - HEAD - NONCE - TAG;
  guint start = value->len;
  int n = 0, rest = 0;

  if (!key) return false;
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  g_byte_array_set_size(value, start + (guint)text_len);
  bool fine = ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key->bytes, nonce) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &n, sealed, HEAD) == 1 &&
              EVP_DecryptUpdate(ctx, value->data + start, &n, text, (int)text_len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(text + text_len)) == 1 &&
              EVP_DecryptFinal_ex(ctx, value->data + start + n, &rest) == 1;
  EVP_CIPHER_CTX_free(ctx);
  if (!fine) g_byte_array_set_size(value, start);
  return fine;
}

/* --- Masking -------------------------------------------------------------------------------------------------- */

/* The digits of a number, without the prefix of this country; NULL when it is none. */
static char *digits_of(const char *text) {
  g_autofree char *digits = g_malloc(strlen(text) + 1);
  size_t n = 0;

  for (const char *c = text; *c; c++) {
    if (g_ascii_isdigit(*c))
      digits[n++] = *c;
    else if (!strchr(" -+()", *c))
      return NULL;
  }
  digits[n] = '\0';
  const char *own = digits;
  if (n >= 12 && g_str_has_prefix(own, "00")) own += 2;
  if (strlen(own) == 13 && g_str_has_prefix(own, "86")) own += 2;
  return g_strdup(own);
}

char *seal_mask(WireBytes value) {
  g_autofree char *text = g_strndup((const char *)value.data, value.len), *digits = digits_of(text);

  if (!*text) return g_strdup("");
  if (!digits) {
    char first[8] = {0};
    g_utf8_strncpy(first, text, 1);
    return g_strconcat(first, "*", NULL);
  }
  size_t len = strlen(digits);
  if (len >= 10) return g_strdup_printf("%.3s****%s", digits, digits + len - 4);
  return g_strdup_printf("****%s", len >= 4 ? digits + len - 2 : "");
}
