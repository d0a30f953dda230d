/* config.h: every option of linlid, from one table: key file (group [linlid]) and command line alike.
 *
 * The table in config.c gives each option its name, type, default, bounds and help; the man page, --help, the example
 * file and the checks come from it. Options given on the command line win over the file.
 * Invariant: a Config that config_load() returned is complete and within its bounds. Owner: main; read-only after. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Config {
  /* where */
  char *listen;            /* "ADDRESS:PORT" */
  char *database;          /* postgresql:// URL, or NULL when embedded */
  char *embedded;          /* folder of the private cluster, or NULL */
  char *data;              /* folder of lock, ticket keys and signing key, or NULL */
  char *certificate, *key; /* PEM files */
  char *ca;                /* PEM: clients need a certificate of it; NULL: none needed */
  char *seal_keys;         /* file of the keys of sealed fields, or NULL */
  bool reuse_port;
  /* connections */
  int64_t backlog;
  int64_t max_connections;
  int64_t max_per_address;
  int64_t max_frame;    /* bytes, after sign-in */
  int64_t slow_soft;    /* bytes of backlog: the stream is dropped, RESYNC */
  int64_t slow_hard;    /* bytes of backlog: the connection is closed */
  int64_t slow_seconds; /* a reader that takes nothing for so long is closed */
  int64_t hello_seconds, sign_in_seconds, ping_seconds, silent_seconds;
  int64_t max_calls; /* commands and queries in flight, a session */
  /* sign-in */
  int64_t sign_in_threads; /* 0: as many as cores */
  int64_t sign_in_queue;
  /* database */
  int64_t write_connections, read_connections, control_connections;
  int64_t batch_max; /* commands in one transaction */
  int64_t query_timeout_ms;
  int64_t doorbell_ms; /* rings are gathered for so long */
  int64_t poll_ms;     /* heads are asked for so often */
  bool scheduler;      /* this process runs due work */
  int64_t sign_seconds; /* heads that moved are signed so often; 0: not by this process */
  int64_t ring_events; /* newest events of a stream kept in memory */
  /* operation */
  int64_t metrics; /* port on loopback, 0: none */
  char *log_level;
  int64_t ready_fd; /* -1, or where "ready ADDRESS:PORT\n" is written once when serving */
  bool check_config;
  /* where this came from, for a reload */
  char *file; /* --config, or NULL */
  char **arguments;
} Config;

typedef enum { CONFIG_OK, CONFIG_SHOWN /* --help, --version: nothing to run */, CONFIG_BAD } ConfigStatus;

/* Prints to standard output what was asked for; on CONFIG_BAD *why is a sentence that names file and key and says
 * what to do (g_free). *config is NULL unless CONFIG_OK. */
G_GNUC_WARN_UNUSED_RESULT ConfigStatus config_load(int argc, char **argv, Config **config, char **why);
/* Every option as a key file would hold it: what --check-config prints. g_free. */
char *config_text(const Config *config);
/* Makes the data folder where one is named and absent. */
G_GNUC_WARN_UNUSED_RESULT bool config_make_data(const Config *config, char **why);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)
