/* error.c: see error.h. */
#include "client/core/error.h"

#include <string.h>

G_DEFINE_QUARK(linli - error - quark, linli_error)
G_DEFINE_QUARK(linli - refusal - quark, linli_refusal)
G_DEFINE_QUARK(linli - wire - error - quark, linli_wire_error)

int linli_bare(const char *message) {
  gsize len = strlen(message);

  return (int)(len && message[len - 1] == '.' ? len - 1 : len);
}

gboolean linli_in_chinese(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

  for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
    const char *value = g_getenv(names[i]);
    if (value && *value) return g_str_has_prefix(value, "zh");
  }
  return FALSE;
}

const char *linli_label_text(const WireLabel *label) {
  return linli_in_chinese() && label->zh ? label->zh : label->en;
}

const char *linli_sentence(const WireEnum *of, guint64 number) {
  const WireLabel *label = number <= G_MAXUINT32 ? wire_label_by_number(of, (uint32_t)number) : NULL;

  if (label) return linli_label_text(label);
  return linli_in_chinese() ? "服务器给出了本程序不认识的答复，请升级本程序。"
                            : "The server gave an answer that this program does not know. Update this program.";
}

const char *linli_identifier(const WireEnum *of, guint64 number) {
  const WireLabel *label = number <= G_MAXUINT32 ? wire_label_by_number(of, (uint32_t)number) : NULL;

  return label ? label->name : "unknown";
}
