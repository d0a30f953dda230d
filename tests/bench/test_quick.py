"""`tests/bench/run --quick` ends well and prints figures as promised. How large they are decides nothing."""
import json
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).parent
NAMES = ("idle", "latency", "fanout", "commands", "hostile")


class Quick(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.done = subprocess.run([sys.executable, "-B", str(HERE / "run"), "--quick", "--no-build", *NAMES],
                                  capture_output=True, text=True, timeout=500)

    def test_it_ends_well(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def test_each_line_is_a_figure(self):
        for line in self.done.stdout.splitlines():
            figure = json.loads(line)
            self.assertGreaterEqual(set(figure), {"name", "value", "unit", "goal", "met"}, line)
            self.assertIsInstance(figure["value"], (int, float), line)
            self.assertIn(figure["met"], (True, False) if figure["goal"] else (None,), line)
            self.assertEqual("peer" in figure, "ratio" in figure and "peer_value" in figure, line)

    def test_every_bench_has_told(self):
        told = {json.loads(line)["name"].split(".")[0] for line in self.done.stdout.splitlines()}
        self.assertEqual(told, set(NAMES))

    def test_people_get_a_table(self):
        self.assertIn("its value", self.done.stderr)

    def test_a_name_that_is_no_bench_is_refused(self):
        done = subprocess.run([sys.executable, "-B", str(HERE / "run"), "nothing"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("compact", done.stderr)


if __name__ == "__main__":
    unittest.main()
