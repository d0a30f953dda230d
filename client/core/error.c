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

static const char *chosen; /* a choice is the whole process's, like the locale */

void linli_set_language(const char *language) {
  chosen = g_intern_string(language);
}

static LinliTranslate translate; /* the program's own, likewise */

void linli_set_translator(LinliTranslate translator) {
  translate = translator;
}

const char *linli_text(const char *english) {
  return translate ? translate(english) : english;
}

/* As gettext has it: LANGUAGE counts unless the locale is C. */
gboolean linli_in_chinese(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  const char *locale = NULL, *first = g_getenv("LANGUAGE");

  if (chosen) return g_str_has_prefix(chosen, "zh");
  for (gsize i = 0; i < G_N_ELEMENTS(names) && !(locale && *locale); i++)
    locale = g_getenv(names[i]);
  if (!locale || !*locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0) return FALSE;
  return g_str_has_prefix(first && *first ? first : locale, "zh");
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
