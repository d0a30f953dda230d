/* application.c: see application.h. */
#include "client/desk/app/application.h"

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "client/desk/app/actions.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/looks.h"
#include "client/desk/app/window.h"
#include "client/desk/intake/intake_window.h"
#include "client/desk/preferences/preferences.h"
#include "client/desk/signin/tokens_secret.h"
#include "client/desk/wall/wall_window.h"

struct _LinliApplication {
  AdwApplication parent_instance;
  LinliContext *context;
  LinliSettings *asked;
  char *server, *ca, *user, *password_file, *request;
  gboolean wall;
  guint rewording; /* source */
};

G_DEFINE_FINAL_TYPE(LinliApplication, linli_application, ADW_TYPE_APPLICATION)

LinliContext *linli_application_context(LinliApplication *application) {
  return application->context;
}

LinliSettings *linli_application_asked(LinliApplication *application) {
  return application->asked;
}

/* --- Actions of the program ----------------------------------------------------------------------------------- */

static void set_text_size(LinliApplication *a, int percent) {
  g_settings_set_int(linli_context_settings(a->context), "text-size", CLAMP(percent, 100, 200));
}

static void on_text_larger(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliApplication *a = data;

  set_text_size(a, g_settings_get_int(linli_context_settings(a->context), "text-size") + 10);
}

static void on_text_smaller(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  LinliApplication *a = data;

  set_text_size(a, g_settings_get_int(linli_context_settings(a->context), "text-size") - 10);
}

static void on_text_normal(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  set_text_size(data, 100);
}

static void on_about(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  GtkWindow *parent = gtk_application_get_active_window(GTK_APPLICATION(data));

  adw_show_about_window(parent, "application-name", _("Linli"), "application-icon", LINLI_APP_ID, "version",
                        LINLI_VERSION, "license-type", GTK_LICENSE_APACHE_2_0, "comments",
                        _("The live dispatch desk of a subdistrict office"), NULL);
}

static void on_quit(G_GNUC_UNUSED GSimpleAction *action, G_GNUC_UNUSED GVariant *parameter, gpointer data) {
  GList *windows;

  while ((windows = gtk_application_get_windows(GTK_APPLICATION(data))))
    gtk_window_destroy(windows->data);
}

/* --- Another language ----------------------------------------------------------------------------------------- */

static void reopen_intake(LinliApplication *a, GList *windows, GtkWindow *parent) {
  for (GList *at = windows; at; at = at->next) {
    Uuid draft;
    if (!LINLI_IS_INTAKE_WINDOW(at->data)) continue;
    gboolean typed = linli_intake_window_draft(at->data, &draft);
    gtk_window_destroy(at->data);
    linli_intake_window_present(a->context, parent, typed ? &draft : NULL);
  }
}

static void reopen_wall(LinliApplication *a, GList *windows) {
  for (GList *at = windows; at; at = at->next) {
    if (!LINLI_IS_WALL_WINDOW(at->data)) continue;
    gboolean full = gtk_window_is_fullscreen(at->data);
    linli_wall_window_toggle(a->context, GTK_APPLICATION(a), full); /* ends it */
    linli_wall_window_toggle(a->context, GTK_APPLICATION(a), full);
    return;
  }
}

/* Widgets are worded when they are made: the windows are made anew, around the same session, with what they showed.
 */
static gboolean on_new_words(gpointer data) {
  LinliApplication *a = data;
  g_autoptr(GList) windows = g_list_copy(gtk_application_get_windows(GTK_APPLICATION(a)));
  GtkWindow *old = NULL, *fresh;
  Uuid request;
  int width, height;

  a->rewording = 0;
  for (GList *at = windows; at; at = at->next)
    if (LINLI_IS_WINDOW(at->data)) old = at->data;
  if (!old) return G_SOURCE_REMOVE;
  gboolean has_request = linli_window_request(LINLI_WINDOW(old), &request);
  linli_context_forget_names(a->context);
  fresh = GTK_WINDOW(linli_window_new(GTK_APPLICATION(a), a->context));
  gtk_window_get_default_size(old, &width, &height);
  gtk_window_set_default_size(fresh, width, height);
  if (gtk_window_is_maximized(old)) gtk_window_maximize(fresh);
  gtk_window_present(fresh);
  if (has_request) linli_window_show_request(LINLI_WINDOW(fresh), request);
  reopen_intake(a, windows, fresh);
  reopen_wall(a, windows);
  gtk_window_destroy(old);
  linli_preferences_present(a->context, fresh);
  return G_SOURCE_REMOVE;
}

/* The row that was chosen in is still speaking. */
static void on_language(LinliApplication *a) {
  linli_preferences_apply_language(linli_context_settings(a->context));
  if (!a->rewording) a->rewording = g_idle_add(on_new_words, a);
}

