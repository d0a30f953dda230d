/* limits.h: how many connections there are, in all and from one address.
 * An IPv6 neighbour counts by its /64: it owns all of it. Owner: the listener. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct Limits Limits;

enum { LIMITS_KEY_SIZE = 48 };

Limits *limits_new(int64_t total, int64_t per_address);
void limits_free(Limits *limits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Limits, limits_free)

/* The peer's address as text without port, and what it counts under; both of LIMITS_KEY_SIZE bytes. */
void limits_name(const struct sockaddr *peer, char *address, char *key);
/* False: over a limit, nothing was counted. Each true is given back by one limits_leave with the same key. */
G_GNUC_WARN_UNUSED_RESULT bool limits_enter(Limits *limits, const char *key);
void limits_leave(Limits *limits, const char *key);
int64_t limits_total(const Limits *limits);
