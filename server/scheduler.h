/* scheduler.h: due work (effects of events in other streams, deadlines): candidates are read without a lock, then
 * each runs as the schema's system command in its own stream's batch. Any of many processes may do it; a job that
 * another has done is refused there, which is as good. Owner: the server. */
#pragma once

#include <stdbool.h>

typedef struct Server Server;
typedef struct Scheduler Scheduler;

/* A command was committed: it may have left effects; they are looked for within 20 ms. */
void scheduler_hint(Server *server);
bool scheduler_is_idle(const Scheduler *scheduler);

Scheduler *scheduler_new(Server *server);
void scheduler_end(Scheduler *scheduler);
void scheduler_free(Scheduler *scheduler);
