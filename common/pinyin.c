/* pinyin.c: see pinyin.h.
 *
 * Matching walks the units of a text once and carries, as bits, how much of the query may have been eaten so far:
 * bit j = "a match that began somewhere has eaten j characters". A unit turns each bit into one bit for every
 * beginning of its readings that fits; bit 0 is set again at every unit. When bit `count` appears, the query is
 * found. So the cost is bounded by units x query x readings, whatever the input. */
#include "common/pinyin.h"

#include <string.h>

#include "common/fold.h"
#include "common/pinyin_table.h"

static uint16_t entry_of(gunichar c) {
  size_t low = 0, high = pinyin_sparse_count;

  if (c >= PINYIN_DENSE_FIRST && c <= PINYIN_DENSE_LAST) return pinyin_dense[c - PINYIN_DENSE_FIRST];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (pinyin_sparse_codes[middle] == c) return pinyin_sparse[middle];
    if (pinyin_sparse_codes[middle] < c)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

unsigned pinyin_readings(gunichar c, const char *readings[PINYIN_READINGS]) {
  uint16_t entry = entry_of(c);
  unsigned n = 0;

  if (entry == 0) return 0;
  if (entry < PINYIN_MANY) {
    readings[0] = pinyin_syllables[entry - 1];
    return 1;
  }
  for (const uint16_t *word = &pinyin_words[entry - PINYIN_MANY]; *word; word++)
    readings[n++] = pinyin_syllables[*word - 1];
  return n;
}

/* Neither typed nor counted: spaces, punctuation, what is invisible. */
static bool is_silent(gunichar c) {
  return g_unichar_isspace(c) || g_unichar_ispunct(c) || g_unichar_iscntrl(c);
}

/* ü stands for itself in no reading: it is v wherever it is met. */
static gunichar letter(gunichar c) {
  return c == 0xfc ? 'v' : c;
}

/* --- Keys ----------------------------------------------------------------------------------------------------- */

/* One unit: the character itself where it has no reading or is wanted, then its readings. */
static void append_unit(GString *keys, gunichar c, bool character) {
  const char *readings[PINYIN_READINGS];
  unsigned n = pinyin_readings(c, readings);

  if (keys->len) g_string_append_c(keys, ' ');
  if (n == 0 || character) g_string_append_unichar(keys, c);
  for (unsigned i = 0; i < n; i++) {
    if (i || character) g_string_append_c(keys, '/');
    g_string_append(keys, readings[i]);
  }
}

static GString *make_keys(const char *text, bool characters, size_t max) {
  g_autofree char *folded = fold_text(text);
  GString *keys = g_string_new(NULL);

  for (const char *at = folded; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    gsize before = keys->len;
    if (is_silent(c)) continue;
    append_unit(keys, letter(c), characters);
    if (keys->len <= max) continue;
    g_string_truncate(keys, before);
    break;
  }
  return keys;
}

char *pinyin_keys(const char *text, size_t max) {
  return g_string_free(make_keys(text, false, max), FALSE);
}

/* --- Matching ------------------------------------------------------------------------------------------------- */

void pinyin_query_init(PinyinQuery *query, const char *text) {
  g_autofree char *folded = fold_text(text);

  *query = (PinyinQuery){.count = 0};
  for (const char *at = folded; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    if (is_silent(c)) continue;
    if (query->count == PINYIN_QUERY_MAX) {
      query->hopeless = true;
      return;
    }
    query->at[query->count++] = letter(c);
  }
  query->hopeless = query->count == 0 && *folded; /* nothing but punctuation: that is not "everything" */
}

/* How many characters of the query at j the reading's character c eats; 0 when it does not fit. */
static unsigned eaten(const PinyinQuery *query, unsigned j, gunichar c) {
  gunichar typed = j < query->count ? query->at[j] : 0;

  if (typed == c && c) return 1;
  if (c != 'v') return 0;
  if (typed == 'u') return 1;
  return typed == 'y' && j + 1 < query->count && query->at[j + 1] == 'u' ? 2 : 0;
}

/* Every length the query may have reached after a beginning of the reading, from j on. */
static uint64_t beginnings(const PinyinQuery *query, unsigned j, const char *reading, const char *end) {
  uint64_t reached = 0;

  while (reading < end) {
    unsigned n = eaten(query, j, g_utf8_get_char(reading));
    if (n == 0) break;
    j += n;
    reached |= UINT64_C(1) << j;
    reading = g_utf8_next_char(reading);
  }
  return reached;
}

static uint64_t after_reading(const PinyinQuery *query, uint64_t eaten_before, const char *reading, const char *end) {
  uint64_t reached = 0;

  for (uint64_t left = eaten_before; left; left &= left - 1)
    reached |= beginnings(query, (unsigned)__builtin_ctzll(left), reading, end);
  return reached;
}

/* *at: the beginning of a unit; afterwards the beginning of the next, or the end. */
static uint64_t after_unit(const PinyinQuery *query, uint64_t eaten_before, const char **at) {
  uint64_t reached = 0;

  for (;;) {
    const char *end = *at + strcspn(*at, " /");
    reached |= after_reading(query, eaten_before, *at, end);
    *at = *end ? end + 1 : end;
    if (*end != '/') return reached;
  }
}

bool pinyin_query_matches_keys(const PinyinQuery *query, const char *keys) {
  const uint64_t whole = UINT64_C(1) << query->count;
  uint64_t reached = 0;

  if (query->hopeless) return false;
  if (query->count == 0) return true;
  while (*keys) {
    reached = after_unit(query, reached | 1, &keys);
    if (reached & whole) return true;
  }
  return false;
}

/* What folding leaves of a character that it looks at alone: SILENT, itself, or FOLDED for "ask fold.h". */
enum { SILENT = 0, FOLDED = 0x110000 };

static gunichar folded_one(gunichar c) {
  if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0; /* full-width forms */
  if (c < 0x80) return g_ascii_isalnum((char)c) ? (gunichar)g_ascii_tolower((char)c) : SILENT;
  if ((c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff)) return c;
  if (c == 0xb7 || (c >= 0x2010 && c <= 0x2027) || (c >= 0x3000 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3011))
    return SILENT;
  return FOLDED;
}

/* Whether a match may begin with the character: FALSE is sure. */
static bool may_begin(const PinyinQuery *query, gunichar c, const char *const *readings, unsigned n) {
  gunichar first = query->at[0];

  if (first == c || c == 'v') return true;
  for (unsigned i = 0; i < n; i++)
    if (first == (guchar)readings[i][0] || readings[i][0] == 'v') return true;
  return false;
}

/* As after_unit(), of a character that is folded. */
static uint64_t after_character(const PinyinQuery *query, uint64_t eaten_before, gunichar c) {
  const char *readings[PINYIN_READINGS];
  unsigned n = pinyin_readings(c, readings);
  uint64_t reached = 0;

  if (eaten_before == 1 && !may_begin(query, c, readings, n)) return 0; /* most characters of most texts */
  for (uint64_t left = eaten_before; left; left &= left - 1) {
    unsigned j = (unsigned)__builtin_ctzll(left), own = eaten(query, j, c);
    if (own) reached |= UINT64_C(1) << (j + own);
    for (unsigned i = 0; i < n; i++)
      reached |= beginnings(query, j, readings[i], readings[i] + strlen(readings[i]));
  }
  return reached;
}

static bool matches_folded(const PinyinQuery *query, const char *text, size_t len) {
  g_autofree char *folded = fold_text_len(text, len);
  uint64_t reached = 0;

  for (const char *at = folded; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    if (is_silent(c)) continue;
    reached = after_character(query, reached | 1, letter(c));
    if (reached >> query->count & 1) return true;
  }
  return false;
}

bool pinyin_query_matches_text(const PinyinQuery *query, const char *text, size_t len) {
  const char *end = text + len;
  uint64_t reached = 0;

  if (query->hopeless) return false;
  if (query->count == 0) return true;
  for (const char *at = text; at < end;) {
    gunichar c = (guchar)*at < 0x80 ? (gunichar)*at : g_utf8_get_char_validated(at, end - at);
    gunichar one = c > 0x10ffff ? FOLDED : folded_one(c);
    if (one == FOLDED) return matches_folded(query, text, len);
    at += (guchar)*at < 0x80 ? 1 : g_utf8_skip[(guchar)*at];
    if (one == SILENT) continue;
    reached = after_character(query, reached | 1, one);
    if (reached >> query->count & 1) return true;
  }
  return false;
}

bool pinyin_keys_match(const char *keys, const char *query) {
  PinyinQuery prepared;

  pinyin_query_init(&prepared, query);
  return pinyin_query_matches_keys(&prepared, keys);
}

bool pinyin_match(const char *text, const char *query) {
  PinyinQuery prepared;

  pinyin_query_init(&prepared, query);
  if (prepared.hopeless) return fold_contains(text, query);
  GString *keys = make_keys(text, true, SIZE_MAX);
  bool found = pinyin_query_matches_keys(&prepared, keys->str);
  g_string_free(keys, TRUE);
  return found;
}
