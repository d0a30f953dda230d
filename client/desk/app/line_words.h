/* line_words.h: what stands between the desk and its server, in sentences that say what to do. Owner: none; pure. */
#pragma once

#include <gtk/gtk.h>

#include "client/desk/app/context.h"

/* A sentence for a line of text. problem NULL: the server does not let the account in. tried_again: by itself, while
 * somebody works on. g_free. */
char *linli_line_sentence(const GError *problem, gboolean tried_again);
/* The same with all that helps an administrator: what the line said, and the certificate's fingerprint now and when
 * it was last trusted. g_free. */
char *linli_line_explained(LinliContext *context);
/* Shows that, with a way to try again at once and to copy it. */
void linli_line_present(LinliContext *context, GtkWindow *parent);
