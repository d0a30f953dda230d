/* outbox_verb.h: `linlictl outbox list|flush|forget ID`: what was typed and not yet decided, or refused and not yet
 * read. It is there after a kill between sending and the answer; flush sends it again with the same id. */
#pragma once

#include "client/ctl/ctl.h"

int outbox_verb(Ctl *ctl, int argc, char **argv);
