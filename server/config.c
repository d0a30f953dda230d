/* config.c: the table of options, and what reads, checks and prints by it.
 *
 *   defaults -> key file (--config FILE) -> command line -> bounds -> what goes together
 *
 * Owner: main. Invariants: a value enters a Config only through put_value(), which checks it; a message names where
 * the value came from. Ends with config_free(). */
#include "server/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <glib/gstdio.h>

#include "server/log.h"

typedef enum { OPTION_TEXT, OPTION_FILE, OPTION_INT, OPTION_BOOL } OptionType;

typedef struct {
  const char *name;
  OptionType type;
  size_t at; /* in Config */
  const char *initial;
  int64_t min, max;
  const char *unit;
  const char *help;
} Option;

#define TEXT(name, field, initial, help)                                                                             \
  { name, OPTION_TEXT, offsetof(Config, field), initial, 0, 0, "TEXT", help }
#define PLACE(name, field, help)                                                                                     \
  { name, OPTION_FILE, offsetof(Config, field), NULL, 0, 0, "PATH", help }
#define WHOLE(name, field, initial, min, max, unit, help)                                                            \
  { name, OPTION_INT, offsetof(Config, field), initial, min, max, unit, help }
#define YES_NO(name, field, initial, help)                                                                           \
  { name, OPTION_BOOL, offsetof(Config, field), initial, 0, 1, "true|false", help }

static const Option options[] = {
    TEXT("listen", listen, "127.0.0.1:7443", "Address and port to serve; [::]:7443 for every address."),
    TEXT("database", database, NULL, "postgresql:// URL of the database, as role linlid."),
    PLACE("embedded", embedded, "Folder of a private PostgreSQL cluster, made when empty; instead of database."),
    PLACE("data", data,
          "Folder of the lock, ticket keys and signing key; several processes on one host may share it."),
    PLACE("certificate", certificate, "PEM file: the server's certificate and those between it and its CA."),
    PLACE("key", key, "PEM file: the private key of the certificate."),
    PLACE("ca", ca, "PEM file: serve only clients that show a certificate of this CA."),
    PLACE("seal-keys", seal_keys, "File with the keys of sealed fields; outside the database and its backups."),
    YES_NO("reuse-port", reuse_port, "false", "Share the port with other processes on this host (SO_REUSEPORT)."),
    WHOLE("backlog", backlog, "4096", 1, 65535, "COUNT", "Connections the kernel keeps waiting."),
    WHOLE("max-connections", max_connections, "20000", 1, 1000000, "COUNT", "Connections at once."),
    WHOLE("max-per-address", max_per_address, "10000", 1, 1000000, "COUNT", "Connections at once from one address."),
    WHOLE("max-frame", max_frame, "1048576", 65536, 16777216, "BYTES", "Largest frame taken after sign-in."),
    WHOLE("slow-reader-soft", slow_soft, "262144", 65536, 67108864, "BYTES",
          "Backlog at which a reader's streams are dropped and it is told to subscribe again."),
    WHOLE("slow-reader-hard", slow_hard, "4194304", 131072, 268435456, "BYTES",
          "Backlog at which a connection is closed."),
    WHOLE("slow-reader-seconds", slow_seconds, "60", 1, 3600, "SECONDS",
          "A connection that takes nothing for so long, with something waiting, is closed."),
    WHOLE("hello-timeout", hello_seconds, "5", 1, 600, "SECONDS", "Time for the handshake and the first frame."),
    WHOLE("sign-in-timeout", sign_in_seconds, "30", 1, 3600, "SECONDS",
          "Time from then to a sign-in; waiting excluded."),
    WHOLE("ping-interval", ping_seconds, "30", 1, 3600, "SECONDS", "A silent session is asked after so long."),
    WHOLE("silent-timeout", silent_seconds, "90", 2, 7200, "SECONDS", "A session silent for so long is closed."),
    WHOLE("max-calls", max_calls, "64", 1, 4096, "COUNT", "Commands and queries of one session in flight."),
    WHOLE("sign-in-threads", sign_in_threads, "0", 0, 256, "COUNT", "Threads that hash passwords; 0: one a core."),
    WHOLE("sign-in-queue", sign_in_queue, "2000", 1, 100000, "COUNT", "Passwords that may wait to be hashed."),
    WHOLE("write-connections", write_connections, "4", 1, 64, "COUNT", "Database connections for commands."),
    WHOLE("read-connections", read_connections, "4", 1, 64, "COUNT",
          "Database connections for queries and snapshots."),
    WHOLE("control-connections", control_connections, "2", 1, 16, "COUNT",
          "Database connections for sign-in and such."),
    WHOLE("batch-max", batch_max, "50", 1, 500, "COUNT", "Commands in one transaction."),
    WHOLE("query-timeout", query_timeout_ms, "10000", 100, 600000, "MS", "Time a query may take."),
    WHOLE("doorbell-interval", doorbell_ms, "20", 1, 1000, "MS",
          "Rings to other processes are gathered for so long."),
    WHOLE("poll-interval", poll_ms, "1000", 100, 60000, "MS", "Stream heads are asked for so often."),
    WHOLE("ring-events", ring_events, "1024", 16, 1048576, "COUNT", "Newest events of a stream kept in memory."),
    WHOLE("sign-interval", sign_seconds, "3600", 0, 86400, "SECONDS",
          "Heads of streams that moved are signed so often; 0: not by this process."),
    YES_NO("scheduler", scheduler, "true", "Run due work (deadlines, effects) in this process."),
    WHOLE("metrics", metrics, "0", 0, 65535, "PORT", "Serve Prometheus text on this port of loopback; 0: do not."),
    TEXT("log-level", log_level, "info", "error, warn, info or debug."),
    WHOLE("ready-fd", ready_fd, "-1", -1, 1023, "FD", "Write a line to this descriptor once serving."),
};

