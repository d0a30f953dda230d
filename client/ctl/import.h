/* import.h: `linlictl import divisions|requests FILE`.
 *
 *   file ─ csv ─ mapping ─> row ── one command ──> imported | already there | rejected (with its row number and
 * reason)
 *
 * Invariant: the three sums add up to the file's rows, whatever broke on the way. Repeating it is the way to resume.
 * Exit: 0 done (rejected rows are in the rejects file, and counted), 2 the file or an option is wrong, 3 no
 * connection, 130 stopped by the user. Arguments: what follows the name. */
#pragma once

#include "client/ctl/ctl.h"

enum { IMPORT_STOPPED = 130 };

int import_verb(Ctl *ctl, int argc, char **argv);
int import_divisions(Ctl *ctl, int argc, char **argv);
int import_requests(Ctl *ctl, int argc, char **argv);
