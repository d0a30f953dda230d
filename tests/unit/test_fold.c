/* test_fold.c: what looks the same folds the same; widths and cuts never split a character. */
#include <locale.h>
#include <string.h>

#include "common/fold.h"
#include "common/wire.h"
#include "tests/unit/real_data.h"

static void what_looks_the_same_folds_the_same(void) {
  static const char *const cases[][2] = {
      {"ＡＢＣ１２３", "abc123"},
      {"Straße", "strasse"},
      {"ﬁn", "fin"},
      {"①②", "12"},
      {"３号楼，２单元。", "3号楼,2单元."},
      {"“邻里”——《通知》、【急】", "\"邻里\"--<通知>,[急]"},
      {"  a \t\n　b  ", "a b"},
      {"a\u200bb\ufeff\u00ad", "ab"},
      {"e\u0301", "é"},
      {"İstanbul", "i̇stanbul"},
      {"I", "i"},
      {"ΑΣ", "ας"},
      {"ｶﾞ", "ガ"},
      {"⼀", "一"},
      {"", ""},
      {" 　\u200b ", ""},
      {"\xff\xfe海", "\ufffd\ufffd海"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    g_autofree char *folded = fold_text(cases[i][0]), *expected = g_utf8_casefold(cases[i][1], -1);
    g_assert_cmpstr(folded, ==, expected);
  }
}

static void assert_settled(const char *text, size_t len) {
  g_autofree char *once = fold_text_len(text, len), *twice = fold_text(once);

  g_assert_true(g_utf8_validate(once, -1, NULL));
  if (strcmp(once, twice) != 0) g_error("%s folds to %s, then to %s", text, once, twice);
}

static void folding_twice_is_folding_once(void) {
  for (gunichar c = 1; c < 0x30000; c++) {
    char text[16] = "a";
    if (c >= 0xd800 && c < 0xe000) continue;
    gint len = 1 + g_unichar_to_utf8(c, text + 1);
    len += g_unichar_to_utf8(0x301, text + len);
    assert_settled(text, (size_t)len);
  }
}

static void random_bytes_are_folded_and_cut_without_harm(void) {
  for (unsigned i = 0; i < 20000; i++) {
    char bytes[24];
    size_t len = (size_t)g_test_rand_int_range(0, sizeof bytes);
    for (size_t b = 0; b < len; b++)
      bytes[b] = (char)g_test_rand_int();
    g_autofree char *exact = g_memdup2(bytes, len);
    assert_settled(exact ? exact : "", len);
    size_t width = fold_width(exact, len);
    g_assert_cmpuint(width, <=, 2 * len);
    g_assert_cmpuint(fold_cut(exact, len, len, width), ==, len);
    g_assert_cmpuint(fold_cut(exact, len, len / 2, SIZE_MAX), <=, len / 2);
  }
}

static void naughty_strings_fold_and_settle(void) {
  gsize len;
  g_autofree char *content = real_data("badinput/blns.txt", &len);

  if (!content) return;
  g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
  for (char **line = lines; *line; line++) {
    size_t size = strlen(*line);
    assert_settled(*line, size);
    for (size_t columns = 0; columns < 8; columns++) {
      size_t cut = fold_cut(*line, size, SIZE_MAX, columns);
      g_assert_cmpuint(fold_width(*line, cut), <=, columns);
    }
  }
}

/* Each line is judged by a decoder written here from RFC 3629's grammar, and by the wire. */
static bool is_utf8(const uint8_t *s, size_t len) {
  for (size_t i = 0; i < len;) {
    uint8_t lead = s[i];
    unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead == 0 || (lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || len - i <= more) return false;
    for (unsigned k = 1; k <= more; k++)
      if ((s[i + k] & 0xc0) != 0x80) return false;
    uint8_t second = more ? s[i + 1] : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
        (lead == 0xf4 && second > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

static void every_line_of_the_utf8_stress_test_is_judged_rightly(void) {
  static const WireField text = {.number = 1, .kind = WIRE_FIELD_TEXT, .name = "text", .offset = 8};
  static const WireMessage message = {.count = 1, .size = 24, .name = "line", .fields = &text};
  gsize len;
  g_autofree char *content = real_data("badinput/UTF-8-test-kuhn-2015.txt", &len);
  unsigned bad = 0;

  if (!content) return;
  for (const char *at = content, *end; at < content + len; at = end + 1) {
    end = memchr(at, '\n', (size_t)(content + len - at));
    if (!end) end = content + len;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    size_t size = (size_t)(end - at);
    wire_put_bytes(bytes, 1, (WireBytes){(const uint8_t *)at, (uint32_t)size});
    bool good = is_utf8((const uint8_t *)at, size);
    g_assert_cmpint(wire_check(&message, (WireBytes){bytes->data, bytes->len}, false, NULL), ==, good);
    assert_settled(at, size);
    bad += !good;
  }
  g_test_message("%u lines refused", bad);
  g_assert_cmpuint(bad, >, 50);
}

static void widths_are_those_of_a_terminal(void) {
  static const struct {
    const char *text;
    size_t width;
  } cases[] = {
      {"", 0},   {"abc", 3}, {"邻里", 4},   {"邻a里", 5}, {"e\u0301", 1}, {"ｱ", 1},
      {"Ａ", 2}, {"😀", 2},   {"\u200b", 0}, {"한", 2},    {"\xff", 1},    {"\t", 0},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
    g_assert_cmpuint(fold_width(cases[i].text, strlen(cases[i].text)), ==, cases[i].width);
}

static void a_cut_never_splits_a_character(void) {
  static const char text[] = "邻a里e\u0301"; /* 3 + 1 + 3 + 1 + 2 bytes; 2 + 1 + 2 + 1 columns */
  static const size_t by_columns[] = {0, 0, 3, 4, 4, 7, 10, 10};
  static const size_t by_bytes[] = {0, 0, 0, 3, 4, 4, 4, 7, 8, 8, 10};

  for (size_t i = 0; i < G_N_ELEMENTS(by_columns); i++)
    g_assert_cmpuint(fold_cut(text, 10, SIZE_MAX, i), ==, by_columns[i]);
  for (size_t i = 0; i < G_N_ELEMENTS(by_bytes); i++)
    g_assert_cmpuint(fold_cut(text, 10, i, SIZE_MAX), ==, by_bytes[i]);
}

static void a_part_is_found_however_it_was_typed(void) {
  g_assert_true(fold_contains("朝阳门内大街８１号（Ａ座）", "81号(a座"));
  g_assert_true(fold_contains("x", ""));
  g_assert_false(fold_contains("朝阳门", "阳朝"));
}

#define TEST(name) g_test_add_func("/fold/" #name, name)

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  setlocale(LC_ALL, "tr_TR.UTF-8"); /* where I has no dot: folding must not care; without it the test is the same */
  TEST(what_looks_the_same_folds_the_same);
  TEST(folding_twice_is_folding_once);
  TEST(random_bytes_are_folded_and_cut_without_harm);
  TEST(naughty_strings_fold_and_settle);
  TEST(every_line_of_the_utf8_stress_test_is_judged_rightly);
  TEST(widths_are_those_of_a_terminal);
  TEST(a_cut_never_splits_a_character);
  TEST(a_part_is_found_however_it_was_typed);
  return g_test_run();
}
