/* signin_hash.h: argon2id on threads of its own.
 *
 *   hashers_add -> [ known first | others ] (loop) -> one job a thread -> done (loop)
 *
 * Invariants: the loop never hashes; at most `queue` jobs wait; a password's bytes are wiped by whoever held them
 * last. Owner: signin.c. Parameters: argon2id, 2 passes, 19 MiB, one lane (OWASP's minimum for sign-in servers). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Server Server;
typedef struct Hashers Hashers;
typedef struct HashJob HashJob;

enum { HASH_PASSES = 2, HASH_MEMORY = 19 * 1024 * 1024 };

/* ok: the password fits `encoded`, or, where that was NULL, was hashed into result. */
typedef void (*HashDone)(void *user, bool ok, const char *result);

Hashers *hashers_new(Server *server, size_t threads, size_t queue);
void hashers_end(Hashers *hashers);  /* joins the threads; jobs that wait are done with ok false */
void hashers_free(Hashers *hashers); /* after the loop has run out */
size_t hashers_waiting(const Hashers *hashers);

/* encoded: the string to verify against, NULL: make one. Copies both. NULL: the queue is full. */
HashJob *hashers_add(Hashers *hashers, bool first, const char *password, size_t len, const char *encoded,
                     HashDone done, void *user);
/* Nobody wants the result any more: done is not called. A job that has begun ends quietly. */
void hashers_cancel(Hashers *hashers, HashJob *job);
/* Every waiting job that was added with this `done`, in order; position: jobs before it. */
void hashers_visit(Hashers *hashers, HashDone done, void (*visit)(void *user, size_t position));
