/* signin_page.h: server, account, password: asked once, remembered; tokens live in the keyring (tokens_secret.h).
 * First run: offers what quickstart wrote ($XDG_DATA_HOME/linli/env), else asks for the server. A certificate that is
 * not trusted is explained, with the fingerprint and what to ask the administrator; there is no way around it here.
 * Opens the context; the window watches it. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_SIGNIN_PAGE linli_signin_page_get_type()
G_DECLARE_FINAL_TYPE(LinliSigninPage, linli_signin_page, LINLI, SIGNIN_PAGE, GtkWidget)

GtkWidget *linli_signin_page_new(LinliContext *context);
/* Signs in without asking when there are an account and a token or password file for it. FALSE: it asks. */
gboolean linli_signin_page_try(LinliSigninPage *page);