static const Option *option_by_name(const char *name) {
  for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
    if (strcmp(options[i].name, name) == 0) return &options[i];
  return NULL;
}

/* --- One value ----------------------------------------------------------------------------------------------- */

static bool put_int(const Option *option, int64_t *at, const char *text, char **why) {
  char *end = NULL;
  gint64 value = g_ascii_strtoll(text, &end, 10);

  if (end != text && *end == '\0' && value >= option->min && value <= option->max) {
    *at = value;
    return true;
  }
  *why = g_strdup_printf("\"%s\" is not a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                         "; give one in that range",
                         text, option->min, option->max);
  return false;
}

static bool put_bool(bool *at, const char *text, char **why) {
  *at = strcmp(text, "true") == 0;
  if (*at || strcmp(text, "false") == 0) return true;
  *why = g_strdup_printf("\"%s\" is neither true nor false; write one of them", text);
  return false;
}

static bool put_value(Config *config, const Option *option, const char *text, char **why) {
  void *at = (char *)config + option->at;

  switch (option->type) {
  case OPTION_INT:
    return put_int(option, at, text, why);
  case OPTION_BOOL:
    return put_bool(at, text, why);
  case OPTION_TEXT:
  case OPTION_FILE:
    break;
  }
  if (!g_utf8_validate(text, -1, NULL)) {
    *why = g_strdup("it is not UTF-8 text; save the file as UTF-8");
    return false;
  }
  g_free(*(char **)at);
  *(char **)at = *text ? g_strdup(text) : NULL;
  return true;
}

static void prefix(char **why, const char *where, const char *name) {
  g_autofree char *inner = *why;
  *why = g_strdup_printf("%s: %s: %s.", where, name, inner);
}

/* --- Key file ------------------------------------------------------------------------------------------------ */

static bool read_keys(Config *config, const char *file, GKeyFile *keys, char **why) {
  g_auto(GStrv) names = g_key_file_get_keys(keys, "linlid", NULL, NULL);

  for (size_t i = 0; names && names[i]; i++) {
    const Option *option = option_by_name(names[i]);
    g_autofree char *value = g_key_file_get_string(keys, "linlid", names[i], NULL);
    if (!option) {
      *why = g_strdup_printf("%s: there is no option \"%s\"; linlid --help lists them all.", file, names[i]);
      return false;
    }
    if (put_value(config, option, value ? g_strstrip(value) : "", why)) continue;
    prefix(why, file, names[i]);
    return false;
  }
  return true;
}

