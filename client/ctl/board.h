/* board.h: `linlictl board`: the office live in a terminal: queues with counts, the most pressing requests, and how
 * old what is shown is. Redrawn by events. Without a terminal it prints after each change; --once prints once it is
 * current. board [--once] [--rows N]      q or Ctrl-C ends it */
#pragma once

#include "client/ctl/ctl.h"

int board_verb(Ctl *ctl, int argc, char **argv);
