/* words.h: values of the wire as the desk's rooms show them. Pure. */
#pragma once

#include "common/wire.h"

/* Local time of UTC microseconds, as g_date_time_format() has it; "" for 0. g_free. */
char *linli_words_time(guint64 at, const char *format);
/* A text of the wire, terminated; "" for none. g_free. */
char *linli_words_copy(WireBytes text);
/* The label in the user's language; "" for a number that is not of it. Static. */
const char *linli_words_label(const WireEnum *of, guint64 number);
