"""What comes back is never lost: both sides are shown, and it goes again, becomes a draft or is set aside, by the keyboard."""
import unittest

import desk
from desk import Desk, until
from office import Office
from test_main_path import found, register


def row(office, request, server=0):
    return office.ctl("request", "show", request, user="dispatch", server=server)[0]


class Conflict(unittest.TestCase):
    """The desk is on one linlid, the others work over another: so its line can be cut while they go on."""

    @classmethod
    def setUpClass(cls):
        cls.office = Office(processes=2).__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def do(self, user, verb, request, *fields):
        self.office.ctl("request", verb, "--request", request, *fields, user=user, server=1)

    def accepted(self, text):
        request = register(self.office, self.place["east"], text)["request"]
        self.do("dispatch", "accept", request)
        return request

    def open_at(self, d, text):
        d.find(None, text)
        d.focus()
        d.key("ctrl+f")
        d.type(text)
        d.key("Return")
        d.key("Down", "Home")
        d.find("push button", "^派单$")

    def cut(self, d):
        self.office.linlid[0].kill()
        d.find(None, "离线")

    def dispatched_blind(self, d, text, note):
        """The desk dispatches without a line; what it wrote waits."""
        self.open_at(d, text)
        self.cut(d)
        d.key("d")
        d.focus("派单")
        d.type("di1dui")  # by its sound
        d.key("Return")
        d.key("Return")   # nobody assists
        d.type(note)
        d.key("ctrl+Return")
        d.find("push button", "待上传 1 条")

    def both_sides(self, d, note):
        """In the outbox: which request, what was written, what it is now and who did that."""
        d.find("push button", "1 条提交未成功")
        d.focus()
        d.key("ctrl+shift+o")
        d.find("label", "您填写的")
        mine = d.find("label", note)
        self.assertIn("第1队", mine.get_name())
        theirs = until(lambda: d.find_now("label", "lead"), "who changed it since is told")
        return theirs.get_name()

    def test_a_conflict_shows_both_sides_and_goes_again_for_the_row_as_it_is_now(self):
        request = self.accepted("conflict that may go again")
        with Desk(self.office, "dispatch", "zh") as d:
            self.dispatched_blind(d, "conflict that may go again", "my note")
            self.do("lead", "dispatch", request, "--team", self.place["other"], "--note", "their note")
            self.do("second", "return", request, "--reason", "not_ours", "--note", "not for us")
            self.office.restart_one(0)
            theirs = self.both_sides(d, "my note")
            for words in ("状态: 待派单", "their note", "not for us", "second"):
                self.assertIn(words, theirs)
            d.find("push button", "^再次提交$")
            d.key("Return")  # the first button has the focus
            until(lambda: row(self.office, request)["state"] == "dispatched", "it was dispatched after all")
            self.assertEqual(row(self.office, request)["team"], self.place["team"])
            d.gone("push button", "提交未成功")

    def test_one_that_the_rules_forbid_now_becomes_a_draft_and_comes_back_in_its_form(self):
        request = self.accepted("conflict that may not")
        with Desk(self.office, "dispatch", "zh") as d:
            self.dispatched_blind(d, "conflict that may not", "kept note")
            self.do("lead", "dispatch", request, "--team", self.place["other"])
            self.office.restart_one(0)
            self.both_sides(d, "kept note")
            again = d.find("push button", "^再次提交$")
            self.assertFalse(d.is_enabled(again))
            d.find("label", "暂不能再次提交：当前状态不能执行此操作")
            d.click("push button", "^存为草稿$")
            d.gone("push button", "提交未成功")
            self.do("second", "return", request, "--reason", "not_ours")
            until(lambda: row(self.office, request)["state"] == "accepted", "it is back")
            self.open_at(d, "conflict that may not")
            d.click("push button", "^派单$")
            d.focus("派单")
            until(lambda: any("kept note" in d.text_of(n) for n in d.walk() if n.get_role_name() == "text"),
                  "the draft is in the form")

    def test_setting_aside_can_be_undone_and_the_pane_shows_both_sides_too(self):
        request = self.accepted("conflict set aside")
        with Desk(self.office, "dispatch", "zh") as d:
            self.dispatched_blind(d, "conflict set aside", "aside note")
            self.do("lead", "dispatch", request, "--team", self.place["other"])
            self.office.restart_one(0)
            d.find("push button", "1 条提交未成功")
            d.find("label", "您填写的")     # in the pane, the outbox is closed
            d.focus()
            d.click("push button", "^已处理$")
            d.gone("label", "您填写的")
            d.focus()
            d.key("ctrl+z")
            d.find("label", "您填写的")
            d.find("push button", "1 条提交未成功")


