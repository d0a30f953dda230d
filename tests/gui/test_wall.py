"""The wall at five metres: the whole screen, awake, the most pressing of all whatever the board shows, grey when it is stale."""
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

import desk
from desk import SCREEN, Desk, WindowManager, until
from office import Office
from relay import Relay

WIDTH, HEIGHT = map(int, SCREEN.split("x")[:2])


class SessionManager:
    """Who decides when the screen sleeps, as GNOME's is asked; it only remembers what it was asked."""
    XML = """<node><interface name="org.gnome.SessionManager">
      <method name="RegisterClient"><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="o" direction="out"/></method>
      <method name="Inhibit"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
        <arg type="u" direction="in"/><arg type="u" direction="out"/></method>
      <method name="Uninhibit"><arg type="u" direction="in"/></method>
      <property name="SessionIsActive" type="b" access="read"/></interface></node>"""
    IDLE = 8

    def __enter__(self):
        from gi.repository import Gio, GLib
        self.GLib, self.held, self.count = GLib, {}, 0
        self.context, self.loop, ready = GLib.MainContext(), None, threading.Event()

        def run():
            self.context.push_thread_default()
            self.loop = GLib.MainLoop(self.context)
            bus = Gio.bus_get_sync(Gio.BusType.SESSION)
            node = Gio.DBusNodeInfo.new_for_xml(self.XML)
            bus.register_object("/org/gnome/SessionManager", node.interfaces[0], self._called, lambda *_: GLib.Variant("b", True), None)
            Gio.bus_own_name_on_connection(bus, "org.gnome.SessionManager", Gio.BusNameOwnerFlags.NONE, None, None)
            ready.set()
            self.loop.run()
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        ready.wait(10)
        return self

    def _called(self, bus, sender, path, interface, method, arguments, invocation):
        answer = None
        if method == "RegisterClient":
            answer = self.GLib.Variant("(o)", ("/org/gnome/SessionManager/Client1",))
        elif method == "Inhibit":
            self.count += 1
            self.held[self.count] = arguments.unpack()
            answer = self.GLib.Variant("(u)", (self.count,))
        elif method == "Uninhibit":
            self.held.pop(arguments.unpack()[0], None)
        invocation.return_value(answer)

    def idle(self):
        return [a for a in self.held.values() if a[3] & self.IDLE]

    def __exit__(self, *_):
        self.loop.quit()
        self.thread.join(10)


def colourful(path, top, bottom):
    """How many of the pixels between these shares of the height are coloured, and not just grey."""
    done = subprocess.run(["convert", path, "-crop", f"{WIDTH}x{int(HEIGHT * (bottom - top))}+0+{int(HEIGHT * top)}", "+repage", "-depth",
                           "8", "rgb:-"], capture_output=True, check=True).stdout
    return sum(max(done[i:i + 3]) - min(done[i:i + 3]) > 40 for i in range(0, len(done), 3))


class Wall(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office(demo=(20, 200)).__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.enterClassContext(WindowManager())
        cls.sessions = cls.enterClassContext(SessionManager())
        cls.pictures = pathlib.Path(tempfile.mkdtemp(prefix="linli-wall-"))
        cls.addClassCleanup(subprocess.run, ["rm", "-rf", str(cls.pictures)])

    @staticmethod
    def texts(d):
        return [look for look in d.looks() if look.window == "大屏"]

    def rows(self, d):
        """The wall's lines, as (class, community, who, time)."""
        lines = {}
        for look in self.texts(d):
            x, y, _, _ = map(int, look.place.split())
            if HEIGHT * 0.22 < y < HEIGHT * 0.88:
                lines.setdefault(y // 12, []).append((x, look.text))
        return [tuple(text for _, text in sorted(line)) for _, line in sorted(lines.items())]

    def pressing(self):
        """What the server holds to be the most pressing: its list is in that order but for what is pinned."""
        rows = self.office.ctl("request", "list", user="supervisor1")
        pinned = [r for r in rows if r["class"] == "critical" and r["state"] in ("registered", "needs_info", "accepted", "dispatched")]
        names = {c["id"]: c.get("short_name") or c["name"] for c in self.office.ctl("community", "list", user="supervisor1")}
        rest = sorted((r for r in rows if r not in pinned and not r["confidential"]), key=lambda r: (r.get("due_at") or "~", r["id"]))
        pinned = sorted((r for r in pinned if not r["confidential"]), key=lambda r: (r.get("due_at") or "~", r["id"]))
        return [names[r["community"]] for r in (pinned + rest)[:7]]

    def test_it_fills_the_screen_is_read_from_afar_and_keeps_the_screen_awake(self):
        with Desk(self.office, "supervisor1", "zh", args=["--wall"]) as d:
            d.find(None, r"今日受理 \d+")
            window = until(lambda: d.window("^大屏$"), "the wall has a window")
            state = lambda: subprocess.run(["xprop", "-id", window, "_NET_WM_STATE"], capture_output=True, text=True).stdout
            until(lambda: "_NET_WM_STATE_FULLSCREEN" in state(), "it has the whole screen")
            until(lambda: self.sessions.idle(), "the screen was asked not to sleep")
            heights = lambda: sorted(int(look.place.split()[3]) for look in self.texts(d) if re.match(r"^\d+$", look.text))
            # 1080 pixels of a 55-inch screen: figures of 140, text of 48; a line of text is a little higher than its letters
            until(lambda: heights() and heights()[0] >= HEIGHT * 140 / 1080, "six figures are large")
            texts = [look for look in self.texts(d) if look.type == "GtkLabel"]
            self.assertGreaterEqual(min(int(look.place.split()[3]) for look in texts), HEIGHT * 48 / 1080)
            self.assertEqual([look.text for look in texts if "c" in look.flags], [], "cut off")
            d.focus("^大屏$")
            d.key("Escape")
            until(lambda: not self.sessions.idle(), "the screen may sleep again")

    def test_its_rows_are_the_most_pressing_whatever_the_board_shows(self):
        with Desk(self.office, "supervisor1", "zh") as d:
            d.find(None, "槐溪街道")
            d.focus()
            d.key("ctrl+f")
            d.write("zzzz")
            d.find(None, "没有符合的")
            d.key("F11")
            wanted = self.pressing()
            self.assertEqual(len(wanted), 7)
            until(lambda: [row[1] for row in self.rows(d)] == wanted, f"the wall shows {wanted}")
            shown = " ".join(look.text for look in self.texts(d))
            for row in self.office.ctl("request", "list", user="supervisor1"):
                self.assertNotIn(row.get("title", "\0"), shown)

    def test_it_turns_grey_when_the_line_is_away_and_says_since_when(self):
        with Relay(self.office.ports[0]) as line, Desk(self.office, "supervisor1", "zh", args=["--wall"], server=line.address) as d:
            d.find(None, r"今日受理 \d+")
            d.focus("^大屏$")
            picture = self.pictures / "wall.png"

            def count():
                d.shot(picture)
                return colourful(picture, 0.25, 0.85)
            until(lambda: count() > 200, "the times stand in colour")
            line.cut()
            d.find(None, "^数据截至 .* · 离线$")
            until(lambda: count() == 0, "what is stale is grey")
            line.mend()
            d.find(None, r"^数据截至 \d\d:\d\d:\d\d$")
            until(lambda: count() > 200, "the colours are back")


if __name__ == "__main__":
    desk.main(__name__)
