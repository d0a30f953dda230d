/* real_data.h: files of the data folder beside the project, where there is one. Tests that want one skip without it. */
#pragma once

#include <glib.h>

/* The content of `name` below $LINLI_DATA, terminated; NULL after the test was marked as skipped. g_free. */
char *real_data(const char *name, gsize *len);
