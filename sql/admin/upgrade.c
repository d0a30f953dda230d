#include "sql/admin/upgrade.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "sql/admin/bundle.h"
#include "sql/admin/cluster.h"
#include "sql/admin/pg.h"
#include "sql/admin/program.h"

enum { API = 1 };
/* argon2id of the architecture: 19 MiB, two passes. */
enum { HASH_PASSES = 2, HASH_MEMORY = 19 << 20 };

/* Any constant does, as long as every version of this program uses the same: "linliupg". */
static const char LOCK[] = "SELECT pg_advisory_lock(7811887394561289319)";

static const char BEGIN[] = "BEGIN; SET LOCAL lock_timeout = '30s'; SET LOCAL ROLE linli_owner; "
                            "SET LOCAL search_path = linli, pg_temp";

static const char ROLES[] =
    "DO $$ BEGIN\n"
    "  IF to_regrole('linli_owner') IS NULL THEN CREATE ROLE linli_owner NOLOGIN; END IF;\n"
    "  IF to_regrole('linlid') IS NULL THEN CREATE ROLE linlid LOGIN; END IF;\n"
    "  IF NOT pg_has_role(current_user, 'linli_owner', 'MEMBER') THEN\n"
    "    EXECUTE format('GRANT linli_owner TO %I', current_user);\n"
    "  END IF;\n"
    "  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());\n"
    "  EXECUTE format('GRANT CREATE, CONNECT, TEMPORARY ON DATABASE %I TO linli_owner', current_database());\n"
    "  EXECUTE format('GRANT CONNECT ON DATABASE %I TO linlid', current_database());\n"
    "END $$";

/* What ran. Made with the first upgrade, which makes the schema. */
static const char LEDGER[] =
    "CREATE TABLE IF NOT EXISTS linli.upgrade (number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT "
    "NULL,\n"
    "  at timestamptz NOT NULL DEFAULT now());\n"
    "CREATE TABLE IF NOT EXISTS linli.api (api integer PRIMARY KEY, sha256 text NOT NULL, at timestamptz NOT NULL)";

/* linlid may call api_1 and nothing else, whatever a file forgot. */
static const char RIGHTS[] = "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON ROUTINES FROM PUBLIC;\n"
                             "REVOKE ALL ON ALL ROUTINES IN SCHEMA linli, api_1 FROM PUBLIC;\n"
                             "REVOKE ALL ON SCHEMA linli, api_1 FROM PUBLIC;\n"
                             "GRANT USAGE ON SCHEMA api_1 TO linlid;\n"
                             "GRANT EXECUTE ON ALL ROUTINES IN SCHEMA api_1 TO linlid";

typedef struct {
  GPtrArray *upgrades, *api;
  guint first; /* the first of upgrades that has not run */
  char *api_digest;
  UpgradeReport report;
} Plan;

static void plan_clear(Plan *plan) {
  g_clear_pointer(&plan->upgrades, g_ptr_array_unref);
  g_clear_pointer(&plan->api, g_ptr_array_unref);
  g_clear_pointer(&plan->api_digest, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Plan, plan_clear)

static unsigned number_of(const BundleFile *file) {
  return (unsigned)strtoul(file->name, NULL, 10);
}

/* The program's own files: numbers ascend; gaps are allowed, a number that two files share is not. */
static bool plan_files(Plan *plan, GError **why) {
  plan->upgrades = bundle_files("upgrades");
  plan->api = bundle_files("api_1");
  plan->api_digest = bundle_digest(plan->api);
  unsigned last = 0;
  for (guint i = 0; i < plan->upgrades->len; i++) {
    unsigned number = number_of(plan->upgrades->pdata[i]);
    if (number <= last)
      return admin_fail(why, "upgrades/%s needs a number of its own, above %04u.",
                        ((BundleFile *)plan->upgrades->pdata[i])->name, last);
    last = number;
  }
  return true;
}

/* One that ran. Rows and files both ascend, so the next file must be this one, unless the database is ahead of us. */
static bool plan_row(Plan *plan, unsigned number, const char *name, const char *sha256, GError **why) {
  plan->report.number = number;
  if (plan->first == plan->upgrades->len) {
    plan->report.newer = true;
    return true;
  }
  const BundleFile *file = plan->upgrades->pdata[plan->first];
  if (number_of(file) < number)
    return admin_fail(
        why,
        "upgrades/%s has not run on this database, and %s after it has: give it a number above all that "
        "have run.",
        file->name, name);
  if (number_of(file) > number)
    return admin_fail(
        why,
        "This database has run upgrades/%s, which this program does not know: install the linli that the "
        "database was last upgraded with, or a newer one.",
        name);
  plan->first++;
  if (strcmp(file->sha256, sha256) == 0) return true;
  return admin_fail(
      why,
      "upgrades/%s has changed since it ran on this database (as %s). What has run is never edited: put "
      "the old text back and write the change as a new upgrade.",
      file->name, name);
}

/* What would run on this database. */
static bool plan_make(PGconn *db, Plan *plan, GError **why) {
  if (!plan_files(plan, why)) return false;
  g_autofree char *there = pg_value(db, "SELECT to_regclass('linli.upgrade')", NULL, why), *digest = NULL;
  if (!there) return false;
  if (*there) {
    g_autoptr(PGresult) rows =
        pg_ask(db, "SELECT number, name, sha256 FROM linli.upgrade ORDER BY number", NULL, why);
    for (int i = 0; rows && i < PQntuples(rows); i++)
      if (!plan_row(plan, (unsigned)atoi(PQgetvalue(rows, i, 0)), PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2),
                    why))
        return false;
    digest = rows ? pg_value(db, "SELECT sha256 FROM linli.api WHERE api = 1", NULL, why) : NULL;
    if (!digest) return false;
  }
  if (plan->report.newer) return true;
  plan->report.upgrades = plan->upgrades->len - plan->first;
  plan->report.api = plan->report.upgrades > 0 || g_strcmp0(digest, plan->api_digest) != 0;
  return true;
}

