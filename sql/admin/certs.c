#include "sql/admin/certs.h"

#include <glib/gstdio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sql/admin/program.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

typedef struct {
  EVP_PKEY *key;
  X509 *certificate;
} Pair;

static void pair_clear(Pair *pair) {
  g_clear_pointer(&pair->key, EVP_PKEY_free);
  g_clear_pointer(&pair->certificate, X509_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pair, pair_clear)

static bool tls_fail(GError **why, const char *what) {
  char reason[256] = "no reason given";
  if (ERR_peek_last_error()) ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  ERR_clear_error();
  return admin_fail(why, "%s: %s.", what, reason);
}

static EVP_PKEY *key_read(const char *path) {
  g_autoptr(BIO) file = BIO_new_file(path, "r");
  return file ? PEM_read_bio_PrivateKey(file, NULL, NULL, NULL) : NULL;
}

static X509 *certificate_read(const char *path) {
  g_autoptr(BIO) file = BIO_new_file(path, "r");
  return file ? PEM_read_bio_X509(file, NULL, NULL, NULL) : NULL;
}

static Pair pair_read(const char *dir, const char *name) {
  g_autofree char *pem = g_strdup_printf("%s/%s.pem", dir, name), *key = g_strdup_printf("%s/%s.key", dir, name);
  Pair pair = {key_read(key), certificate_read(pem)};
  ERR_clear_error();
  if (!pair.key || !pair.certificate || X509_check_private_key(pair.certificate, pair.key) != 1) pair_clear(&pair);
  ERR_clear_error();
  return pair;
}

static bool bio_write(BIO *memory, const char *dir, const char *name, const char *ending, int mode, GError **why) {
  g_autofree char *path = g_strdup_printf("%s/%s.%s", dir, name, ending);
  char *text = NULL;
  long len = BIO_get_mem_data(memory, &text);
  return g_file_set_contents_full(path, text, len, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, mode,
                                  why);
}

/* The key first: a certificate on disk always has its key. issuer NULL for the CA itself. */
static bool pair_write(const Pair *pair, X509 *issuer, const char *dir, const char *name, GError **why) {
  g_autoptr(BIO) key = BIO_new(BIO_s_mem());
  g_autoptr(BIO) pem = BIO_new(BIO_s_mem());
  if (!key || !pem || !PEM_write_bio_PKCS8PrivateKey(key, pair->key, NULL, NULL, 0, NULL, NULL) ||
      !PEM_write_bio_X509(pem, pair->certificate) || (issuer && !PEM_write_bio_X509(pem, issuer)))
    return tls_fail(why, "A certificate could not be written");
  return bio_write(key, dir, name, "key", 0600, why) && bio_write(pem, dir, name, "pem", 0644, why);
}

static bool extend(X509 *certificate, X509 *issuer, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  bool ok = extension && X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  return ok;
}

/* A positive serial of 127 random bits; validity from an hour ago, because clocks differ. */
static X509 *certificate_new(EVP_PKEY *key, const char *common_name, int days) {
  g_autoptr(X509) made = X509_new();
  unsigned char random[16];
  if (!made || RAND_bytes(random, sizeof random) != 1) return NULL;
  random[0] &= 0x7f;
  BIGNUM *number = BN_bin2bn(random, sizeof random, NULL);
  bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made)) && X509_set_version(made, 2) &&
            X509_gmtime_adj(X509_getm_notBefore(made), -3600) &&
            X509_gmtime_adj(X509_getm_notAfter(made), (long)days * 86400) && X509_set_pubkey(made, key) &&
            X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "O", MBSTRING_UTF8,
                                       (const unsigned char *)"Linli", -1, -1, 0) &&
            X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                                       (const unsigned char *)common_name, -1, -1, 0);
  BN_free(number);
  return ok ? g_steal_pointer(&made) : NULL;
}

