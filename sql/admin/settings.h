/* settings.h: the configuration of the embedded cluster: what differs from PostgreSQL's defaults, and why.
 *
 * pg/linli.conf, pg_hba.conf and pg_ident.conf are written anew before each start; pg/local.conf is the
 * administrator's, is read last, and is never touched. */
#pragma once

#include "sql/admin/home.h"

/* Writes the files into data (the cluster's folder, or one being made). archive: copy finished WAL to home->wal. */
G_GNUC_WARN_UNUSED_RESULT bool settings_write(const Home *home, const char *data, bool archive, GError **why);
/* Whether the cluster at data copies its WAL now, by its files. */
bool settings_archiving(const char *data);
