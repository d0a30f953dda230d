"""Emits the Wireshark dissector: the schema as Lua tables in front of dissector.lua, which is written by hand."""

from __future__ import annotations

from pathlib import Path

from .c_tables import MADE_BY
from .model import Entry, Field, Schema, WIRE_KINDS

RUNTIME = Path(__file__).with_name("dissector.lua")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def key(entry: Entry) -> str:
    return f"{entry.sort}.{entry.name}"


def dissector(schema: Schema) -> str:
    lines = [f"-- {schema.name}.lua: protocol {schema.name}, version {schema.version}, for Wireshark and tshark. {MADE_BY}",
             f'local NAME, VERSION = {quoted(schema.name)}, {schema.version}', "", "local enums = {"]
    for entry in schema.of("enum") + [schema.labels("refusal"), schema.labels("error")]:
        values = ", ".join(f"[{value.number}] = {quoted(value.name)}" for value in entry.values)
        lines.append(f"  {quoted(entry.name)[1:-1]} = {{ {values} }},")
    lines += ["}", "", "local messages = {"]
    for entry in schema.of("frame", "message", "command", "query", "event"):
        lines.append(f"  [{quoted(key(entry))}] = {{")
        lines += [f"    {field_row(field)}," for field in entry.fields]
        lines.append("  },")
    lines += ["}", ""]
    for sort in ("frame", "command", "query", "message"):
        lines += number_table(sort, schema.of(sort))
    lines.append("local events = {")
    lines += [f'  [{entry.number}] = {{ name = {quoted(entry.name)}, row = "message.{entry.word("row")}" }},'
              for entry in schema.of("event")]
    lines.append("}")
    lines.append("local returned = {")
    lines += [f'  [{entry.number}] = "message.{entry.word("returns")}",' for entry in schema.of("query")]
    lines += ["}", "", RUNTIME.read_text(encoding="utf-8")]
    return "\n".join(lines)


def number_table(sort: str, entries: list[Entry]) -> list[str]:
    plural = {"query": "queries"}.get(sort, sort + "s")
    name = "nouns" if sort == "message" else plural
    return [f"local {name} = {{", *(f"  [{entry.number}] = {quoted(entry.name)}," for entry in entries), "}"]


def field_row(field: Field) -> str:
    members = [f"name = {quoted(field.name)}", f"kind = {quoted(field.base)}", f"wire = {WIRE_KINDS[field.wire]}"]
    if field.is_list:
        members.append("list = true")
    if field.enumeration:
        members.append(f"enum = {quoted(field.kind)}")
    if field.message:
        members.append(f"message = {quoted(key(field.message))}")
    if field.secret:
        members.append("secret = true")
    return f"[{field.number}] = {{ {', '.join(members)} }}"
