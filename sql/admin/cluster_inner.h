/* cluster_inner.h: what a restore needs of cluster.c while it holds the home's lock itself. Not for others. */
#pragma once

#include "sql/admin/home.h"

/* postgresql:// of the socket in run; g_free(). */
char *cluster_url(const char *run, const char *role, const char *database);
/* The cluster must not run. Its settings are written first. */
G_GNUC_WARN_UNUSED_RESULT bool cluster_start(const Home *home, GError **why);
G_GNUC_WARN_UNUSED_RESULT bool cluster_halt(const Home *home, GError **why);