/* linli:request/260415-0127, from a link, a notification or the command line. */
static void on_open_request(G_GNUC_UNUSED GSimpleAction *action, GVariant *parameter, gpointer data) {
  GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(data));

  if (!LINLI_IS_WINDOW(window)) return;
  gtk_window_present(window);
  gtk_widget_activate_action(GTK_WIDGET(window), "win.open-request", "s", g_variant_get_string(parameter, NULL));
}

/* A session that ends, or an administrator: what was typed is on disk before the process is gone. */
static gboolean on_signal(gpointer data) {
  g_action_group_activate_action(G_ACTION_GROUP(data), "quit", NULL);
  return G_SOURCE_REMOVE;
}

static const GActionEntry actions[] = {
    {.name = "text-larger", .activate = on_text_larger},
    {.name = "text-smaller", .activate = on_text_smaller},
    {.name = "text-normal", .activate = on_text_normal},
    {.name = "about", .activate = on_about},
    {.name = "quit", .activate = on_quit},
    {.name = "open-request", .activate = on_open_request, .parameter_type = "s"},
};

/* --- The command line ----------------------------------------------------------------------------------------- */

/* A name of a file comes as bytes: it need not be UTF-8. */
static void take_option(GVariantDict *options, const char *name, char **place) {
  char *value = NULL;

  if (!g_variant_dict_lookup(options, name, "s", &value) && !g_variant_dict_lookup(options, name, "^ay", &value))
    return;
  g_free(*place);
  *place = value;
}

static void take_options(LinliApplication *a, GVariantDict *options) {
  take_option(options, "server", &a->server);
  take_option(options, "ca", &a->ca);
  take_option(options, "user", &a->user);
  take_option(options, "password-file", &a->password_file);
}

/* Before startup: what is asked for on the command line is known while the screen is still being opened. */
static int on_options(LinliApplication *a, GVariantDict *options) {
  take_options(a, options);
  if (!g_variant_dict_contains(options, "version")) return -1;
  g_print("linli %s\n", LINLI_VERSION);
  return 0;
}

/* The number in linli:request/NUMBER; NULL when it is something else. */
static const char *number_in(const char *uri) {
  static const char prefix[] = "linli:request/";

  return g_str_has_prefix(uri, prefix) && uri[sizeof prefix - 1] ? uri + sizeof prefix - 1 : NULL;
}

static int linli_application_command_line(GApplication *application, GApplicationCommandLine *line) {
  LinliApplication *a = LINLI_APPLICATION(application);
  GVariantDict *options = g_application_command_line_get_options_dict(line);
  g_auto(GStrv) rest = NULL;

  take_options(a, options);
  a->wall = g_variant_dict_contains(options, "wall");
  if (g_variant_dict_lookup(options, G_OPTION_REMAINING, "^as", &rest) && rest[0]) {
    const char *number = number_in(rest[0]);
    if (!number) {
      g_application_command_line_printerr(
          line, _("%s is no link to a request. It looks like linli:request/260415-0127.\n"), rest[0]);
      return 2;
    }
    g_free(a->request);
    a->request = g_strdup(number);
  }
  g_application_activate(application);
  return 0;
}

/* --- Life ----------------------------------------------------------------------------------------------------- */

/* As soon as there is anything to show: a wall that starts with its machine may be there before the line is. */
static void show_wall(LinliApplication *a) {
  if (!a->wall || !linli_context_is_open(a->context)) return;
  a->wall = FALSE;
  linli_wall_window_toggle(a->context, GTK_APPLICATION(a), TRUE);
}

static LinliSettings *load_asked(LinliApplication *a, GError **error) {
  LinliOptions options = {.server = a->server, .ca = a->ca, .user = a->user, .password_file = a->password_file};

  return linli_settings_load(&options, error);
}

/* Whom the sign-in page will open: as asked, else who was here last. */
static void expect_account(LinliApplication *a) {
  GSettings *kept = linli_context_settings(a->context);
  g_autoptr(LinliSettings) settings = load_asked(a, NULL);
  g_autofree char *server = g_settings_get_string(kept, "server"), *account = g_settings_get_string(kept, "account");

  if (!settings && *server && *account) settings = linli_settings_named(server, NULL, account, NULL);
  if (settings) linli_context_expect(a->context, settings);
}