static bool read_file(Config *config, const char *file, char **why) {
  g_autoptr(GKeyFile) keys = g_key_file_new();
  g_autoptr(GError) error = NULL;

  if (!g_key_file_load_from_file(keys, file, G_KEY_FILE_NONE, &error)) {
    *why =
        g_strdup_printf("%s: cannot be read: %s. Check its path, its rights and its form: [linlid], then key=value.",
                        file, error->message);
    return false;
  }
  g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
  for (size_t i = 0; groups[i]; i++) {
    if (strcmp(groups[i], "linlid") == 0) continue;
    *why = g_strdup_printf("%s: there is no group [%s]; put every option under [linlid].", file, groups[i]);
    return false;
  }
  return read_keys(config, file, keys, why);
}

/* --- Command line -------------------------------------------------------------------------------------------- */

static void show_help(void) {
  printf("linlid: the server of Linli\n\nlinlid [--config FILE] [--OPTION VALUE]...\n\n"
         "  --config FILE             key file with group [linlid]; the command line wins\n"
         "  --check-config            print every option as it stands and end: 0 good, 2 not\n"
         "  --help, --version\n");
  for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
    const Option *o = &options[i];
    g_autofree char *head = g_strdup_printf("--%s %s", o->name, o->unit);
    printf("  %-25s %s%s%s%s\n", head, o->help, o->initial ? " [" : "", o->initial ? o->initial : "",
           o->initial ? "]" : "");
  }
}

/* One argument and its value; *i moves on. "--name=value" and "--name value" are the same. */
static bool read_argument(Config *config, int argc, char **argv, int *i, char **why) {
  const char *argument = argv[*i];
  const char *equals = strchr(argument, '=');
  g_autofree char *name = NULL;

  if (!g_str_has_prefix(argument, "--") || argument[2] == '\0') {
    *why =
        g_strdup_printf("command line: \"%s\" is not an option; options begin with --, see linlid --help.", argument);
    return false;
  }
  name = equals ? g_strndup(argument + 2, (gsize)(equals - argument - 2)) : g_strdup(argument + 2);
  const Option *option = option_by_name(name);
  if (!option) {
    *why = g_strdup_printf("command line: there is no option --%s; linlid --help lists them all.", name);
    return false;
  }
  if (!equals && *i + 1 >= argc) {
    *why = g_strdup_printf("command line: --%s needs a value (%s).", name, option->unit);
    return false;
  }
  if (put_value(config, option, equals ? equals + 1 : argv[++*i], why)) return true;
  prefix(why, "command line", argument);
  return false;
}

/* --config, --help and --version are looked for first: the file comes before the rest of the line. */
static ConfigStatus read_first(Config *config, int argc, char **argv, char **why) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      show_help();
      return CONFIG_SHOWN;
    }
    if (strcmp(argv[i], "--version") == 0) {
      printf("linlid %s\n", LINLI_VERSION);
      return CONFIG_SHOWN;
    }
    if (strcmp(argv[i], "--check-config") == 0) config->check_config = true;
    if (g_str_has_prefix(argv[i], "--config=")) config->file = g_strdup(argv[i] + 9);
    if (strcmp(argv[i], "--config") != 0) continue;
    if (i + 1 >= argc) {
      *why = g_strdup("command line: --config needs the path of a key file.");
      return CONFIG_BAD;
    }
    g_free(config->file);
    config->file = g_strdup(argv[++i]);
  }
  if (config->file && !read_file(config, config->file, why)) return CONFIG_BAD;
  return CONFIG_OK;
}

static bool read_line(Config *config, int argc, char **argv, char **why) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--check-config") == 0 || g_str_has_prefix(argv[i], "--config=")) continue;
    if (strcmp(argv[i], "--config") == 0) {
      i++;
      continue;
    }
    if (!read_argument(config, argc, argv, &i, why)) return false;
  }
  return true;
}

