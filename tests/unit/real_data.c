#include "tests/unit/real_data.h"

char *real_data(const char *name, gsize *len) {
  const char *folder = g_getenv("LINLI_DATA");
  g_autofree char *path = g_build_filename(folder ? folder : ".", name, NULL);
  g_autofree char *message = g_strdup_printf("no %s: set LINLI_DATA to the data folder", name);
  char *content = NULL;

  if (folder && g_file_get_contents(path, &content, len, NULL)) return content;
  g_test_skip(message);
  return NULL;
}
