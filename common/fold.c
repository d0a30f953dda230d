/* fold.c: see fold.h. */
#include "common/fold.h"

#include <stdint.h>
#include <string.h>

/* Pairs, ascending: what NFKC leaves and people type otherwise. */
typedef struct {
  uint16_t from;
  char to;
} Plain;
static const Plain plain_forms[] = {
    {0x2010, '-'},  {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'}, {0x2014, '-'}, {0x2015, '-'}, {0x2018, '\''},
    {0x2019, '\''}, {0x201a, '\''}, {0x201b, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x201e, '"'}, {0x201f, '"'},
    {0x2032, '\''}, {0x2033, '"'},  {0x2039, '<'},  {0x203a, '>'}, {0x2044, '/'}, {0x2212, '-'}, {0x223c, '~'},
    {0x3001, ','},  {0x3002, '.'},  {0x3008, '<'},  {0x3009, '>'}, {0x300a, '<'}, {0x300b, '>'}, {0x300c, '"'},
    {0x300d, '"'},  {0x300e, '"'},  {0x300f, '"'},  {0x3010, '['}, {0x3011, ']'}, {0x3014, '['}, {0x3015, ']'},
    {0x3016, '['},  {0x3017, ']'},  {0x301c, '~'},  {0x301d, '"'}, {0x301e, '"'}, {0x301f, '"'},
};

static gunichar plain_form(gunichar c) {
  if (c < plain_forms[0].from) return c;
  for (size_t i = 0; i < G_N_ELEMENTS(plain_forms) && plain_forms[i].from <= c; i++)
    if (plain_forms[i].from == c) return (gunichar)plain_forms[i].to;
  return c;
}

/* Drawn as nothing and typed by nobody: joiners, marks of direction, variation selectors, soft hyphen, BOM. */
static bool is_invisible(gunichar c) {
  return c == 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) ||
         (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool is_blank(gunichar c) {
  return g_unichar_isspace(c) || g_unichar_iscntrl(c);
}

static char *tidy(const char *text) {
  GString *out = g_string_sized_new(strlen(text));
  bool gap = false;

  for (const char *at = text; *at; at = g_utf8_next_char(at)) {
    gunichar c = g_utf8_get_char(at);
    if (is_invisible(c)) continue;
    if (is_blank(c)) {
      gap = out->len > 0;
      continue;
    }
    if (gap) g_string_append_c(out, ' ');
    gap = false;
    g_string_append_unichar(out, plain_form(c));
  }
  return g_string_free(out, FALSE);
}

static char *fold_once(const char *text) {
  g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
  g_autofree char *lower = g_utf8_casefold(composed, -1);
  g_autofree char *again = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL_COMPOSE);

  return tidy(again);
}

static bool is_plain_ascii(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (text[i] < ' ' || text[i] > '~') return false;
  return true;
}

/* Dropping what is invisible may bring a letter and its mark together, so a rare text needs another turn; the bound
 * is for texts made to be difficult. */
char *fold_text_len(const char *text, size_t len) {
  char *folded = g_utf8_make_valid(text, (gssize)len);

  for (unsigned turns = 0; turns < 8; turns++) {
    char *next = is_plain_ascii(folded, strlen(folded)) ? NULL : fold_once(folded);
    if (!next) {
      g_autofree char *lower = g_ascii_strdown(folded, -1);
      g_free(folded);
      return tidy(lower);
    }
    bool settled = strcmp(next, folded) == 0;
    g_free(folded);
    folded = next;
    if (settled) break;
  }
  return folded;
}

char *fold_text(const char *text) {
  return fold_text_len(text, strlen(text));
}

bool fold_contains(const char *text, const char *part) {
  g_autofree char *whole = fold_text(text);
  g_autofree char *wanted = fold_text(part);

  return strstr(whole, wanted) != NULL;
}

/* --- Width ---------------------------------------------------------------------------------------------------- */

/* The bytes and columns of the character at `text`. */
static size_t step(const char *text, size_t len, size_t *columns) {
  gunichar c = g_utf8_get_char_validated(text, (gssize)len);

  *columns = 1;
  if (c == (gunichar)-1 || c == (gunichar)-2) return 1;
  if (c == 0) {
    *columns = 0;
    return 1;
  }
  if (g_unichar_iszerowidth(c) || g_unichar_iscntrl(c))
    *columns = 0;
  else if (g_unichar_iswide(c))
    *columns = 2;
  return (size_t)g_unichar_to_utf8(c, NULL);
}

size_t fold_width(const char *text, size_t len) {
  size_t width = 0, columns;

  for (size_t at = 0; at < len; width += columns)
    at += step(text + at, len - at, &columns);
  return width;
}

size_t fold_cut(const char *text, size_t len, size_t bytes, size_t columns) {
  size_t at = 0, width = 0;

  while (at < len) {
    size_t more, size = step(text + at, len - at, &more);
    if (size > bytes - at || more > columns - width) break;
    at += size;
    width += more;
  }
  return at;
}
