#include "sql/admin/verbs.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/admin/backup.h"
#include "sql/admin/cluster.h"
#include "sql/admin/pg.h"
#include "sql/admin/program.h"
#include "sql/admin/signing.h"
#include "sql/admin/upgrade.h"

enum { DONE = 0, REFUSED = 1, USAGE = 2, AWAY = 3 };

typedef struct {
  gboolean json, signatures;
  char *embedded, *database, *name, *title, *password_file, *until, *keys;
  int days, requests;
  const char *noun, *verb, *operand;
} Options;

static void options_clear(Options *o) {
  g_free(o->embedded);
  g_free(o->database);
  g_free(o->name);
  g_free(o->title);
  g_free(o->password_file);
  g_free(o->until);
  g_free(o->keys);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static const char USAGE_TEXT[] =
    "NOUN VERB\n\n"
    "  db upgrade                    bring the database to this program's version\n"
    "  db check                      say what that would run, and change nothing\n"
    "  db bootstrap                  make the office and its first administrator\n"
    "  db demo                       fill an empty database with the demo office\n"
    "  audit verify                  walk every stream's chain, compare it with tables and signatures\n"
    "  backup TO                     base backup and WAL into TO (embedded only)\n"
    "  restore FROM [--until TIME]   put a backup in the place of the cluster (embedded only)\n"
    "  cluster start|stop|status     the embedded PostgreSQL";

/* One answer: an object with --json, else the sentence. Takes the object. */
static int answer(const Options *o, json_t *object, const char *format, ...) G_GNUC_PRINTF(3, 4);
static int answer(const Options *o, json_t *object, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *sentence = g_strdup_vprintf(format, args);
  va_end(args);
  if (o->json)
    json_dumpf(object, stdout, JSON_COMPACT);
  else
    fputs(sentence, stdout);
  putchar('\n');
  json_decref(object);
  return DONE;
}

static int complain(const Options *o, const GError *why) {
  int code = why->domain == ADMIN_ERROR && why->code == AWAY ? AWAY : REFUSED;
  if (o->json) {
    json_t *object = json_pack("{s:s, s:s}", "error", code == AWAY ? "away" : "refused", "message", why->message);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
  }
  fprintf(stderr, "linlictl: %s\n", why->message);
  return code;
}

static int usage(const char *sentence) {
  fprintf(stderr, "linlictl: %s\n", sentence);
  return USAGE;
}

/* The owner's URL: of the database that was named, or of the embedded cluster, started if need be. */
static char *owner_url(const Options *o, GError **why) {
  g_auto(ClusterInfo) info = {0};
  if (o->database) return g_strdup(o->database);
  return cluster_ensure(o->embedded, &info, why) ? g_steal_pointer(&info.owner_url) : NULL;
}

static int db_upgrade(const Options *o, const char *url, GError **why) {
  UpgradeReport report = {0};
  if (!upgrade_run(url, &report, why)) return REFUSED;
  json_t *object = json_pack("{s:i, s:b, s:b, s:i}", "upgrades", (int)report.upgrades, "api", report.api, "newer",
                             report.newer, "number", (int)report.number);
  if (report.newer)
    return answer(o, object, "The database is newer (upgrade %u) than this program; nothing was done.",
                  report.number);
  return answer(o, object, "%u upgrades ran%s; the database is at %u.", report.upgrades,
                report.api ? ", and the api functions were loaded" : "", report.number);
}

static int db_check(const Options *o, const char *url, GError **why) {
  UpgradeReport report = {0};
  g_auto(GStrv) files = NULL;
  if (!upgrade_check(url, &report, &files, why)) return REFUSED;
  json_t *list = json_array();
  for (char **file = files; *file; file++) {
    json_array_append_new(list, json_string(*file));
    if (!o->json) puts(*file);
  }
  json_t *object =
      json_pack("{s:o, s:b, s:i}", "would_run", list, "newer", report.newer, "number", (int)report.number);
  if (report.newer) return answer(o, object, "The database is newer (upgrade %u) than this program.", report.number);
  return answer(o, object, *files ? "Run them with: linlictl db upgrade" : "The database is up to date.");
}

static char *read_password(const Options *o, GError **why) {
  const char *path = o->password_file ? o->password_file : g_getenv("LINLI_PASSWORD_FILE");
  char *text = NULL;
  if (!path) {
    admin_fail(why, "Name a file that holds the password: --password-file FILE, or LINLI_PASSWORD_FILE.");
    return NULL;
  }
  if (!g_file_get_contents(path, &text, NULL, why)) return NULL;
  text[strcspn(text, "\r\n")] = '\0';
  return text;
}

static int db_bootstrap(const Options *o, const char *url, GError **why) {
  g_autofree char *password = read_password(o, why);
  const char *name = o->name ? o->name : "admin", *title = o->title ? o->title : name;
  if (!g_utf8_validate(name, -1, NULL) || !g_utf8_validate(title, -1, NULL))
    return usage("--name and --title must be UTF-8.");
  if (!password || !upgrade_bootstrap(url, name, title, password, why)) return REFUSED;
  return answer(o, json_pack("{s:s}", "account", name), "%s can sign in.", name);
}

static int db_demo(const Options *o, const char *url, GError **why) {
  g_autofree char *password = read_password(o, why);
  if (!password || !upgrade_demo(url, o->days, o->requests, password, why)) return REFUSED;
  return answer(o, json_pack("{s:i, s:i}", "days", o->days, "requests", o->requests),
                "The demo office is there: %d requests of the last %d days.", o->requests, o->days);
}

/* What checking signatures found. */
typedef struct {
  GHashTable *keys; /* NULL: there are none to check with */
  int faults, good;
  int64_t streams, unsigned_streams;
  char *newest; /* when the newest was made */
} Signatures;

static void say_fault(const char *stream, const char *head, const char *what) {
  json_t *object = json_pack("{s:I, s:I, s:n, s:s}", "stream", (json_int_t)g_ascii_strtoll(stream, NULL, 10), "seq",
                             (json_int_t)g_ascii_strtoll(head, NULL, 10), "row_id", "what", what);
  json_dumpf(object, stdout, JSON_COMPACT);
  putchar('\n');
  json_decref(object);
}

static void say_signature(const Options *o, const char *stream, const char *head, const char *at, const char *id) {
  if (!o->signatures) return;
  if (!o->json) {
    printf("stream %s, event %s: signed %s by %s\n", stream, head, at, id);
    return;
  }
  json_t *object = json_pack("{s:I, s:I, s:s, s:s}", "stream", (json_int_t)g_ascii_strtoll(stream, NULL, 10),
                             "signed", (json_int_t)g_ascii_strtoll(head, NULL, 10), "at", at, "key", id);
  json_dumpf(object, stdout, JSON_COMPACT);
  putchar('\n');
  json_decref(object);
}

static bool from_hex(const char *hex, uint8_t *bytes, size_t len) {
  size_t found = 0;
  return sodium_hex2bin(bytes, len, hex, strlen(hex), NULL, &found, NULL) == 0 && found == len;
}

static void check_signature(const Options *o, PGresult *rows, int row, Signatures *s) {
  const char *stream = PQgetvalue(rows, row, 0), *head = PQgetvalue(rows, row, 1), *at = PQgetvalue(rows, row, 3),
             *id = PQgetvalue(rows, row, 4);
  uint8_t chain[SIGNING_CHAIN], signature[SIGNING_SIGNATURE];
  SigningVerdict verdict = SIGNING_FALSE;

  if (from_hex(PQgetvalue(rows, row, 2), chain, sizeof chain) &&
      from_hex(PQgetvalue(rows, row, 5), signature, sizeof signature))
    verdict = signing_check(s->keys, id, g_ascii_strtoll(stream, NULL, 10), g_ascii_strtoll(head, NULL, 10), chain,
                            signature);
  if (verdict == SIGNING_GOOD) {
    s->good++;
    if (g_strcmp0(at, s->newest) > 0) {
      g_free(s->newest);
      s->newest = g_strdup(at);
    }
    say_signature(o, stream, head, at, id);
    return;
  }
  s->faults++;
  g_autofree char *what =
      verdict == SIGNING_FALSE
          ? g_strdup_printf("the signature of %s is false: history was rewritten, or the signature was", at)
          : g_strdup_printf("the head of %s is signed by key %s, whose .pub is not in the folder of keys", at, id);
  say_fault(stream, head, what);
}

static bool check_signatures(const Options *o, PGconn *db, Signatures *s, GError **why) {
  enum { PAGE = 10000 };
  char stream[24] = "-1", head[24] = "0";
  int count;

  do {
    const char *params[] = {stream, head, G_STRINGIFY(10000), NULL};
    g_autoptr(PGresult) rows = pg_ask(
        db,
        "SELECT stream, head, chain, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), key_id, "
        "signature FROM linli.audit_signatures($1::bigint, $2::bigint, $3::integer)",
        params, why);
    if (!rows) return false;
    count = PQntuples(rows);
    for (int i = 0; i < count; i++) {
      if (strcmp(stream, PQgetvalue(rows, i, 0)) != 0) s->streams++;
      g_strlcpy(stream, PQgetvalue(rows, i, 0), sizeof stream);
      g_strlcpy(head, PQgetvalue(rows, i, 1), sizeof head);
      check_signature(o, rows, i, s);
    }
  } while (count == PAGE);
  return true;
}

static char *keys_folder(const Options *o) {
  if (o->keys) return g_strdup(o->keys);
  return o->embedded ? g_build_filename(o->embedded, "linlid", "signing", NULL) : NULL;
}

static int say_verified(const Options *o, const Signatures *s) {
  json_t *object =
      json_pack("{s:i, s:i, s:I, s:s?, s:I}", "faults", 0, "signatures", s->good, "signed_streams",
                (json_int_t)s->streams, "newest", s->newest, "unsigned_streams", (json_int_t)s->unsigned_streams);
  const char *holds = "Every chain holds, and the tables say what the events say.";
  if (!s->keys)
    return answer(o, object, "%s Signatures were not checked: name the folder of public keys with --keys FOLDER.",
                  holds);
  return answer(o, object,
                "%s %d signatures of %" G_GINT64_FORMAT " streams are good, the newest of %s; %" G_GINT64_FORMAT
                " streams moved more than two hours ago and are not signed since.",
                holds, s->good, s->streams, s->newest ? s->newest : "never", s->unsigned_streams);
}

static int audit_in(const Options *o, PGconn *db, Signatures *s, GError **why) {
  g_autoptr(PGresult) rows = pg_ask(db, "SELECT to_jsonb(v)::text FROM linli.audit_verify() v", NULL, why);
  g_autofree char *late = rows ? pg_value(db, "SELECT linli.audit_unsigned('2 hours')", NULL, why) : NULL;
  if (!late || (s->keys && !check_signatures(o, db, s, why))) return REFUSED;
  s->unsigned_streams = g_ascii_strtoll(late, NULL, 10);
  for (int i = 0; i < PQntuples(rows); i++)
    puts(PQgetvalue(rows, i, 0));
  s->faults += PQntuples(rows);
  if (s->faults == 0) return say_verified(o, s);
  admin_fail(why, "%d faults in the history: see above. Keep this database as it is, and compare with a backup.",
             s->faults);
  return REFUSED;
}

static int audit_verify(const Options *o, const char *url, GError **why) {
  g_autoptr(PGconn) db = pg_open(url, why);
  g_autofree char *folder = keys_folder(o);
  Signatures s = {.keys = folder ? signing_keys(folder) : NULL};
  if (!db || sodium_init() < 0 ||
      !pg_do(db, "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL ROLE linli_owner", why))
    return REFUSED;
  int code = audit_in(o, db, &s, why);
  g_free(s.newest);
  if (s.keys) g_hash_table_unref(s.keys);
  return code;
}

static int do_backup(const Options *o, GError **why) {
  g_autofree char *made = NULL;
  if (!backup_make(o->embedded, o->operand, &made, why)) return REFUSED;
  return answer(o, json_pack("{s:s}", "backup", made), "%s holds a verified backup.", made);
}

static int do_restore(const Options *o, GError **why) {
  g_autofree char *aside = NULL;
  if (!backup_restore(o->embedded, o->operand, o->until, &aside, why)) return REFUSED;
  return answer(o, json_pack("{s:b, s:s?}", "restored", 1, "aside", aside), "Restored.%s%s",
                aside ? " The data that was there before is in " : "", aside ? aside : "");
}

static int cluster_status(const Options *o) {
  int pid = (int)cluster_pid(o->embedded);
  json_t *object = json_pack("{s:b, s:i}", "running", pid != 0, "pid", pid);
  if (pid) return answer(o, object, "PostgreSQL of %s runs (process %d).", o->embedded, pid);
  (void)answer(o, object, "PostgreSQL of %s does not run.", o->embedded);
  return REFUSED;
}

static int do_cluster(const Options *o, GError **why) {
  g_auto(ClusterInfo) info = {0};
  if (g_str_equal(o->verb, "status")) return cluster_status(o);
  if (g_str_equal(o->verb, "stop"))
    return cluster_stop(o->embedded, why) ? answer(o, json_pack("{s:b}", "running", 0), "Stopped.") : REFUSED;
  if (!cluster_ensure(o->embedded, &info, why)) return REFUSED;
  json_t *object = json_pack("{s:b, s:b, s:b, s:s, s:s}", "running", 1, "made", info.made, "started", info.started,
                             "owner_url", info.owner_url, "ca", info.ca);
  return answer(o, object, "%s\n%s", info.started ? "Started." : "It runs already.", info.owner_url);
}

typedef struct {
  const char *noun, *verb;
  int (*with_url)(const Options *, const char *, GError **);
  int (*with_dir)(const Options *, GError **);
} Verb;

/* verb NULL: an operand stands there. */
static const Verb VERBS[] = {
    {"db", "upgrade", db_upgrade, NULL},     {"db", "check", db_check, NULL},
    {"db", "bootstrap", db_bootstrap, NULL}, {"db", "demo", db_demo, NULL},
    {"audit", "verify", audit_verify, NULL}, {"backup", NULL, NULL, do_backup},
    {"restore", NULL, NULL, do_restore},     {"cluster", "start", NULL, do_cluster},
    {"cluster", "stop", NULL, do_cluster},   {"cluster", "status", NULL, do_cluster},
};

bool admin_is_verb(const char *noun) {
  for (guint i = 0; i < G_N_ELEMENTS(VERBS); i++)
    if (g_strcmp0(noun, VERBS[i].noun) == 0) return true;
  return false;
}

static const Verb *find_verb(const Options *o) {
  for (guint i = 0; i < G_N_ELEMENTS(VERBS); i++)
    if (g_strcmp0(o->noun, VERBS[i].noun) == 0 && (!VERBS[i].verb || g_strcmp0(o->verb, VERBS[i].verb) == 0))
      return &VERBS[i];
  return NULL;
}

/* FILENAME even for texts: STRING would convert from the locale, and there may be none that knows Chinese. */
static bool parse(int *argc, char ***argv, Options *o, GError **why) {
  const GOptionEntry entries[] = {
      {"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "One JSON object a line on stdout", NULL},
      {"embedded", 0, 0, G_OPTION_ARG_FILENAME, &o->embedded, "Folder of the embedded cluster (LINLI_EMBEDDED)",
       "DIR"},
      {"database", 0, 0, G_OPTION_ARG_FILENAME, &o->database, "Database of an owner: postgresql://… (LINLI_DATABASE)",
       "URL"},
      {"name", 0, 0, G_OPTION_ARG_FILENAME, &o->name, "Account of the first administrator (admin)", "NAME"},
      {"title", 0, 0, G_OPTION_ARG_FILENAME, &o->title, "The name that others see", "TEXT"},
      {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &o->password_file, "Its first line is the password", "FILE"},
      {"days", 0, 0, G_OPTION_ARG_INT, &o->days, "Demo: how far back (60)", "N"},
      {"requests", 0, 0, G_OPTION_ARG_INT, &o->requests, "Demo: how many requests (2000)", "N"},
      {"keys", 0, 0, G_OPTION_ARG_FILENAME, &o->keys, "Audit: folder of public keys (DIR/linlid/signing)", "FOLDER"},
      {"signatures", 0, 0, G_OPTION_ARG_NONE, &o->signatures, "Audit: list which head was signed when", NULL},
      {"until", 0, 0, G_OPTION_ARG_FILENAME, &o->until, "Restore up to this moment, or latest", "TIME"},
      {NULL, 0, 0, 0, NULL, NULL, NULL}};
  GOptionContext *context = g_option_context_new(USAGE_TEXT);
  g_option_context_add_main_entries(context, entries, NULL);
  bool ok = g_option_context_parse(context, argc, argv, why);
  g_option_context_free(context);
  return ok;
}

/* Which database: an option wins over the environment, a folder over an address. */
static int choose(Options *o, const Verb *verb) {
  if (o->embedded && o->database) return usage("give either --embedded DIR or --database URL, not both.");
  if (!o->embedded && !o->database) o->embedded = g_strdup(g_getenv("LINLI_EMBEDDED"));
  if (!o->embedded && !o->database) o->database = g_strdup(g_getenv("LINLI_DATABASE"));
  if (verb->with_dir && !o->embedded)
    return usage("this works on an embedded cluster: name it with --embedded DIR (or LINLI_EMBEDDED).");
  if (!o->embedded && !o->database) return usage("name the database: --embedded DIR or --database postgresql://… .");
  if (!verb->verb && !o->operand) return usage("name the folder: linlictl backup TO, linlictl restore FROM.");
  return DONE;
}

static int run(const Options *o, const Verb *verb) {
  g_autoptr(GError) why = NULL;
  g_autofree char *url = verb->with_url ? owner_url(o, &why) : NULL;
  int code = REFUSED;
  if (!verb->with_url)
    code = verb->with_dir(o, &why);
  else if (url)
    code = verb->with_url(o, url, &why);
  return why ? complain(o, why) : code;
}

int admin_verb(int argc, char **argv) {
  g_auto(Options) o = {.days = 60, .requests = 2000};
  g_autoptr(GError) why = NULL;
  g_autoptr(GPtrArray) words = g_ptr_array_new(); /* GOption takes the first for the program's name */
  if (argc > 0 && admin_is_verb(argv[0])) g_ptr_array_add(words, (char *)"linlictl");
  for (int i = 0; i < argc; i++)
    g_ptr_array_add(words, argv[i]);
  int count = (int)words->len;
  g_ptr_array_add(words, NULL);
  char **list = (char **)words->pdata;
  if (!parse(&count, &list, &o, &why)) return usage(why->message);
  o.noun = count > 1 ? list[1] : NULL;
  o.verb = count > 2 ? list[2] : NULL;
  o.operand = o.verb;
  const Verb *verb = find_verb(&o);
  if (!verb || count > 3) return usage("no such verb; 'linlictl db --help' lists what there is.");
  int wrong = choose(&o, verb);
  return wrong ? wrong : run(&o, verb);
}
