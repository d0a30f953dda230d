/* doorbell.h: how processes learn that a stream has moved: LISTEN/NOTIFY outside any writing transaction, and a poll
 * of heads, so that a lost ring costs one interval and nothing else. Rings say which streams, never what. Rings are
 * gathered for up to doorbell-interval and split below PostgreSQL's 8,000 bytes. Owner: the server. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct Server Server;
typedef struct Doorbell Doorbell;

/* A commit of this process has moved the stream. */
void doorbell_ring(Server *server, int64_t stream);
/* Asks for heads within a few milliseconds: a stream has its first follower. */
void doorbell_poll_soon(Server *server);
/* Passing news for the other processes; at most 7,900 bytes. */
void doorbell_tell(Server *server, const char *text);
bool doorbell_is_idle(const Doorbell *doorbell);

Doorbell *doorbell_new(Server *server, const char *url);
void doorbell_end(Doorbell *doorbell);
void doorbell_free(Doorbell *doorbell);