/* --- What goes together -------------------------------------------------------------------------------------- */

static const char *disagreement(const Config *c) {
  LogLevel level;

  if (!log_level_parse(c->log_level ? c->log_level : "", &level))
    return "log-level: it is none of error, warn, info and debug; write one of them.";
  if (!c->listen) return "listen: it is empty; give an address and a port such as 0.0.0.0:7443.";
  if (c->database && c->embedded) return "database and embedded exclude each other; leave one of them out.";
  if (!c->database && !c->embedded)
    return "neither database nor embedded is given; name a postgresql:// URL, or a folder for a private cluster.";
  if (c->database && (!c->certificate || !c->key))
    return "certificate and key are both needed with database; name the two PEM files.";
  if (c->slow_soft >= c->slow_hard) return "slow-reader-soft must be below slow-reader-hard; lower the first.";
  if (c->ping_seconds >= c->silent_seconds) return "ping-interval must be below silent-timeout; lower the first.";
  return NULL;
}

ConfigStatus config_load(int argc, char **argv, Config **config, char **why) {
  g_autoptr(Config) made = g_new0(Config, 1);

  *config = NULL;
  for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
    if (options[i].initial && !put_value(made, &options[i], options[i].initial, why)) return CONFIG_BAD;
  made->arguments = g_new0(char *, (gsize)argc + 1);
  for (int i = 0; i < argc; i++)
    made->arguments[i] = g_strdup(argv[i]);
  ConfigStatus status = read_first(made, argc, argv, why);
  if (status != CONFIG_OK) return status;
  if (!read_line(made, argc, argv, why)) return CONFIG_BAD;
  const char *wrong = disagreement(made);
  if (wrong) {
    *why = g_strdup_printf("%s: %s", made->file ? made->file : "command line", wrong);
    return CONFIG_BAD;
  }
  *config = g_steal_pointer(&made);
  return CONFIG_OK;
}

/* --- Printing and end ---------------------------------------------------------------------------------------- */

/* A URL may carry a password: it is shown without. */
static void append_url(GString *text, const char *url) {
  const char *scheme = strstr(url, "://");
  const char *from = scheme ? scheme + 3 : url;
  const char *at = strchr(from, '@');
  const char *colon = at ? memchr(from, ':', (size_t)(at - from)) : NULL;

  if (!colon)
    g_string_append(text, url);
  else
    g_string_append_printf(text, "%.*s:***%s", (int)(colon - url), url, at);
}

char *config_text(const Config *config) {
  GString *text = g_string_new("[linlid]\n");

  for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
    const Option *o = &options[i];
    const void *at = (const char *)config + o->at;
    const char *value = o->type == OPTION_TEXT || o->type == OPTION_FILE ? *(char *const *)at : NULL;
    if (o->type == OPTION_INT) {
      g_string_append_printf(text, "%s=%" G_GINT64_FORMAT "\n", o->name, *(const int64_t *)at);
    } else if (o->type == OPTION_BOOL) {
      g_string_append_printf(text, "%s=%s\n", o->name, *(const bool *)at ? "true" : "false");
    } else if (value) {
      g_string_append_printf(text, "%s=", o->name);
      if (strcmp(o->name, "database") == 0)
        append_url(text, value);
      else
        g_string_append(text, value);
      g_string_append_c(text, '\n');
    } else {
      g_string_append_printf(text, "# %s=\n", o->name);
    }
  }
  return g_string_free(text, FALSE);
}

bool config_make_data(const Config *config, char **why) {
  if (!config->data || g_mkdir_with_parents(config->data, 0700) == 0) return true;
  *why = g_strdup_printf("%s: cannot be made: %s. Give its parent to the user linlid runs as.", config->data,
                         g_strerror(errno));
  return false;
}

void config_free(Config *config) {
  if (!config) return;
  for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
    if (options[i].type == OPTION_TEXT || options[i].type == OPTION_FILE)
      g_free(*(char **)((char *)config + options[i].at));
  g_free(config->file);
  g_strfreev(config->arguments);
  g_free(config);
}
