#!/usr/bin/env python3
"""Makes pinyin_table.c, the readings of every Chinese character, from Unicode's Unihan_Readings.txt(.bz2).

Which fields, and why. The table serves search: a reading that is missing hides a resident, a reading too many shows
one line more. So every reading that somebody may type is in, and those that only philologists know are not:
  kMandarin    the customary reading, of 41,000 characters: always, and first
  kHanyuPinlu  readings counted in modern texts: always, the frequent ones first
  kTGHZ2013    the standard dictionary of the 8,105 characters names may have: always; it holds 单 shan, 查 zha, 区 ou
  kXHC1983     the dictionary on every desk (Xiandai Hanyu Cidian): always; also for traditional forms
  kHanyuPinyin a historical dictionary, 行 heng, 重 tong: only where no other field knows the character
Surnames read unlike the word they write are added by hand below; some dictionaries leave them out.
"""
import argparse
import bz2
import re
import sys
import unicodedata

FIELDS = ("kMandarin", "kHanyuPinlu", "kTGHZ2013", "kXHC1983")
FALLBACK = "kHanyuPinyin"

SURNAMES = {
    "单": "shan", "單": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "區": "ou", "查": "zha", "朴": "piao",
    "任": "ren", "华": "hua", "華": "hua", "盖": "ge", "蓋": "ge", "繁": "po", "员": "yun", "員": "yun", "翟": "zhai",
    "乐": "yue", "樂": "yue", "覃": "qin", "尉": "yu", "黑": "he", "秘": "bi", "祕": "bi", "冼": "xian", "缪": "miao",
    "繆": "miao", "召": "shao", "折": "she", "种": "chong", "逄": "pang", "隗": "kui wei", "葛": "ge", "费": "fei bi",
    "費": "fei bi", "宁": "ning", "甯": "ning", "应": "ying", "應": "ying", "纪": "ji", "紀": "ji", "洗": "xian", "哈": "ha",
    "钭": "tou", "晟": "cheng", "句": "gou", "能": "nai", "那": "na", "撒": "sa", "阚": "kan", "闞": "kan", "谌": "chen shen",
    "諶": "chen shen", "呙": "guo", "訾": "zi", "郗": "xi chi", "郇": "xun huan", "幺": "yao", "么": "yao", "教": "jiao",
    "贠": "yun", "贾": "jia", "賈": "jia", "车": "che", "車": "che", "令": "ling", "瞿": "qu", "芮": "rui", "牟": "mou mu",
    "卜": "bu", "郄": "qie xi", "佴": "nai", "相": "xiang", "过": "guo", "過": "guo", "柏": "bai bo", "燕": "yan", "冯": "feng",
    "馮": "feng", "沈": "shen", "洪": "hong", "尹": "yin", "俞": "yu", "於": "yu", "万": "wan mo", "萬": "wan mo",
    "佘": "she", "厍": "she", "谯": "qiao", "蒯": "kuai", "藏": "zang", "臧": "zang", "长": "zhang", "重": "chong",
    "吕": "lv", "呂": "lv", "褚": "chu", "叶": "ye", "葉": "ye", "便": "pian", "尧": "yao", "恽": "yun",
}

COMPOUND_SURNAMES = {
    "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi", "萬俟": "mo qi", "澹台": "tan tai", "长孙": "zhang sun",
    "長孫": "zhang sun", "单于": "chan yu", "令狐": "ling hu", "夏侯": "xia hou", "皇甫": "huang fu", "宇文": "yu wen",
    "慕容": "mu rong", "司徒": "si tu", "司空": "si kong", "司马": "si ma", "鲜于": "xian yu", "闾丘": "lv qiu",
    "亓官": "qi guan", "申屠": "shen tu", "公孙": "gong sun", "轩辕": "xuan yuan", "钟离": "zhong li", "濮阳": "pu yang",
    "淳于": "chun yu", "呼延": "hu yan", "赫连": "he lian", "拓跋": "tuo ba", "乐正": "yue zheng", "漆雕": "qi diao",
    "宗政": "zong zheng", "独孤": "du gu", "南宫": "nan gong", "西门": "xi men", "诸葛": "zhu ge", "上官": "shang guan",
    "欧阳": "ou yang", "东方": "dong fang", "端木": "duan mu", "百里": "bai li", "谷梁": "gu liang", "宰父": "zai fu",
    "夹谷": "jia gu", "哥舒": "ge shu", "仆固": "pu gu", "叱干": "chi gan", "斛律": "hu lv", "可频": "ke pin",
}

# Not in Unihan: the zero that people write in dates and addresses.
OTHERS = {"〇": "ling"}

DENSE_FIRST, DENSE_LAST = 0x3400, 0x9FFF
MANY = 0x8000
TONES = {"\u0300", "\u0301", "\u0304", "\u030c", "\u0302"}  # the last makes ê of e: typed as e


