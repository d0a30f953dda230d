/* signing.h: Ed25519 signatures over stream heads: linlid makes them, `linlictl audit verify` checks them.
 *
 *   FOLDER/key      "ed25519 <hex: seed>", 0600: what signs now. Made when it is absent: to rotate, take it away
 *   FOLDER/ID.pub   "ed25519 <hex: public key>" of every key that ever signed; ID is the start of its digest, so that
 *                   nobody can pass another key off under it
 *
 * Who changes the database can recompute its chains, but cannot sign them: keep a copy of the .pub files elsewhere.
 * Signed is "linli head 1\n", stream and seq (8 bytes each, most significant first) and the chain's 32 bytes. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

enum { SIGNING_CHAIN = 32, SIGNING_SIGNATURE = 64 };

typedef struct SigningKey SigningKey;

/* The key of a folder, both made when absent; any number of processes may ask at once. NULL: *why says what to do. */
G_GNUC_WARN_UNUSED_RESULT SigningKey *signing_open(const char *folder, GError **why);
void signing_free(SigningKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SigningKey, signing_free)
const char *signing_id(const SigningKey *key);
void signing_sign(const SigningKey *key, int64_t stream, int64_t seq, const uint8_t chain[SIGNING_CHAIN],
                  uint8_t signature[SIGNING_SIGNATURE]);

typedef enum { SIGNING_GOOD, SIGNING_FALSE, SIGNING_UNKNOWN_KEY } SigningVerdict;
/* All public keys of a folder, by id; g_hash_table_unref(). Empty when there is no such folder. */
GHashTable *signing_keys(const char *folder);
SigningVerdict signing_check(GHashTable *keys, const char *id, int64_t stream, int64_t seq,
                             const uint8_t chain[SIGNING_CHAIN], const uint8_t signature[SIGNING_SIGNATURE]);
