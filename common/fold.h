/* fold.h: text as search and lists see it: what looks the same compares the same; how wide it is; where to cut it.
 *
 * Folding: NFKC (full-width letters become plain ones), case folded, Chinese and typographic punctuation replaced by
 * ASCII, what is invisible dropped, every run of spaces one space, none at the ends. It depends on no locale, and
 * folding twice is folding once. Bytes that are not UTF-8 become U+FFFD. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* g_free. */
char *fold_text(const char *text);
char *fold_text_len(const char *text, size_t len);
/* Whether the folded text holds the folded part. */
bool fold_contains(const char *text, const char *part);

/* Columns in a terminal or a monospaced list: wide East Asian characters take 2, combining and control ones 0. A byte
 * that is not UTF-8 takes 1. */
size_t fold_width(const char *text, size_t len);
/* The length in bytes of the longest beginning that takes at most `bytes` bytes and `columns` columns, never ending
 * inside a character; SIZE_MAX for no bound. */
size_t fold_cut(const char *text, size_t len, size_t bytes, size_t columns);
