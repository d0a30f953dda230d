"""Whole outputs for a schema that uses every word: what changed in them shows in the diff of a commit.

  python3 test_golden.py --bless     writes them anew, to be read before they are committed
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import schemas
from gen import lock
from gen.parse import WORDS

SCHEMA = schemas.HERE / "every_word.schema"
GOLDEN = schemas.HERE / "golden"


def made() -> dict[str, str]:
    schema = schemas.load(SCHEMA)
    return schemas.outputs(schema) | {"tiny.lock": lock.Comparison(schema, {}, GOLDEN / "tiny.lock").updated()}


class Golden(unittest.TestCase):
    maxDiff = 4000

    def test_outputs_are_those_committed(self):
        for name, text in made().items():
            with self.subTest(name):
                before = (GOLDEN / name).read_text(encoding="utf-8")
                self.assertEqual(before, text, "read the change, then: test_golden.py --bless")

    def test_no_golden_file_is_left_over(self):
        self.assertEqual(sorted(path.name for path in GOLDEN.iterdir()), sorted(made()))

    def test_the_schema_uses_every_word(self):
        text = SCHEMA.read_text(encoding="utf-8")
        field_words = {"optional", "secret", "sealed", "blob", "audience", "since", "max", "of", "fatal", "retired", "protocol"}
        for word in field_words.union(*WORDS.values()):
            self.assertRegex(text, rf"\b{word}\b")

    @unittest.skipUnless(shutil.which("cc") and shutil.which("pkg-config"), "no C compiler or pkg-config here")
    def test_the_tables_compile_without_a_warning(self):
        glib = subprocess.run(["pkg-config", "--cflags", "glib-2.0"], check=True, capture_output=True, text=True).stdout.split()
        with tempfile.TemporaryDirectory() as folder:
            schemas.generate.write(Path(folder, "proto"), made())
            subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fsyntax-only", f"-I{schemas.ROOM.parent}",
                            f"-I{folder}", *glib, f"{folder}/proto/proto_tables.c"], check=True)

    def test_the_same_schema_gives_the_same_bytes(self):
        self.assertEqual(made(), made())


def bless() -> None:
    schemas.generate.write(GOLDEN, made())


if __name__ == "__main__":
    if "--bless" in sys.argv:
        bless()
    else:
        unittest.main()
