/* settings.c: see settings.h. */
#include "client/core/settings.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define GROUP "linlictl"

struct LinliSettings {
  gatomicrefcount count;
  char *server, *ca, *user, *password_file, *password;
  GTlsDatabase *trust;
};

static GKeyFile *read_config(const char *named, GError **error) {
  g_autofree char *usual = g_build_filename(g_get_user_config_dir(), "linli", "linlictl.conf", NULL);
  const char *path = named ? named : usual;
  g_autoptr(GKeyFile) file = g_key_file_new();
  g_autoptr(GError) why = NULL;

  if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why)) {
    if (!named && g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT)) return g_steal_pointer(&file);
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                linli_text("The config file %s cannot be read: %.*s. Correct or remove it."), path,
                linli_bare(why->message), why->message);
    return NULL;
  }
  return g_steal_pointer(&file);
}

static char *pick(const char *given, const char *variable, GKeyFile *file, const char *key) {
  const char *from_environment = g_getenv(variable);

  if (given && *given) return g_strdup(given);
  if (from_environment && *from_environment) return g_strdup(from_environment);
  return g_key_file_get_string(file, GROUP, key, NULL);
}

static gboolean complete(LinliSettings *s, GError **error) {
  const char *lacks = !s->server ? linli_text("It is not known which server to ask: set LINLI_SERVER to host:port, "
                                              "or give --server (`quickstart` writes an "
                                              "env file to be sourced).")
                      : !s->user ? linli_text("It is not known who signs in: set LINLI_USER, or give --user "
                                              "(`quickstart` writes an env file to be sourced).")
                                 : NULL;

  if (!lacks) return TRUE;
  g_set_error_literal(error, LINLI_ERROR, LINLI_ERROR_USAGE, lacks);
  return FALSE;
}

LinliSettings *linli_settings_load(const LinliOptions *options, GError **error) {
  g_autoptr(GKeyFile) file = read_config(options->config, error);

  if (!file) return NULL;
  g_autoptr(LinliSettings) s = g_new0(LinliSettings, 1);
  g_atomic_ref_count_init(&s->count);
  s->server = pick(options->server, "LINLI_SERVER", file, "server");
  s->ca = pick(options->ca, "LINLI_CA", file, "ca");
  s->user = pick(options->user, "LINLI_USER", file, "user");
  s->password_file = pick(options->password_file, "LINLI_PASSWORD_FILE", file, "password-file");
  if (!complete(s, error)) return NULL;
  return g_steal_pointer(&s);
}

LinliSettings *linli_settings_ref(LinliSettings *settings) {
  g_atomic_ref_count_inc(&settings->count);
  return settings;
}

void linli_settings_unref(LinliSettings *settings) {
  if (!g_atomic_ref_count_dec(&settings->count)) return;
  g_free(settings->server);
  g_free(settings->ca);
  g_free(settings->user);
  g_free(settings->password_file);
  if (settings->password) explicit_bzero(settings->password, strlen(settings->password));
  g_free(settings->password);
  g_clear_object(&settings->trust);
  g_free(settings);
}

LinliSettings *linli_settings_for_user(LinliSettings *settings, const char *user, const char *password_file) {
  LinliSettings *s = g_new0(LinliSettings, 1);

  g_atomic_ref_count_init(&s->count);
  s->server = g_strdup(settings->server);
  s->ca = g_strdup(settings->ca);
  s->user = g_strdup(user);
  s->password_file = g_strdup(password_file);
  if (settings->trust) s->trust = g_object_ref(settings->trust);
  return s;
}

LinliSettings *linli_settings_named(const char *server, const char *ca, const char *user, const char *password) {
  LinliSettings *s = g_new0(LinliSettings, 1);

  g_atomic_ref_count_init(&s->count);
  s->server = g_strdup(server);
  s->ca = ca && *ca ? g_strdup(ca) : NULL;
  s->user = g_strdup(user);
  s->password = g_strdup(password);
  return s;
}

const char *linli_settings_server(const LinliSettings *settings) {
  return settings->server;
}

const char *linli_settings_user(const LinliSettings *settings) {
  return settings->user;
}

const char *linli_settings_ca(const LinliSettings *settings) {
  return settings->ca;
}

const char *linli_settings_password_file(const LinliSettings *settings) {
  return settings->password_file;
}

GTlsDatabase *linli_settings_trust(LinliSettings *settings, GError **error) {
  g_autoptr(GError) why = NULL;

  if (settings->trust) return settings->trust;
  if (!settings->ca) {
    settings->trust = g_tls_backend_get_default_database(g_tls_backend_get_default());
    return settings->trust;
  }
  g_autofree char *path = g_canonicalize_filename(settings->ca, NULL);
  settings->trust = g_tls_file_database_new(path, &why);
  if (!settings->trust)
    g_set_error(
        error, LINLI_ERROR, LINLI_ERROR_USAGE,
        linli_text("The CA file %s cannot be used: %.*s. Ask the administrator for it, and set LINLI_CA or --ca."),
        settings->ca, linli_bare(why->message), why->message);
  return settings->trust;
}

char *linli_settings_password(const LinliSettings *settings, GError **error) {
  g_autoptr(GError) why = NULL;
  char *text = NULL;

  if (settings->password) return g_strdup(settings->password);
  if (!settings->password_file) return NULL;
  if (!g_file_get_contents(settings->password_file, &text, NULL, &why)) {
    g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
                linli_text("The password file cannot be read: %.*s. Correct LINLI_PASSWORD_FILE or --password-file."),
                linli_bare(why->message), why->message);
    return NULL;
  }
  text[strcspn(text, "\r\n")] = '\0';
  if (*text && g_utf8_validate(text, -1, NULL)) return text;
  g_set_error(error, LINLI_ERROR, LINLI_ERROR_USAGE,
              linli_text("The first line of %s holds no password (UTF-8 text). Write it there."),
              settings->password_file);
  g_free(text);
  return NULL;
}

char *linli_settings_state_folder(GError **error) {
  g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "linli", NULL);

  if (g_mkdir_with_parents(folder, 0700) == 0) return g_steal_pointer(&folder);
  g_set_error(
      error, LINLI_ERROR, LINLI_ERROR_DISK,
      linli_text("The folder %s cannot be made: %s. Make it, or set XDG_STATE_HOME to a folder that can be written."),
      folder, g_strerror(errno));
  return NULL;
}
