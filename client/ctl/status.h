/* status.h: `linlictl status`: which server, how far away, and who one is there. */
#pragma once

#include "client/ctl/ctl.h"

int status_verb(Ctl *ctl, int argc, char **argv);
