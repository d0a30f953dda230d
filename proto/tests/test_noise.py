"""Schemas with noise in them: each is either taken, and then everything can be made from it, or refused on a line that
it has, with a sentence. Nothing else may happen."""

import random
import unittest

import schemas
from gen.model import SchemaError

SEED, ROUNDS = 20240501, 600
PIECES = ("since 99", "max 0", "max 99999999999999999999", "optional", "[]", "uuid", "enum", "= 0x", "= -1", '"', "“", "\t",
          "    ", "until", "reserved", "1 1", "command", "event", "frame", "\0", "\x0b", "é", "9" * 400, "scope", "needs")


def noisy(random_: random.Random, lines: list[str]) -> str:
    """A piece of the schema with one to four faults: a word changed, dropped or repeated, a line moved, text put in."""
    lines = list(lines)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(lines))
        words = lines[at].split(" ")
        word = random_.randrange(len(words))
        fault = random_.randrange(7)
        if fault == 0:
            words[word] = random_.choice(PIECES)
        elif fault == 1:
            del words[word]
        elif fault == 2:
            words.insert(word, random_.choice(PIECES))
        elif fault == 3:
            words.insert(word, words[random_.randrange(len(words))])
        lines[at] = " ".join(words)
        if fault == 4:
            lines.insert(random_.randrange(len(lines)), lines.pop(at))
        elif fault == 5 and len(lines) > 1:
            del lines[at]
        elif fault == 6:
            lines.insert(at, lines[random_.randrange(len(lines))])
    return "\n".join(lines)


class Noise(unittest.TestCase):
    def test_noise_is_refused_on_a_line_or_everything_can_be_made(self):
        taken = 0
        for path in ("every_word.schema", "linli.schema"):
            text = (schemas.HERE / path if path == "every_word.schema" else schemas.LINLI).read_text(encoding="utf-8")
            for round_ in range(ROUNDS if path == "every_word.schema" else ROUNDS // 20):
                seed = f"{SEED} {path} {round_}"
                body = noisy(random.Random(seed), text.split("\n"))
                with self.subTest(seed):
                    taken += self.judge(body)
        self.assertGreater(taken, 0)

    def judge(self, body: str) -> bool:
        try:
            schema = schemas.parse("noise.schema", body)
            errors = schemas.check(schema)
        except SchemaError as error:
            errors = [error]
        for error in errors:
            self.assertTrue(1 <= error.line <= body.count("\n") + 1, error)
            self.assertGreater(len(error.sentence), 10)
        if not errors:
            schemas.outputs(schema)
        return not errors


if __name__ == "__main__":
    unittest.main()
