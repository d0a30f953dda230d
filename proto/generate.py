#!/usr/bin/python3
"""Reads a schema of the wire and writes everything that is made from it.

  generate.py linli.schema --out DIR      C tables, reference, dissector, dictionary, SQL, into DIR
  generate.py linli.schema --check-lock   fails when the schema breaks what programs in use rely on
  generate.py linli.schema --update-lock  takes compatible additions into the lock
  generate.py linli.schema --random command:request.dispatch --seed 7 --count 3
                                          valid messages at random, one a line in hexadecimal

Standard library only. Errors read FILE:LINE: SENTENCE and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path

from gen import c_tables, codec, fuzzdict, lock, lua, markdown, sql
from gen.check import check
from gen.model import Schema, SchemaError
from gen.parse import parse


def read(path: str) -> Schema:
    """The schema at path, parsed and checked; prints what is wrong and exits otherwise."""
    try:
        schema = parse(path, Path(path).read_text(encoding="utf-8"))
    except SchemaError as error:
        fail([error])
    fail(check(schema))
    return schema


def fail(errors: list[SchemaError]) -> None:
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        sys.exit(1)


def outputs(schema: Schema) -> dict[str, str]:
    """Name of each file made from the schema, and its whole text."""
    return {
        "proto_tables.h": c_tables.header(schema),
        "proto_tables.c": c_tables.source(schema),
        "proto_reference.md": markdown.reference(schema),
        f"{schema.name}.lua": lua.dissector(schema),
        f"{schema.name}.dict": fuzzdict.dictionary(schema),
        "labels.sql": sql.script(schema),
    }


def write(folder: Path, files: dict[str, str]) -> None:
    """Writes whole files or none: a build that is interrupted leaves no half a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        partial = folder / f".{name}.new"
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, folder / name)


def compare(schema: Schema) -> lock.Comparison:
    try:
        return lock.compare(schema)
    except SchemaError as error:
        fail([error])


def check_lock(schema: Schema) -> None:
    path = lock.lock_path(schema)
    if not path.exists():
        fail([SchemaError(str(path), 1, "there is no lock; run --update-lock and commit it with the schema")])
    comparison = compare(schema)
    fail(comparison.errors or comparison.news)


def update_lock(schema: Schema) -> None:
    """Only additions: what breaks programs in use is refused here as in the build."""
    comparison = compare(schema)
    fail(comparison.errors)
    path = lock.lock_path(schema)
    write(path.parent, {path.name: comparison.updated()})


def print_random(schema: Schema, what: str, seed: int, count: int) -> None:
    sort, _, name = what.partition(":")
    entry = schema.find(sort, name)
    if entry is None or sort == "enum":
        sys.exit(f"{what} is not in {schema.path}; say SORT:NAME, such as frame:hello or command:request.dispatch")
    rng = random.Random(seed)
    for _ in range(count):
        print(codec.encode(entry, codec.random_message(entry, rng)).hex())


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schema")
    parser.add_argument("--out", type=Path, metavar="DIR", help="write everything into this folder")
    parser.add_argument("--check-lock", action="store_true", help="fail on a change that the lock does not allow")
    parser.add_argument("--update-lock", action="store_true", help="take compatible additions into the lock")
    parser.add_argument("--random", metavar="SORT:NAME", help="print valid messages of this entry")
    parser.add_argument("--seed", type=int, default=1, help="of --random: the same seed prints the same")
    parser.add_argument("--count", type=int, default=1, help="of --random: how many")
    arguments = parser.parse_args(words)
    schema = read(arguments.schema)
    if arguments.update_lock:
        update_lock(schema)
    if arguments.check_lock:
        check_lock(schema)
    if arguments.out:
        write(arguments.out, outputs(schema))
    if arguments.random:
        print_random(schema, arguments.random, arguments.seed, arguments.count)


if __name__ == "__main__":
    main()
