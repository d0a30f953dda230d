"""Emits proto_tables.h and proto_tables.c: structs, constants and the tables of common/proto.h."""

from __future__ import annotations

from . import names
from .model import AUDIENCES, Entry, Field, Schema, number_text

MADE_BY = "Made by proto/generate.py from the schema; change that, not this."
FRAMES_FROM = {"client": "PROTO_FROM_CLIENT", "server": "PROTO_FROM_SERVER", "both": "PROTO_FROM_CLIENT | PROTO_FROM_SERVER"}
# What stands for a kind in a struct; every kind that is not here takes uint64_t.
C_TYPES = {"int": "int64_t", "date": "int64_t", "uuid": "Uuid", "text": "WireBytes", "bytes": "WireBytes",
           "message": "WireBytes"}
SORTS_WITH_FIELDS = ("frame", "message", "command", "query", "event")


def c_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("??", '?\\?')
    return f'"{escaped}"'


def c_comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *")


def c_type(field: Field) -> str:
    return "WireList" if field.is_list else C_TYPES.get(field.base, "uint64_t")


def structs(schema: Schema) -> list[Entry]:
    return schema.of(*SORTS_WITH_FIELDS)


# --- the header ---

def header(schema: Schema) -> str:
    lines = [
        f"/* proto_tables.h: protocol {schema.name}, version {schema.version}. {MADE_BY}",
        " *",
        " * Every struct begins with `has`, one bit a field: a value counts only where its PROTO_HAS_ bit is set. Values of",
        " * varint and eight-byte kinds, enumerations and bools too, take eight bytes; texts, bytes and nested messages are",
        " * views; a list's elements have the type of a single value of its kind. */",
        "#pragma once", "", '#include "common/proto.h"', "",
        f"extern const Proto proto_{schema.name};", "",
    ]
    for sort, title in (("frame", "Types of frames"), ("message", "Numbers of messages: nouns of rows"), ("command", "Commands"),
                        ("query", "Queries"), ("event", "Events"), ("error", "Errors"), ("refusal", "Refusals")):
        lines += constants(sort, title, schema.of(sort))
    for entry in schema.of("enum"):
        lines += enumeration(entry)
    lines += [f"extern const WireEnum {names.enum_table(entry)};" for entry in schema.of("enum")] + [""]
    for entry in structs(schema):
        lines += struct(entry)
    return "\n".join(lines)


def constants(sort: str, title: str, entries: list[Entry]) -> list[str]:
    if not entries:
        return []
    rows = [f"  {names.number(entry)} = {number_text(sort, entry.number)}," for entry in entries]
    return [f"/* {title}. */", "enum {", *rows, "};", ""]


def enumeration(entry: Entry) -> list[str]:
    rows = [f"  {names.value(entry, value)} = {value.number}, /* {c_comment(value.zh)} */" for value in entry.values]
    return [f"/* {c_comment(entry.doc)} */", "enum {", *rows, "};", ""]


def struct(entry: Entry) -> list[str]:
    lines = [f"/* {entry.label}: {c_comment(entry.doc)} */", "typedef struct {", "  uint64_t has;"]
    for field in entry.fields:
        lines.append(f"  {c_type(field)} {field.name};{c_note(field)}")
    lines += [f"}} {names.struct(entry)};"]
    for bit, field in enumerate(entry.fields):
        lines.append(f"#define {names.has(entry, field)} (UINT64_C(1) << {bit})")
    return lines + [f"extern const WireMessage {names.table(entry)};", ""]


def c_note(field: Field) -> str:
    """What the C type alone does not say."""
    if field.is_list:
        return f" /* of {C_TYPES.get(field.base, 'uint64_t')}: {field.kind} */"
    if field.enumeration or field.message or field.kind in ("time", "date", "bool", "text"):
        return f" /* {field.kind} */"
    return ""


# --- the tables ---

def source(schema: Schema) -> str:
    lines = [f"/* proto_tables.c: protocol {schema.name}, version {schema.version}. {MADE_BY} */",
             '#include "proto/proto_tables.h"', ""]
    for entry in schema.of("enum"):
        lines += labels(entry, names.enum_table(entry), "")
    for sort, plural in (("refusal", "refusals"), ("error", "errors")):
        lines += labels(schema.labels(sort), f"{plural}", "static ")
    for entry in structs(schema):
        lines += message(entry)
    lines += indices(schema) + protocol(schema)
    return "\n".join(lines)


def array(ctype: str, name: str, rows: list[str]) -> list[str]:
    """A static array; nothing at all when it would be empty, which ISO C does not allow."""
    return [f"static const {ctype} {name}[] = {{", *(f"  {row}," for row in rows), "};"] if rows else []


def labels(entry: Entry, name: str, linkage: str) -> list[str]:
    rows = [initialiser(number=value.number, since=value.since, fatal="true" if value.fatal else None, name=c_string(value.name),
                        zh=c_string(value.zh), en=c_string(value.en)) for value in entry.values]
    head = initialiser(number=entry.number, count=len(rows), name=c_string(entry.name), doc=c_string(entry.doc),
                       labels=f"labels_{entry.name}" if rows else None)
    return array("WireLabel", f"labels_{entry.name}", rows) + [f"{linkage}const WireEnum {name} = {head};", ""]


