/* replay.h: `linlictl replay FILE --mapping NAME --speed X`: a file of another system played as live work, at its own
 * rhythm X times faster, by many accounts at once.
 *
 *   --from, --to   the file's own days (a last day counts whole) or instants      --limit N   the first N rows of
 * those
 *   --accounts N   who plays (40)      --journal FILE   what was asked and answered      --seed S   of the small
 * delays
 *   --speed max    without waiting     --tree-only      make tree, teams and accounts, and end
 *
 * --server A,B,C spreads the accounts over several servers. Requests open when the slice ends stay as they are.
 * Exit: 0 played, 1 a step was refused or not decided, 2 usage, 3 no connection, 130 stopped by the user. */
#pragma once

#include "client/ctl/ctl.h"

int replay_verb(Ctl *ctl, int argc, char **argv);
