/* heads.h: the hourly signing of stream heads (sql/admin/signing.h: keys and what is signed). Of all processes one
 * does it, by a lease that SQL gives. A head whose predecessor's signature no longer fits its stream is an alarm, and
 * is not signed. Without a data folder, or with sign-interval 0, this process signs nothing. Owner: the server. */
#pragma once

#include <stdbool.h>

typedef struct Heads Heads;
typedef struct Server Server;

Heads *heads_new(Server *server);
void heads_tick(Server *server); /* each second */
void heads_free(Heads *heads);
