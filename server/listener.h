/* listener.h: the socket that takes connections, its limits, and the lock that says who runs.
 *
 * Accept errors never end the server: at EMFILE libuv's reserve descriptor takes the waiting connections and closes
 * them, so the kernel's queue does not spin. Owner: the server. Ends: listener_stop() (drain), listener_free(). */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct Server Server;

/* Takes the lock DATA/linlid-PORT.lock (shared with reuse-port), binds and listens. */
G_GNUC_WARN_UNUSED_RESULT bool listener_start(Server *server, char **why);
/* "127.0.0.1:7443": where it really listens, port 0 resolved. */
const char *listener_address(const Server *server);
void listener_stop(Server *server); /* no more connections; may be repeated */
void listener_free(Server *server);
