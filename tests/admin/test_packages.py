"""The package lists are the one place that names packages. Usage: test_packages.py SOURCE"""
import os
import re
import subprocess
import sys
import unittest

SOURCE = os.path.abspath(sys.argv.pop(1))
LISTS = os.path.join(SOURCE, ".packages")
NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+$")


def names(which):
    with open(os.path.join(LISTS, which), encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return [line for line in lines if line and not line.startswith("#")]


class Packages(unittest.TestCase):
    def test_each_list_is_sorted_names_one_a_line(self):
        for which in ("run", "build", "test"):
            listed = names(which)
            self.assertTrue(listed, which)
            self.assertEqual([n for n in listed if not NAME.match(n)], [], which)
            self.assertEqual(listed, sorted(set(listed)), which)

    def test_no_package_stands_in_two_lists(self):
        listed = [name for which in ("run", "build", "test") for name in names(which)]
        self.assertEqual(len(listed), len(set(listed)))

    def test_debian_knows_each_of_them(self):
        listed = [name for which in ("run", "build", "test") for name in names(which)]
        known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *listed],
                               capture_output=True, text=True).stdout
        self.assertEqual([n for n in listed if f"{n} installed" not in known], [], "not installed; run .packages/install")

    def test_nothing_else_installs_packages(self):
        found = []
        for top, folders, files in os.walk(SOURCE):
            folders[:] = [f for f in folders if f not in (".git", ".build", "__pycache__")]
            for file in files:
                path = os.path.join(top, file)
                with open(path, "rb") as text:
                    if re.search(rb"^[^#]*\b(apt-get|apt|dpkg|pip3?|npm)\s+(-\S+\s+)*(install|-i)\b", text.read(), re.M):
                        found.append(os.path.relpath(path, SOURCE))
        allowed = {".packages/install", "sql/admin/program.c", "tests/admin/test_packages.py", "README.md"}
        self.assertEqual(sorted(set(found) - allowed), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
