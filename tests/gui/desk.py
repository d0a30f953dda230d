"""The desk in a real window against a real office, driven as a person would: by the accessibility tree and the keyboard.

    if __name__ == "__main__":
        desk.main(__name__)                      # runs the file's tests on a screen and a session bus of their own

    with Desk(office, "dispatch", language="zh") as d:
        d.click("button", "新建诉求")             # role and name, as a screen reader has them
        d.type("6号楼电梯停运")                    # into whatever has the focus
        d.key("ctrl+Return")
        d.shot("/some/where.png")

Nothing sleeps for luck: everything waits for a condition. GTK 4.8 has no SHOWING state, and its rows have no actions: select
them, then press a key.
"""
import collections
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from office import PATIENCE, Process, program, until  # noqa: E402

SCREEN = "1400x900x24"
NEEDED = ["Xvfb", "dbus-run-session", "xdotool", "import"]


def screen():
    """An X server of one's own, and its display. It finds a free number itself, and stays when its last window goes: one that
    begins anew then turns away whoever comes in that moment."""
    told, tell = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(tell), "-screen", "0", SCREEN, "-noreset", "-nolisten", "tcp"],
                              pass_fds=[tell], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(tell)
    with os.fdopen(told) as line:
        number = line.readline().strip()
    assert number, "Xvfb gave no display"
    return server, f":{number}"


def on_a_screen():
    """Runs this very program again, under a screen and a session bus that nobody else has; returns in there."""
    for tool in NEEDED:
        if not shutil.which(tool):
            print(f"SKIP: {tool} is not installed; .packages/install test installs it")
            sys.exit(77)
    if os.environ.get("LINLI_SCREEN"):
        return
    keep = {k: v for k, v in os.environ.items()
            if k in ("PATH", "LINLI_BIN", "LINLI_PATIENCE", "PYTHONDONTWRITEBYTECODE") or
            k.endswith("SAN_OPTIONS") or k.startswith("LINLI_TEST_")}
    home = tempfile.mkdtemp(prefix="linli-gui-")
    env = {**keep, "HOME": home, "XDG_RUNTIME_DIR": home, "LC_ALL": "C.UTF-8", "LINLI_SCREEN": SCREEN}
    server, env["DISPLAY"] = screen()
    try:
        done = subprocess.call(["dbus-run-session", "--", "/usr/bin/python3", "-B", *sys.argv], env=env)
    finally:
        server.terminate()
        server.wait(30)
    shutil.rmtree(home, ignore_errors=True)
    sys.exit(done)


def main(name):
    """Runs the tests of that module, on a screen."""
    on_a_screen()
    unittest.main(name, verbosity=2)


def atspi():
    import gi
    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi
    return Atspi


Look = collections.namedtuple("Look", "window type place colour flags text")


# Tells leaks of libraries without frame pointers by their whole stacks (leaks.supp), at the price of a slower desk.
WHOLE_STACKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":fast_unwind_on_malloc=0"}


