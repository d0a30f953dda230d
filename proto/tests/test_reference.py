"""proto/REFERENCE.md is committed for those who read without building; it must say what the schema says."""

import sys
import unittest

import schemas

REFERENCE = schemas.ROOM / "REFERENCE.md"


def made() -> str:
    return schemas.outputs(schemas.linli())["proto_reference.md"]


class Reference(unittest.TestCase):
    def test_the_committed_reference_is_current(self):
        self.assertTrue(REFERENCE.read_text(encoding="utf-8") == made(), "run: proto/tests/test_reference.py --bless")

    def test_it_names_every_entry_and_field(self):
        text = made()
        for entry in schemas.linli().entries:
            self.assertIn(entry.name, text)
            for item in entry.fields + entry.values:
                self.assertIn(f"| {item.number} | `{item.name}`", text)


if __name__ == "__main__":
    if "--bless" in sys.argv:
        schemas.generate.write(REFERENCE.parent, {REFERENCE.name: made()})
    else:
        unittest.main()
