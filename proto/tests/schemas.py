"""What the tests share: where things are, and a schema of the project's own read once."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
ROOM = HERE.parent
sys.path.insert(0, str(ROOM))
sys.dont_write_bytecode = True

import generate  # noqa: E402
from gen.check import check  # noqa: E402
from gen.model import Schema  # noqa: E402
from gen.parse import parse  # noqa: E402

# Named as in the tree, so that messages and outputs do not depend on where the tree lies.
LINLI = ROOM / "linli.schema"


def load(path: Path) -> Schema:
    """A schema that has to be right."""
    schema = parse(path.name, path.read_text(encoding="utf-8"))
    problems = check(schema)
    assert not problems, problems
    return schema


@cache
def linli() -> Schema:
    return load(LINLI)


def outputs(schema: Schema) -> dict[str, str]:
    return generate.outputs(schema)
