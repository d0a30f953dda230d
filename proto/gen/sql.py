"""Emits labels.sql: the schema as rows, so that a test in SQL can hold the database against it.

Temporary tables: the file is for psql in a test, never for an installation. Types are written as oidvectortypes()
prints them, so that one equality compares a command with the function it calls.
"""

from __future__ import annotations

from .c_tables import MADE_BY
from .model import AUDIENCES, Entry, Field, Schema

TYPES = {"uint": "bigint", "int": "bigint", "fixed": "bigint", "bool": "boolean", "time": "timestamp with time zone",
         "date": "date", "enum": "text", "uuid": "uuid", "text": "text", "bytes": "bytea", "message": "jsonb"}
# What every function is given before its own fields.
ENVELOPES = {
    "command": [("session", "bytea"), ("id", "uuid"), ("stream", "bigint"), ("version", "bigint"),
                ("made_at", "timestamp with time zone"), ("digest", "bytea")],
    "query": [("session", "bytea"), ("after", "text"), ("max", "integer")],
}
TABLES = {
    "proto_label": "enumeration text, number integer, identifier text, zh text, en text, since integer",
    "proto_function": "kind text, number bigint, name text, function text, arguments text, argument_names text[]",
    "proto_command": "number bigint, name text, function text, stream_kind text, needs text, quiet boolean, system boolean",
    "proto_query": "number bigint, name text, function text, returns text, needs text, page_by text[]",
    "proto_event": "number bigint, name text, row text, whole boolean, rights boolean, audience integer",
    "proto_field": "sort text, owner text, number integer, name text, type text, required boolean, audience integer",
}


def literal(value) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]::text[]"
    return "'" + value.replace("'", "''") + "'"


def arguments(entry: Entry, field: Field) -> list[tuple[str, str]]:
    """A sealed text reaches SQL as what is stored: encrypted, the key to search it by, and what may be shown. A query
    stores nothing: it is given the key alone."""
    if field.sealed and entry.sort == "query":
        return [(f"{field.name}_key", "bytea")]
    if field.sealed:
        return [(f"{field.name}_sealed", "bytea"), (f"{field.name}_key", "bytea"), (f"{field.name}_masked", "text")]
    return [(field.name, sql_type(field))]


def sql_type(field: Field) -> str:
    return TYPES[field.base] + ("[]" if field.is_list else "")


def function_row(entry: Entry) -> tuple:
    given = ENVELOPES[entry.sort] + [argument for field in entry.fields for argument in arguments(entry, field)]
    return (entry.sort, entry.number, entry.name, entry.word("calls"), ", ".join(kind for _name, kind in given),
            [name for name, _kind in given])


def rows(schema: Schema) -> dict[str, list[tuple]]:
    enums = schema.of("enum") + [schema.labels("refusal"), schema.labels("error")]
    commands = [entry for entry in schema.of("command") if entry.word("calls")]
    queries = schema.of("query")
    return {
        "proto_label": [(entry.name, value.number, value.name, value.zh, value.en, value.since)
                        for entry in enums for value in entry.values],
        "proto_function": [function_row(entry) for entry in commands + queries],
        "proto_command": [(entry.number, entry.name, entry.word("calls"), entry.word("stream"), entry.word("needs"),
                           bool(entry.word("quiet")), bool(entry.word("system"))) for entry in commands],
        "proto_query": [(entry.number, entry.name, entry.word("calls"), entry.word("returns"), entry.word("needs"),
                         entry.word("page")) for entry in queries],
        "proto_event": [(entry.number, entry.name, entry.word("row"), bool(entry.word("whole")), bool(entry.word("rights")),
                         AUDIENCES.get(entry.word("audience"), 0)) for entry in schema.of("event")],
        "proto_field": [(entry.sort, entry.name, field.number, field.name, sql_type(field), not field.may_be_absent,
                         AUDIENCES.get(field.audience, 0))
                        for entry in schema.of("message", "command", "query", "event") for field in entry.fields],
    }


def script(schema: Schema) -> str:
    lines = [f"-- labels.sql: protocol {schema.name}, version {schema.version}, as rows for tests. {MADE_BY}"]
    filled = rows(schema)
    for table, columns in TABLES.items():
        lines += ["", f"CREATE TEMPORARY TABLE {table} ({columns});"]
        if filled[table]:
            values = ",\n".join("  (" + ", ".join(literal(value) for value in row) + ")" for row in filled[table])
            lines.append(f"INSERT INTO {table} VALUES\n{values};")
    return "\n".join(lines) + "\n"
