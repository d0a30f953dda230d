"""Emits the dictionary of the fuzzers (libFuzzer's format): whole frames, tags and numbers that guessing would not find."""

from __future__ import annotations

import random

from . import codec
from .model import Entry, Schema, WIRE_KINDS

SORTS = ("frame", "message", "command", "query", "event")


def quoted(data: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def sample(entry: Entry) -> bytes:
    """The smallest message: only what must be there. Always the same one, so the dictionary changes with the schema only."""
    rng = random.Random(entry.number)
    values = {field.name: codec.random_field(field, rng) for field in entry.fields if not field.may_be_absent}
    for name, value in values.items():
        values[name] = value[:4] if isinstance(value, (str, bytes)) else value
    return codec.encode(entry, values)


def dictionary(schema: Schema) -> str:
    lines = [f"# {schema.name}.dict: protocol {schema.name}, version {schema.version}, for libFuzzer's -dict="]
    for entry in schema.of("frame"):
        lines.append(f"frame_{entry.name}={quoted(codec.frame(entry.number, 1, sample(entry)))}")
    for entry in schema.of("message", "command", "query", "event"):
        body = sample(entry)
        if 0 < len(body) <= 64:
            lines.append(f"{entry.sort}_{entry.name.replace('.', '_')}={quoted(body)}")
        lines.append(f"number_{entry.sort}_{entry.name.replace('.', '_')}={quoted(codec.varint(entry.number))}")
    tags = sorted({(field.number, WIRE_KINDS[field.wire]) for entry in schema.of(*SORTS) for field in entry.fields})
    lines += [f"tag_{number}_{wire}={quoted(codec.varint(number << 2 | wire))}" for number, wire in tags]
    return "\n".join(lines) + "\n"
