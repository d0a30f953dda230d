"""A station worker's day: one list, buttons and letters on it, and a line that breaks while there is work to do."""
import unittest

import desk
from desk import Desk, until
from office import Office
from relay import Relay
from test_main_path import found, register

WORDS = {"zh": {"texts": ("电梯停运", "路灯不亮", "dtty"), "sign": "签收", "contact": "联系", "report": "反馈", "to_sign": "待签收", "in_hand": "办理中", "offline": "离线", "live": "实时",
                "waiting": r"^待上传 {} 条，最早 \d\d:\d\d$", "none": "没有符合的"},
         "en": {"texts": ("井盖松动", "水管漏水", "jgsd"), "sign": "Sign", "contact": "Record a contact", "report": "Report as done", "to_sign": "To be signed", "in_hand": "In hand",
                "offline": "Offline", "live": "Live", "waiting": r"^{} waits? to be sent, (the oldest )?since \d\d:\d\d$",
                "none": "Nothing matches"}}


class Station(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def dispatched(self, text):
        request = register(self.office, self.place["east"], text=text)["request"]
        self.office.ctl("request", "accept", "--request", request, user="dispatch")
        self.office.ctl("request", "dispatch", "--request", request, "--team", self.place["team"], user="dispatch")
        return request

    def row(self, request):
        return self.office.ctl("request", "show", request, user="dispatch")[0]

    def reaches(self, request, state):
        until(lambda: self.row(request)["state"] == state, f"the server says {state}")

    @staticmethod
    def rows(d):
        """What the list shows now, a sentence a row."""
        return [name for name in d.said("list item") if "," in name]

    def day(self, language):
        words = WORDS[language]
        first, second, sound = words["texts"]
        lift, lamp = self.dispatched(first), self.dispatched(second)
        with Relay(self.office.ports[0]) as line, Desk(self.office, "worker", language, server=line.address) as d:
            d.find(None, f"^{words['to_sign']}$")
            d.find("list item", f"{words['to_sign']}.*{first}")
            d.click("push button", f"^{words['sign']}: .*{first}")       # by the button on the row
            self.reaches(lift, "in_progress")
            d.find(None, f"^{words['in_hand']}$")
            d.focus()
            self.by_letter(d, sound, "l", words["contact"], ["phoned"])
            until(lambda: self.row(lift).get("contacted_at"), "the contact is recorded")

            line.cut()
            d.find(None, words["offline"])
            self.by_letter(d, sound, "f", words["report"], ["changed the board", "Tab", "It runs again."])
            d.find(None, words["waiting"].format(1))
            d.click("push button", f"^{words['sign']}: .*{second}")
            d.find(None, words["waiting"].format(2))
            self.assertEqual((self.row(lift)["state"], self.row(lamp)["state"]), ("in_progress", "dispatched"))
            d.kill()                                                                 # the power goes, too
            d.start()
            d.find(None, words["waiting"].format(2))
            d.find(None, words["offline"])

            line.mend()
            self.reaches(lift, "reported")
            self.reaches(lamp, "in_progress")
            d.find(None, words["live"])
            until(lambda: not d.texts(words["waiting"].format("[12]")), "nothing waits any more")
            until(lambda: not any(first in row for row in self.rows(d)), "what was reported has left the list")

    def by_letter(self, d, sound, letter, window, typed):
        d.key("ctrl+f")
        d.write(sound)
        d.key("Return")
        d.find("push button", f"^{window}$")
        d.key(letter)
        d.focus(window)
        for words in typed:
            d.key(words) if words == "Tab" else d.write(words)
        d.key("ctrl+Return")
        until(lambda: not d.window(f"^{window}$"), "the form is gone")
        d.focus()
        d.key("ctrl+f", "Escape")

    def test_in_chinese(self):
        self.day("zh")

    def test_in_english(self):
        self.day("en")

    def test_the_list_is_searched_by_sound_words_and_number(self):
        number = self.row(self.dispatched("楼道飞线充电"))["number"]
        self.dispatched("遛狗不牵绳")
        with Desk(self.office, "worker", "zh") as d:
            d.find("list item", "遛狗不牵绳")
            d.focus()
            for typed in ("ldfx", "feixian", number):
                d.key("ctrl+f")
                d.write(typed)
                until(lambda: len(self.rows(d)) == 1 and "楼道飞线充电" in self.rows(d)[0], f"{typed} leaves one row: {self.rows(d)}")
                d.key("Escape")
                until(lambda: len(self.rows(d)) >= 2, "Escape brings all back")
            d.key("slash")
            d.write("zzzz")
            d.find(None, WORDS["zh"]["none"])
            self.assertEqual(self.rows(d), [])


if __name__ == "__main__":
    desk.main(__name__)
