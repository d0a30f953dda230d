"""`tests/bench/run --quick desk`: a real desk on a small office tells every figure. How large they are decides nothing."""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
NEEDED = ("Xvfb", "dbus-daemon", "xdotool")
FIGURES = {"desk", "desk.cpu", "desk.first", "desk.idle", "desk.rss", "desk.key", "desk.key_worst", "desk.key.stalls", "desk.scroll.fps",
           "desk.scroll.late", "desk.scroll.stalls", "desk.changes", "desk.changes.late", "desk.changes.stalls", "desk.flood",
           "desk.flood.fps", "desk.flood.stalls"}


class DeskBench(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.done = subprocess.run([sys.executable, "-B", str(HERE / "run"), "--quick", "--no-build", "desk"], capture_output=True,
                                  text=True, timeout=560)

    def test_it_ends_well(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def test_every_figure_is_told(self):
        told = {json.loads(line)["name"]: json.loads(line) for line in self.done.stdout.splitlines()}
        self.assertLessEqual(FIGURES, set(told))
        self.assertGreater(told["desk.changes"]["value"], 0)
        self.assertGreater(told["desk.flood"]["value"], 0)


if __name__ == "__main__":
    lacks = [tool for tool in NEEDED if not shutil.which(tool)]
    if lacks:
        print(f"SKIP: {', '.join(lacks)} not installed; .packages/install test installs it")
        sys.exit(77)
    unittest.main()
