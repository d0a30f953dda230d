/* test_pinyin.c: a resident is found by whatever of the name was heard. */
#include <string.h>

#include "common/pinyin.h"
#include "tests/unit/real_data.h"

typedef struct {
  const char *text, *query;
  bool found;
} Case;

static const Case cases[] = {
    {"李明朗", "lml", true},
    {"李明朗", "limlang", true},
    {"李明朗", "liml", true},
    {"李明朗", "limingl", true},
    {"李明朗", "li ming lang", true},
    {"李明朗", "li'ming'lang", true},
    {"李明朗", "LiMingLang", true},
    {"李明朗", "ｌｍｌ", true},
    {"李明朗", "ml", true},
    {"李明朗", "mingl", true},
    {"李明朗", "明朗", true},
    {"李明朗", "李mlang", true},
    {"李明朗", "l明l", true},
    {"李明朗", "", true},
    {"李明朗", "ll", false},
    {"李明朗", "lmlx", false},
    {"李明朗", "ming li", false},
    {"李明朗", "朗明", false},
    {"单雄信", "danxx", true},
    {"单雄信", "shanxiongxin", true},
    {"单雄信", "chanxx", true},
    {"单雄信", "sxx", true},
    {"曾国", "zengguo", true},
    {"曾国", "cengguo", true},
    {"仇英", "qiuying", true},
    {"解珍", "xiezhen", true},
    {"区大相", "ou", true},
    {"查良", "zhaliang", true},
    {"查良", "chaliang", true},
    {"朴正", "piaozheng", true},
    {"尉迟恭", "yuchigong", true},
    {"尉迟恭", "weichi", true},
    {"万俟卨", "moqi", true},
    {"澹台", "tantai", true},
    {"长孙", "zhangsun", true},
    {"令狐", "linghu", true},
    {"吕布", "lvbu", true},
    {"吕布", "lübu", true},
    {"吕布", "lubu", true},
    {"吕布", "lyubu", true},
    {"略", "lve", true},
    {"略", "lue", true},
    {"重庆路", "chongqing", true},
    {"银行", "yinhang", true},
    {"西安", "xian", true},
    {"先", "xian", true},
    {"先", "xi'a", true}, /* an apostrophe is not worth a lost resident */
    {"朝阳门社区３号楼", "cymsq3hl", true},
    {"朝阳门社区３号楼", "3号楼", true},
    {"朝阳门社区３号楼", "shequ", true},
    {"朝阳门·社区（东）", "cymsqd", true},
    {"朝阳门-3-2", "3-2", true},
    {"朝阳门-3-2", "32", true},
    {"A座", "azuo", true},
    {"Anna Smith", "nasm", true},
    {"朝阳门", "-", false},
    {"a-b", "-", true},
    {"〇", "ling", true},
    {"王𬭎", "wanghong", true},
    {"李😀明", "lm", true},
};

static void residents_are_found(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    if (pinyin_match(cases[i].text, cases[i].query) != cases[i].found)
      g_error("%s by %s: found is %d", cases[i].text, cases[i].query, !cases[i].found);
}

static bool is_ascii_letters(const char *text) {
  for (; *text; text++)
    if (!g_ascii_isalnum(*text) && *text != ' ' && *text != '\'') return false;
  return true;
}

static void keys_find_what_the_text_finds(void) {
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *keys = pinyin_keys(cases[i].text, PINYIN_KEYS_MAX);
    if (!is_ascii_letters(cases[i].query)) continue;
    if (pinyin_keys_match(keys, cases[i].query) != cases[i].found)
      g_error("%s (%s) by %s: found is %d", keys, cases[i].text, cases[i].query, !cases[i].found);
  }
}

static void keys_look_as_described(void) {
  g_autofree char *li = pinyin_keys("李明朗", PINYIN_KEYS_MAX), *shan = pinyin_keys("单·雄　信A", PINYIN_KEYS_MAX),
                  *none = pinyin_keys("……", PINYIN_KEYS_MAX);

  g_assert_cmpstr(li, ==, "li ming lang");
  g_assert_cmpstr(shan, ==, "dan/chan/shan xiong xin a");
  g_assert_cmpstr(none, ==, "");
}

