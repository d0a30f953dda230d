"""What goes wrong ends in a sentence and a way on, and nothing that was typed is lost: in the real window."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import desk
from desk import Desk, until
from office import Office
from test_main_path import found, register


def state_folder(d):
    return d.home / ".local/state/linli"


def replica_of(d):
    return next(state_folder(d).glob("desk/*/replica.sqlite"))


class Trouble(unittest.TestCase):
    """An office and a home of its own for each class; a test leaves the server running and trusted."""

    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)

    def home(self):
        home = pathlib.Path(tempfile.mkdtemp(prefix="linli-desk-"))
        if not os.environ.get("LINLI_TEST_KEEP"):
            self.addCleanup(shutil.rmtree, home, True)
        return home

    def board(self, d):
        d.find(None, "试验街道")
        d.find(None, "实时|Live")
        d.focus()
        return d

    def begin(self, d, text):
        """A new request with that text, until it is on disk."""
        self.intake(d)
        d.key("Return")
        d.type(text)
        until(lambda: any(text in p.read_text() for p in state_folder(d).rglob("*.draft")), "the draft is on disk")

    def typed(self, d):
        """What stands in the entries."""
        return [d.text_of(n) for n in d.walk() if n.get_role_name() == "text"]

    def intake(self, d, title="新建诉求"):
        d.key("ctrl+n")
        d.focus(title)
        return d.find("push button", "^登记$|^Register$")


class Line(Trouble):
    """The server goes away, and comes back."""

    def opened(self, d, name):
        """The pane makes its buttons anew when its request changes: whoever presses one that just went presses again."""
        for _ in range(5):
            d.click("push button", f"^{name}$")
            try:
                return until(lambda: d.window(name), f"a window named {name!r}", 10)
            except AssertionError:
                continue
        raise AssertionError(f"{name} opens nothing")

    def test_sign_in_says_that_nobody_answers_and_keeps_what_was_entered(self):
        self.office.linlid[0].kill()
        try:
            with Desk(self.office, "dispatch") as d:
                d.find(None, "连不上服务器。请检查地址和网络")
                self.assertTrue(d.is_enabled(d.find("push button", "^登录$")))
        finally:
            self.office.restart_one(0)

    def test_board_pane_and_wall_go_on_with_what_is_held_and_say_how_old_it_is(self):
        request = register(self.office, self.place["east"], text="held on this desk")["request"]
        home = self.home()
        with Desk(self.office, "dispatch", home=home) as d:
            self.board(d)
            d.find(None, "held on this desk")
            d.key("F11")
            d.find(None, "今日受理")
            self.office.linlid[0].kill()
            try:
                d.find(None, "数据截至 .* · 离线")
                d.find(None, "连不上服务器，正在自动重连；这段时间的操作都会保留。")
                d.key("Escape")
                d.focus()
                d.key("ctrl+f")
                d.type("held")
                d.key("Return", "Down", "Home", "Return")
                d.find("push button", "^受理$")
                self.opened(d, "备注")            # what is done meanwhile is kept, and goes later
                d.focus("备注")
                d.type("noted offline")
                d.key("ctrl+Return")
                d.find(None, "待上传 1 条")
                d.click("push button", "^详情$")
                d.find(None, "连不上服务器，正在自动重连.*\\n")
                d.focus("与服务器没有连通")
                d.key("Return")                  # "try now" is what a hurried hand gets
            finally:
                self.office.restart_one(0)
            d.find(None, "数据截至 .* · 实时")
            until(lambda: "request.commented" in [e["kind"] for e in self.office.ctl("request", "timeline", request, user="dispatch")],
                  "the comment arrived")


class Certificate(Trouble):
    """The server shows another certificate."""

    def stand_in(self):
        """Another office's server at the same port, as somebody who stands between would be."""
        port = self.office.ports[0]
        other = Office(processes=0)
        self.addCleanup(other.__exit__, None, None, None)
        other.__enter__()
        self.office.linlid[0].stop()
        return other, other.start_one(port)

    def test_it_is_refused_with_both_fingerprints_and_no_way_around(self):
        home = self.home()
        ca = home / "ca.pem"
        shutil.copy(self.office.ca, ca)
        with Desk(self.office, "dispatch", home=home) as d:
            self.board(d)
        known = subprocess.run(["openssl", "x509", "-in", self.office.base / "tls/server.pem", "-noout", "-fingerprint", "-sha256"],
                               capture_output=True, text=True, check=True).stdout.strip().split("=")[1]
        other, between = self.stand_in()
        try:
            now = subprocess.run(["openssl", "x509", "-in", other.base / "tls/server.pem", "-noout", "-fingerprint", "-sha256"],
                                 capture_output=True, text=True, check=True).stdout.strip().split("=")[1]
            with Desk(self.office, "dispatch", home=home) as d:
                d.find(None, "服务器无法证明自己的身份")
                d.click("push button", "^详情$")
                said = d.find(None, "打电话给管理员").get_name().replace("\n", ":")
                self.assertIn(known, said)
                self.assertIn(now, said)
                buttons = [n.get_name() for n in d.walk() if n.get_role_name() == "push button"]
                self.assertFalse([b for b in buttons if "信任" in b or "跳过" in b or "继续" in b], buttons)
                d.shot(os.environ.get("LINLI_TEST_SHOTS", str(home)) + "/certificate.png")
            tried = (other.dir / "linlid-0.log").read_text()
            self.assertNotIn("signed in", tried)
        finally:
            between.stop()
            self.office.restart_one(0)

    def test_the_first_sign_in_says_what_to_bring(self):
        other, between = self.stand_in()
        try:
            with Desk(self.office, "dispatch") as d:
                said = d.find(None, "服务器无法证明自己的身份").get_name()
                self.assertIn("现在出示的证书指纹", said)
                self.assertIn("CA 证书文件", said)
                self.assertTrue(d.is_enabled(d.find("push button", "^登录$")))
        finally:
            between.stop()
            self.office.restart_one(0)