/* Always false. */
static bool rolled_back(PGconn *db) {
  PQclear(PQexec(db, "ROLLBACK"));
  return false;
}

static bool run_file(PGconn *db, const char *folder, const BundleFile *file, GError **why) {
  g_autofree char *path = g_strdup_printf("%s/%s", folder, file->name);
  return pg_do_file(db, path, file->text, why);
}

static bool note_upgrade(PGconn *db, const BundleFile *file, GError **why) {
  g_autofree char *number = g_strdup_printf("%u", number_of(file));
  const char *params[] = {number, file->name, file->sha256, NULL};
  g_autoptr(PGresult) noted = NULL;
  if (!pg_do(db, LEDGER, why)) return false;
  noted = pg_ask(db, "INSERT INTO linli.upgrade (number, name, sha256) VALUES ($1, $2, $3)", params, why);
  return noted != NULL;
}

static bool run_upgrade(PGconn *db, const BundleFile *file, GError **why) {
  if (!pg_do(db, BEGIN, why) || !run_file(db, "upgrades", file, why) || !note_upgrade(db, file, why) ||
      !pg_do(db, "COMMIT", why))
    return rolled_back(db);
  return true;
}

static bool run_api(PGconn *db, const Plan *plan, GError **why) {
  const char *params[] = {plan->api_digest, NULL};
  g_autoptr(PGresult) noted = NULL;
  bool ok = pg_do(db, BEGIN, why);
  for (guint i = 0; ok && i < plan->api->len; i++)
    ok = run_file(db, "api_1", plan->api->pdata[i], why);
  ok = ok && pg_do(db, RIGHTS, why);
  if (ok)
    noted = pg_ask(db,
                   "INSERT INTO linli.api VALUES (1, $1, now()) ON CONFLICT (api) DO UPDATE SET "
                   "sha256 = excluded.sha256, at = excluded.at",
                   params, why);
  return (noted && pg_do(db, "COMMIT", why)) || rolled_back(db);
}

static bool run_plan(PGconn *db, const Plan *plan, GError **why) {
  if (plan->upgrades->len == 0)
    return admin_fail(why,
                      "This program was built without its SQL files: build it again with LINLI_SQL_DIR set right.");
  if (plan->first == 0 && plan->report.upgrades && !pg_do(db, ROLES, why)) return false;
  for (guint i = plan->first; i < plan->upgrades->len; i++)
    if (!run_upgrade(db, plan->upgrades->pdata[i], why)) return false;
  return !plan->report.api || run_api(db, plan, why);
}

bool upgrade_run(const char *owner_url, UpgradeReport *report, GError **why) {
  g_autoptr(PGconn) db = pg_open(owner_url, why);
  g_auto(Plan) plan = {0};
  if (!db || !pg_do(db, LOCK, why) || !plan_make(db, &plan, why)) return false;
  if (!plan.report.newer && !run_plan(db, &plan, why)) return false;
  if (!plan.report.newer) plan.report.number = number_of(plan.upgrades->pdata[plan.upgrades->len - 1]);
  if (report) *report = plan.report;
  return true;
}

