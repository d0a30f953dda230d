/* bundle.h: the SQL files that were built into the program.
 *
 * Invariant: files of a folder come in the order in which they are run: upgrades and demo by name; api_1 with
 * command.sql, right.sql, session.sql first, because the others are written in their words. */
#pragma once

#include <gio/gio.h>

typedef struct {
  char *name;       /* 0001_streams.sql */
  const char *text; /* terminated; lives as long as the program */
  char *sha256;     /* hex */
} BundleFile;

/* folder: upgrades, api_1 or demo. Elements are BundleFile *, freed with the array; none for an empty folder. */
GPtrArray *bundle_files(const char *folder);
/* One digest over names and texts. */
char *bundle_digest(GPtrArray *files);