def plain(reading):
    """lüè -> lve; None when it is not a syllable of plain letters."""
    letters = unicodedata.normalize("NFD", reading.strip().lower())
    letters = letters.replace("u\u0308", "v")
    letters = re.sub("u([\u0300\u0301\u0304\u030c])\u0308", r"v", letters)
    letters = "".join(c for c in letters if c not in TONES)
    return letters if re.fullmatch("[a-z]{1,6}", letters) else None


def readings_of(field, value):
    """The readings in a field's value, in its own order, frequent ones first."""
    if field == "kMandarin":
        return value.split()
    if field == "kHanyuPinlu":
        counted = re.findall(r"(\S+?)\((\d+)\)", value)
        return [word for word, count in sorted(counted, key=lambda pair: -int(pair[1]))]
    return [word for group in value.split() for word in group.split(":", 1)[1].split(",")]


def read_unihan(path):
    """{codepoint: {field: [plain syllables]}}"""
    opener = bz2.open if path.endswith(".bz2") else open
    found = {}
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if len(parts) != 3 or parts[1] not in FIELDS + (FALLBACK,):
                continue
            syllables = [s for s in map(plain, readings_of(parts[1], parts[2])) if s]
            found.setdefault(int(parts[0][2:], 16), {})[parts[1]] = syllables
    return found


def choose(found):
    """{codepoint: [syllables], each once, the likeliest first}"""
    table = {}
    for code, fields in found.items():
        syllables = [s for field in FIELDS for s in fields.get(field, [])] or fields.get(FALLBACK, [])
        if syllables:
            table[code] = list(dict.fromkeys(syllables))
    return table


def add(table, character, syllables):
    known = table.setdefault(ord(character), [])
    known.extend(s for s in syllables if s not in known)


def add_by_hand(table):
    for character, syllables in list(OTHERS.items()) + list(SURNAMES.items()):
        add(table, character, syllables.split())
    for name, syllables in COMPOUND_SURNAMES.items():
        parts = syllables.split()
        if len(parts) != len(name):
            sys.exit(f"pinyin_generate.py: {name} has {len(name)} characters, not {len(parts)}")
        for character, syllable in zip(name, parts):
            add(table, character, [syllable])


class Pool:
    """Sets of readings: a number below MANY is 1 + a syllable; from MANY on, where a set begins in `words`."""

    def __init__(self, table):
        self.syllables = sorted({s for syllables in table.values() for s in syllables})
        self.number = {s: n + 1 for n, s in enumerate(self.syllables)}
        self.words, self.at = [], {}

    def entry(self, syllables):
        if len(syllables) == 1:
            return self.number[syllables[0]]
        key = tuple(syllables)
        if key not in self.at:
            self.at[key] = len(self.words)
            self.words.extend([self.number[s] for s in syllables] + [0])
        return MANY | self.at[key]


def numbers(values, form="{}"):
    rows = []
    for i in range(0, len(values), 16):
        rows.append("  " + ",".join(form.format(v) for v in values[i:i + 16]) + ",")
    return "\n".join(rows)


def write(table, out):
    pool = Pool(table)
    dense = [pool.entry(table[c]) if c in table else 0 for c in range(DENSE_FIRST, DENSE_LAST + 1)]
    sparse = sorted(c for c in table if not DENSE_FIRST <= c <= DENSE_LAST)
    entries = [pool.entry(table[c]) for c in sparse]
    if len(pool.words) >= MANY or len(pool.syllables) >= MANY:
        sys.exit("pinyin_generate.py: too many readings for 15 bits")
    most = max(map(len, table.values()))
    syllables = "\n".join(f'  "{s}",' for s in pool.syllables)
    out.write(f"""/* Made by common/pinyin_generate.py from Unihan_Readings: {len(table)} characters. Do not edit. */
#include "common/pinyin_table.h"

const char pinyin_syllables[][PINYIN_SYLLABLE_SIZE] = {{
{syllables}
}};
const uint16_t pinyin_words[] = {{
{numbers(pool.words)}
}};
const uint16_t pinyin_dense[] = {{
{numbers(dense)}
}};
const size_t pinyin_sparse_count = {len(sparse)};
const uint32_t pinyin_sparse_codes[] = {{
{numbers(sparse, "0x{:x}")}
}};
const uint16_t pinyin_sparse[] = {{
{numbers(entries)}
}};
_Static_assert({most} <= PINYIN_READINGS, "a character has more readings than pinyin.h allows for");
""")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("unihan", help="Unihan_Readings.txt or .bz2")
    arguments.add_argument("--out", required=True, help="the C file to write")
    chosen = arguments.parse_args()
    table = choose(read_unihan(chosen.unihan))
    add_by_hand(table)
    with open(chosen.out, "w", encoding="utf-8") as out:
        write(table, out)


if __name__ == "__main__":
    main()
