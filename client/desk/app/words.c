/* words.c: see words.h. */
#include "client/desk/app/words.h"

#include "client/core/error.h"

char *linli_words_time(guint64 at, const char *format) {
  g_autoptr(GDateTime) time = at ? g_date_time_new_from_unix_local((gint64)(at / G_USEC_PER_SEC)) : NULL;

  return time ? g_date_time_format(time, format) : g_strdup("");
}

char *linli_words_copy(WireBytes text) {
  return text.data ? g_strndup((const char *)text.data, text.len) : g_strdup("");
}

const char *linli_words_label(const WireEnum *of, guint64 number) {
  const WireLabel *label = wire_label_by_number(of, (uint32_t)number);

  return label ? linli_label_text(label) : "";
}