class Meanwhile(unittest.TestCase):
    """What happens to a request, to an account and to a disk while somebody writes."""

    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def account(self, name, role="dispatcher"):
        return self.office.account(name, role=role, office=self.place["office"])

    def registered(self, text):
        return register(self.office, self.place["east"], text)["request"]

    def writing(self, d, text, words):
        """The dialog of 受理 is open, and something stands in it."""
        d.find(None, text)
        d.focus()
        d.key("ctrl+f")
        d.type(text)
        d.key("Return")
        d.key("Down", "Home")
        d.find("push button", "^受理$")
        d.key("a")
        d.focus("受理")
        note = d.find("text", "内部备注")
        d.key("Tab")      # class: as it is
        d.key("Return")   # category: as it is
        d.key("Return")   # grid: none
        d.type(words)
        until(lambda: words in d.text_of(note), "it stands in the form")
        self.kept(d, words)
        return note

    def kept(self, d, words):
        drafts = d.home / ".local/state/linli/drafts"
        until(lambda: any(words in p.read_text() for p in drafts.rglob("*.draft")), "it is kept as a draft")

    def test_what_others_do_while_one_writes_is_told_and_what_is_sent_is_for_the_row_one_has_seen(self):
        request = self.registered("changes under the pen")
        with Desk(self.office, "dispatch", "zh") as d:
            self.writing(d, "changes under the pen", "a careful note")
            self.office.ctl("request", "accept", "--request", request, "--note", "was quicker", user="lead")
            said = d.find("label", "(?s)现在是：待派单.*lead.*was quicker").get_name()
            self.assertIn("受理", said)
            d.find("label", "当前状态不能执行此操作")
            d.find("label", "已存为草稿")

    def test_an_account_that_is_disabled_while_one_writes_ends_in_a_sentence_and_keeps_the_text(self):
        number = self.account("leaving")
        self.registered("written by one who leaves")
        with Desk(self.office, "leaving", "zh") as d:
            note = self.writing(d, "written by one who leaves", "not to be lost")
            version = next(a["version"] for a in self.office.ctl("account", "list", "--office", self.place["office"]) if a["id"] == number)
            self.office.ctl("account", "disable", "--account", number, "--version", version, "--office",
                            self.place["office"])
            d.find("label", "本机已退出登录.*已存为草稿")
            self.assertIn("not to be lost", d.text_of(note))
            self.kept(d, "not to be lost")

    def test_a_role_that_is_taken_away_while_one_writes_ends_in_a_sentence_and_keeps_the_text(self):
        number = self.account("demoted")
        self.registered("written by one who may not")
        with Desk(self.office, "demoted", "zh") as d:
            note = self.writing(d, "written by one who may not", "also not lost")
            grant = next(g["id"] for g in self.office.ctl("grant", "list", "--account", number) if not g.get("ended"))
            self.office.ctl("grant", "end", "--grant", grant, "--office", self.place["office"])
            d.find("label", "(已不能查看|没有此权限).*已存为草稿")
            self.assertIn("also not lost", d.text_of(note))
            self.kept(d, "also not lost")

    def test_one_key_dispatches_as_proposed_and_is_undone_and_the_form_takes_teams_that_assist(self):
        request = self.registered("goes to whom it is proposed")
        self.office.ctl("request", "accept", "--request", request, user="dispatch")
        with Desk(self.office, "dispatch", "zh") as d:
            d.find(None, "goes to whom it is proposed")
            d.focus()
            d.key("ctrl+f")
            d.type("goes to whom it is proposed")
            d.key("Return")
            d.key("Down", "Home")
            d.find("label", "建议派给：")
            d.key("p")
            d.find("push button", "撤销")
            d.key("ctrl+z")
            d.find("label", "已撤销|没有发出|未发出")
            self.assertEqual(row(self.office, request)["state"], "accepted")
            d.key("d")
            d.focus("派单")
            d.key("ctrl+a")
            d.type("di1dui")
            d.key("Return")
            d.type("di2dui")
            d.key("Return")
            d.find("push button", "移除第2队")
            self.kept(d, "assist=%d" % self.place["other"])
            d.key("ctrl+Return")
            until(lambda: row(self.office, request)["state"] == "dispatched", "it is dispatched")
            sent = row(self.office, request)
            self.assertEqual((sent["team"], sent["assist"]), (self.place["team"], [self.place["other"]]))

    def selected(self, d, text):
        d.find(None, text)
        d.focus()
        d.key("ctrl+f")
        d.type(text)
        d.key("Return")
        d.key("Down", "Home")
        d.find("push button", "^受理$")

    def test_others_hear_that_one_looks_only_while_the_window_is_in_front(self):
        self.registered("looked at by two")
        with Desk(self.office, "lead", "zh") as other, Desk(self.office, "dispatch", "zh") as d:
            self.selected(other, "looked at by two")
            self.selected(d, "looked at by two")
            other.find("label", "同时在看：dispatch")
            other.focus()
            other.gone("label", "同时在看：dispatch")

    def test_drafts_that_the_disk_does_not_take_are_told_until_it_does(self):
        self.registered("on a full disk")
        with Desk(self.office, "dispatch", "zh") as d:
            self.writing(d, "on a full disk", "first words")
            folder = next((d.home / ".local/state/linli/drafts").iterdir())
            away = folder.rename(folder.with_name("away"))
            folder.write_text("no folder")
            d.type(" and more")
            d.find("label", "草稿无法保存")
            folder.unlink()
            away.rename(folder)
            d.click("push button", "^重试$")
            d.gone("label", "草稿无法保存")
            self.kept(d, "first words and more")

    def test_a_damaged_local_copy_is_told_fetched_anew_and_the_sentence_can_be_hidden(self):
        self.registered("fetched anew")
        d = Desk(self.office, "dispatch", "zh")
        with d:
            d.find(None, "fetched anew")
            d.keep_home = True
        replica = next(d.home.glob(".local/state/linli/desk/*/replica.sqlite"))
        replica.write_bytes(b"this is no database " * 500)
        with d:
            d.keep_home = False
            d.find(None, "fetched anew")
            d.find("label", "曾损坏，正在重新获取")
            d.click("push button", "隐藏此提示")
            d.gone("label", "曾损坏，正在重新获取")


if __name__ == "__main__":
    desk.main(__name__)
