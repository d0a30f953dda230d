/* who_file.h: who signed in last, kept beside the replica, so that a desk without a line still knows whose it is and
 * what it may do. No secrets. */
#pragma once

#include "client/core/session.h"

/* NULL: none, or not readable: then the desk waits for the line. */
LinliWho *linli_who_load(const char *path);
/* A failure costs an offline start and nothing else; it is only logged. */
void linli_who_save(const char *path, const LinliWho *who);
void linli_who_free(LinliWho *who);
