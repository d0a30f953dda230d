/* verbs.h: what linlictl does beside nouns and verbs of the schema: one table for main() and for help. */
#pragma once

#include "client/ctl/ctl.h"

typedef struct {
  const char *name;
  int (*run)(Ctl *ctl, int argc, char **argv); /* argv: what follows the name */
  const char *zh, *en;
} Verb;

extern const Verb verbs[]; /* ends with a NULL name */
