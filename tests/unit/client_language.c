/* client_language.c: in which language texts are: a choice, else the environment as gettext reads it. */
#include "client/core/error.h"
#include "proto/proto_tables.h"

static void set(const char *name, const char *value) {
  if (value)
    g_setenv(name, value, TRUE);
  else
    g_unsetenv(name);
}

static void the_environment_is_read_as_gettext_does(void) {
  static const struct {
    const char *all, *messages, *lang, *language;
    gboolean chinese;
  } cases[] = {
      {NULL, NULL, NULL, NULL, FALSE},
      {NULL, NULL, "zh_CN.UTF-8", NULL, TRUE},
      {NULL, NULL, "en_US.UTF-8", NULL, FALSE},
      {NULL, "zh_CN.UTF-8", "en_US.UTF-8", NULL, TRUE},
      {"C.UTF-8", "zh_CN.UTF-8", "zh_CN.UTF-8", NULL, FALSE},
      {"", "zh_CN.UTF-8", NULL, NULL, TRUE},
      {NULL, NULL, "en_US.UTF-8", "zh_CN:en", TRUE},
      {NULL, NULL, "zh_CN.UTF-8", "en:zh_CN", FALSE},
      {NULL, NULL, "zh_CN.UTF-8", "", TRUE},
      {"C", NULL, "zh_CN.UTF-8", "zh", FALSE}, /* LANGUAGE does not count in C */
      {"POSIX", NULL, NULL, "zh", FALSE},
      {NULL, NULL, NULL, "zh", FALSE},
  };

  linli_set_language(NULL);
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
    set("LC_ALL", cases[i].all);
    set("LC_MESSAGES", cases[i].messages);
    set("LANG", cases[i].lang);
    set("LANGUAGE", cases[i].language);
    if (linli_in_chinese() != cases[i].chinese) g_error("case %" G_GSIZE_FORMAT, i);
  }
}

static void a_choice_beats_the_environment_until_it_is_taken_back(void) {
  set("LC_ALL", "zh_CN.UTF-8");
  set("LANGUAGE", NULL);
  linli_set_language("en");
  g_assert_false(linli_in_chinese());
  g_assert_cmpstr(linli_sentence(proto_linli.refusals, PROTO_REFUSAL_NOT_ALLOWED), ==,
                  wire_label_by_number(proto_linli.refusals, PROTO_REFUSAL_NOT_ALLOWED)->en);
  linli_set_language(NULL);
  g_assert_true(linli_in_chinese());
  set("LC_ALL", "C");
  linli_set_language("zh");
  g_assert_true(linli_in_chinese());
  g_assert_cmpstr(linli_sentence(proto_linli.refusals, PROTO_REFUSAL_NOT_ALLOWED), ==,
                  wire_label_by_number(proto_linli.refusals, PROTO_REFUSAL_NOT_ALLOWED)->zh);
  linli_set_language(NULL);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/language/environment", the_environment_is_read_as_gettext_does);
  g_test_add_func("/language/choice", a_choice_beats_the_environment_until_it_is_taken_back);
  return g_test_run();
}
