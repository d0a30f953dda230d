#include "sql/admin/pg.h"

#include <stdlib.h>
#include <string.h>

#include "sql/admin/cluster.h"
#include "sql/admin/program.h"

static void drop_notice(void *user, const PGresult *notice) {
  (void)user;
  (void)notice;
}

static char *one_line(const char *message) {
  char *line = g_strchomp(g_strdup(message && *message ? message : "no reason given"));
  g_strdelimit(line, "\n\t", ' ');
  return line;
}

PGconn *pg_open(const char *url, GError **why) {
  const char *names[] = {"dbname", "fallback_application_name", "connect_timeout", "options", NULL};
  const char *values[] = {url, "linli-admin", "10", "-c client_min_messages=warning -c statement_timeout=0", NULL};
  PGconn *db = PQconnectdbParams(names, values, 1);
  if (PQstatus(db) == CONNECTION_OK) {
    PQsetNoticeReceiver(db, drop_notice, NULL);
    return db;
  }
  g_autofree char *line = one_line(PQerrorMessage(db));
  g_set_error(why, ADMIN_ERROR, 3, "The database cannot be reached: %s", line);
  PQfinish(db);
  return NULL;
}

/* The statement's position counts characters; lines are what a person looks for. */
static int line_of(const char *sql, const PGresult *result) {
  const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
  int line = 1;
  if (!position) return 0;
  for (long left = strtol(position, NULL, 10); left > 1 && *sql; left--, sql = g_utf8_next_char(sql))
    line += *sql == '\n';
  return line;
}

static void say(const PGresult *result, PGconn *db, const char *file, const char *sql, GError **why) {
  const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
  const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
  g_autofree char *words = one_line(primary ? primary : PQerrorMessage(db));
  g_autoptr(GString) text = g_string_new(NULL);
  int line = file ? line_of(sql, result) : 0;
  if (file) g_string_append(text, file);
  if (line > 0) g_string_append_printf(text, ":%d", line);
  g_string_append_printf(text, "%s%s", file ? ": " : "", words);
  if (detail) g_string_append_printf(text, " (%s)", detail);
  if (hint) g_string_append_printf(text, " %s", hint);
  if (context && file) g_string_append_printf(text, " [%s]", context);
  g_set_error_literal(why, ADMIN_ERROR, PQstatus(db) == CONNECTION_OK ? 1 : 3, text->str);
}

bool pg_do_file(PGconn *db, const char *file, const char *sql, GError **why) {
  g_autoptr(PGresult) result = PQexec(db, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return true;
  say(result, db, file, sql, why);
  return false;
}

bool pg_do(PGconn *db, const char *sql, GError **why) {
  return pg_do_file(db, NULL, sql, why);
}

PGresult *pg_ask(PGconn *db, const char *sql, const char *const *params, GError **why) {
  int count = params ? (int)g_strv_length((char **)params) : 0;
  PGresult *result = PQexecParams(db, sql, count, NULL, params, NULL, NULL, 0);
  if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK) return result;
  say(result, db, NULL, sql, why);
  PQclear(result);
  return NULL;
}

char *pg_value(PGconn *db, const char *sql, const char *const *params, GError **why) {
  g_autoptr(PGresult) result = pg_ask(db, sql, params, why);
  if (!result) return NULL;
  return g_strdup(PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "");
}
