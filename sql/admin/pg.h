/* pg.h: a blocking connection to PostgreSQL, with errors that are sentences. For administration only. */
#pragma once

#include <gio/gio.h>
#include <libpq-fe.h>
#include <stdbool.h>

/* NULL on error. The name in pg_stat_activity is linli-admin. Notices are dropped. */
G_GNUC_WARN_UNUSED_RESULT PGconn *pg_open(const char *url, GError **why);
/* Any number of statements, in one implicit transaction unless they say otherwise. */
G_GNUC_WARN_UNUSED_RESULT bool pg_do(PGconn *db, const char *sql, GError **why);
/* The same; an error names file and the line in it. */
G_GNUC_WARN_UNUSED_RESULT bool pg_do_file(PGconn *db, const char *file, const char *sql, GError **why);
/* One statement with text parameters, NULL-terminated; NULL for none. NULL on error; else PQclear(). */
G_GNUC_WARN_UNUSED_RESULT PGresult *pg_ask(PGconn *db, const char *sql, const char *const *params, GError **why);
/* Its first value, g_free(); "" where there is no row or it is NULL. */
G_GNUC_WARN_UNUSED_RESULT char *pg_value(PGconn *db, const char *sql, const char *const *params, GError **why);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, PQfinish)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)
