/* metrics.h: what this process counts, as Prometheus text on loopback (GET /metrics).
 *
 * One table makes the enumeration, the names, labels and help. Lines of one family (same name) stand together.
 * Invariant: a metric never holds anything about a person. Owner: the server; loop thread only.
 * To add one: a line here; then metric_add, metric_set or metric_observe where it happens. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Server Server;

/* clang-format off */
/*  id, kind, name, labels, help. Histograms observe seconds. */
#define METRICS(X) \
  X(CONNECTIONS, COUNTER, "linlid_connections_total", "", "Connections accepted.") \
  X(CONNECTIONS_REFUSED, COUNTER, "linlid_connections_refused_total", "", "Closed at once: over a limit.") \
  X(ACCEPT_ERRORS, COUNTER, "linlid_accept_errors_total", "", "Errors of accept, such as too many open files.") \
  X(CONNECTIONS_OPEN, GAUGE, "linlid_connections_open", "", "Connections open now.") \
  X(SESSIONS_READY, GAUGE, "linlid_sessions_ready", "", "Sessions signed in now.") \
  X(HANDSHAKES_FULL, COUNTER, "linlid_handshakes_total", "kind=\"full\"", "TLS handshakes finished.") \
  X(HANDSHAKES_RESUMED, COUNTER, "linlid_handshakes_total", "kind=\"resumed\"", "TLS handshakes finished.") \
  X(HANDSHAKES_FAILED, COUNTER, "linlid_handshakes_total", "kind=\"failed\"", "TLS handshakes finished.") \
  X(HANDSHAKES_WAITING, GAUGE, "linlid_handshakes_waiting", "", "Handshakes that wait for their ration.") \
  X(BYTES_IN, COUNTER, "linlid_bytes_total", "direction=\"in\"", "Bytes on the wire, TLS included.") \
  X(BYTES_OUT, COUNTER, "linlid_bytes_total", "direction=\"out\"", "Bytes on the wire, TLS included.") \
  X(FRAMES_IN, COUNTER, "linlid_frames_total", "direction=\"in\"", "Frames; a block of several counts once.") \
  X(FRAMES_OUT, COUNTER, "linlid_frames_total", "direction=\"out\"", "Frames; a block of several counts once.") \
  X(BAD_FRAMES, COUNTER, "linlid_bad_frames_total", "", "Frames that ended their connection.") \
  X(SLOW_CLOSED, COUNTER, "linlid_slow_readers_total", "what=\"closed\"", "Readers over a bound.") \
  X(SLOW_RESYNCED, COUNTER, "linlid_slow_readers_total", "what=\"resynced\"", "Readers over a bound.") \
  X(SIGN_INS_DONE, COUNTER, "linlid_sign_ins_total", "outcome=\"done\"", "Sign-ins with a password.") \
  X(SIGN_INS_WRONG, COUNTER, "linlid_sign_ins_total", "outcome=\"refused\"", "Sign-ins with a password.") \
  X(SIGN_INS_THROTTLED, COUNTER, "linlid_sign_ins_total", "outcome=\"throttled\"", "Sign-ins with a password.") \
  X(SIGN_INS_BUSY, COUNTER, "linlid_sign_ins_total", "outcome=\"busy\"", "Sign-ins with a password.") \
  X(RESUMES_DONE, COUNTER, "linlid_resumes_total", "outcome=\"done\"", "Sign-ins with a token.") \
  X(RESUMES_REFUSED, COUNTER, "linlid_resumes_total", "outcome=\"refused\"", "Sign-ins with a token.") \
  X(SIGN_INS_WAITING, GAUGE, "linlid_sign_ins_waiting", "", "Passwords waiting to be hashed.") \
  X(HASH_SECONDS, HISTOGRAM, "linlid_password_hash_seconds", "", "Time of one argon2id.") \
  X(COMMANDS_DONE, COUNTER, "linlid_commands_total", "outcome=\"done\"", "Commands answered.") \
  X(COMMANDS_REFUSED, COUNTER, "linlid_commands_total", "outcome=\"refused\"", "Commands answered.") \
  X(COMMANDS_REPEATED, COUNTER, "linlid_commands_total", "outcome=\"repeated\"", "Commands answered.") \
  X(COMMANDS_ERROR, COUNTER, "linlid_commands_total", "outcome=\"error\"", "Commands answered.") \
  X(COMMAND_SECONDS, HISTOGRAM, "linlid_command_seconds", "", "From the command's frame to its outcome.") \
  X(BATCHES, COUNTER, "linlid_batches_total", "outcome=\"committed\"", "Transactions of commands.") \
  X(BATCHES_ABORTED, COUNTER, "linlid_batches_total", "outcome=\"aborted\"", "Transactions of commands.") \
  X(BATCH_SECONDS, HISTOGRAM, "linlid_batch_seconds", "", "From a batch's first byte to its commit.") \
  X(COMMANDS_WAITING, GAUGE, "linlid_commands_waiting", "", "Commands gathered or committing.") \
  X(QUERIES_DONE, COUNTER, "linlid_queries_total", "outcome=\"done\"", "Queries answered.") \
  X(QUERIES_REFUSED, COUNTER, "linlid_queries_total", "outcome=\"refused\"", "Queries answered.") \
  X(QUERIES_ERROR, COUNTER, "linlid_queries_total", "outcome=\"error\"", "Queries answered.") \
  X(QUERY_SECONDS, HISTOGRAM, "linlid_query_seconds", "", "From the query's frame to its rows.") \
  X(DB_CONNECTIONS, GAUGE, "linlid_database_connections", "", "Database connections that are up.") \
  X(DB_RECONNECTS, COUNTER, "linlid_database_reconnects_total", "", "Database connections made anew.") \
  X(DB_FAILURES, COUNTER, "linlid_database_failures_total", "", "Calls that failed, refusals left out.") \
  X(EVENTS_ENCODED, COUNTER, "linlid_events_encoded_total", "", "Events encoded, each form once.") \
  X(EVENTS_SENT, COUNTER, "linlid_events_sent_total", "", "Events given to sessions.") \
  X(FOLLOWS, GAUGE, "linlid_follows", "", "Streams followed, summed over sessions.") \
  X(STREAMS, GAUGE, "linlid_streams", "", "Streams held in memory.") \
  X(SNAPSHOTS, COUNTER, "linlid_snapshots_total", "", "Snapshots begun.") \
  X(CATCH_UPS, COUNTER, "linlid_catch_ups_total", "", "Reads of a gap from the table.") \
  X(FORKS, COUNTER, "linlid_forks_total", "", "Readers with another history: an alarm.") \
  X(RINGS, COUNTER, "linlid_rings_total", "", "Doorbell rings heard.") \
  X(JOBS_RUN, COUNTER, "linlid_jobs_total", "", "Jobs run by the scheduler.") \
  X(LOOP_SECONDS, HISTOGRAM, "linlid_loop_turn_seconds", "", "Time of one turn of the loop, waiting left out.")

typedef enum {
#define X(id, kind, name, labels, help) METRIC_##id,
  METRICS(X)
#undef X
  METRIC_COUNT
} MetricId;
/* clang-format on */

void metric_add(Server *server, MetricId id, int64_t n);
void metric_set(Server *server, MetricId id, int64_t value);
void metric_observe(Server *server, MetricId id, double seconds);
int64_t metric_value(const Server *server, MetricId id); /* of a counter or gauge */

/* port 0: counts, but serves nobody. false: *why is a sentence (g_free). */
G_GNUC_WARN_UNUSED_RESULT bool metrics_start(Server *server, char **why);
/* Closes the handles; metrics_free after the loop has run out. */
void metrics_end(Server *server);
void metrics_free(Server *server);
/* The whole text, as served. */
GString *metrics_text(const Server *server);