def initialiser(**members) -> str:
    """Members that are zero say nothing and are left out."""
    return "{ " + ", ".join(f".{name} = {value}" for name, value in members.items() if value) + " }"


def message(entry: Entry) -> list[str]:
    rows = [field_row(entry, bit, field) for bit, field in enumerate(entry.fields)]
    name = f"fields_{names.base(entry)}"
    head = initialiser(number=number_text(entry.sort, entry.number), since=entry.since, count=len(rows),
                       size=f"sizeof({names.struct(entry)})", name=c_string(entry.name), doc=c_string(entry.doc),
                       fields=name if rows else None)
    return array("WireField", name, rows) + [f"const WireMessage {names.table(entry)} = {head};", ""]


def field_row(entry: Entry, bit: int, field: Field) -> str:
    return initialiser(
        number=field.number, kind=f"WIRE_FIELD_{field.base.upper()}", flags=" | ".join(field_flags(field)), since=field.since,
        offset=f"offsetof({names.struct(entry)}, {field.name})", has=bit, audience=AUDIENCES.get(field.audience, 0), max=field.max,
        max_count=field.max_count, name=c_string(field.name), doc=c_string(field.doc),
        message=f"&{names.table(field.message)}" if field.message else None, enumeration=enum_of(field))


def field_flags(field: Field) -> list[str]:
    said = (("OPTIONAL", field.may_be_absent), ("LIST", field.is_list), ("SECRET", field.secret), ("SEALED", field.sealed),
            ("BLOB", field.blob))
    return [f"WIRE_{name}" for name, on in said if on]


def enum_of(field: Field) -> str | None:
    if not field.enumeration:
        return None
    plain = {"refusal": "&refusals", "error": "&errors"}
    return plain.get(field.kind, f"&{names.enum_table(field.enumeration)}")


# --- the lists of all of them ---

def indices(schema: Schema) -> list[str]:
    frames = [initialiser(number=names.number(entry), **{"from": FRAMES_FROM[entry.word("from")]}, message=f"&{names.table(entry)}")
              for entry in schema.of("frame")]
    lines = array("ProtoFrameType", "frames", frames)
    lines += array("WireMessage *const", "messages", [f"&{names.table(entry)}" for entry in schema.of("message")])
    lines += array("WireEnum *const", "enums", [f"&{names.enum_table(entry)}" for entry in schema.of("enum")])
    lines += array("ProtoCommand", "commands", [command_row(schema, entry) for entry in schema.of("command")])
    lines += array("ProtoQuery", "queries", [query_row(schema, entry) for entry in schema.of("query")])
    lines += array("ProtoEvent", "events", [event_row(schema, entry) for entry in schema.of("event")])
    return lines + [""]


def value_number(schema: Schema, enum: str, name: str | None) -> str | None:
    if not name:
        return None
    entry = schema.find("enum", enum)
    return names.value(entry, next(value for value in entry.values if value.name == name))


def common(entry: Entry) -> dict:
    return {"number": names.number(entry), "since": entry.since, "name": c_string(entry.name)}


def calls(entry: Entry) -> str | None:
    return c_string(entry.word("calls")) if entry.word("calls") else None


def command_row(schema: Schema, entry: Entry) -> str:
    flags = " | ".join(f"PROTO_{word.upper()}" for word in ("quiet", "ephemeral", "system") if entry.word(word))
    count, seconds = entry.word("rate", (0, 0))
    return initialiser(**common(entry), function=calls(entry), fields=f"&{names.table(entry)}",
                       stream_kind=value_number(schema, "stream_kind", entry.word("stream")), flags=flags,
                       needs=value_number(schema, "right", entry.word("needs")), rate_count=count, rate_seconds=seconds,
                       doc=c_string(entry.doc))


def query_row(schema: Schema, entry: Entry) -> str:
    count, seconds = entry.word("rate", (0, 0))
    returned = schema.find("message", entry.word("returns"))
    return initialiser(**common(entry), function=calls(entry), fields=f"&{names.table(entry)}", returns=f"&{names.table(returned)}",
                       needs=value_number(schema, "right", entry.word("needs")), rate_count=count, rate_seconds=seconds,
                       page_by=c_string(" ".join(entry.word("page"))), doc=c_string(entry.doc))


def event_row(schema: Schema, entry: Entry) -> str:
    row = schema.find("message", entry.word("row"))
    return initialiser(**common(entry), row=f"&{names.table(row)}", note=f"&{names.table(entry)}",
                       whole="true" if entry.word("whole") else None, rights="true" if entry.word("rights") else None,
                       audience=AUDIENCES.get(entry.word("audience"), 0), doc=c_string(entry.doc))


def protocol(schema: Schema) -> list[str]:
    lists = [("frame", "frames"), ("message", "messages"), ("enum", "enums"), ("command", "commands"), ("query", "queries"),
             ("event", "events")]
    lines = [f"const Proto proto_{schema.name} = {{", f"  .version = {schema.version},", f"  .name = {c_string(schema.name)},"]
    for sort, name in lists:
        if schema.of(sort):
            lines.append(f"  .{name} = {name}, .n_{name} = G_N_ELEMENTS({name}),")
    lines += ["  .refusals = &refusals,", "  .errors = &errors,"]
    if schema.find("enum", "right"):
        lines.append("  .rights = &proto_enum_right,")
    return lines + [f"  .digest = {c_string(schema.digest)},", "};", ""]
