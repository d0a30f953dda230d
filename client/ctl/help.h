/* help.h: what there is, from the schema's own sentences. */
#pragma once

#include <stdio.h>

#include "client/ctl/ctl.h"

/* `linlictl help`, `linlictl NOUN --help`, `linlictl NOUN VERB --help`; argv is what is left of the line. */
int help_noun(Ctl *ctl, int argc, char **argv);
void help_all(const Proto *proto, FILE *to);
