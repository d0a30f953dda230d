/* signin_page.c: see signin_page.h. */
#include "client/desk/signin/signin_page.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

#include "client/desk/app/application.h"
#include "client/desk/app/keys.h"
#include "client/desk/app/line_words.h"

struct _LinliSigninPage {
  GtkWidget parent_instance;
  LinliContext *context;
  GtkWidget *clamp;
  GtkLabel *problem, *progress;
  GtkWidget *fields;
  AdwEntryRow *server, *ca, *account, *password;
  GtkSpinner *spinner;
  GtkButton *button;
};

G_DEFINE_FINAL_TYPE(LinliSigninPage, linli_signin_page, GTK_TYPE_WIDGET)

static const char *text_of(AdwEntryRow *row) {
  return gtk_editable_get_text(GTK_EDITABLE(row));
}

static void set_text(AdwEntryRow *row, const char *text) {
  gtk_editable_set_text(GTK_EDITABLE(row), text ? text : "");
}

static void say(LinliSigninPage *page, const char *problem) {
  gtk_label_set_text(page->problem, problem ? problem : "");
  gtk_widget_set_visible(GTK_WIDGET(page->problem), problem && *problem);
}

static void set_busy(LinliSigninPage *page, gboolean busy, const char *words) {
  gtk_spinner_set_spinning(page->spinner, busy);
  gtk_label_set_text(page->progress, busy ? words : "");
  gtk_widget_set_sensitive(page->fields, !busy);
  gtk_widget_set_sensitive(GTK_WIDGET(page->button), !busy);
}

/* --- Opening -------------------------------------------------------------------------------------------------- */

static void remember(LinliSigninPage *page, LinliSettings *settings) {
  GSettings *kept = linli_context_settings(page->context);

  g_settings_set_string(kept, "server", linli_settings_server(settings));
  g_settings_set_string(kept, "ca", linli_settings_ca(settings) ? linli_settings_ca(settings) : "");
  g_settings_set_string(kept, "account", linli_settings_user(settings));
}

/* The desk opens at once with what is on disk; the line comes after, and what is wrong with it is told by on_state.
 */
static gboolean open_with(LinliSigninPage *page, LinliSettings *settings) {
  g_autoptr(GError) error = NULL;

  say(page, NULL);
  set_text(page->server, linli_settings_server(settings));
  set_text(page->ca, linli_settings_ca(settings));
  set_text(page->account, linli_settings_user(settings));
  if (!linli_settings_trust(settings, &error) || !linli_context_open(page->context, settings, &error)) {
    say(page, error->message);
    return FALSE;
  }
  remember(page, settings);
  return TRUE;
}

static void on_sign_in(LinliSigninPage *page) {
  const char *lacks = !*text_of(page->server)    ? _("Which server? Enter its name, such as linli.example:7443.")
                      : !*text_of(page->account) ? _("Which account? Enter its name.")
                                                 : NULL;

  if (linli_keys_composing(gtk_root_get_focus(gtk_widget_get_root(GTK_WIDGET(page))))) return;
  if (lacks) {
    say(page, lacks);
    gtk_widget_grab_focus(GTK_WIDGET(*text_of(page->server) ? page->account : page->server));
    return;
  }
  const char *password = text_of(page->password);
  g_autoptr(LinliSettings) settings = linli_settings_named(text_of(page->server), text_of(page->ca),
                                                           text_of(page->account), *password ? password : NULL);
  open_with(page, settings);
  set_text(page->password, "");
}

/* --- What is known already ------------------------------------------------------------------------------------ */

/* A line of quickstart's env file: export NAME='VALUE'. */
static char *value_in(const char *text, const char *name) {
  g_autofree char *start = g_strconcat("export ", name, "=", NULL);
  const char *at = strstr(text, start);

  if (!at) return NULL;
  at += strlen(start);
  g_autofree char *word = g_strndup(at, strcspn(at, "\n"));
  char *bare = g_shell_unquote(word, NULL);
  return bare ? bare : g_steal_pointer(&word);
}

static LinliSettings *from_quickstart(void) {
  g_autofree char *path = g_build_filename(g_get_user_data_dir(), "linli", "env", NULL);
  g_autofree char *text = NULL;

  if (!g_file_get_contents(path, &text, NULL, NULL)) return NULL;
  g_autofree char *server = value_in(text, "LINLI_SERVER"), *ca = value_in(text, "LINLI_CA"),
                  *user = value_in(text, "LINLI_USER"), *file = value_in(text, "LINLI_PASSWORD_FILE");
  LinliOptions options = {.server = server, .ca = ca, .user = user, .password_file = file};
  return server && user ? linli_settings_load(&options, NULL) : NULL;
}

static void offer(LinliSigninPage *page, LinliSettings *settings) {
  set_text(page->server, linli_settings_server(settings));
  set_text(page->ca, linli_settings_ca(settings));
  set_text(page->account, linli_settings_user(settings));
}

/* By what the command line or the environment says; by quickstart's file on the first run; else what was used last is
 * offered, and tried when there is a token. */