class Disk(Trouble):
    """The disk of the desk."""

    def test_a_damaged_copy_is_fetched_anew_and_the_outbox_is_kept(self):
        home = self.home()
        with Desk(self.office, "dispatch", home=home) as d:
            self.board(d)
        self.office.linlid[0].kill()
        try:
            with Desk(self.office, "dispatch", home=home) as d:   # something waits in the outbox
                d.find(None, "试验街道")
                self.intake(self.offline(d))
                d.key("Return")
                d.type("typed before the damage")
                d.key("Return", "Return")
                d.type("dongli")
                d.key("Return")
                d.key("ctrl+Return")
                d.find(None, "待上传 1 条")
            replica = replica_of(d)
            data = bytearray(replica.read_bytes())
            data[0:4096] = os.urandom(4096)
            replica.write_bytes(bytes(data))
        finally:
            self.office.restart_one(0)
        with Desk(self.office, "dispatch", home=home) as d:
            d.find(None, "曾损坏，正在重新获取；待上传的内容和草稿不受影响")
            self.board(d)
            d.find(None, "typed before the damage")
            self.assertEqual(len([r for r in self.office.ctl("request", "list", user="dispatch")
                                  if r["title"] == "typed before the damage"]), 1)

    def offline(self, d):
        d.find(None, "离线")
        d.focus()
        return d


class Account(Trouble):
    """The account is taken away while somebody types."""

    def test_what_was_typed_when_the_account_is_disabled_is_kept_and_goes_on(self):
        number = self.office.account("leaver", role="intake_clerk", office=self.place["office"])
        with Desk(self.office, "leaver") as d:
            self.board(d)
            self.begin(d, "typed while it was disabled")
            self.office.ctl("account", "disable", "--account", number, "--office", self.place["office"])
            d.find(None, "登录已失效。所填内容已存为本机草稿")
            d.find(None, "停用")                        # on the sign-in page: why
            self.assertIn("typed while it was disabled", self.typed(d))
            self.office.ctl("account", "enable", "--account", number, "--office", self.place["office"])
            d.focus("邻里")
            d.type((self.office.password_file("leaver")).read_text().strip())
            d.key("Return")
            d.find(None, "实时")
            d.gone(None, "登录已失效")
            d.focus("新建诉求")
            d.key("Return", "Return")
            d.type("dongli")
            d.key("Return", "ctrl+Return")
            d.find(None, r"^\d{6}-\d{4}$")
        self.assertEqual([r["title"] for r in self.office.ctl("request", "list", user="dispatch")].count(
            "typed while it was disabled"), 1)

    def test_an_expired_token_asks_for_the_password_and_the_draft_is_there(self):
        home = self.home()
        with Desk(self.office, "clerk", home=home) as d:
            self.board(d)
            self.begin(d, "typed before the token went")
            self.office.sql("update linli.session set expires_at = now() - interval '1 second' where account = "
                            f"(select id from linli.account where name = 'clerk')")
            self.office.linlid[0].kill()
            self.office.restart_one(0)
            d.find(None, "实时")                        # with a password file it signs in again by itself
            self.assertIn("typed before the token went", self.typed(d))


