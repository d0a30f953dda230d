"""Bad schemas, each refused on the right line with the right sentence: bad.schemas says which."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import schemas
from gen.model import SchemaError

MARK = "#!"


def cases() -> list[tuple[str, str]]:
    text = (schemas.HERE / "bad.schemas").read_text(encoding="utf-8")
    parts = [part.split("\n", 1) for part in text.split("\n=== ")[1:]]
    return [(name, body) for name, body in parts]


def expected(body: str) -> list[tuple[int, str]]:
    return [(number, sentence.strip()) for number, line in enumerate(body.split("\n"), 1)
            for sentence in line.split(MARK)[1:]]


def said(body: str) -> list[tuple[int, str]]:
    try:
        errors = schemas.check(schemas.parse("bad.schema", body))
    except SchemaError as error:
        errors = [error]
    return [(error.line, error.sentence) for error in errors]


class Refusals(unittest.TestCase):
    maxDiff = None

    def test_each_is_refused_where_and_as_it_says(self):
        for name, body in cases():
            with self.subTest(name):
                self.assertTrue(expected(body), "a bad schema marks at least one line")
                self.assertEqual(sorted(expected(body)), sorted(said(body)))

    def test_more_fields_than_a_struct_has_bits(self):
        fields = "\n".join(f'    {n} f{n} bool optional "One of many."' for n in range(1, 66))
        body = f'protocol bad version 1\nframe hello = 1 since 1 from both\n    "Hello."\n{fields}\n'
        self.assertEqual(said(body), [(68, "frame hello has over 64 fields; put those that belong together into a message")])

    def test_the_program_prints_file_and_line_and_writes_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "bad.schema")
            path.write_text('protocol bad version 1\nframe hello = 1 since 1 from both\n    "Hello"\n', encoding="utf-8")
            run = subprocess.run([sys.executable, "-B", schemas.ROOM / "generate.py", path, "--out", f"{folder}/out"],
                                 capture_output=True, text=True, check=False)
            self.assertEqual(run.returncode, 1)
            self.assertEqual(run.stderr, f"{path}:3: the sentence of frame hello does not end in a full stop\n")
            self.assertFalse(Path(folder, "out").exists())

    def test_the_project_s_own_schema_is_right(self):
        self.assertEqual(schemas.check(schemas.parse("linli.schema", schemas.LINLI.read_text(encoding="utf-8"))), [])


if __name__ == "__main__":
    unittest.main()