static void keys_are_cut_behind_a_character(void) {
  g_autoptr(GString) text = g_string_new(NULL);

  for (unsigned i = 0; i < 400; i++)
    g_string_append(text, "明");
  g_autofree char *keys = pinyin_keys(text->str, PINYIN_KEYS_MAX);
  g_assert_cmpuint(strlen(keys), ==, 509); /* 102 times "ming " without the last space */
  g_autofree char *few = pinyin_keys("单雄信", 14);
  g_assert_cmpstr(few, ==, "dan/chan/shan");
}

static void a_query_at_its_limit_is_found_and_one_beyond_is_not(void) {
  g_autoptr(GString) text = g_string_new(NULL), query = g_string_new(NULL);

  for (unsigned i = 0; i < 70; i++)
    g_string_append(text, "明");
  for (unsigned i = 0; i < PINYIN_QUERY_MAX; i++)
    g_string_append_c(query, 'm');
  g_assert_true(pinyin_match(text->str, query->str));
  g_string_append_c(query, 'm');
  g_assert_false(pinyin_match(text->str, query->str));
  g_assert_true(pinyin_match(text->str, text->str)); /* as text it is still found */
}

static void naughty_strings_match_themselves(void) {
  gsize len;
  g_autofree char *content = real_data("badinput/blns.txt", &len);

  if (!content) return;
  g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
  for (char **line = lines; *line; line++) {
    g_autofree char *keys = pinyin_keys(*line, PINYIN_KEYS_MAX);
    if (!pinyin_match(*line, *line)) g_error("%s does not match itself", *line);
    g_assert_true(g_utf8_validate(keys, -1, NULL));
    (void)pinyin_keys_match(keys, *line);
  }
}

/* Each text by each query: what needs no keys finds the same. */
static void a_text_without_keys_finds_the_same(void) {
  for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
    for (gsize k = 0; k < G_N_ELEMENTS(cases); k++) {
      PinyinQuery query;
      pinyin_query_init(&query, cases[k].query);
      if (query.hopeless) continue;
      bool found = pinyin_query_matches_text(&query, cases[i].text, strlen(cases[i].text));
      if (found != pinyin_match(cases[i].text, cases[k].query))
        g_error("%s by %s: %s", cases[i].text, cases[k].query, found ? "found" : "not found");
    }
}

static bool reads(gunichar c, const char *syllable) {
  const char *readings[PINYIN_READINGS];
  unsigned n = pinyin_readings(c, readings);

  for (unsigned i = 0; i < n; i++)
    if (strcmp(readings[i], syllable) == 0) return true;
  return false;
}

/* char,codepoint,best_reading,best_plain,all_readings,all_plain,in_8105_table */
static void nearly_every_standard_character_has_its_best_reading(void) {
  gsize len;
  g_autofree char *content = real_data("pinyin/hanzi_pinyin.csv", &len);
  unsigned standard = 0, known = 0, others = 0, others_known = 0;

  if (!content) return;
  for (char *line = content, *end; (end = memchr(line, '\n', (size_t)(content + len - line))); line = end + 1) {
    *end = '\0';
    g_auto(GStrv) columns = g_strsplit(g_strchomp(line), ",", -1);
    if (g_strv_length(columns) != 7 || line == content) continue;
    bool good = reads(g_utf8_get_char(columns[0]), columns[3]);
    bool is_standard = strcmp(columns[6], "1") == 0;
    standard += is_standard;
    known += is_standard && good;
    others += !is_standard;
    others_known += !is_standard && good;
    if (is_standard && !good) g_test_message("%s lacks %s", columns[0], columns[3]);
  }
  g_test_message("best reading known: %u of %u standard characters (%.3f %%), %u of %u others (%.3f %%)", known,
                 standard, 100.0 * known / standard, others_known, others, 100.0 * others_known / others);
  g_assert_cmpuint(standard, >=, 8000);
  g_assert_cmpfloat((double)known, >=, 0.999 * standard);
}

#define TEST(name) g_test_add_func("/pinyin/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  TEST(residents_are_found);
  TEST(keys_find_what_the_text_finds);
  TEST(keys_look_as_described);
  TEST(keys_are_cut_behind_a_character);
  TEST(a_query_at_its_limit_is_found_and_one_beyond_is_not);
  TEST(a_text_without_keys_finds_the_same);
  TEST(naughty_strings_match_themselves);
  TEST(nearly_every_standard_character_has_its_best_reading);
  return g_test_run();
}
