/* main.c: linli, the desk. */
#include <glib/gi18n.h>
#include <gtk/gtk.h>
#include <locale.h>
#include <string.h>

#include "client/core/error.h"
#include "client/desk/app/application.h"
#include "client/desk/app/watchdog.h"

/* Of the tests, of the build, or as installed: the first that is there. */
static const char *locale_folder(void) {
  const char *named = g_getenv("LINLI_LOCALE_DIR");

  if (named) return named;
  return g_file_test(LINLI_LOCALE_DIR, G_FILE_TEST_IS_DIR) ? LINLI_LOCALE_DIR : LINLI_LOCALE_INSTALLED;
}

/* A desk on a machine without locales still speaks the language that was asked for: gettext needs any but "C". */
static void begin_language(void) {
  if (!setlocale(LC_ALL, "") || strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0) setlocale(LC_ALL, "C.UTF-8");
  g_setenv("LANGUAGE", linli_in_chinese() ? "zh_CN" : "en", FALSE);
  gtk_disable_setlocale(); /* GTK would ask for the missing locale again, and fall to "C" */
  bindtextdomain(GETTEXT_PACKAGE, locale_folder());
  bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
  textdomain(GETTEXT_PACKAGE);
}

/* Who draws with cairo needs no OpenGL: where there is no graphics card its libraries cost some fifty megabytes. */
static void begin_drawing(void) {
  if (g_strcmp0(g_getenv("GSK_RENDERER"), "cairo") == 0) g_setenv("GDK_DEBUG", "gl-disable", FALSE);
}

/* Texts of client/core are in the desk's catalogue. */
static const char *translate(const char *english) {
  return _(english);
}

int main(int argc, char **argv) {
  gboolean alone = FALSE;

  begin_language();
  begin_drawing();
  linli_set_translator(translate);
  for (int i = 1; i < argc; i++)
    alone |= strcmp(argv[i], "--new") == 0;
  g_autoptr(LinliApplication) application = linli_application_new(alone);
  linli_watchdog_start();
  int status = g_application_run(G_APPLICATION(application), argc, argv);
  linli_watchdog_stop();
  return status;
}
