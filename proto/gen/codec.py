"""The wire in Python, by the schema: for tests, worked examples and `--random`. A second opinion beside common/wire.c.

A message is a dict from field names to ints, bools, strings, bytes, uuid.UUID, lists of these, or dicts.
Strict as the rules in README.md: what decode() accepts, encode() writes again byte for byte (known fields).
"""

from __future__ import annotations

import random
import uuid

from .model import Entry, Field, WIRE_KINDS

LAST_TIME = 253402300799999999
FIRST_DAY, LAST_DAY = -719162, 2932896
UINT64 = (1 << 64) - 1


class WireError(ValueError):
    """Bytes that are no message of this schema."""


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    return (value << 1 ^ value >> 63) & UINT64


def unzigzag(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def frame(kind: int, correlation: int, fields: bytes) -> bytes:
    content = varint(kind) + varint(correlation) + fields
    return varint(len(content)) + content


# --- writing ---

def encode(entry: Entry, values: dict) -> bytes:
    out = bytearray()
    for field in entry.fields:
        value = values.get(field.name)
        if value is not None and not (field.is_list and not value):
            out += varint(field.number << 2 | WIRE_KINDS[field.wire]) + encode_field(field, value)
    return bytes(out)


def encode_field(field: Field, value) -> bytes:
    if not field.is_list:
        return encode_value(field, value)
    content = b"".join(encode_value(field, element) for element in value)
    return varint(len(content)) + content


def encode_value(field: Field, value) -> bytes:
    if field.base in ("int", "date"):
        return varint(zigzag(value))
    if field.base == "fixed":
        return value.to_bytes(8, "little")
    if field.base == "uuid":
        return value.bytes
    if field.base in ("text", "bytes", "message"):
        content = encode(field.message, value) if field.message else value.encode() if field.base == "text" else value
        return varint(len(content)) + content
    return varint(int(value))


# --- reading ---

class Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise WireError("ends inside a field")
        self.at += count
        return self.data[self.at - count:self.at]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7f) << shift
            if value > UINT64 or shift > 63:
                raise WireError("a varint is over 64 bits")
            if byte < 0x80:
                if byte == 0 and shift:
                    raise WireError("a varint is longer than needed")
                return value
            shift += 7

    def raw(self, wire: int) -> bytes | int:
        """A value of any kind, known or not."""
        if wire == WIRE_KINDS["VARINT"]:
            return self.varint()
        return self.take({1: 8, 3: 16}.get(wire) or self.varint())


def split(data: bytes) -> tuple[int, int, bytes, bytes]:
    """(type, correlation, fields, what follows) of the first frame."""
    reader = Reader(data)
    length = reader.varint()
    inner = Reader(reader.take(length))
    kind, correlation = inner.varint(), inner.varint()
    return kind, correlation, inner.take(inner.left), reader.take(reader.left)


def decode(entry: Entry, data: bytes, partial: bool = False) -> dict:
    known = {field.number: field for field in entry.fields}
    reader, values, last = Reader(data), {}, 0
    while reader.left:
        tag = reader.varint()
        number, wire = tag >> 2, tag & 3
        if number <= last:
            raise WireError(f"field {number} after field {last}")
        last = number
        if number not in known:
            reader.raw(wire)
            continue
        field = known[number]
        if wire != WIRE_KINDS[field.wire]:
            raise WireError(f"{field.name} has another kind")
        values[field.name] = decode_list(field, reader) if field.is_list else decode_value(field, reader)
    for field in entry.fields:
        if not partial and not field.may_be_absent and field.name not in values:
            raise WireError(f"{field.name} is missing")
    return values


def decode_list(field: Field, reader: Reader) -> list:
    content = Reader(reader.take(reader.varint()))
    elements = []
    while content.left:
        elements.append(decode_value(field, content))
    if not 1 <= len(elements) <= field.max_count:
        raise WireError(f"{field.name} has {len(elements)} elements")
    return elements


def decode_value(field: Field, reader: Reader):
    if field.base == "fixed":
        return int.from_bytes(reader.take(8), "little")
    if field.base == "uuid":
        return uuid.UUID(bytes=reader.take(16))
    if field.base in ("text", "bytes", "message"):
        return decode_content(field, reader.take(reader.varint()))
    value = reader.varint()
    if field.base in ("int", "date"):
        value = unzigzag(value)
    judge(field, value)
    return bool(value) if field.base == "bool" else value


def decode_content(field: Field, content: bytes):
    if field.message:
        return decode(field.message, content)
    if len(content) > field.max:
        raise WireError(f"{field.name} is longer than {field.max} bytes")
    if field.base == "bytes":
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise WireError(f"{field.name} is not UTF-8") from None
    if "\0" in text:
        raise WireError(f"{field.name} holds NUL")
    return text


def judge(field: Field, value: int) -> None:
    fine = {"bool": value <= 1, "enum": 1 <= value <= 0xffffffff, "uint": not field.max or value <= field.max,
            "time": value <= LAST_TIME, "date": FIRST_DAY <= value <= LAST_DAY}
    if not fine.get(field.base, True):
        raise WireError(f"{value} is no value of {field.name}")


# --- at random ---

def random_message(entry: Entry, rng: random.Random) -> dict:
    return {field.name: random_field(field, rng) for field in entry.fields
            if not field.may_be_absent or rng.random() < 0.5}


def random_field(field: Field, rng: random.Random):
    if not field.is_list:
        return random_value(field, rng)
    return [random_value(field, rng) for _ in range(rng.randint(1, min(field.max_count, 4)))]


def random_value(field: Field, rng: random.Random):
    number = rng.getrandbits(rng.randint(1, 64))
    length = rng.choice((field.max, rng.randint(0, min(field.max, 40)), rng.randint(0, min(field.max, 40))))
    makers = {
        "uint": lambda: number % (field.max + 1) if field.max else number, "int": lambda: unzigzag(number),
        "bool": lambda: bool(number & 1), "time": lambda: number % (LAST_TIME + 1),
        "date": lambda: rng.randint(FIRST_DAY, LAST_DAY), "fixed": lambda: number,
        "enum": lambda: rng.choice(field.enumeration.values).number if field.enumeration.values else 1,
        "uuid": lambda: uuid.UUID(bytes=rng.randbytes(16)), "bytes": lambda: rng.randbytes(length),
        "text": lambda: "".join(rng.choice("az09 '\"\\网格员诉求😀é") for _ in range(length // 4)),
        "message": lambda: random_message(field.message, rng),
    }
    return makers[field.base]()