static bool ca_make(Pair *ca, const char *dir, GError **why) {
  ca->key = EVP_EC_gen("P-256");
  ca->certificate = ca->key ? certificate_new(ca->key, "Linli private CA", CERTS_CA_DAYS) : NULL;
  X509 *made = ca->certificate;
  if (!made || !X509_set_issuer_name(made, X509_get_subject_name(made)) ||
      !extend(made, made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !extend(made, made, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !extend(made, made, NID_subject_key_identifier, "hash") || !X509_sign(made, ca->key, EVP_sha256()))
    return tls_fail(why, "The private CA could not be made");
  return pair_write(ca, NULL, dir, "ca", why);
}

static bool is_address(const char *name) {
  return g_hostname_is_ip_address(name);
}

static GPtrArray *all_names(const char *const *extra) {
  GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
  const char *fixed[] = {"localhost", g_get_host_name(), "127.0.0.1", "::1"};
  for (guint i = 0; i < G_N_ELEMENTS(fixed); i++)
    if (!g_ptr_array_find_with_equal_func(names, fixed[i], g_str_equal, NULL))
      g_ptr_array_add(names, g_strdup(fixed[i]));
  for (; extra && *extra; extra++)
    if (!g_ptr_array_find_with_equal_func(names, *extra, g_str_equal, NULL)) g_ptr_array_add(names, g_strdup(*extra));
  return names;
}

/* A host's name that is none in DNS (underscores apart) would spoil the list; it is left out. */
static bool usable(const char *name) {
  if (is_address(name)) return true;
  for (const char *c = name; *c; c++)
    if (!g_ascii_isalnum(*c) && !strchr("-._*", *c)) return false;
  return *name != '\0';
}

static char *names_text(GPtrArray *names) {
  g_autoptr(GString) text = g_string_new(NULL);
  for (guint i = 0; i < names->len; i++)
    if (usable(names->pdata[i]))
      g_string_append_printf(text, "%s%s:%s", text->len ? "," : "", is_address(names->pdata[i]) ? "IP" : "DNS",
                             (char *)names->pdata[i]);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool server_make(const Pair *ca, GPtrArray *names, const char *dir, GError **why) {
  g_auto(Pair) server = {EVP_EC_gen("P-256"), NULL};
  g_autofree char *list = names_text(names);
  server.certificate = server.key ? certificate_new(server.key, "Linli server", CERTS_DAYS) : NULL;
  X509 *made = server.certificate;
  if (!made || !X509_set_issuer_name(made, X509_get_subject_name(ca->certificate)) ||
      !extend(made, ca->certificate, NID_basic_constraints, "critical,CA:FALSE") ||
      !extend(made, ca->certificate, NID_key_usage, "critical,digitalSignature") ||
      !extend(made, ca->certificate, NID_ext_key_usage, "serverAuth") ||
      !extend(made, ca->certificate, NID_subject_key_identifier, "hash") ||
      !extend(made, ca->certificate, NID_authority_key_identifier, "keyid:always") ||
      !extend(made, ca->certificate, NID_subject_alt_name, list) || !X509_sign(made, ca->key, EVP_sha256()))
    return tls_fail(why, "The server's certificate could not be made");
  return pair_write(&server, ca->certificate, dir, "server", why);
}

static bool server_fits(const Pair *server, const Pair *ca, GPtrArray *names) {
  time_t renew = time(NULL) + CERTS_RENEW_DAYS * 86400L;
  if (!server->certificate || X509_cmp_time(X509_get0_notAfter(server->certificate), &renew) <= 0 ||
      X509_verify(server->certificate, ca->key) != 1)
    return false;
  for (guint i = 0; i < names->len; i++) {
    const char *name = names->pdata[i];
    bool there = is_address(name) ? X509_check_ip_asc(server->certificate, name, 0) == 1
                                  : X509_check_host(server->certificate, name, 0, 0, NULL) == 1;
    if (!there && usable(name)) return false;
  }
  return true;
}

bool certs_ensure(const char *dir, const char *const *names, bool *renewed, GError **why) {
  if (renewed) *renewed = false;
  if (g_mkdir_with_parents(dir, 0700) != 0)
    return admin_fail(why, "%s could not be made. Choose a folder you may write to.", dir);
  g_auto(Pair) ca = pair_read(dir, "ca");
  g_autofree char *ca_path = g_build_filename(dir, "ca.pem", NULL);
  if (!ca.key && g_file_test(ca_path, G_FILE_TEST_EXISTS))
    return admin_fail(why,
                      "%s does not fit ca.key beside it, or one of them cannot be read. Put the right pair back; or "
                      "remove both, and give every desk the new ca.pem.",
                      ca_path);
  if (!ca.key && !ca_make(&ca, dir, why)) return false;
  g_auto(Pair) server = pair_read(dir, "server");
  g_autoptr(GPtrArray) wanted = all_names(names);
  bool fits = server_fits(&server, &ca, wanted);
  ERR_clear_error();
  if (fits) return true;
  if (renewed) *renewed = true;
  return server_make(&ca, wanted, dir, why);
}
