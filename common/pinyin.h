/* pinyin.h: find Chinese text by its sound: full pinyin, initials, or any mix, in every reading of every character.
 *
 *   李明朗    li  ming  lang        query  limlang = li + m + lang,  lml = l + m + l,  明lang = 明 + lang
 *   单雄信    dan/shan/chan …       query  shanxx
 *
 * A query is cut into pieces, each a beginning of one reading of one character or the character itself; the pieces
 * belong to neighbouring characters and may start anywhere in the text. Spaces, punctuation and apostrophes count for
 * nothing on either side. ü is typed v, u or yu (吕 lv, lu, lyu).
 * Keys are the readings of a text as one line, for a `pinyin` field: "li ming lang", "shan/dan/chan xiong xin".
 * Pure; the table is made at build time by pinyin_generate.py, where the choice of readings is argued.
 * To search many rows for one query, prepare it once: start at pinyin_query_init(). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PINYIN_READINGS = 8, PINYIN_QUERY_MAX = 63, PINYIN_KEYS_MAX = 512 };

/* Readings of one character, toneless, the likeliest first; returns how many (0 when it is not Chinese). */
unsigned pinyin_readings(gunichar c, const char *readings[PINYIN_READINGS]);

/* The keys of a text: at most `max` bytes, cut behind a whole character; the same text always gives the same keys.
 * g_free. */
char *pinyin_keys(const char *text, size_t max);

/* A prepared query: a plain value, nothing to free. One longer than PINYIN_QUERY_MAX characters matches nothing. */
typedef struct { gunichar at[PINYIN_QUERY_MAX]; unsigned count; bool hopeless; } PinyinQuery;
void pinyin_query_init(PinyinQuery *query, const char *text);
/* Does not allocate: for lists that filter while somebody types. An empty query matches everything. */
bool pinyin_query_matches_keys(const PinyinQuery *query, const char *keys);
/* The same for a text itself, by sound or character: for lists that keep no keys. Allocates only where folding a
 * character is more than looking at it: compatibility forms, letters with marks. */
bool pinyin_query_matches_text(const PinyinQuery *query, const char *text, size_t len);

/* For one text: also finds it by its characters. */
bool pinyin_match(const char *text, const char *query);
bool pinyin_keys_match(const char *keys, const char *query);