/* What is on disk is read by a thread while the toolkit opens the screen: both take a while. */
static void linli_application_startup(GApplication *application) {
  LinliApplication *a = LINLI_APPLICATION(application);
  g_autoptr(GError) error = NULL;

  a->context = linli_context_new(NULL, linli_tokens_secret_new(), &error);
  if (!a->context) {
    g_printerr("linli: %s\n", error->message);
    exit(1);
  }
  expect_account(a);
  G_APPLICATION_CLASS(linli_application_parent_class)->startup(application);
  gtk_icon_theme_add_resource_path(gtk_icon_theme_get_for_display(gdk_display_get_default()), "/linli/data/icons");
  gtk_window_set_default_icon_name(LINLI_APP_ID);
  g_signal_connect_object(a->context, "opened", G_CALLBACK(show_wall), a, G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  linli_keys_init();
  linli_preferences_apply_language(linli_context_settings(a->context));
  linli_preferences_apply(linli_context_settings(a->context));
  g_signal_connect_object(linli_context_settings(a->context), "changed::language", G_CALLBACK(on_language), a,
                          G_CONNECT_SWAPPED);
  linli_looks_start();
  g_unix_signal_add(SIGTERM, on_signal, a);
  g_unix_signal_add(SIGINT, on_signal, a);
  g_action_map_add_action_entries(G_ACTION_MAP(a), actions, G_N_ELEMENTS(actions), a);
}

static void read_asked(LinliApplication *a) {
  g_autoptr(GError) error = NULL;

  g_clear_pointer(&a->asked, linli_settings_unref);
  a->asked = load_asked(a, &error);
  if (!a->asked && !g_error_matches(error, LINLI_ERROR, LINLI_ERROR_USAGE)) g_message("%s", error->message);
}

static void linli_application_activate(GApplication *application) {
  LinliApplication *a = LINLI_APPLICATION(application);
  GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(a));

  read_asked(a);
  if (!window) window = GTK_WINDOW(linli_window_new(GTK_APPLICATION(a), a->context));
  gtk_window_present(window);
  show_wall(a);
  if (a->request) g_action_group_activate_action(G_ACTION_GROUP(a), "open-request", g_variant_new_string(a->request));
  g_clear_pointer(&a->request, g_free);
}

static void linli_application_shutdown(GApplication *application) {
  LinliApplication *a = LINLI_APPLICATION(application);

  g_clear_handle_id(&a->rewording, g_source_remove);
  if (a->context) linli_context_close(a->context);
  g_clear_object(&a->context);
  G_APPLICATION_CLASS(linli_application_parent_class)->shutdown(application);
}

static void linli_application_finalize(GObject *object) {
  LinliApplication *a = LINLI_APPLICATION(object);

  g_clear_pointer(&a->asked, linli_settings_unref);
  g_free(a->server);
  g_free(a->ca);
  g_free(a->user);
  g_free(a->password_file);
  g_free(a->request);
  G_OBJECT_CLASS(linli_application_parent_class)->finalize(object);
}

static void linli_application_class_init(LinliApplicationClass *class) {
  GApplicationClass *application = G_APPLICATION_CLASS(class);

  application->startup = linli_application_startup;
  application->activate = linli_application_activate;
  application->command_line = linli_application_command_line;
  application->shutdown = linli_application_shutdown;
  G_OBJECT_CLASS(class)->finalize = linli_application_finalize;
}

static void linli_application_init(LinliApplication *a) {
  static const GOptionEntry entries[] = {
      {"server", 0, 0, G_OPTION_ARG_STRING, NULL, N_("The server, host or host:port"), "HOST:PORT"},
      {"ca", 0, 0, G_OPTION_ARG_STRING, NULL, N_("Certificate of the authority to trust"), "FILE"},
      {"user", 0, 0, G_OPTION_ARG_STRING, NULL, N_("The account"), "NAME"},
      {"password-file", 0, 0, G_OPTION_ARG_STRING, NULL, N_("A file whose first line is the password"), "FILE"},
      {"wall", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Show the wall at once"), NULL},
      {"new", 0, 0, G_OPTION_ARG_NONE, NULL, N_("A process of its own, for another account"), NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version"), NULL},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, NULL, NULL, "[linli:request/NUMBER]"},
      {NULL, 0, 0, 0, NULL, NULL, NULL},
  };

  g_application_add_main_option_entries(G_APPLICATION(a), entries);
  g_signal_connect(a, "handle-local-options", G_CALLBACK(on_options), NULL);
}

LinliApplication *linli_application_new(gboolean alone) {
  GApplicationFlags flags = G_APPLICATION_HANDLES_COMMAND_LINE;

  if (alone) flags |= G_APPLICATION_NON_UNIQUE;
  /* libadwaita finds app/style.css and app/style-dark.css there. */
  return g_object_new(LINLI_TYPE_APPLICATION, "application-id", LINLI_APP_ID, "flags", flags, "resource-base-path",
                      "/linli/app", NULL);
}
