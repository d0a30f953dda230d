/* fuzz_tls.c: a line of the server, socket to session, with a real client of OpenSSL's at the other end. The input is
 * a program: in which pieces the bytes travel either way, when the client sends more, asks for new keys, falls
 * silent, goes away, and which bit is changed on the way.
 *
 * Asserted: where nothing was changed, the session hears exactly what was sent and the client the answer, however it
 * was cut; where a bit was changed, at most the frames before it are heard; every line's memory goes. */
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/metrics.h"
#include "server/tls.h"
#include "tests/unit/session_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { STEPS_MAX = 200, QUIET_TURNS = 2000, FRAMES_MAX = 64 };

typedef struct {
  SSL *ssl;
  BIO *in, *out; /* owned by ssl */
  int fd;        /* its end of the line */
  unsigned presents;
  bool greeted, spoiled, gone;
  GByteArray *heard;
} Client;

static World *world;
static SSL_CTX *client_ctx;
static unsigned lines_gone;
static bool identified; /* the session is somebody's: before that it takes no frames but a sign-in's */

/* session_world.c has the other one. */
void metric_set(Server *server, MetricId id, int64_t value) {
  (void)server, (void)id, (void)value;
}

void metric_observe(Server *server, MetricId id, double seconds) {
  (void)server, (void)id, (void)seconds;
}

/* --- Once ---------------------------------------------------------------------------------------------------- */

static void make_certificate(const char *folder, Config *config) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();

  config->certificate = g_build_filename(folder, "certificate.pem", NULL);
  config->key = g_build_filename(folder, "key.pem", NULL);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const uint8_t *)"fuzz", -1, -1,
                             0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);
  FILE *file = fopen(config->certificate, "w");
  g_assert_true(file && PEM_write_X509(file, certificate));
  fclose(file);
  file = fopen(config->key, "w");
  g_assert_true(file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
  fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

static void begin_once(void) {
  g_autofree char *folder = g_dir_make_tmp("fuzz-tls-XXXXXX", NULL), *why = NULL;

  signal(SIGPIPE, SIG_IGN); /* as linlid does */
  world = world_new();
  world->server.loop = uv_default_loop();
  make_certificate(folder, &world->config);
  if (!tls_start(&world->server, &why)) g_error("%s", why);
  unlink(world->config.certificate);
  unlink(world->config.key);
  rmdir(folder);
  client_ctx = SSL_CTX_new(TLS_client_method());
  g_assert_cmpint(SSL_CTX_set_alpn_protos(client_ctx, (const uint8_t *)"\7linli/1", 8), ==, 0);
}

static void on_gone(Server *server, const char *key) {
  (void)server, (void)key;
  lines_gone++;
}

/* --- The client ---------------------------------------------------------------------------------------------- */

static Client *client_new(void) {
  Client *client = g_new0(Client, 1);
  int ends[2];

  g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), ==, 0);
  TlsLine *line = tls_line_new(&world->server, on_gone);
  g_assert_cmpint(uv_tcp_open(tls_line_tcp(line), ends[0]), ==, 0);
  tls_line_open(line, "192.0.2.1", "key");
  client->fd = ends[1];
  client->heard = g_byte_array_new();
  client->in = BIO_new(BIO_s_mem());
  client->out = BIO_new(BIO_s_mem());
  client->ssl = SSL_new(client_ctx);
  SSL_set_bio(client->ssl, client->in, client->out);
  SSL_set_connect_state(client->ssl);
  return client;
}

static void client_send(Client *client, const WireMessage *message, const void *in) {
  g_autoptr(GByteArray) bytes = g_byte_array_new();

  wire_frame_message(message, 1, in, bytes);
  ERR_clear_error();
  if (SSL_write(client->ssl, bytes->data, (int)bytes->len) != (int)bytes->len) client->spoiled = true;
}

/* What comes first on every line: who it is. */
static void client_greet(Client *client) {
  ProtoHello hello = {.has = PROTO_HAS_HELLO_LOWEST | PROTO_HAS_HELLO_HIGHEST, .lowest = 1, .highest = 9};
  ProtoSignIn sign_in = {.has = PROTO_HAS_SIGN_IN_ACCOUNT | PROTO_HAS_SIGN_IN_PASSWORD | PROTO_HAS_SIGN_IN_DEVICE,
                         .account = {(const uint8_t *)"li", 2},
                         .password = {(const uint8_t *)"secret", 6},
                         .device = {{1}}};

  client->greeted = true;
  client_send(client, &proto_msg_hello, &hello);
  client_send(client, &proto_msg_sign_in, &sign_in);
}

static void client_present(Client *client, unsigned body) {
  static const uint8_t zeros[512];
  ProtoPresent present = {.has = PROTO_HAS_PRESENT_STREAM | PROTO_HAS_PRESENT_KIND | PROTO_HAS_PRESENT_BODY,
                          .stream = 6,
                          .kind = 0x3000,
                          .body = {zeros, MIN(body, (unsigned)sizeof zeros)}};

  if (!identified || client->presents >= FRAMES_MAX || client->spoiled) return;
  client_send(client, &proto_msg_present, &present);
  client->presents++;
}

