"""How names of the schema become names in C. Everything that emits C asks here."""

from __future__ import annotations

from .model import Entry, Field, Schema, Value

C_WORDS = frozenset("""
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof
    bool true false
""".split())
# Types of common/proto.h: a frame of that name is set apart by a suffix.
TAKEN = ("command", "query", "event", "frame_type")


def base(entry: Entry) -> str:
    """request.dispatch -> request_dispatch, frame command -> command_frame."""
    name = entry.name.replace(".", "_")
    return f"{name}_frame" if entry.sort == "frame" and name in TAKEN else name


def struct(entry: Entry) -> str:
    return "Proto" + "".join(part.capitalize() for part in base(entry).split("_"))


def table(entry: Entry) -> str:
    return f"proto_msg_{base(entry)}"


def enum_table(entry: Entry) -> str:
    return f"proto_enum_{entry.name}"


def number(entry: Entry) -> str:
    return f"PROTO_{entry.sort}_{entry.name.replace('.', '_')}".upper()


def value(entry: Entry, item: Value) -> str:
    return f"PROTO_{entry.name}_{item.name}".upper()


def has(entry: Entry, field: Field) -> str:
    """PROTO_HAS_REQUEST_STATE; with the sort before noun.verb, or request.callback's result would be request's
    callback_result."""
    sort = f"{entry.sort}_" if "." in entry.name else ""
    return f"PROTO_HAS_{sort}{base(entry)}_{field.name}".upper()


def c_identifiers(schema: Schema):
    """(identifier, line) of everything the C emitter will define."""
    for entry in schema.entries:
        yield number(entry), entry.line
        if entry.sort in ("frame", "message", "command", "query", "event"):
            yield struct(entry), entry.line
        for item in entry.values:
            yield value(entry, item), item.line
        for field in entry.fields:
            yield has(entry, field), field.line