static char **plan_names(const Plan *plan) {
  g_autoptr(GStrvBuilder) names = g_strv_builder_new();
  for (guint i = plan->first; i < plan->upgrades->len && plan->report.upgrades; i++) {
    g_autofree char *name = g_strdup_printf("upgrades/%s", ((BundleFile *)plan->upgrades->pdata[i])->name);
    g_strv_builder_add(names, name);
  }
  for (guint i = 0; i < plan->api->len && plan->report.api; i++) {
    g_autofree char *name = g_strdup_printf("api_%d/%s", API, ((BundleFile *)plan->api->pdata[i])->name);
    g_strv_builder_add(names, name);
  }
  return g_strv_builder_end(names);
}

bool upgrade_check(const char *owner_url, UpgradeReport *report, char ***files, GError **why) {
  g_autoptr(PGconn) db = pg_open(owner_url, why);
  g_auto(Plan) plan = {0};
  if (!db || !plan_make(db, &plan, why)) return false;
  if (report) *report = plan.report;
  if (files) *files = plan_names(&plan);
  return true;
}

static char *password_hash(const char *password, GError **why) {
  char text[crypto_pwhash_STRBYTES];
  if (sodium_init() >= 0 && crypto_pwhash_str_alg(text, password, strlen(password), HASH_PASSES, HASH_MEMORY,
                                                  crypto_pwhash_ALG_ARGON2ID13) == 0)
    return g_strdup(text);
  admin_fail(why, "The password could not be hashed: there are not 19 MiB of memory to be had.");
  return NULL;
}

bool upgrade_has_account(const char *owner_url, bool *has, GError **why) {
  g_autoptr(PGconn) db = pg_open(owner_url, why);
  g_autofree char *value = db ? pg_value(db, "SELECT EXISTS (SELECT FROM linli.account)", NULL, why) : NULL;
  *has = value && *value == 't';
  return value != NULL;
}

/* Calls a function of schema linli as its owner, in one transaction, with text parameters. */
static bool call_as_owner(PGconn *db, const char *call, const char *const *params, GError **why) {
  g_autoptr(PGresult) called = NULL;
  if (!pg_do(db, BEGIN, why)) return false;
  called = pg_ask(db, call, params, why);
  return (called && pg_do(db, "COMMIT", why)) || rolled_back(db);
}

bool upgrade_bootstrap(const char *owner_url, const char *name, const char *title, const char *password,
                       GError **why) {
  enum { PASSWORD_MIN = 10 }; /* as for every account: server/dispatch.c */
  if (g_utf8_strlen(password, -1) < PASSWORD_MIN)
    return admin_fail(why, "The first administrator's password must have at least %d characters.", PASSWORD_MIN);
  bool has = false;
  if (!upgrade_has_account(owner_url, &has, why)) return false;
  if (has)
    return admin_fail(why, "There are accounts already: an administrator makes more with 'linlictl account add'.");
  g_autoptr(PGconn) db = pg_open(owner_url, why);
  g_autofree char *hash = db ? password_hash(password, why) : NULL;
  const char *params[] = {name, title, hash, NULL};
  return hash && call_as_owner(db, "SELECT linli.bootstrap($1, $2, $3)", params, why);
}

static bool load_demo(PGconn *db, GError **why) {
  g_autoptr(GPtrArray) files = bundle_files("demo");
  /* Its functions name the row types of temporary tables, which exist only while it runs. */
  bool ok = pg_do(db, BEGIN, why) && pg_do(db, "SET LOCAL check_function_bodies = off", why);
  if (files->len == 0)
    return rolled_back(db) || admin_fail(why, "This program was built without the demo office (sql/demo).");
  for (guint i = 0; ok && i < files->len; i++)
    ok = run_file(db, "demo", files->pdata[i], why);
  return (ok && pg_do(db, "REVOKE ALL ON ALL ROUTINES IN SCHEMA linli FROM PUBLIC; COMMIT", why)) || rolled_back(db);
}

bool upgrade_demo(const char *owner_url, int days, int requests, const char *password, GError **why) {
  g_autoptr(PGconn) db = pg_open(owner_url, why);
  g_autofree char *hash = db ? password_hash(password, why) : NULL;
  g_autofree char *many = g_strdup_printf("%d", requests), *long_ago = g_strdup_printf("%d", days);
  const char *params[] = {long_ago, many, hash, NULL};
  if (!hash || !pg_do(db, LOCK, why) || !load_demo(db, why)) return false;
  return call_as_owner(db, "SELECT linli.demo($1, $2, $3)", params, why);
}