class Drafts(Trouble):
    """One draft, and more than one who would write it."""

    def open_draft(self, d, words):
        """From the list of drafts, found by its first words."""
        d.focus()
        self.intake(d)
        d.find(None, r"^草稿（\d+）$")

        for node in d.walk():   # the name is the label's, the action that of a button around or inside it
            with contextlib.suppress(Exception):   # what goes while we look has no name any more
                if node.get_name().startswith("草稿（") and node.do_action(0):
                    break
        d.find("list item", words)
        d.type(words[:12])
        d.key("Return")

    def test_a_second_window_shows_it_and_can_take_it_over(self):
        home = self.home()
        with Desk(self.office, "clerk", home=home) as first:
            self.board(first)
            self.begin(first, "one draft, two windows")
            with Desk(self.office, "clerk", home=home) as second:
                self.board(second)
                self.open_draft(second, "one draft, two windows")
                second.find(None, "这份草稿正在另一个窗口里编辑，这里只能查看。")
                second.click("push button", "^接过来$")
                second.gone(None, "只能查看")
                first.find(None, "这份草稿正在另一个窗口里编辑，这里只能查看。")
                second.focus("新建诉求")
                second.key("ctrl+End")
                until(lambda: second.is_enabled(second.find("push button", "^登记$")), "the second writes")


class Hard(Trouble):
    """Texts that people paste."""
    EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈"
    RTL = "שלום עולם \u202eمرحبا\u202c"
    ZALGO = "".join(c + "\u0301\u0489\u0348\u035a" * 3 for c in "zalgo")

    def size(self, d, title="."):
        out = subprocess.run(["xdotool", "getwindowgeometry", d.window(title)], capture_output=True, text=True).stdout
        return out.split("Geometry:")[1].strip()

    def paste(self, d, text):
        """As from another program's clipboard: into the entry that has the focus."""
        node = next(n for n in d.walk() if n.get_role_name() == "text" and n.get_name() == "诉求")
        node.get_editable_text_iface().set_text_contents(text)

    def test_ten_thousand_characters_are_refused_with_a_count_before_anything_is_sent(self):
        before = len(self.office.ctl("request", "list", user="dispatch"))
        with Desk(self.office, "clerk") as d:
            self.board(d)
            self.intake(d)
            was = self.size(d, "新建诉求")
            self.paste(d, "梯" * 10000)
            d.find(None, "超出 6000 字：前 4000 字放得下")
            d.focus("新建诉求")
            d.key("ctrl+Return")
            d.find(None, "“诉求”超出 6000 字，前 4000 字放得下。请删减")
            self.assertEqual(self.size(d, "新建诉求"), was)
        self.assertEqual(len(self.office.ctl("request", "list", user="dispatch")), before)

    def test_signs_of_all_kinds_fit_board_pane_and_slip(self):
        text = f"{self.EMOJI} {self.RTL} {self.ZALGO} " + "长" * 300
        request = register(self.office, self.place["east"], text=text)["request"]
        with Desk(self.office, "dispatch") as d:
            self.board(d)
            was = self.size(d)
            d.find(None, self.EMOJI)
            d.key("ctrl+f")
            d.type("0001")
            d.key("Return", "Down", "Home", "Return")
            d.find("push button", "^受理$")
            self.assertEqual(self.size(d), was)
            if os.environ.get("LINLI_TEST_SHOTS"):
                d.shot(os.environ["LINLI_TEST_SHOTS"] + "/hard.png")
            d.key("F11")
            d.find(None, "今日受理")
        self.assertTrue(self.office.ctl("request", "show", request, user="dispatch")[0]["text"].startswith(self.EMOJI))


class Language(Trouble):
    def test_another_language_is_spoken_at_once_and_a_draft_stays_open(self):
        with Desk(self.office, "clerk", extra_env=desk.WHOLE_STACKS) as d:
            self.board(d)
            self.begin(d, "half in one language")
            settings = d.home / ".config/glib-2.0/settings/keyfile"   # what the row in the preferences writes
            text = until(lambda: settings.exists() and settings.read_text(), "settings are kept")
            settings.write_text(text.replace("[cn/linli/Desk]", "[cn/linli/Desk]\nlanguage='en'"))
            d.find("push button", "^Register$")
            d.find(None, "All open")
            self.assertIn("half in one language", self.typed(d))
            d.find(None, "Data as of .* · Live$")
            d.gone("push button", "^登记$")


if __name__ == "__main__":
    desk.main(__name__)
