"""What every screen looks like to who reads it with difficulty, or in a language that is longer than ours: every text can be
translated, none of it is cut off when it is a third longer, and all of it stands out from its ground by 4.5 to 1."""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import desk
from desk import Desk, until
from office import ROOT, Office
from wire import SCHEMA

PSEUDO = re.compile(r"⟦[^⟦⟧]*⟧")
# Not words of ours: keys, times, what is left of a time, names of languages, and the toolkit's own in its print of keys.
ELSE = re.compile(r"\b[A-Z]\b|Ctrl|Shift|Alt|Esc|Return|F\d+|English|中文|Linli|剩|超|天|[0-9:.,·…+\-]")
LETTER = re.compile(r"[A-Za-z\u4e00-\u9fff]")
STYLE = (ROOT / "client/desk/app/style.css").read_text()
DIM = float(re.search(r"\.dim-label, .*?opacity: ([0-9.]+)", STYLE)[1])
ROW_DIM = float(re.search(r"dim\.alpha \*= ([0-9.]+)f", (ROOT / "client/desk/board/request_row.c").read_text())[1])


def strings(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str) and LETTER.search(value):
        yield value


def after(*keys):
    def act(d):
        for key in keys:
            d.key(key)
    return act


def chosen(*keys):
    """A request is shown beside the list, then the keys."""
    def act(d):
        d.key("Down")
        d.find("push button", "备注|Comment")
        after(*keys)(d)
    return act


# account: screen: keys that open it, and whether they open a window; in this order, in one process
SCREENS = {
    "dispatcher1": {"board": (chosen(), False), "comment": (after("c"), True), "palette": (after("ctrl+k"), True),
                    "preferences": (after("ctrl+comma"), True)},
    "clerk1": {"intake": (after("ctrl+n"), True)},
    "station01": {"station": (after(), False)},
}


class Looks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office(demo=(20, 120)).__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="linli-looks-"))
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", str(cls.folder)])

    def screens(self, account, **how):
        """Each screen of the account: its name, what stands on it once it stands still, and its picture."""
        with Desk(self.office, account, "zh", **how) as d:
            d.find(None, "槐溪街道")
            d.find(None, "实时|⟦Live")
            d.focus()
            main = d.windows()
            for name, (act, opens) in SCREENS[account].items():
                act(d)
                if opens:
                    d.focus(window=until(lambda: d.windows() - main, f"{name} is there").copy().pop())
                yield name, *self.at_rest(d)
                if opens:
                    d.key("Escape")
                    until(lambda: not d.windows() - main, f"{name} is gone")
                    d.focus()

    def at_rest(self, d):
        """Once nothing moves any more but the clock."""
        def still(looks):
            return [(look.text, look.place, look.colour) for look in looks if not re.search(r"\d\d:\d\d:\d\d", look.text)]
        title = subprocess.run(["xdotool", "getwindowfocus", "getwindowname"], capture_output=True, text=True).stdout.strip()
        before, now = None, d.looks()
        while still(now) != before:
            before = still(now)
            d.shot(self.folder / "now.png")
            now = d.looks()
        return [look for look in now if look.window == title], self.folder / "now.png"

    # Every text is translated, and has room -------------------------------------------------------------------
    def known(self):
        """What may stand there without being a text of the program: the office's own data, and the schema's words."""
        found = {value.label("zh") if callable(getattr(value, "label", None)) else "" for e in SCHEMA.of("enum") for value in e.values}
        for noun in ("community", "grid", "team", "category", "account", "request", "subdistrict", "district", "office"):
            found.update(strings(self.office.ctl(noun, "list", user="dispatcher1")))
        schema = (ROOT / "proto/linli.schema").read_text()
        found.update(re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"', schema))
        found.update(re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"', (ROOT / "client/core/queue.c").read_text()))
        return sorted(found - {""}, key=len, reverse=True)

    def untranslated(self, text, known):
        left = text
        while PSEUDO.search(left):   # one may stand in another
            left = PSEUDO.sub(" ", left)
        for word in known:
            if word in left:
                left = left.replace(word, " ")
        return LETTER.search(ELSE.sub(" ", left)) is not None

    def test_every_text_is_translated_and_has_room_for_a_longer_language(self):
        subprocess.run([sys.executable, ROOT / "tests/desk/texts.py", "pseudo", self.folder / "locale"], check=True)
        known, seen = self.known(), 0
        for account in SCREENS:
            for name, looks, _ in self.screens(account, extra_env={"LINLI_LOCALE_DIR": str(self.folder / "locale")}):
                labels = [look for look in looks if look.type == "GtkLabel"]
                ours = [look for look in labels if "⟦" in look.text]
                seen += len(ours)
                # the palette finds by the English name too, and so shows both
                bare = {look.text for look in labels if not (name == "palette" and look in ours) and self.untranslated(look.text, known)}
                with self.subTest(screen=name):
                    self.assertEqual(bare, set(), "these cannot be translated")
                    cut = {look.text for look in ours if "c" in look.flags and look.text != look.window}  # a title gives way to buttons
                    self.assertEqual(cut, set(), "these are cut off when they are longer")
        self.assertGreater(seen, 60, "hardly any text of the program was seen")

    # Contrast -------------------------------------------------------------------------------------------------
    def test_every_text_stands_out_from_its_ground_by_four_and_a_half_to_one(self):
        seen = 0
        for look, settings in (("light", "colours='light'"), ("dark", "colours='dark'"),
                               ("contrast", "colours='light'\nhigh-contrast=true")):
            for account in SCREENS:
                for name, texts, picture in self.screens(account, settings=settings):
                    pixels = Pixels(picture)
                    # what cannot be used now may be faint
                    ratios = {text.text[:40]: round(contrast(text, pixels, look), 2) for text in texts if "i" not in text.flags}
                    seen += len(ratios)
                    with self.subTest(look=look, screen=name):
                        self.assertEqual({text: ratio for text, ratio in ratios.items() if ratio < 4.5}, {})
        self.assertGreater(seen, 200)


class Pixels:
    def __init__(self, path):
        size = subprocess.run(["identify", "-format", "%w %h", path], capture_output=True, text=True, check=True).stdout
        self.width, self.height = map(int, size.split())
        self.bytes = subprocess.run(["convert", path, "-depth", "8", "rgb:-"], capture_output=True, check=True).stdout

    def ground(self, x, y, w, h):
        """The colour that most of a place has."""
        counts = collections.Counter()
        for line in range(max(y, 0), min(y + h, self.height)):
            row = self.bytes[(line * self.width + max(x, 0)) * 3:(line * self.width + min(x + w, self.width)) * 3]
            counts.update(row[i:i + 3] for i in range(0, len(row), 3))
        return tuple(c / 255 for c in counts.most_common(1)[0][0]) if counts else (1, 1, 1)


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text, pixels, look):
    *colour, alpha = map(float, text.colour.split())
    if text.type == "LinliRequestRow":
        alpha *= ROW_DIM
    elif "d" in text.flags and look != "contrast":
        alpha *= DIM
    ground = pixels.ground(*map(int, text.place.split()))
    seen = [c * alpha + g * (1 - alpha) for c, g in zip(colour, ground)]
    light, dark = sorted((luminance(seen), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


if __name__ == "__main__":
    desk.main(__name__)
