"""The board keeps still for who works in it by keyboard, and leaves a screen reader its letters."""
import subprocess
import unittest

import desk
from desk import Desk
from office import Office
from test_main_path import found, register


def screen_reader(runs):
    """As a desktop says that one was started or ended."""
    subprocess.run(["gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus", "--method",
                    "org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "ScreenReaderEnabled",
                    f"<{'true' if runs else 'false'}>"], check=True, stdout=subprocess.DEVNULL)


class Board(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.place = found(cls.office)
        for text in ("楼道灯不亮", "井盖松动", "路灯不亮"):
            register(cls.office, cls.place["east"], text)

    def on_the_list(self, d):
        d.find(None, "楼道灯不亮")
        d.focus()
        subprocess.run(["xdotool", "mousemove", "5", "5"], check=True)  # not over the list: that, too, would hold the order
        d.key("ctrl+f", "Return")

    def test_the_order_stands_while_keys_move_in_it(self):
        with Desk(self.office, "dispatch") as d:
            self.on_the_list(d)
            d.key("Down")
            register(self.office, self.place["east"], "燃气泄漏")
            d.find("push button", "有 1 条新")   # it waits
            d.gone("push button", "有 1 条新")  # and comes once the keys have rested
            d.find(None, "燃气泄漏")

    def test_letters_are_a_screen_readers_while_it_runs(self):
        with Desk(self.office, "dispatch") as d:
            self.on_the_list(d)
            d.key("Down", "Home")
            screen_reader(True)
            self.addCleanup(screen_reader, False)
            d.key("a", "c", "a")
            d.key("ctrl+f")   # comes after them
            d.write("jinggai")
            d.gone(None, "^(?!.*楼道).*路灯不亮")
            self.assertIsNone(d.window("^(受理|备注)"))
            d.key("Escape")
            screen_reader(False)
            d.focus()
            self.on_the_list(d)
            d.key("a")
            d.focus("^受理")


if __name__ == "__main__":
    desk.main(__name__)
