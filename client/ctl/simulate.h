/* simulate.h: `linlictl simulate [--rate PER_MINUTE] [--minutes M]`: gentle live work in the demo office, for people
 * who want to see it move. The account that starts it watches; what is done is done by the office's own accounts,
 * which share its password file. Only for demonstration: it works with invented requests and on whatever is open. */
#pragma once

#include "client/ctl/ctl.h"

int simulate_verb(Ctl *ctl, int argc, char **argv);
