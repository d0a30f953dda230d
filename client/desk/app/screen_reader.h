/* screen_reader.h: whether somebody has a screen reader speak, as the accessibility bus says: letters are its own
 * keys then, and not a list's. Known from the second look on: the first asks, and goes on asking to be told. Main
 * thread. */
#pragma once

#include <glib.h>

gboolean linli_screen_reader_runs(void);
