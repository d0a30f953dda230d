/* batch.h: commands, gathered into transactions.
 *
 *   stream 9   [ c d e ]  waiting   ( a b )\  committing together on write connection 1
 *   stream 13  [ g ]      waiting   ( f )  /
 *   stream 20  [ h i ]    ready: the next free write connection takes it
 *
 * Commands read in one turn of the loop leave together at its end. While a stream's batch commits, its next one
 * gathers. A transaction holds as many streams as there are ready ones for each free connection: few streams go side
 * by side; many share, since a transaction costs as much as several commands. It locks their counters in ascending
 * order, so processes wait for each other but never in a circle; should commands have shared something else and
 * PostgreSQL found one, transactions hold one stream each for ten seconds.
 * The command that aborts a transaction is run again alone, the others together. What was on a connection that is
 * lost is answered DB_AWAY, and so is what waits behind it in those streams: an author's own order within a stream is
 * kept. Invariants: at most one transaction a stream; an outcome is given only after COMMIT was answered; memory is
 * bounded. Owner: the server. */
#pragma once

#include "server/db.h"

typedef struct Batches Batches;

typedef enum { BATCH_TAKEN, BATCH_BUSY /* too much waits */, BATCH_AWAY /* no write connection */ } BatchTaken;

/* DB_OK: rows is the command's outcome, one row, committed. DB_AWAY: whether it happened is unknown. */
typedef void (*BatchDone)(void *user, const DbResult *result);

/* function: kept by reference (the schema's). params is taken over. Unless taken, done is not called. */
G_GNUC_WARN_UNUSED_RESULT BatchTaken batch_submit(Server *server, int64_t stream, const char *function,
                                                  DbParams *params, BatchDone done, void *user);
size_t batch_waiting(const Server *server); /* gathered or committing */

Batches *batches_new(Server *server);
void batches_end(Batches *batches);  /* closes its handle */
void batches_free(Batches *batches); /* after db_end() and the end of the loop: nothing is committing */
