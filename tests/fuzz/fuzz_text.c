/* fuzz_text.c: what people paste: folding, widths, cuts, pinyin, instants, ids. Input: a text, NUL, a query.
 *
 * Meaning: folding twice is folding once; a cut keeps its bounds; a text is found by itself and by any piece of its
 * keys; what parses prints as something that parses to the same. */
#include <string.h>

#include "common/fold.h"
#include "common/instant.h"
#include "common/pinyin.h"
#include "common/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void judge_fold(const char *text, size_t len) {
  g_autofree char *once = fold_text_len(text, len), *twice = fold_text(once);

  g_assert_true(g_utf8_validate(once, -1, NULL));
  g_assert_cmpstr(once, ==, twice);
  for (size_t bound = 0; bound < 12; bound++) {
    size_t cut = fold_cut(text, len, bound, SIZE_MAX);
    g_assert_cmpuint(cut, <=, bound);
    cut = fold_cut(text, len, SIZE_MAX, bound);
    g_assert_cmpuint(fold_width(text, cut), <=, bound);
  }
  g_assert_cmpuint(fold_cut(text, len, SIZE_MAX, SIZE_MAX), ==, len);
}

/* The first reading of each unit, typed in full. */
static void judge_keys(const char *text) {
  g_autofree char *keys = pinyin_keys(text, PINYIN_KEYS_MAX);
  g_auto(GStrv) units = g_strsplit(keys, " ", -1);
  g_autoptr(GString) typed = g_string_new(NULL);

  g_assert_cmpuint(strlen(keys), <=, PINYIN_KEYS_MAX);
  g_assert_true(g_utf8_validate(keys, -1, NULL));
  for (char **unit = units; *unit; unit++) {
    g_string_append_len(typed, *unit, (gssize)strcspn(*unit, "/"));
    if (g_utf8_strlen(typed->str, -1) > PINYIN_QUERY_MAX) return;
  }
  g_autofree char *settled = fold_text(typed->str);
  if (strcmp(settled, typed->str) != 0) return; /* without what stood between them, two characters became one */
  g_assert_true(pinyin_keys_match(keys, typed->str));
  g_assert_true(pinyin_match(text, typed->str));
}

static void judge_forms(const char *text, size_t len) {
  char instant[INSTANT_SIZE], date[DATE_SIZE], id[UUID_TEXT_SIZE];
  uint64_t micros, micros_again;
  int64_t days, days_again;
  Uuid uuid, uuid_again;

  if (instant_parse(text, len, &micros))
    g_assert_true(instant_parse(instant, instant_format(micros, instant), &micros_again) && micros == micros_again);
  if (date_parse(text, len, &days))
    g_assert_true(date_parse(date, date_format(days, date), &days_again) && days == days_again);
  if (uuid_parse(text, len, &uuid))
    g_assert_true(uuid_parse(uuid_format(uuid, id), UUID_TEXT_SIZE - 1, &uuid_again) &&
                  uuid_equal(&uuid, &uuid_again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
  g_autofree char *text = g_strndup((const char *)data, len);
  size_t text_len = strlen(text);
  const char *query = text_len < len ? (const char *)data + text_len + 1 : NULL;
  g_autofree char *wanted = query ? g_strndup(query, len - text_len - 1) : g_strdup("");

  judge_fold((const char *)data, text_len);
  judge_keys(text);
  judge_forms((const char *)data, text_len);
  g_assert_true(pinyin_match(text, text));
  (void)pinyin_match(text, wanted);
  return 0;
}
