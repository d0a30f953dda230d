"""Emits the reference: every number of the wire with the sentence that documents it."""

from __future__ import annotations

from .c_tables import MADE_BY
from .model import Entry, Field, RATE_SECONDS, Schema, number_text

UNITS = {seconds: unit for unit, seconds in RATE_SECONDS.items()}
TITLES = {
    "frame": ("Frames", "What travels directly in a frame; the number is its type."),
    "message": ("Messages", "Rows of nouns, and messages nested in frames."),
    "command": ("Commands", "`command.kind` and what `command.body` holds."),
    "query": ("Queries", "`query.kind` and what `query.body` holds."),
    "event": ("Events", "`event.kind`. `event.body` holds fields of the row; the fields listed here are those of `event.note`."),
}


def reference(schema: Schema) -> str:
    lines = [f"# Reference of protocol {schema.name}, version {schema.version}", "",
             f"<!-- {MADE_BY} -->", "",
             "How these travel is told in [README.md](README.md). A field is always there unless it says *optional*; an empty",
             "list is not written. Maxima count bytes of UTF-8 for texts and elements for lists. Entries and fields are since",
             "version 1 unless they say otherwise.", ""]
    lines += contents(schema)
    for sort, (title, introduction) in TITLES.items():
        if schema.of(sort):
            lines += [f"## {title}", "", introduction, ""]
            for entry in schema.of(sort):
                lines += section(schema, entry)
    for sort, title in (("refusal", "Refusals"), ("error", "Errors")):
        if schema.of(sort):
            lines += label_table(schema, sort, title)
    if schema.of("enum"):
        lines += ["## Enumerations", ""]
        for entry in schema.of("enum"):
            lines += enumeration(entry)
    if schema.retired:
        lines += ["## Retired numbers", "", "Never used again: " + ", ".join(
            f"{space} {number_text(space, number)}" for space, number in sorted(schema.retired)) + "."]
    return "\n".join(lines).rstrip() + "\n"


def contents(schema: Schema) -> list[str]:
    rows = [f"| {title} | {len(schema.of(sort))} |" for sort, title in
            [(sort, title) for sort, (title, _intro) in TITLES.items()] +
            [("refusal", "Refusals"), ("error", "Errors"), ("enum", "Enumerations")]]
    return ["| what | how many |", "|---|---|", *rows, ""]


def since(number: int, usual: int = 1) -> str:
    return f", since {number}" if number != usual else ""


def section(schema: Schema, entry: Entry) -> list[str]:
    lines = [f"### {entry.name} = {number_text(entry.sort, entry.number)}{since(entry.since)}", "", cell(entry.doc), ""]
    facts = entry_facts(schema, entry)
    if facts:
        lines += [" · ".join(facts), ""]
    return lines + field_table(entry) + retired(entry)


def entry_facts(schema: Schema, entry: Entry) -> list[str]:
    facts = []
    if entry.sort == "frame":
        facts.append({"both": "from client and server"}.get(entry.word("from"), f"from {entry.word('from')}"))
    if entry.word("ephemeral"):
        facts.append("ephemeral: travels in frame `present`")
    if entry.word("calls"):
        facts.append(f"calls `{entry.word('calls')}`")
    for word, text in (("stream", "writes a stream of kind `{}`"), ("returns", "returns `{}`"), ("row", "row `{}`")):
        if entry.word(word):
            facts.append(text.format(entry.word(word)))
    if entry.word("page"):
        facts.append(f"paged by {', '.join(f'`{name}`' for name in entry.word('page'))}")
    facts.append(f"needs right `{entry.word('needs')}`" if entry.word("needs") else "")
    if entry.word("rate"):
        count, seconds = entry.word("rate")
        facts.append(f"at most {count} a session in 1 {UNITS[seconds]}")
    flags = (("quiet", "quiet: makes no event"), ("system", "system: not callable from the wire"),
             ("whole", "the body always holds the whole row"), ("rights", "the account's rights have changed"))
    facts += [text for word, text in flags if entry.word(word)]
    facts.append(f"audience `{entry.word('audience')}`" if entry.word("audience") else "")
    return [fact for fact in facts if fact]


def field_table(entry: Entry) -> list[str]:
    if not entry.fields:
        return ["*No fields of its own.*" if entry.sort == "event" else "*No fields.*", ""]
    rows = [f"| {field.number} | `{field.name}` | {kind(field)} | {limits(entry, field)} | {cell(field.doc)} |"
            for field in entry.fields]
    return ["| no. | field | kind | | |", "|---|---|---|---|---|", *rows, ""]


def kind(field: Field) -> str:
    name = f"`{field.kind}`" + (" list" if field.is_list else "")
    return f"enum {name}" if field.base == "enum" else f"message {name}" if field.base == "message" else name


def limits(entry: Entry, field: Field) -> str:
    words = [f"≤ {field.max_count}"] if field.max_count else []
    words += [f"each ≤ {field.max}" if field.is_list else f"≤ {field.max}"] if field.max else []
    words += [word for word in ("optional", "secret", "sealed", "blob") if getattr(field, word)]
    words += [f"audience {field.audience}"] if field.audience else []
    words += [f"since {field.since}"] if field.since != entry.since else []
    return ", ".join(words)


def retired(entry: Entry) -> list[str]:
    numbers = ", ".join(str(number) for number in sorted(entry.retired))
    return [f"Retired numbers: {numbers}.", ""] if numbers else []


def label_table(schema: Schema, sort: str, title: str) -> list[str]:
    rows = [f"| {entry.number} | `{entry.name}`{since(entry.since)} | {cell(entry.word('zh'))} | {cell(entry.word('en'))} |"
            + (f" {'yes' if entry.word('fatal') else ''} |" if sort == "error" else "") for entry in schema.of(sort)]
    last = (" ends the connection |", "---|") if sort == "error" else ("", "")
    head = [f"## {title}", "", schema.labels(sort).doc, ""]
    return head + [f"| no. | name | | |{last[0]}", f"|---|---|---|---|{last[1]}", *rows, ""]


def enumeration(entry: Entry) -> list[str]:
    rows = [f"| {value.number} | `{value.name}`{since(value.since, entry.since)} | {cell(value.zh)} | {cell(value.en)} |"
            for value in entry.values]
    head = [f"### {entry.name} = {entry.number}{since(entry.since)}", "", cell(entry.doc), ""]
    return head + ["| no. | value | | |", "|---|---|---|---|", *rows, ""] + retired(entry)


def cell(text: str) -> str:
    """Text that cannot end a cell of a table or begin an element."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
