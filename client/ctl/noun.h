/* noun.h: `linlictl NOUN VERB …`: every command and query of the schema, by its tables alone. A new noun needs no
 * line here. */
#pragma once

#include "client/ctl/ctl.h"

/* argv: NOUN VERB and what follows. */
int noun_verb(Ctl *ctl, int argc, char **argv);
