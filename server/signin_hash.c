/* signin_hash.c: two queues on the loop, threads that take one job each.
 *
 * Owner: signin.c. Invariants: a job is in exactly one place: a queue (loop), a thread's hands, or the way back; a
 * cancelled job in a thread's hands is freed when it comes back. Ends: hashers_end() (threads), hashers_free(). */
#include "server/signin_hash.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

#include "server/log.h"
#include "server/metrics.h"
#include "server/server.h"

enum { NICENESS = 10 };

struct HashJob {
  GList link;
  char *password; /* locked memory is not needed for the milliseconds; it is wiped */
  size_t len;
  char *encoded;
  HashDone done; /* NULL: cancelled */
  void *user;
  bool first, begun, ok;
  double seconds;
  char result[crypto_pwhash_STRBYTES];
};

struct Hashers {
  Server *server;
  GQueue first, others;
  size_t queue, threads, busy;
  GThread **thread;
  GAsyncQueue *work, *finished;
  uv_async_t async;
  HashJob stop; /* tells one thread to end */
  bool ended;
};

static void job_free(HashJob *job) {
  if (job->password) {
    sodium_memzero(job->password, job->len);
    g_free(job->password);
  }
  sodium_memzero(job->result, sizeof job->result);
  g_free(job->encoded);
  g_free(job);
}

static void hash(HashJob *job) {
  int64_t began = g_get_monotonic_time();

  if (job->encoded)
    job->ok = crypto_pwhash_str_verify(job->encoded, job->password, job->len) == 0;
  else
    job->ok = crypto_pwhash_str_alg(job->result, job->password, job->len, HASH_PASSES, HASH_MEMORY,
                                    crypto_pwhash_ALG_ARGON2ID13) == 0;
  sodium_memzero(job->password, job->len);
  job->seconds = (double)(g_get_monotonic_time() - began) / 1e6;
}

/* Passwords yield to commands: a storm of sign-ins, honest or not, must not make those wait who are at work. On Linux
 * the priority is this thread's alone. */
static gpointer run(gpointer data) {
  Hashers *hashers = data;

  if (setpriority(PRIO_PROCESS, 0, NICENESS) != 0)
    log_event(LOG_WARN, "hash_priority", LOG_TEXT("why", g_strerror(errno)));
  for (;;) {
    HashJob *job = g_async_queue_pop(hashers->work);
    if (job == &hashers->stop) return NULL;
    hash(job);
    g_async_queue_push(hashers->finished, job);
    uv_async_send(&hashers->async);
  }
}

/* --- On the loop --------------------------------------------------------------------------------------------- */

static void hand_out(Hashers *hashers) {
  while (!hashers->ended && hashers->busy < hashers->threads) {
    GQueue *queue = hashers->first.length > 0 ? &hashers->first : &hashers->others;
    GList *link = g_queue_pop_head_link(queue);
    if (!link) break;
    HashJob *job = link->data;
    job->begun = true;
    hashers->busy++;
    g_async_queue_push(hashers->work, job);
  }
  metric_set(hashers->server, METRIC_SIGN_INS_WAITING, (int64_t)hashers_waiting(hashers));
}

static void give_back(Hashers *hashers, HashJob *job) {
  if (job->begun && job->seconds > 0) metric_observe(hashers->server, METRIC_HASH_SECONDS, job->seconds);
  if (job->done) job->done(job->user, job->ok, job->ok && !job->encoded ? job->result : NULL);
  job_free(job);
}

static void on_finished(uv_async_t *async) {
  Hashers *hashers = async->data;
  HashJob *job;

  while ((job = g_async_queue_try_pop(hashers->finished))) {
    hashers->busy--;
    give_back(hashers, job);
  }
  hand_out(hashers);
}

Hashers *hashers_new(Server *server, size_t threads, size_t queue) {
  Hashers *hashers = g_new0(Hashers, 1);

  hashers->server = server;
  hashers->threads = threads;
  hashers->queue = queue;
  g_queue_init(&hashers->first);
  g_queue_init(&hashers->others);
  hashers->work = g_async_queue_new();
  hashers->finished = g_async_queue_new();
  uv_async_init(server->loop, &hashers->async, on_finished);
  hashers->async.data = hashers;
  hashers->thread = g_new0(GThread *, threads);
  for (size_t i = 0; i < threads; i++)
    hashers->thread[i] = g_thread_new("hash", run, hashers);
  return hashers;
}

static void give_up_all(Hashers *hashers, GQueue *queue) {
  GList *link;

  while ((link = g_queue_pop_head_link(queue)))
    give_back(hashers, link->data);
}

void hashers_end(Hashers *hashers) {
  HashJob *job;

  hashers->ended = true;
  for (size_t i = 0; i < hashers->threads; i++)
    g_async_queue_push(hashers->work, &hashers->stop);
  for (size_t i = 0; i < hashers->threads; i++)
    g_thread_join(hashers->thread[i]);
  while ((job = g_async_queue_try_pop(hashers->finished))) {
    job->ok = false;
    give_back(hashers, job);
  }
  give_up_all(hashers, &hashers->first);
  give_up_all(hashers, &hashers->others);
  uv_close((uv_handle_t *)&hashers->async, NULL);
}

void hashers_free(Hashers *hashers) {
  g_async_queue_unref(hashers->work);
  g_async_queue_unref(hashers->finished);
  g_free(hashers->thread);
  g_free(hashers);
}

size_t hashers_waiting(const Hashers *hashers) {
  return hashers->first.length + hashers->others.length;
}

HashJob *hashers_add(Hashers *hashers, bool first, const char *password, size_t len, const char *encoded,
                     HashDone done, void *user) {
  if (hashers->ended || hashers_waiting(hashers) >= hashers->queue) return NULL;
  HashJob *job = g_new0(HashJob, 1);
  job->link.data = job;
  job->password = g_malloc(len + 1);
  memcpy(job->password, password, len);
  job->len = len;
  job->encoded = g_strdup(encoded);
  job->first = first;
  job->done = done;
  job->user = user;
  g_queue_push_tail_link(first ? &hashers->first : &hashers->others, &job->link);
  hand_out(hashers);
  return job;
}

void hashers_cancel(Hashers *hashers, HashJob *job) {
  job->done = NULL;
  if (job->begun) return;
  g_queue_unlink(job->first ? &hashers->first : &hashers->others, &job->link);
  job_free(job);
  metric_set(hashers->server, METRIC_SIGN_INS_WAITING, (int64_t)hashers_waiting(hashers));
}

static void visit_queue(const GQueue *queue, HashDone done, void (*visit)(void *, size_t), size_t *position) {
  for (const GList *link = queue->head; link; link = link->next, ++*position) {
    const HashJob *job = link->data;
    if (job->done == done) visit(job->user, *position);
  }
}

void hashers_visit(Hashers *hashers, HashDone done, void (*visit)(void *user, size_t position)) {
  size_t position = hashers->busy;

  visit_queue(&hashers->first, done, visit, &position);
  visit_queue(&hashers->others, done, visit, &position);
}
