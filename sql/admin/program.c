#include "sql/admin/program.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sql/admin/cluster.h"

G_DEFINE_QUARK(linli - admin - error - quark, admin_error)

bool admin_fail(GError **why, const char *format, ...) {
  va_list args;
  va_start(args, format);
  g_autofree char *sentence = g_strdup_vprintf(format, args);
  va_end(args);
  g_set_error_literal(why, ADMIN_ERROR, 0, sentence);
  return false;
}

void program_user_clear(ProgramUser *user) {
  g_clear_pointer(&user->name, g_free);
}

static bool user_take(const struct passwd *entry, ProgramUser *user) {
  *user = (ProgramUser){.uid = entry->pw_uid, .gid = entry->pw_gid, .name = g_strdup(entry->pw_name)};
  return true;
}

bool program_user(const char *data, ProgramUser *user, GError **why) {
  struct stat st;
  uid_t uid = geteuid();
  if (uid == 0 && stat(data, &st) == 0) uid = st.st_uid;
  const struct passwd *entry = uid != 0 ? getpwuid(uid) : getpwnam("postgres");
  if (entry) return user_take(entry, user);
  if (uid != 0)
    return admin_fail(why, "User %u has no name on this system, and PostgreSQL needs one: add it to /etc/passwd.",
                      (unsigned)uid);
  return admin_fail(why,
                    "PostgreSQL refuses to run as root, and there is no user postgres to run it as: "
                    "apt-get install postgresql-%d, or run this as an ordinary user.",
                    CLUSTER_MAJOR);
}

char *program_path(const char *name, GError **why) {
  g_autofree char *path = g_strdup_printf("/usr/lib/postgresql/%d/bin/%s", CLUSTER_MAJOR, name);
  if (access(path, X_OK) == 0) return g_steal_pointer(&path);
  admin_fail(why, "%s is missing: apt-get install postgresql-%d.", path, CLUSTER_MAJOR);
  return NULL;
}

/* As it is by itself, malloc gives a backend's memory back to the kernel at the end of every transaction that used
 * more than 128 KiB and fetches it again in the next: half of what a small transaction costs. */
static char **keep_memory(char **env) {
  env = g_environ_setenv(env, "MALLOC_TRIM_THRESHOLD_", "8388608", FALSE);
  env = g_environ_setenv(env, "MALLOC_MMAP_THRESHOLD_", "4194304", FALSE);
  return g_environ_setenv(env, "MALLOC_TOP_PAD_", "1048576", FALSE);
}

static char **program_environment(void) {
  char **env = g_get_environ();
  for (char **entry = env; *entry;) {
    if (g_str_has_prefix(*entry, "PG") || g_str_has_prefix(*entry, "LC_") || g_str_has_prefix(*entry, "LANG")) {
      g_autofree char *name = g_strndup(*entry, strcspn(*entry, "="));
      env = g_environ_unsetenv(env, name);
      entry = env;
    } else {
      entry++;
    }
  }
  return g_environ_setenv(keep_memory(env), "LC_ALL", "C.UTF-8", TRUE);
}

/* What a person needs of a failed program's output: its last lines, as one. */
static char *last_words(const char *out, const char *err) {
  g_autofree char *all = g_strconcat(out ? out : "", err ? err : "", NULL);
  g_strchomp(all);
  size_t len = strlen(all);
  const char *tail = len > 600 ? all + len - 600 : all;
  g_autofree char *valid = g_utf8_make_valid(tail, -1);
  g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
  return g_strjoinv(" | ", lines);
}

bool program_run(const ProgramUser *user, const char *const *argv, GError **why) {
  g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(g_free);
  if (user && geteuid() == 0 && user->uid != 0) {
    g_ptr_array_add(args, g_strdup("setpriv"));
    g_ptr_array_add(args, g_strdup_printf("--reuid=%u", (unsigned)user->uid));
    g_ptr_array_add(args, g_strdup_printf("--regid=%u", (unsigned)user->gid));
    g_ptr_array_add(args, g_strdup("--init-groups"));
    g_ptr_array_add(args, g_strdup("--"));
  }
  for (; *argv; argv++)
    g_ptr_array_add(args, g_strdup(*argv));
  const char *program = args->pdata[args->len - 1];
  g_ptr_array_add(args, NULL);
  for (guint i = 0; i + 1 < args->len; i++)
    if (g_path_is_absolute(args->pdata[i])) {
      program = args->pdata[i];
      break;
    }

  g_auto(GStrv) env = program_environment();
  g_autofree char *out = NULL, *err = NULL;
  int status = 0;
  if (!g_spawn_sync("/", (char **)args->pdata, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, why)) {
    g_prefix_error(why, "%s could not be run: ", program);
    return false;
  }
  g_autoptr(GError) failed = NULL;
  if (g_spawn_check_wait_status(status, &failed)) return true;
  g_autofree char *words = last_words(out, err);
  return admin_fail(why, "%s failed (%s): %s", program, failed->message, *words ? words : "it said nothing");
}
