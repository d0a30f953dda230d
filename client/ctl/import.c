/* import.c: see import.h. */
#include "client/ctl/import.h"

#include <stdio.h>
#include <string.h>

static const char USAGE[] =
    "linlictl import divisions [--rejects FILE] [--encoding NAME] FILE\n"
    "linlictl import requests --mapping NAME [--rejects FILE] [--encoding NAME] [--connections 1…16] FILE\n"
    "  Every row is added, there already, or written to the rejects file with its number and the reason.\n"
    "  Run it again to go on after an interruption; a second time changes nothing.\n";

int import_verb(Ctl *ctl, int argc, char **argv) {
  const char *what = argc > 0 ? argv[0] : "";
  if (ctl->help) return fputs(USAGE, stdout) < 0 ? CTL_USAGE : CTL_DONE;
  if (strcmp(what, "divisions") == 0) return import_divisions(ctl, argc - 1, argv + 1);
  if (strcmp(what, "requests") == 0) return import_requests(ctl, argc - 1, argv + 1);
  return ctl_fail(
      ctl, g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE,
                       "Usage: linlictl import divisions FILE, or linlictl import requests --mapping NAME FILE"));
}