static void client_turn(Client *client) {
  uint8_t plain[4096];
  int len;

  ERR_clear_error();
  if (!SSL_is_init_finished(client->ssl)) SSL_do_handshake(client->ssl);
  if (!SSL_is_init_finished(client->ssl)) return;
  if (!client->greeted) client_greet(client);
  while ((len = SSL_read(client->ssl, plain, sizeof plain)) > 0)
    g_byte_array_append(client->heard, plain, (guint)len);
}

/* --- The line between ---------------------------------------------------------------------------------------- */

/* Up to so many bytes towards the server; spoil: one bit of them, or -1. */
static size_t carry_up(Client *client, size_t most, int spoil) {
  uint8_t bytes[8192];
  size_t len = MIN(most, sizeof bytes);
  char *pending;

  if (client->gone) return 0;
  len = MIN(len, (size_t)BIO_get_mem_data(client->out, &pending));
  if (len == 0) return 0;
  memcpy(bytes, pending, len);
  if (spoil >= 0) {
    bytes[(size_t)spoil % len] ^= (uint8_t)(1u << (spoil & 7));
    client->spoiled = true;
  }
  ssize_t sent = send(client->fd, bytes, len, MSG_NOSIGNAL);
  if (sent <= 0) return 0;
  g_assert_cmpint(BIO_read(client->out, bytes, (int)sent), ==, (int)sent);
  return (size_t)sent;
}

static size_t carry_down(Client *client, size_t most) {
  uint8_t bytes[8192];
  ssize_t len = client->gone ? 0 : recv(client->fd, bytes, MIN(most, sizeof bytes), 0);

  if (len <= 0) return 0;
  BIO_write(client->in, bytes, (int)len);
  client_turn(client);
  return (size_t)len;
}

/* The dummy of sign-in was asked: the session is somebody's from here on. */
static void identify(void) {
  uint8_t hash[32] = {1};
  Session *session = g_steal_pointer(&world->asker);

  if (!session || session_is_closing(session)) return;
  session_identify(session, 7, 1 << 3, hash, (Uuid){{1}});
  identified = true;
}

static void loop_turn(void) {
  uv_run(world->server.loop, UV_RUN_NOWAIT);
  identify();
}

static void step(Client *client, uint8_t byte) {
  size_t n = (size_t)(byte >> 3) + 1;

  switch (byte & 7) {
  case 0:
    carry_up(client, n, -1);
    break;
  case 1:
    carry_up(client, n * 100, -1);
    break;
  case 2:
    carry_down(client, n);
    break;
  case 3:
    carry_down(client, n * 100);
    break;
  case 4:
    client_present(client, (unsigned)n * 16);
    break;
  case 5:
    if (n > 24) carry_up(client, 64, (int)n * 7);
    break;
  case 6:
    if (SSL_is_init_finished(client->ssl) && n < 16)
      SSL_key_update(client->ssl, n & 1 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    break;
  default:
    loop_turn();
  }
}

static void go(Client *client) {
  if (client->gone) return;
  client->gone = true;
  close(client->fd);
}

/* --- What must be true at the end ---------------------------------------------------------------------------- */

static void carry_all(Client *client) {
  client_turn(client);
  for (int quiet = 0, turns = 0; quiet < 3 && turns < QUIET_TURNS; turns++) {
    size_t moved = carry_up(client, SIZE_MAX, -1);
    loop_turn();
    moved += carry_down(client, SIZE_MAX);
    quiet = moved ? 0 : quiet + 1;
  }
}

static void judge(const Client *client) {
  WireFrame frame;

  g_assert_cmpuint(world->passwords, <=, 1);
  g_assert_cmpuint(world->presents, <=, client->presents);
  if (client->spoiled || client->gone) return;
  g_assert_true(SSL_is_init_finished(client->ssl));
  g_assert_cmpuint(world->passwords, ==, 1);
  g_assert_cmpuint(world->presents, ==, client->presents);
  g_assert_cmpint(wire_split(client->heard->data, client->heard->len, 1 << 20, &frame), >, 0);
  g_assert_cmpuint(frame.type, ==, PROTO_FRAME_HELLO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  if (!world) begin_once();
  world->passwords = world->presents = 0;
  identified = false;
  unsigned before = lines_gone;
  Client *client = client_new();

  client_turn(client);
  for (size_t i = 0; i < MIN(len, (size_t)STEPS_MAX); i++)
    step(client, data[i]);
  if (len > 0 && data[len - 1] == 0xff)
    go(client);
  else
    carry_all(client);
  judge(client);
  go(client);
  for (int turns = 0; lines_gone == before && turns < QUIET_TURNS; turns++)
    loop_turn();
  g_assert_cmpuint(lines_gone, ==, before + 1);
  g_assert_cmpuint(sessions_count(&world->server), ==, 0);
  SSL_free(client->ssl);
  g_byte_array_unref(client->heard);
  g_free(client);
  ERR_clear_error();
  return 0;
}
