/* import.c: see import.h. */
#include "client/ctl/import.h"

#include <string.h>

int import_verb(Ctl *ctl, int argc, char **argv) {
  const char *what = argc > 0 ? argv[0] : "";
  if (strcmp(what, "divisions") == 0) return import_divisions(ctl, argc - 1, argv + 1);
  if (strcmp(what, "requests") == 0) return import_requests(ctl, argc - 1, argv + 1);
  return ctl_fail(ctl, g_error_new(LINLI_ERROR, LINLI_ERROR_USAGE,
                                   "Usage: linlictl import divisions FILE, or linlictl import requests --mapping NAME FILE"));
}
