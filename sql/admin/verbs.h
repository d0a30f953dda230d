/* verbs.h: linlictl's verbs that act as the database's owner and need no server.
 *
 *   db upgrade|check|demo|bootstrap   audit verify   backup TO   restore FROM   cluster start|stop|status
 *
 * Exit: 0 done, 1 refused, 2 usage, 3 the database cannot be reached. With --json one object a line on stdout. */
#pragma once

#include <stdbool.h>

/* Whether noun is one of the above. */
bool admin_is_verb(const char *noun);
/* argv with or without the program's name in front; options anywhere. */
int admin_verb(int argc, char **argv);
