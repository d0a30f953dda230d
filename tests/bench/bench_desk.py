"""desk: the window of a dispatcher whose replica holds a hundred thousand open requests.

A demo office is multiplied in its database; one desk takes it all in by the line, once; each figure then begins with a
copy of what that desk left on disk. The desk says when a frame is painted ($LINLI_PAINTS) and when its main loop was
away ($LINLI_STALL_MS); keys and the wheel come by XTEST. All clocks are CLOCK_MONOTONIC.
"""
import contextlib
import ctypes
import ctypes.util
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

from lab import HZ, ROOT, say, system

USER = "dispatcher1"
FRAME = 1 / 60
LETTERS = "dian"  # what is typed into the filter


def median(values):
    return statistics.median(values)


class Screen:
    """An Xvfb and a session bus of our own, and hands on its keyboard and mouse."""

    def __enter__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="bench-screen-"))
        r, w = os.pipe()
        os.set_inheritable(w, True)
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(w), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
                                       pass_fds=[w], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(w)
        with os.fdopen(r) as said:
            number = said.readline().strip()
        assert number, "Xvfb did not begin"
        self.display = f":{number}"
        self.env = {"DISPLAY": self.display, "XDG_RUNTIME_DIR": str(self.home), "PATH": os.environ["PATH"]}
        bus = subprocess.run(["dbus-daemon", "--session", "--fork", "--print-address=1", "--print-pid=1"], env=self.env,
                             stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        self.env["DBUS_SESSION_BUS_ADDRESS"], self.bus = bus[0], int(bus[1])
        self.x = ctypes.CDLL(ctypes.util.find_library("X11"))
        self.test = ctypes.CDLL(ctypes.util.find_library("Xtst"))
        self.x.XOpenDisplay.restype = ctypes.c_void_p
        self.line = ctypes.c_void_p(self.x.XOpenDisplay(self.display.encode()))
        return self

    def __exit__(self, *_):
        self.x.XCloseDisplay(self.line)
        os.kill(self.bus, 15)
        self.server.terminate()
        self.server.wait(30)
        shutil.rmtree(self.home, ignore_errors=True)

    def focus(self, pid):
        """There is no window manager to give it."""
        found = system.until(lambda: subprocess.run(["xdotool", "search", "--onlyvisible", "--pid", str(pid), "--name", "."],
                                                    env=self.env, capture_output=True, text=True).stdout.split(), "a window")
        subprocess.run(["xdotool", "windowfocus", "--sync", found[-1]], env=self.env, check=True)

    def key(self, name):
        """Presses and releases; returns when, before the server was told."""
        self.x.XStringToKeysym.restype = ctypes.c_ulong
        code = self.x.XKeysymToKeycode(self.line, ctypes.c_ulong(self.x.XStringToKeysym(name.encode())))
        at = time.monotonic()
        for down in (1, 0):
            self.test.XTestFakeKeyEvent(self.line, code, down, 0)
        self.x.XFlush(self.line)
        return at

    def chord(self, modifier, name):
        codes = [self.x.XKeysymToKeycode(self.line, ctypes.c_ulong(self.x.XStringToKeysym(k.encode()))) for k in (modifier, name)]
        for code, down in ((codes[0], 1), (codes[1], 1), (codes[1], 0), (codes[0], 0)):
            self.test.XTestFakeKeyEvent(self.line, code, down, 0)
        self.x.XFlush(self.line)

    def point(self, x, y):
        self.test.XTestFakeMotionEvent(self.line, -1, x, y, 0)
        self.x.XFlush(self.line)

    def wheel(self, button):
        for down in (1, 0):
            self.test.XTestFakeButtonEvent(self.line, button, down, 0)
        self.x.XFlush(self.line)


class Desk:
    """One process, with a copy of a home; what it says about itself is read as it comes."""

    def __init__(self, office, screen, home=None, name="linli", stdin=False, watched=True, paints="1"):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="bench-desk-"))
        if home:
            shutil.copytree(home, self.home, dirs_exist_ok=True)
        self.paints = []  # (at, rows, changes told)
        self.stalls = []  # (at, seconds, of them the loop's own)
        self.starts = []  # likewise, until the board was there
        folder = system.BUILD / ("tests/bench" if name == "linli-flood" else "client/desk")
        argv = [str(folder / name), "--new", "--server", f"127.0.0.1:{office.ports[0]}", "--ca", str(office.ca), "--user", USER,
                "--password-file", str(office.password_file(USER))]
        env = {**screen.env, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN", "GSK_RENDERER": "cairo",
               "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "keyfile", "GTK_A11Y": "none", "TZ": "Asia/Shanghai",
               "LINLI_PAINTS": paints, **({"LINLI_STALL_MS": "50"} if watched else {})}
        self.began = time.monotonic()
        self.child = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                                      stdout=subprocess.PIPE if stdin else subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.child.stderr:
            words = line.split()
            if words[:1] == ["painted"]:
                self.paints.append((int(words[1]) / 1e6, int(words[2]), int(words[3])))
            elif words[:1] in (["stall:"], ["start:"]):
                told = self.stalls if words[0] == "stall:" else self.starts
                told.append((time.monotonic(), int(words[1]) / 1e3, int(words[3]) / 1e3))
            elif words[:1] != ["longest"]:
                say(f"  the desk says: {line.rstrip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.terminate()
        self.child.wait(60)
        self.thread.join(10)
        for pipe in (self.child.stdin, self.child.stdout, self.child.stderr):
            if pipe:
                pipe.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def painted(self, condition, since=0.0, patience=120):
        """When a frame came after `since` whose rows and changes are as wanted."""
        def look():
            assert self.child.poll() is None, "the desk has ended"
            return next((at for at, rows, changes in list(self.paints) if at > since and condition(rows, changes)), None)
        return system.until(look, "such a frame", patience)

    def current(self):
        """Until its watchdog says that the start is over, and a moment more: frames go on, so it is never idle."""
        time.sleep(5)

    def rows(self):
        return self.paints[-1][1] if self.paints else 0

    def changes(self):
        return self.paints[-1][2] if self.paints else 0

    def cpu(self):
        text = pathlib.Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(text[11]) + int(text[12])) / HZ

    def rss(self):
        """MiB: all, and what belongs to this process alone."""
        lines = dict(l.split(":") for l in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines())
        return int(lines["VmRSS"].split()[0]) / 1024, int(lines["RssAnon"].split()[0]) / 1024

    def settle(self, seconds=3.0):
        """Until it has been nearly idle for that long."""
        end, still = time.monotonic() + 120, time.monotonic()
        used = self.cpu()
        while time.monotonic() - still < seconds and time.monotonic() < end:
            time.sleep(0.25)
            if self.cpu() - used > 0.03:
                still = time.monotonic()
            used = self.cpu()

    def frames(self, begin, end):
        return [p[0] for p in list(self.paints) if begin <= p[0] <= end]

    def stalled(self, begin):
        """Turns of the main loop since then that took more than 50 ms of processor: what the machine took is not its own."""
        return [own for at, _, own in list(self.stalls) if at >= begin and own > 0.05]


