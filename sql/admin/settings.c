#include "sql/admin/settings.h"

#include <string.h>
#include <unistd.h>

#include "sql/admin/cluster.h"

/* Commands of PostgreSQL run in its data folder, whose neighbour is wal/. Segments are mostly zeros after a forced
 * switch, hence gzip. A segment that is there already was archived before a crash: its content is the same. */
#define ARCHIVE_COMMAND                                                                                              \
  "test -f ../wal/%f.gz || { gzip -1 -c %p > ../wal/%f.part && sync ../wal/%f.part && mv ../wal/%f.part "            \
  "../wal/%f.gz; }"

static const char SETTINGS[] =
    "# Written by linli before each start. Your own settings belong in local.conf, which is read after this.\n"
    "listen_addresses = ''\n"
    "port = %d\n"
    "unix_socket_permissions = 0700\n"
    "max_connections = 200\n"
    "shared_buffers = %dMB\n"
    "effective_cache_size = %dMB\n"
    "random_page_cost = 1.1\n"
    "jit = off\n"
    "wal_level = replica\n"
    "wal_compression = lz4\n"
    "max_wal_size = 1GB\n"
    "checkpoint_timeout = 10min\n"
    /* On from the start, doing nothing, because turning it on needs a restart and its command does not. */
    "archive_mode = on\n"
    "archive_command = '%s'\n"
    "archive_timeout = %s\n"
    "idle_in_transaction_session_timeout = 10min\n"
    "timezone = 'UTC'\n"
    "log_timezone = 'UTC'\n"
    "logging_collector = on\n"
    "log_filename = 'postgresql-%%a.log'\n"
    "log_rotation_age = 1d\n"
    "log_rotation_size = 0\n"
    "log_truncate_on_rotation = on\n"
    "log_line_prefix = '%%m [%%p] %%q%%u@%%d %%a '\n"
    "log_checkpoints = off\n"
    "log_lock_waits = on\n"
    "log_min_duration_statement = 1s\n"
    /* Residents' data and tokens travel in parameters; and DETAIL and CONTEXT of an error show the row at fault. */
    "log_error_verbosity = terse\n"
    "log_parameter_max_length = 0\n"
    "log_parameter_max_length_on_error = 0\n";

/* Peer rather than trust: the folder's mode keeps others out, and peer still does if that mode is ever loosened. The
 * map says which users of this system may be which role. */
static const char ACCESS[] = "# Written by linli. The only way in is the socket in a private folder.\n"
                             "local all         all peer map=linli\n"
                             "local replication all peer map=linli\n";

static char *quoted(const char *value) {
  g_auto(GStrv) parts = g_strsplit(value, "'", -1);
  g_autofree char *doubled = g_strjoinv("''", parts);
  return g_strdup_printf("'%s'", doubled);
}

static int memory_mb(void) {
  long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (int)MIN((gint64)pages * size >> 20, 1 << 20) : 1024;
}

static char *settings_text(const Home *home, bool archive) {
  int memory = memory_mb();
  g_autofree char *main_part =
      g_strdup_printf(SETTINGS, CLUSTER_PORT, CLAMP(memory / 16, 64, 256), MAX(memory / 4, 256),
                      archive ? ARCHIVE_COMMAND : "/bin/true", archive ? "10min" : "0");
  g_autofree char *run = quoted(home->run), *log = quoted(home->log);
  return g_strdup_printf("%sunix_socket_directories = %s\nlog_directory = %s\ninclude_if_exists = 'local.conf'\n",
                         main_part, run, log);
}

static char *ident_text(const Home *home) {
  g_autoptr(GString) text = g_string_new("# Written by linli: who on this system may be which role.\n");
  const char *users[] = {home->user.name, "root"}, *roles[] = {"linli", "linlid"};
  for (guint u = 0; u < G_N_ELEMENTS(users); u++)
    for (guint r = 0; r < G_N_ELEMENTS(roles); r++)
      g_string_append_printf(text, "linli \"%s\" %s\n", users[u], roles[r]);
  return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool write_in(const Home *home, const char *data, const char *name, const char *text, GError **why) {
  g_autofree char *path = g_build_filename(data, name, NULL);
  return home_write(home, path, text, why);
}

bool settings_write(const Home *home, const char *data, bool archive, GError **why) {
  g_autofree char *settings = settings_text(home, archive), *ident = ident_text(home);
  return write_in(home, data, "postgresql.conf", "include = 'linli.conf'\n", why) &&
         write_in(home, data, "linli.conf", settings, why) && write_in(home, data, "pg_hba.conf", ACCESS, why) &&
         write_in(home, data, "pg_ident.conf", ident, why);
}

bool settings_archiving(const char *data) {
  g_autofree char *path = g_build_filename(data, "linli.conf", NULL), *text = NULL;
  return g_file_get_contents(path, &text, NULL, NULL) && strstr(text, "../wal/") != NULL;
}