class Desk:
    """One linli process of one account, with a home of its own."""

    def __init__(self, office, account, language="zh", extra_env=None, args=(), home=None, settings="", server=None):
        self.server = server or f"127.0.0.1:{office.ports[0]}"
        self.office, self.account, self.language = office, account, language
        self.home = pathlib.Path(home or tempfile.mkdtemp(prefix="linli-desk-"))
        self.keep_home = home is not None
        self.args = list(args)
        self.extra = extra_env or {}
        self.process = None
        self.password = True
        self.ca = office.ca
        self.log = self.home / "desk.log"
        keyfile = self.home / ".config/glib-2.0/settings/keyfile"
        if settings:
            keyfile.parent.mkdir(parents=True, exist_ok=True)
            keyfile.write_text(f"[cn/linli/Desk]\n{settings}\n")

    def env(self):
        keep = {k: v for k, v in os.environ.items()
                if k in ("PATH", "DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR") or
                k.endswith("SAN_OPTIONS") or k.startswith("LINLI_TEST_")}
        return {**keep, "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                "LANGUAGE": {"zh": "zh_CN", "en": "en"}.get(self.language, self.language),
                "GSK_RENDERER": "cairo", "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "keyfile", "TZ": "Asia/Shanghai",
                "LINLI_STALL_MS": "50", "LINLI_LOOKS": str(self.home / "looks"), **self.extra}

    def start(self):
        argv = [program("linli"), "--new", "--server", self.server, "--ca", str(self.ca), "--user", self.account, *self.args]
        if self.password:
            argv += ["--password-file", str(self.office.password_file(self.account))]
        self.process = Process(argv, env=self.env(), log=str(self.log))
        try:
            self.application = until(self._application, "the desk's window is in the accessibility tree")
        except AssertionError:
            self.process.kill()
            print(self.log.read_text(errors="replace")[-4000:], file=sys.stderr)
            raise
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if kind:
            self.shot(self.home / "failed.png")
            print(f"kept: {self.home}", file=sys.stderr)
            print(self.log.read_text(errors="replace")[-4000:], file=sys.stderr)
        status = self.end()
        if not kind:
            said = self.log.read_text(errors="replace")
            faults = [l for l in said.splitlines() if ("CRITICAL" in l or "Sanitizer" in l or "WARNING **" in l) and
                      "org.freedesktop.Notifications" not in l]  # nobody shows notifications on the test's own bus
            assert not faults, f"the desk complained: {faults}"
            assert status in (0, -15), f"the desk ended with {status}: {said[-2000:]}"
            if not self.keep_home:
                shutil.rmtree(self.home, ignore_errors=True)

    def end(self):
        if self.process.running():
            return self.process.stop()
        return self.process.child.returncode

    def kill(self):
        self.process.kill()

    # The tree ------------------------------------------------------------------------------------------------
    def _application(self):
        assert self.process.running(), f"the desk ended: {self.log.read_text(errors='replace')[-2000:]}"
        top = atspi().get_desktop(0)
        for i in range(top.get_child_count()):
            child = top.get_child_at_index(i)
            if child and child.get_process_id() == self.process.pid and child.get_child_count():
                return child
        return None

    def walk(self, root=None, limit=6000):
        """Every accessible below root, breadth first."""
        todo = [root or self._application()]
        while todo and limit:
            node = todo.pop(0)
            if node is None:
                continue
            limit -= 1
            yield node
            try:
                todo += [node.get_child_at_index(i) for i in range(node.get_child_count())]
            except Exception:  # it went while we looked
                continue

    def said(self, role=None):
        """Every name that the tree has now, of that role if one is named; what goes meanwhile is left out."""
        for node in self.walk():
            try:
                if role is None or node.get_role_name() == role:
                    yield node.get_name() or ""
            except Exception:
                continue

    def find_now(self, role, name, root=None):
        wanted = re.compile(name)
        for node in self.walk(root):
            try:
                if (role is None or node.get_role_name() == role) and wanted.search(node.get_name() or ""):
                    return node
            except Exception:
                continue
        return None

    def find(self, role, name, root=None, patience=PATIENCE):
        return until(lambda: self.find_now(role, name, root), f"{role} {name!r} is there", patience)

    def gone(self, role, name):
        until(lambda: self.find_now(role, name) is None, f"{role} {name!r} is gone")

    def texts(self, pattern):
        wanted = re.compile(pattern)
        return [name for name in self.said() if wanted.search(name)]

    def is_enabled(self, node):
        return node.get_state_set().contains(atspi().StateType.SENSITIVE)

    def click(self, role, name, root=None):
        node = until(lambda: (lambda n: n if n and self.is_enabled(n) else None)(self.find_now(role, name, root)),
                     f"{role} {name!r} can be clicked")
        assert node.do_action(0), f"{role} {name!r} has no action"
        return node

    def point_at(self, node):
        """Presses it with the mouse; its window stands in the corner of the screen."""
        at = node.get_component_iface().get_extents(atspi().CoordType.WINDOW)
        subprocess.run(["xdotool", "mousemove", str(at.x + at.width // 2), str(at.y + at.height // 2), "click", "1"], check=True)

    def text_of(self, node):
        return node.get_text(0, node.get_character_count())

    # Hands ---------------------------------------------------------------------------------------------------
    def window(self, title="."):
        """The X window; brought to the front, since there is no window manager."""
        found = subprocess.run(["xdotool", "search", "--all", "--onlyvisible", "--pid", str(self.process.pid), "--name", title],
                               capture_output=True, text=True).stdout.split()
        return found[-1] if found else None

    def windows(self):
        """All that it has on the screen."""
        return set(subprocess.run(["xdotool", "search", "--all", "--onlyvisible", "--pid", str(self.process.pid), "--name", "."],
                                  capture_output=True, text=True).stdout.split())

    def focus(self, title=".", window=None):
        window = window or until(lambda: self.window(title), f"a window named {title!r}")

        def has_it():
            """A window that is not viewable yet refuses the focus, and xdotool says nothing."""
            subprocess.run(["xdotool", "windowraise", window, "windowfocus", window], stderr=subprocess.DEVNULL)
            said = subprocess.run(["xdotool", "getwindowfocus"], capture_output=True, text=True).stdout
            return said.strip() == window
        until(has_it, f"the window named {title!r} has the focus")
        return window

    def key(self, *keys):
        subprocess.run(["xdotool", "key", "--delay", "60", *keys], check=True)

    def type(self, text, delay=60):
        subprocess.run(["xdotool", "type", "--delay", str(300 if not text.isascii() else delay), text], check=True)

    def write(self, text, delay=60):
        """Types into the text that has the focus, once one has it, and sees every letter arrive: a window that has just come
        may not have given the focus on yet."""
        node = until(self.focused_text, "some text has the focus")
        self.type(text, delay)
        until(lambda: text in self.text_of(node), f"{text!r} stands where it was typed")

    def focused_text(self):
        for node in self.walk():
            try:
                if node.get_role_name() in ("text", "entry") and node.get_state_set().contains(atspi().StateType.FOCUSED):
                    return node
            except Exception:  # it went while we looked
                continue
        return None

    def looks(self):
        """What stands in the windows as GTK has laid it out: see client/desk/app/looks.h."""
        path = self.home / "looks"
        path.unlink(missing_ok=True)
        self.process.signal(signal.SIGUSR2)
        until(path.exists, "the desk said what it shows")
        return [Look(*line.split("\t", 5)) for line in path.read_text().splitlines()]

    def shot(self, path):
        subprocess.run(["import", "-window", "root", str(path)], stderr=subprocess.DEVNULL, timeout=60)

    def settle(self, seconds=0.6):
        """For pictures only: until what moves has come to rest. No test depends on it."""
        time.sleep(seconds)


class WindowManager:
    """For what only one can do, such as the whole screen."""

    def __enter__(self):
        self.process = Process(["openbox", "--sm-disable", "--config-file", "/dev/null"], env=dict(os.environ), log=os.devnull)
        until(lambda: "window id" in subprocess.run(["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], capture_output=True,
                                                    text=True).stdout, "a window manager is there")
        return self

    def __exit__(self, kind, value, trace):
        self.process.stop()


class InputMethod:
    """ibus with libpinyin, as a clerk has it. Desks that are started inside get `env`; `xdotool key` then composes."""

    def __enter__(self):
        self.full = {**os.environ, "GTK_IM_MODULE": "ibus", "XMODIFIERS": "@im=ibus", "GSETTINGS_BACKEND": "keyfile"}
        for key, value in (("preload-engines", "['libpinyin']"), ("use-global-engine", "true")):
            self._run("gsettings", "set", "org.freedesktop.ibus.general", key, value)
        self.daemon = Process(["ibus-daemon", "--panel", "disable"], env=self.full, log=os.path.join(os.environ["HOME"], "ibus.log"))
        try:
            until(lambda: "libpinyin" in self._run("ibus", "list-engine").stdout, "ibus knows pinyin")
        except AssertionError:
            self.daemon.kill()
            raise
        # A desk has a home of its own, and looks for the daemon there unless it is told.
        # Its module for GTK forgets 16 bytes a key, and has no frame pointers by which a suppression could name it.
        self.env = {"GTK_IM_MODULE": "ibus", "XMODIFIERS": "@im=ibus",
                    "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",
                    "IBUS_ADDRESS": self._run("ibus", "address").stdout.strip()}
        return self

    def _run(self, *argv):
        return subprocess.run(argv, env=self.full, capture_output=True, text=True)

    def choose(self):
        """Once a window has the focus: the choice is that of the focused context. (Its exit status says nothing.)"""
        def chosen():
            self._run("ibus", "engine", "libpinyin")
            return self._run("ibus", "engine").stdout.strip() == "libpinyin"
        until(chosen, "ibus speaks pinyin")

    def __exit__(self, kind, value, trace):
        self.daemon.stop()
