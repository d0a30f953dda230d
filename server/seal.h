/* seal.h: fields that the database may hold and not read: AES-256-GCM, a keyed hash to search by, and a masked form.
 *
 *   sealed = algorithm (1 byte: 1 = AES-256-GCM)  key id (2, big-endian)  nonce (12)  ciphertext  tag (16)
 *   key    = HMAC-SHA-256(search key, the value folded)    found whatever key sealed it
 *   masked = 138****8000
 *
 * Keys live in a file outside database and backups, one a line: id, algorithm, 64 hex digits. The newest line seals,
 * every line opens; the first line also makes the search key, so it stays. To rotate, add a line and restart.
 * Invariant: a value that was changed, or whose key is missing, does not open. Owner: the server. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include "common/wire.h"
#include "server/db.h"

typedef struct Sealer Sealer;

/* Reads the file; makes it with a new key and mode 0600 when it is not there. NULL: *why is a sentence (g_free). */
Sealer *sealer_new(const char *path, char **why);
void sealer_free(Sealer *sealer);

/* Keys a command's digest, in place: the database must not hold a hash by which a short secret in it can be guessed. Made
 * from the first line of the key file, so it outlives a rotation. */
void seal_digest(const Sealer *sealer, uint8_t digest[32]);
/* Three parameters: sealed, key, masked. */
void seal_put(const Sealer *sealer, WireBytes value, DbParams *params);
/* One: the key alone, to find by; NULL where nothing is left to search for. */
void seal_put_key(const Sealer *sealer, WireBytes value, DbParams *params);
/* Appends the value. False: not ours, changed, or its key is missing. */
G_GNUC_WARN_UNUSED_RESULT bool seal_open(const Sealer *sealer, const uint8_t *sealed, size_t len, GByteArray *value);
/* A value for people who may not know it; g_free. */
char *seal_mask(WireBytes value);
