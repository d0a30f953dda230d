/* test_certs.c: certificates that fit their CA, their names and the calendar. */
#include "sql/admin/certs.h"

#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir;

static char *path_of(const char *name) {
  return g_build_filename(dir, name, NULL);
}

static char *text_of(const char *name) {
  g_autofree char *path = path_of(name);
  char *text = NULL;
  g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
  return text;
}

static X509 *certificate_of(const char *name) {
  g_autofree char *path = path_of(name);
  BIO *file = BIO_new_file(path, "r");
  X509 *certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);
  BIO_free(file);
  g_assert_nonnull(certificate);
  return certificate;
}

static bool ensure(const char *const *names) {
  g_autoptr(GError) why = NULL;
  bool renewed = false, ok = certs_ensure(dir, names, &renewed, &why);
  g_assert_no_error(why);
  g_assert_true(ok);
  return renewed;
}

static void a_certificate_is_made_once_and_its_keys_are_private(void) {
  static const char *const files[] = {"ca.key", "server.key"};
  g_assert_true(ensure(NULL));
  g_assert_false(ensure(NULL));
  for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
    g_autofree char *path = path_of(files[i]);
    struct stat st;
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 0777, ==, 0600);
  }
}

static void it_is_trusted_through_the_ca_alone(void) {
  X509 *server = certificate_of("server.pem"), *ca = certificate_of("ca.pem");
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  X509_STORE_add_cert(store, ca);
  g_assert_cmpint(X509_STORE_CTX_init(context, store, server, NULL), ==, 1);
  g_assert_cmpint(X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER), ==, 1);
  g_assert_cmpint(X509_verify_cert(context), ==, 1);
  g_assert_cmpint(X509_check_host(server, "localhost", 0, 0, NULL), ==, 1);
  g_assert_cmpint(X509_check_ip_asc(server, "127.0.0.1", 0), ==, 1);
  g_assert_cmpint(X509_check_ip_asc(server, "::1", 0), ==, 1);
  g_assert_cmpint(X509_check_host(server, "elsewhere.test", 0, 0, NULL), ==, 0);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(server);
  X509_free(ca);
}

static void a_new_name_renews_it_and_keeps_the_ca(void) {
  const char *const names[] = {"desk.office.test", "192.0.2.7", NULL};
  g_autofree char *before = text_of("ca.pem");
  g_assert_true(ensure(names));
  g_assert_false(ensure(names));
  g_assert_false(ensure(NULL)); /* fewer names wanted: it still serves */
  g_autofree char *after = text_of("ca.pem");
  g_assert_cmpstr(before, ==, after);
  it_is_trusted_through_the_ca_alone();
}

/* The server's certificate, signed again by the CA for so many days. */
static void shorten(int days) {
  g_autofree char *path = path_of("server.pem"), *key_path = path_of("ca.key");
  X509 *server = certificate_of("server.pem");
  BIO *file = BIO_new_file(key_path, "r");
  EVP_PKEY *key = PEM_read_bio_PrivateKey(file, NULL, NULL, NULL);
  BIO_free(file);
  X509_gmtime_adj(X509_getm_notAfter(server), days * 86400L);
  g_assert_cmpint(X509_sign(server, key, EVP_sha256()), >, 0);
  file = BIO_new_file(path, "w");
  g_assert_true(PEM_write_bio_X509(file, server));
  BIO_free(file);
  EVP_PKEY_free(key);
  X509_free(server);
}

static void it_is_renewed_thirty_days_before_its_end(void) {
  ensure(NULL);
  shorten(CERTS_RENEW_DAYS + 1);
  g_assert_false(ensure(NULL));
  shorten(CERTS_RENEW_DAYS - 1);
  g_assert_true(ensure(NULL));
  g_assert_false(ensure(NULL));
}

static void a_torn_file_is_made_again(void) {
  g_autofree char *path = path_of("server.key");
  g_assert_true(g_file_set_contents(path, "-----BEGIN", -1, NULL));
  g_assert_true(ensure(NULL));
}

static void a_ca_without_its_key_is_not_replaced_behind_everybodys_back(void) {
  g_autoptr(GError) why = NULL;
  g_autofree char *path = path_of("ca.key"), *before = text_of("ca.pem");
  g_assert_cmpint(g_unlink(path), ==, 0);
  g_assert_false(certs_ensure(dir, NULL, NULL, &why));
  g_assert_nonnull(strstr(why->message, "Put the right pair back"));
  g_autofree char *after = text_of("ca.pem");
  g_assert_cmpstr(before, ==, after);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  dir = g_dir_make_tmp("linli-certs-XXXXXX", NULL);
#define TEST(name) g_test_add_func("/certs/" #name, name)
  TEST(a_certificate_is_made_once_and_its_keys_are_private);
  TEST(it_is_trusted_through_the_ca_alone);
  TEST(a_new_name_renews_it_and_keeps_the_ca);
  TEST(it_is_renewed_thirty_days_before_its_end);
  TEST(a_torn_file_is_made_again);
  TEST(a_ca_without_its_key_is_not_replaced_behind_everybodys_back);
  int failed = g_test_run();
  g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
  for (const char *name; (name = g_dir_read_name(folder));) {
    g_autofree char *path = path_of(name);
    g_unlink(path);
  }
  g_rmdir(dir);
  g_free(dir);
  return failed;
}
