/* tls_context.c: makes the SSL_CTX: versions, ciphers, ALPN, tickets, certificate.
 *
 * Owner: tls.c; a reload makes a new one, lines keep the one they began with. Ends with SSL_CTX_free(). */
#include "server/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

enum { TICKET_SECONDS = 24 * 3600 };

static const uint8_t alpn[] = {7, 'l', 'i', 'n', 'l', 'i', '/', '1'};

/* A client without ALPN never reaches on_alpn(): it is turned away at its first message. */
static int on_client_hello(SSL *ssl, int *alert, void *user) {
  const unsigned char *extension;
  size_t len;

  (void)user;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension, &len))
    return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned int in_len, void *user) {
  unsigned char *chosen;

  (void)ssl, (void)user;
  if (SSL_select_next_proto(&chosen, out_len, alpn, sizeof alpn, in, in_len) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

/* Seals (enc) or opens a ticket. 0: unknown key, a full handshake follows; 2: good, and a fresh ticket is due. */
static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int enc) {
  const Tickets *tickets = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  const TicketKey *key = enc ? tickets_newest(tickets) : tickets_find(tickets, name);

  if (!key) return 0;
  if (enc) {
    memcpy(name, key->name, TICKET_NAME);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  }
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->hmac, TICKET_SECRET),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
      OSSL_PARAM_construct_end(),
  };
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv, enc) != 1) return -1;
  if (EVP_MAC_CTX_set_params(mac, params) != 1) return -1;
  return enc ? 1 : 2;
}

static bool set_rules(SSL_CTX *ctx, Tickets *tickets) {
  SSL_CTX_set_app_data(ctx, tickets);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(ctx,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(ctx, TICKET_SECONDS);
  SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
  SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
  return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(
             ctx, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
         SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1 && SSL_CTX_set_max_early_data(ctx, 0) == 1 &&
         SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
         SSL_CTX_set_session_id_context(ctx, alpn + 1, sizeof alpn - 1) == 1 &&
         SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1;
}

static char *why_file(const char *file, const char *what) {
  char reason[160] = "unknown reason";
  unsigned long code = ERR_peek_last_error();

  if (code) ERR_error_string_n(code, reason, sizeof reason);
  return g_strdup_printf(
      "%s: cannot be used as the %s: %s. Check that it is a PEM file the user linlid runs as may read.", file, what,
      reason);
}

static bool set_files(SSL_CTX *ctx, const Config *config, char **why) {
  if (SSL_CTX_use_certificate_chain_file(ctx, config->certificate) != 1) {
    *why = why_file(config->certificate, "certificate");
  } else if (SSL_CTX_use_PrivateKey_file(ctx, config->key, SSL_FILETYPE_PEM) != 1) {
    *why = why_file(config->key, "key of the certificate");
  } else if (SSL_CTX_check_private_key(ctx) != 1) {
    *why = g_strdup_printf("%s is not the key of %s. Name the pair that was made together.", config->key,
                           config->certificate);
  } else if (config->ca && SSL_CTX_load_verify_file(ctx, config->ca) != 1) {
    *why = why_file(config->ca, "CA of clients");
  } else {
    if (config->ca) SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
  }
  return false;
}

SSL_CTX *tls_context_new(const Config *config, Tickets *tickets, char **why) {
  ERR_clear_error();
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  if (!ctx || !set_rules(ctx, tickets)) {
    *why =
        g_strdup("OpenSSL refuses TLS 1.3 with these settings; is it version 3 and its configuration the system's?");
    SSL_CTX_free(ctx);
    return NULL;
  }
  if (set_files(ctx, config, why)) return ctx;
  SSL_CTX_free(ctx);
  return NULL;
}