def smooth(figures, name, desk, begin, end, fps=None, late=None):
    """Frames a second, and the share of frames that came more than half a frame late; CPU is told by the caller."""
    frames = desk.frames(begin, end)
    gaps = [b - a for a, b in zip(frames, frames[1:])]
    assert gaps, f"{name}: nothing was painted"
    figures.add(f"{name}.fps", len(gaps) / sum(gaps), "frames/s", fps)
    figures.add(f"{name}.late", 100 * sum(g > 1.5 * FRAME for g in gaps) / len(gaps), "% of frames late", late)
    figures.add(f"{name}.stalls", len(desk.stalled(begin)), "turns of more than 50 ms of processor", "<= 0")


def fill(office, screen, count):
    """The home of a desk that has taken it all in by the line."""
    with Desk(office, screen) as desk:
        system.until(lambda: desk.rows() >= count, f"{count} rows are on the board", 300)
        took = time.monotonic() - desk.began
        desk.settle()
        stalls = desk.stalled(desk.began)
        desk.child.terminate()
        desk.child.wait(60)
        kept = pathlib.Path(tempfile.mkdtemp(prefix="bench-home-"))
        shutil.copytree(desk.home, kept, dirs_exist_ok=True)
    return kept, took, stalls


def startup(office, screen, home, figures, count, times):
    taken, cpu = [], []
    for _ in range(times):
        with Desk(office, screen, home) as desk:
            at = desk.painted(lambda rows, _: rows >= count)
            taken.append(at - desk.began)
            cpu.append(desk.cpu())
    figures.add("desk", median(taken), "s, process start to painted board", "<= 1")
    figures.add("desk.cpu", median(cpu), "s of processor until then")


def typing(screen, desk, figures, rounds):
    """Each letter narrows what is shown; each BackSpace widens it again."""
    taken = []
    screen.focus(desk.child.pid)
    screen.chord("Control_L", "f")
    time.sleep(0.5)
    for _ in range(rounds):
        for key in [*LETTERS, *["BackSpace"] * len(LETTERS)]:
            before = desk.changes()
            at = screen.key(key)
            painted = desk.painted(lambda _, changes: changes > before, at, 10)
            taken.append((painted - at) * 1000)
            time.sleep(0.1 + random.random() * FRAME)
    figures.add("desk.key", median(taken), "ms, key to painted filter, p50", "<= 70")
    figures.add("desk.key_worst", max(taken), "ms", "<= 130")


