"""A request goes from the phone to closed in the real window, by the keyboard alone, in Chinese and in English."""
import unittest

import desk
from desk import Desk, InputMethod, until
from office import Office
from test_main_path import found

ROLES_BY_NAME = ("push button", "toggle button", "text", "entry", "list item", "combo box", "check box", "list", "table row")


def state(office, request):
    return office.ctl("request", "show", request, user="dispatch")[0]["state"]


class Day(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def newest(self, text):
        def look():
            rows = [r for r in self.office.ctl("request", "list", user="dispatch") if text in r["title"]]
            return rows[0]["id"] if rows else None
        return until(look, f"the request about {text} is on the server")

    def register(self, language, window, text):
        with Desk(self.office, "clerk", language) as d:
            d.find(None, "试验街道")
            d.focus()
            d.key("ctrl+n")
            d.focus(window)
            d.type("19000000001")
            d.key("Return")
            d.type(text)
            d.key("Return")           # category: none
            d.key("Return")
            d.type("dongli")          # community, by its sound
            d.find(None, "^东里$")
            d.key("Return")
            d.type("diyi")            # grid
            d.find(None, "^东里第一网格$")
            d.key("Return")
            d.type("Building 6")
            d.key("ctrl+Return")
            return self.newest(text)

    def act(self, account, language, letter, window, state_wanted, request, text, type_first=None):
        """Selects the request, presses the letter, fills the form, and sees the state change on the server."""
        with Desk(self.office, account, language) as d:
            d.find(None, text)
            d.focus()
            d.key("ctrl+f")
            d.type(text)
            d.key("Return")
            d.key("Down", "Home")
            d.find("push button", window)
            d.key(letter)
            if letter == "s":         # nothing is asked: it leaves at once
                until(lambda: state(self.office, request) == state_wanted, f"the request is {state_wanted}")
                return
            d.focus(window)
            for words in type_first or ():
                d.key(words) if words == "Tab" else d.type(words)
            d.key("ctrl+Return")
            until(lambda: state(self.office, request) == state_wanted, f"the request is {state_wanted}")

    def whole(self, language, labels, text):
        request = self.register(language, labels["new"], text)
        shown = self.office.ctl("request", "show", request, user="dispatch")[0]
        self.assertEqual((shown["text"], shown["community"], shown["place"], shown["channel"]),
                         (text, self.place["east"], "Building 6", "phone"))
        self.assertIn("grid", shown)
        for account, letter, label, wanted, typed in (
                ("dispatch", "a", "accept", "accepted", None), ("dispatch", "d", "dispatch", "dispatched", None),
                ("worker", "s", "sign", "in_progress", None), ("worker", "l", "contact", "in_progress", ["phoned"]),
                ("worker", "f", "report", "reported", ["changed the board", "Tab", "The lift runs again."]),
                ("checker", "v", "verify", "callback", None), ("caller", "b", "callback", "closed", None)):
            self.act(account, language, letter, labels[label], wanted, request, text, typed)

    def test_in_chinese_by_the_keyboard_alone(self):
        self.whole("zh", {"new": "新建诉求", "accept": "受理", "dispatch": "派单", "sign": "签收", "contact": "联系", "report": "反馈", "verify": "核查通过",
                          "callback": "回访"}, "lift out of order zh")

    def test_in_english_by_the_keyboard_alone(self):
        self.whole("en", {"new": "New request", "accept": "Accept", "dispatch": "Dispatch", "sign": "Sign", "contact": "Record a contact",
                          "report": "Report as done",
                          "verify": "Verify", "callback": "Call back"}, "lift out of order en")

    def test_every_control_has_a_name(self):
        self.office.ctl("request", "register", "--community", self.place["east"], "--channel", "phone", "--text", "named",
                        user="clerk")
        with Desk(self.office, "dispatch", "zh") as d:
            d.find(None, "named")
            d.focus()
            for key in (None, "ctrl+n"):
                if key:
                    d.key(key)
                    d.focus("新建诉求")
                    d.find("push button", "登记")
                focusable = desk.atspi().StateType.FOCUSABLE
                nameless = [(n.get_role_name(), n.get_parent().get_role_name()) for n in d.walk()
                            if n.get_state_set().contains(focusable) and n.get_role_name() in ROLES_BY_NAME
                            and not n.get_name()]
                self.assertEqual(nameless, [])

    def test_a_draft_outlives_a_kill(self):
        d = Desk(self.office, "clerk", "zh")
        try:
            d.start()
            d.find(None, "试验街道")
            d.focus()
            d.key("ctrl+n")
            d.focus("新建诉求")
            d.type("19000000002")
            d.key("Return")
            d.type("half a sentence")
            drafts = d.home / ".local/state/linli/drafts"
            until(lambda: any("half a sentence" in p.read_text() for p in drafts.rglob("*.draft")), "the draft is on disk")
            d.kill()
            d.start()
            d.find(None, "试验街道")
            d.focus()
            d.key("ctrl+n")
            d.focus("新建诉求")
            d.find(None, r"草稿（1）")
        finally:
            d.kill()

    def test_an_input_method_composes_and_no_accelerator_takes_its_keys(self):
        with InputMethod() as method, Desk(self.office, "clerk", "zh", extra_env=method.env) as d:
            d.find(None, "试验街道")
            d.focus()
            d.key("ctrl+n")
            d.focus("新建诉求")
            d.key("Return")
            method.choose()
            d.key("n", "i", "h", "a", "o", "ctrl+k", "ctrl+f", "ctrl+1")
            self.assertIsNone(d.find_now(None, "命令面板"), "Ctrl+K acted while somebody composed")
            d.key("space")
            drafts = d.home / ".local/state/linli/drafts"
            until(lambda: any("你好" in p.read_text() for p in drafts.rglob("*.draft")), "你好 was composed and kept")


if __name__ == "__main__":
    desk.main(__name__)
