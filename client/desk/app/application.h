/* application.h: the program: one process a user and server account, its windows, and what the command line asks.
 *
 *   linli [--server HOST:PORT] [--ca FILE] [--user NAME] [--password-file FILE] [--wall] [--new]
 * [linli:request/NUMBER]
 *
 * --new makes a process of its own beside one that runs (another account on the same screen). */
#pragma once

#include <adwaita.h>

#include "client/desk/app/context.h"

#define LINLI_TYPE_APPLICATION linli_application_get_type()
G_DECLARE_FINAL_TYPE(LinliApplication, linli_application, LINLI, APPLICATION, AdwApplication)

LinliApplication *linli_application_new(gboolean alone);
LinliContext *linli_application_context(LinliApplication *application);
/* What the command line or the environment says about server and account; NULL where it says nothing usable. */
LinliSettings *linli_application_asked(LinliApplication *application);
