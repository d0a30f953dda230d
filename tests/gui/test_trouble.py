"""What goes wrong ends in a sentence and a way on, and nothing that was typed is lost: in the real window."""
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

    def intake(self, d, title="新建诉求"):
        d.key("ctrl+n")
        d.focus(title)
        return d.find("push button", "^登记$|^Register$")


class Line(Trouble):
    """The server goes away, and comes back."""

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
                d.key("c")                       # what is done meanwhile is kept, and goes later
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
            until(lambda: "noted offline" in str(self.office.ctl("request", "timeline", "--request", request, user="dispatch")),
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
            d.find(None, "已损坏，正在重新下载。待上传的内容和草稿都在")
            d.click("push button", "^知道了$")
            self.board(d)
            d.find(None, "typed before the damage")
            self.assertEqual(len([r for r in self.office.ctl("request", "list", user="dispatch")
                                  if r["title"] == "typed before the damage"]), 1)

    def offline(self, d):
        d.find(None, "离线")
        d.focus()
        return d


if __name__ == "__main__":
    desk.main(__name__)
