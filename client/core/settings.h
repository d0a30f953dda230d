/* settings.h: which server, whom to trust, who signs in. Each value comes from the first that has it: an option, the
 * environment (LINLI_SERVER, LINLI_CA, LINLI_USER, LINLI_PASSWORD_FILE), the key file
 * $XDG_CONFIG_HOME/linli/linlictl.conf, group [linlictl] (server, ca, user, password-file).
 * Reference-counted; several sessions of one process share one, or copies that differ in the account alone. */
#pragma once

#include <gio/gio.h>

#include "client/core/error.h"

enum { LINLI_DEFAULT_PORT = 7443 };

typedef struct LinliSettings LinliSettings;

/* What the command line gave; NULL members were not given. */
typedef struct { const char *server, *ca, *user, *password_file, *config; } LinliOptions;

/* A config file that was named must be there; the default one may be absent. */
G_GNUC_WARN_UNUSED_RESULT LinliSettings *linli_settings_load(const LinliOptions *options, GError **error);
LinliSettings *linli_settings_ref(LinliSettings *settings);
void linli_settings_unref(LinliSettings *settings);
/* The same with another account, and no password file when password_file is NULL. */
LinliSettings *linli_settings_for_user(LinliSettings *settings, const char *user, const char *password_file);
/* Of a server and account that somebody has named; ca NULL: what the system trusts. password NULL: only a token will do. It
 * stays in memory until the settings end, and is wiped then. */
LinliSettings *linli_settings_named(const char *server, const char *ca, const char *user, const char *password);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinliSettings, linli_settings_unref)

const char *linli_settings_server(const LinliSettings *settings); /* host or host:port; never NULL */
const char *linli_settings_user(const LinliSettings *settings);   /* never NULL */
const char *linli_settings_ca(const LinliSettings *settings);     /* NULL: what the system trusts */
const char *linli_settings_password_file(const LinliSettings *settings); /* NULL: none */

/* The authorities to trust, read once. */
G_GNUC_WARN_UNUSED_RESULT GTlsDatabase *linli_settings_trust(LinliSettings *settings, GError **error);
/* The password that was typed, or the file's first line; g_free. NULL without an error: there is neither. */
G_GNUC_WARN_UNUSED_RESULT char *linli_settings_password(const LinliSettings *settings, GError **error);
/* $XDG_STATE_HOME/linli, made 0700 when it is not there; g_free. */
G_GNUC_WARN_UNUSED_RESULT char *linli_settings_state_folder(GError **error);
