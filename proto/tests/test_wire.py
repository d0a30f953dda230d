"""README.md teaches the wire by examples: each is made again here, byte for byte, and the rules beside them are tried."""

import random
import re
import unittest
import uuid

import schemas
from gen import codec
from gen.model import SCALARS

README = (schemas.ROOM / "README.md").read_text(encoding="utf-8")
DISPATCH = {"request": uuid.UUID("0190a5b2-7c00-7000-8000-00000000002a"), "team": 300, "assist": [7, 12]}


def entry(sort: str, name: str):
    return schemas.linli().find(sort, name)


def frame(name: str, correlation: int, **values) -> bytes:
    return codec.frame(entry("frame", name).number, correlation, codec.encode(entry("frame", name), values))


def example(name: str) -> bytes:
    """The bytes at the head of each line of a block of README.md."""
    block = re.search(rf"```bytes {name}\n(.*?)```", README, re.DOTALL).group(1)
    return bytes.fromhex("".join(re.match(r" *((?:[0-9a-f]{2} ?)+)(?: |$)", line).group(1) for line in block.splitlines()))


def table(head: str) -> list[list[str]]:
    """Cells of the rows under the table of README.md that begins with this line."""
    rows = README.split(head + "\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows]


class Examples(unittest.TestCase):
    def test_hello(self):
        self.assertEqual(example("hello"), frame("hello", 0, lowest=1, highest=1, program="demo"))

    def test_command(self):
        body = codec.encode(entry("command", "request.dispatch"), DISPATCH)
        self.assertEqual(example("command"), frame("command", 5, id=uuid.UUID("0190a5b2-8d11-7000-8000-000000000001"), kind=0x1003,
                                                   stream=12 * 4 + 2, made_at=1_720_000_000_000_000, body=body))

    def test_outcome(self):
        self.assertEqual(example("outcome"), frame("outcome", 5, stream=50, seq=1042))

    def test_varints(self):
        rows = table("| number | varint |")
        self.assertEqual(len(rows), 8)
        for number, text in rows:
            self.assertEqual(codec.varint(int(number)), bytes.fromhex(text))

    def test_zigzag(self):
        rows = table("| number | zigzag | bytes |")
        self.assertEqual(len(rows), 6)
        for number, zigzag, text in rows:
            self.assertEqual(codec.zigzag(int(number)), int(zigzag))
            self.assertEqual(codec.varint(int(zigzag)), bytes.fromhex(text))

    def test_every_kind_and_every_error_is_told(self):
        for kind in SCALARS:
            self.assertIn(f"| `{kind}` |", README)
        errors = table("| error | fatal | the command or query | the client |")
        told = {name: fatal for names, fatal, _state, _client in errors for name in names.replace("`", "").split()}
        self.assertEqual(told, {error.name: "yes" if error.word("fatal") else "no" for error in schemas.linli().of("error")})


class Rules(unittest.TestCase):
    """Bytes that the rules forbid, as fields of `pong` (1 sent_at, 2 now, both varints) and others."""

    def assert_refused(self, why: str, name: str, text: str) -> None:
        with self.assertRaisesRegex(codec.WireError, why):
            codec.decode(entry("frame", name), bytes.fromhex(text))

    def test_a_varint_longer_than_needed(self):
        self.assert_refused("longer than needed", "pong", "04 81 00 08 01")

    def test_a_varint_over_64_bits(self):
        self.assert_refused("over 64 bits", "pong", "04 ff ff ff ff ff ff ff ff ff 02 08 01")

    def test_fields_out_of_order_or_twice(self):
        self.assert_refused("field 1 after field 2", "pong", "08 01 04 01")
        self.assert_refused("field 1 after field 1", "pong", "04 01 04 01 08 01")

    def test_an_empty_list(self):
        self.assert_refused("0 elements", "unsubscribe", "06 00")

    def test_a_field_that_must_be_there(self):
        self.assert_refused("now is missing", "pong", "04 01")

    def test_a_field_that_reaches_over_the_end(self):
        self.assert_refused("ends inside", "unsubscribe", "06 02 01")

    def test_a_known_number_of_another_kind(self):
        self.assert_refused("another kind", "pong", "05 01 00 00 00 00 00 00 00")

    def test_an_enumeration_of_zero(self):
        self.assert_refused("0 is no value", "error", "04 00")

    def test_text_with_nul_or_no_utf8(self):
        self.assert_refused("holds NUL", "hello", "04 01 08 01 12 01 00")
        self.assert_refused("not UTF-8", "hello", "04 01 08 01 12 01 ff")

    def test_an_unknown_field_is_skipped_by_its_kind(self):
        for unknown in ("f0 0f 01", "f1 0f 01 02 03 04 05 06 07 08", "f2 0f 02 01 02", "f3 0f" + " 00" * 16):
            self.assertEqual(codec.decode(entry("frame", "pong"), bytes.fromhex("04 01 08 02" + unknown)), {"sent_at": 1, "now": 2})

    def test_messages_at_random_are_read_as_they_were_written(self):
        rng = random.Random(415)
        for sort in ("frame", "message", "command", "query", "event"):
            for one in schemas.linli().of(sort):
                values = codec.random_message(one, rng)
                self.assertEqual(codec.decode(one, codec.encode(one, values)), values, one.label)


if __name__ == "__main__":
    unittest.main()
