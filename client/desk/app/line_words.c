/* line_words.c: see line_words.h. */
#include "client/desk/app/line_words.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

static gboolean is(const GError *problem, LinliErrorCode code) {
  return g_error_matches(problem, LINLI_ERROR, (int)code);
}

char *linli_line_sentence(const GError *problem, gboolean tried_again) {
  if (!problem) return g_strdup(_("The server does not let this account in."));
  if (is(problem, LINLI_ERROR_TRUST))
    return g_strdup(
        _("The server cannot prove who it is. Nothing was sent, and there is no way around it here: ask the "
          "administrator."));
  if (is(problem, LINLI_ERROR_CONNECT))
    return g_strdup(
        tried_again ? _("The server cannot be reached. It is tried again by itself; what you do meanwhile is kept.")
                    : _("The server cannot be reached. Check its name and the network, then sign in again."));
  if (is(problem, LINLI_ERROR_PASSWORD))
    return g_strdup(_("Enter the password: this account is not signed in here."));
  return g_strdup(problem->message);
}

/* In four lines of eight: so it is read aloud, and a narrow page breaks it nowhere else. */
static void add_fingerprint(GString *text, const char *title, const char *fingerprint) {
  g_string_append_printf(text, "\n\n%s", title);
  for (gsize at = 0; at < strlen(fingerprint); at += 24)
    g_string_append_printf(text, "\n%.23s", fingerprint + at);
}

static void add_fingerprints(LinliContext *context, GString *text) {
  const char *now = linli_session_fingerprint(linli_context_session(context));
  g_autofree char *known = linli_context_known_certificate(context);

  if (!now) return;
  if (known && g_strcmp0(known, now) != 0)
    g_string_append_printf(
        text, "\n\n%s",
        _("It is not the certificate this desk knows. Either the office has a new one, or somebody "
          "stands between. Read the new fingerprint to the administrator by telephone before "
          "anything else."));
  add_fingerprint(text, _("Fingerprint shown now (SHA-256):"), now);
  if (known) add_fingerprint(text, _("Fingerprint when it was last trusted:"), known);
}

char *linli_line_explained(LinliContext *context) {
  LinliSession *session = linli_context_session(context);
  const GError *problem = session ? linli_session_problem(session) : NULL;
  g_autofree char *sentence = linli_line_sentence(problem, linli_context_who(context) != NULL);
  GString *text = g_string_new(sentence);

  if (problem && g_strcmp0(sentence, problem->message) != 0 && !is(problem, LINLI_ERROR_PASSWORD))
    g_string_append_printf(text, "\n\n%s", problem->message);
  if (problem && is(problem, LINLI_ERROR_TRUST)) add_fingerprints(context, text);
  return g_string_free(text, FALSE);
}

/* --- The dialog ----------------------------------------------------------------------------------------------- */

static void on_response(AdwMessageDialog *dialog, const char *response, LinliContext *context) {
  LinliSession *session = linli_context_session(context);

  if (g_strcmp0(response, "copy") == 0)
    gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(dialog)), adw_message_dialog_get_body(dialog));
  if (g_strcmp0(response, "again") != 0 || !session) return;
  linli_session_stop(session);
  linli_session_start(session);
}

void linli_line_present(LinliContext *context, GtkWindow *parent) {
  g_autofree char *text = linli_line_explained(context);
  GtkWidget *dialog = adw_message_dialog_new(parent, _("No line to the server"), text);

  adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "close", _("Close"), "copy",
                                   _("Copy for the administrator"), "again", _("Try now"), NULL);
  adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "again", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "again");
  adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "close");
  g_signal_connect_object(dialog, "response", G_CALLBACK(on_response), context, 0);
  gtk_window_set_title(GTK_WINDOW(dialog), _("No line to the server"));
  gtk_window_present(GTK_WINDOW(dialog));
}