def scrolling(screen, desk, figures, seconds):
    screen.point(600, 500)
    time.sleep(0.5)
    used, begin = desk.cpu(), time.monotonic()
    while time.monotonic() - begin < seconds:
        screen.wheel(5)
        time.sleep(0.008)
    end = time.monotonic()
    smooth(figures, "desk.scroll", desk, begin + 0.2, end, fps=">= 59")
    figures.add("desk.scroll.cpu", 100 * (desk.cpu() - used) / (end - begin), "% of a core")
    for _ in range(10):
        screen.chord("Control_L", "Home")
    screen.point(5, 5)
    time.sleep(1)


def idle(office, screen, home, figures, count, seconds):
    """Signed in, and nothing happens. Not watched: asking the main loop every few milliseconds is no idleness."""
    with Desk(office, screen, home, watched=False) as desk:
        desk.painted(lambda rows, _: rows >= count)
        screen.point(5, 5)
        desk.settle()
        used, begin = desk.cpu(), time.monotonic()
        time.sleep(seconds)
        figures.add("desk.idle", 100 * (desk.cpu() - used) / (time.monotonic() - begin), "% of a core, signed in and idle", "<= 1")
        figures.add("desk.rss", desk.rss()[0], "MiB RSS, settled", "<= 150")
        figures.add("desk.rss_anon", desk.rss()[1], "MiB of it not of files")


def work(office, desk, figures, rate, seconds):
    """By the office itself: commands' functions in PostgreSQL, linlid, the line."""
    used, begin = desk.cpu(), time.monotonic()
    made, took = office.sql(f"CALL lab.work({rate}, {seconds}, NULL, NULL)")[0]
    end = time.monotonic()
    figures.add("desk.changes", int(made) / float(took), "changes/s by linlid", None)
    smooth(figures, "desk.changes", desk, begin + 0.5, end, late="<= 1")
    figures.add("desk.changes.cpu", 100 * (desk.cpu() - used) / (end - begin), "% of a core")


def flood(office, screen, home, figures, count, rate, seconds):
    """More than the office can: handed to the session (flood.c)."""
    with Desk(office, screen, home, "linli-flood", stdin=True, paints="always") as desk:
        desk.painted(lambda rows, _: rows >= count)
        screen.point(5, 5)
        desk.current()
        used, begin = desk.cpu(), time.monotonic()
        desk.child.stdin.write(f"flood {rate} {seconds}\n")
        desk.child.stdin.flush()
        said = json.loads(desk.child.stdout.readline())
        end = time.monotonic()
        figures.add("desk.flood", said["events"] / said["seconds"], "changes/s handed to the session")
        smooth(figures, "desk.flood", desk, begin + 0.5, end, fps=">= 58")
        figures.add("desk.flood.cpu", 100 * (desk.cpu() - used) / (end - begin), "% of a core")


def run(_, figures, quick):
    count, times, rounds, seconds = (2000, 1, 1, 2) if quick else (100_000, 7, 8, 10)
    with contextlib.ExitStack() as stack:
        office = stack.enter_context(system.Office(demo=(7, 120 if quick else 400)))
        office.sql((pathlib.Path(__file__).parent / "desk.sql").read_text())
        office.sql(f"CALL lab.multiply({count})")
        screen = stack.enter_context(Screen())
        home, took, stalls = fill(office, screen, count)
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        figures.add("desk.first", took, "s, first start to all rows, by the line")
        figures.add("desk.first.stalls", len(stalls), "turns of more than 50 ms of processor")
        startup(office, screen, home, figures, count, times)
        idle(office, screen, home, figures, count, 3 if quick else 15)
        with Desk(office, screen, home) as desk:
            desk.painted(lambda rows, _: rows >= count)
            screen.point(5, 5)
            desk.settle()
            begin = time.monotonic()
            figures.add("desk.start_stall", max([own for _, _, own in desk.starts] or [0]) * 1000, "ms of processor, longest turn of the start")
            typing(screen, desk, figures, rounds)
            figures.add("desk.key.stalls", len(desk.stalled(begin)), "turns of more than 50 ms of processor", "<= 0")
            scrolling(screen, desk, figures, seconds)
        with Desk(office, screen, home, paints="always") as desk:
            desk.painted(lambda rows, _: rows >= count)
            screen.point(5, 5)
            desk.current()
            work(office, desk, figures, 100 if quick else 1000, seconds)
            figures.add("desk.rss_after", desk.rss()[0], "MiB RSS")
        flood(office, screen, home, figures, count, 500 if quick else 10_000, seconds)
