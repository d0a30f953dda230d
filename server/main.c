/* main.c: linlid. Options, the private cluster where asked for, the server. */
#include <stdio.h>
#include <stdlib.h>

#include "server/config_embedded.h"
#include "server/server.h"

int main(int argc, char **argv) {
  g_autoptr(Config) config = NULL;
  g_autofree char *why = NULL;

  switch (config_load(argc, argv, &config, &why)) {
  case CONFIG_SHOWN:
    return EXIT_SUCCESS;
  case CONFIG_BAD:
    fprintf(stderr, "linlid: %s\n", why);
    return 2;
  case CONFIG_OK:
    break;
  }
  if (config->check_config) {
    g_autofree char *text = config_text(config);
    fputs(text, stdout);
    return EXIT_SUCCESS;
  }
  if ((config->embedded && !config_embed(config, &why)) || !config_make_data(config, &why)) {
    fprintf(stderr, "linlid: %s\n", why);
    return 1;
  }
  return server_run(config);
}
