/* pinyin_table.h: the shape of the table that pinyin_generate.py makes. Inside common/ only.
 *
 * An entry is 0 for no reading; below PINYIN_MANY it is 1 + a syllable; from there on it is PINYIN_MANY + where in
 * pinyin_words a row of such numbers begins, ended by 0. Characters from U+3400 to U+9FFF are looked up directly, all
 * others by bisection. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/pinyin.h"

enum { PINYIN_DENSE_FIRST = 0x3400, PINYIN_DENSE_LAST = 0x9fff, PINYIN_MANY = 0x8000, PINYIN_SYLLABLE_SIZE = 7 };

extern const char pinyin_syllables[][PINYIN_SYLLABLE_SIZE];
extern const uint16_t pinyin_words[];
extern const uint16_t pinyin_dense[];
extern const size_t pinyin_sparse_count;
extern const uint32_t pinyin_sparse_codes[];
extern const uint16_t pinyin_sparse[];