gboolean linli_signin_page_try(LinliSigninPage *page) {
  GSettings *kept = linli_context_settings(page->context);
  LinliSettings *asked = linli_application_asked(LINLI_APPLICATION(g_application_get_default()));
  g_autofree char *server = g_settings_get_string(kept, "server"), *ca = g_settings_get_string(kept, "ca"),
                  *account = g_settings_get_string(kept, "account");

  if (asked) return open_with(page, asked);
  if (*server && *account) {
    g_autoptr(LinliSettings) last = linli_settings_named(server, ca, account, NULL);
    return open_with(page, last);
  }
  g_autoptr(LinliSettings) quick = from_quickstart();
  if (quick) offer(page, quick);
  return quick && open_with(page, quick);
}

/* --- What the session says ------------------------------------------------------------------------------------ */

/* The session waits for a token that may still come. */
static gboolean asks_keyring(const GError *problem) {
  return g_error_matches(problem, LINLI_ERROR, LINLI_ERROR_PASSWORD);
}

/* A busy server says how long to wait, and is asked again by itself. Anything else that stands before a first sign-in
 * ends the attempt; an account that has been in stays at its board, offline. */
static gboolean is_over(LinliSigninPage *page, LinliSession *session) {
  const GError *problem = linli_session_problem(session);
  LinliState state = linli_session_state(session);

  return state == LINLI_STATE_FAILED || (state == LINLI_STATE_WAITING && !linli_context_who(page->context) &&
                                         problem && problem->domain != LINLI_WIRE_ERROR && !asks_keyring(problem));
}

static void show_progress(LinliSigninPage *page, LinliSession *session) {
  const GError *problem = linli_session_problem(session);
  LinliState state = linli_session_state(session);

  set_busy(page, TRUE,
           asks_keyring(problem)             ? _("Asking the keyring…")
           : state == LINLI_STATE_CONNECTING ? _("Connecting…")
           : state == LINLI_STATE_SIGNING_IN ? _("Signing in…")
           : problem                         ? problem->message
                                             : "");
}

static void end_attempt(LinliSigninPage *page) {
  LinliSession *session = linli_context_session(page->context);

  if (!session || !is_over(page, session)) return;
  g_autofree char *sentence = linli_line_explained(page->context);
  linli_context_close(page->context);
  say(page, sentence);
  gtk_widget_grab_focus(GTK_WIDGET(page->password));
}

/* --- The object ----------------------------------------------------------------------------------------------- */

static gboolean on_next_turn(gpointer data) {
  LinliSigninPage *page = data;

  if (page->context) end_attempt(page);
  return G_SOURCE_REMOVE;
}

/* The session is still speaking: it is closed in the next turn. */
static void on_context_state(LinliSigninPage *page) {
  LinliSession *session = linli_context_session(page->context);

  if (!session) return;
  if (is_over(page, session))
    g_idle_add_full(G_PRIORITY_DEFAULT, on_next_turn, g_object_ref(page), g_object_unref);
  else if (linli_context_who(page->context)) /* the board is shown: a hidden spinner would still have frames drawn */
    set_busy(page, FALSE, NULL);
  else
    show_progress(page, session);
}

static void on_context_closed(LinliSigninPage *page) {
  set_busy(page, FALSE, NULL);
}

GtkWidget *linli_signin_page_new(LinliContext *context) {
  LinliSigninPage *page = g_object_new(LINLI_TYPE_SIGNIN_PAGE, NULL);

  page->context = g_object_ref(context);
  g_signal_connect_object(context, "state-changed", G_CALLBACK(on_context_state), page, G_CONNECT_SWAPPED);
  g_signal_connect_object(context, "closed", G_CALLBACK(on_context_closed), page, G_CONNECT_SWAPPED);
  set_busy(page, FALSE, NULL);
  return GTK_WIDGET(page);
}

static void linli_signin_page_dispose(GObject *object) {
  LinliSigninPage *page = LINLI_SIGNIN_PAGE(object);

  g_clear_object(&page->context);
  g_clear_pointer(&page->clamp, gtk_widget_unparent);
  G_OBJECT_CLASS(linli_signin_page_parent_class)->dispose(object);
}

static void linli_signin_page_class_init(LinliSigninPageClass *class) {
  GtkWidgetClass *widget = GTK_WIDGET_CLASS(class);

  G_OBJECT_CLASS(class)->dispose = linli_signin_page_dispose;
  gtk_widget_class_set_layout_manager_type(widget, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource(widget, "/linli/signin/signin_page.ui");
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, clamp);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, problem);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, progress);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, fields);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, server);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, ca);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, account);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, password);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, spinner);
  gtk_widget_class_bind_template_child(widget, LinliSigninPage, button);
}

static void linli_signin_page_init(LinliSigninPage *page) {
  gtk_widget_init_template(GTK_WIDGET(page));
  g_signal_connect_swapped(page->button, "clicked", G_CALLBACK(on_sign_in), page);
  AdwEntryRow *rows[] = {page->server, page->ca, page->account, page->password};
  for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
    g_signal_connect_swapped(rows[i], "entry-activated", G_CALLBACK(on_sign_in), page);
}
