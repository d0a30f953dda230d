/* intake_time.h: when something happened, as somebody types it: "14:30", "昨天 9:05", "yesterday 9:05", "11-23
 * 14:30", "2026-11-23 14:30"; full-width signs of an input method count as well. Local time. Pure. */
#pragma once

#include <glib.h>

/* now: UTC microseconds. "14:30" is that of today, or of yesterday when today's is still to come; a date without a
 * year is the last one that has passed. "" gives 0. FALSE: not understood. */
G_GNUC_WARN_UNUSED_RESULT gboolean linli_intake_time_parse(const char *text, guint64 now, guint64 *at);
/* As it is shown in the entry again; "" for 0; g_free. */
char *linli_intake_time_text(guint64 at);
