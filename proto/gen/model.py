"""What a schema says, as plain objects. The parser fills them, check.py judges them, the emitters read them."""

from __future__ import annotations

from dataclasses import dataclass, field

# Every kind a field can have besides the names of enumerations and messages, with its kind on the wire.
SCALARS = {
    "uint": "VARINT", "int": "VARINT", "bool": "VARINT", "time": "VARINT", "date": "VARINT",
    "fixed": "EIGHT", "uuid": "SIXTEEN", "text": "LENGTH", "bytes": "LENGTH",
}
WIRE_KINDS = {"VARINT": 0, "EIGHT": 1, "LENGTH": 2, "SIXTEEN": 3}
AUDIENCES = {"confidential": 1}
RATE_SECONDS = {"s": 1, "min": 60, "hour": 3600}
LABEL_SPACES = ("refusal", "error")
# Frames and messages share one space of numbers, for a row's number stands in the same place as a message's.
NUMBER_SPACES = {
    "frame": "message", "message": "message", "command": "command", "query": "query", "event": "event",
    "refusal": "refusal", "error": "error", "enum": "enum",
}
MAX_FIELDS = 64
MAX_FIELD_NUMBER = 511
MAX_DEPTH = 4


class SchemaError(Exception):
    """One thing wrong at one line of one file, said so that its author knows what to do."""

    def __init__(self, path: str, line: int, sentence: str):
        super().__init__(f"{path}:{line}: {sentence}")
        self.path, self.line, self.sentence = path, line, sentence


@dataclass
class Field:
    line: int
    number: int
    name: str
    kind: str
    doc: str = ""
    is_list: bool = False
    max: int = 0  # bytes of a text, largest uint; of an element where the field is a list
    max_count: int = 0
    optional: bool = False
    secret: bool = False
    sealed: bool = False
    blob: bool = False
    audience: str = ""
    since: int = 0
    message: Entry | None = None
    enumeration: Entry | None = None

    @property
    def may_be_absent(self) -> bool:
        """An empty list is not written, so every list may be absent."""
        return self.optional or self.is_list

    @property
    def base(self) -> str:
        """uint … bytes, or enum, or message."""
        return "message" if self.message else "enum" if self.enumeration else self.kind

    @property
    def wire(self) -> str:
        if self.is_list:
            return "LENGTH"
        return {"message": "LENGTH", "enum": "VARINT"}.get(self.base) or SCALARS[self.kind]


@dataclass
class Value:
    """A value of an enumeration; refusals and errors become values too."""
    line: int
    number: int
    name: str
    zh: str = ""
    en: str = ""
    since: int = 0
    fatal: bool = False


@dataclass
class Entry:
    """Anything that stands at the left margin of the schema, whatever its sort."""
    line: int
    sort: str  # enum error refusal frame message command query event
    name: str
    number: int
    since: int = 0
    doc: str = ""
    fields: list[Field] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    retired: dict[int, int] = field(default_factory=dict)  # number -> line
    words: dict[str, object] = field(default_factory=dict)  # calls, stream, needs … as written
    word_lines: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{self.sort} {self.name}"

    def word(self, name: str, default=None):
        return self.words.get(name, default)

    def line_of(self, word: str) -> int:
        return self.word_lines.get(word, self.line)


@dataclass
class Schema:
    path: str
    name: str = ""
    version: int = 0
    digest: str = ""
    entries: list[Entry] = field(default_factory=list)
    retired: dict[tuple[str, int], int] = field(default_factory=dict)  # (space, number) -> line

    def of(self, *sorts: str) -> list[Entry]:
        """All entries of these sorts, by number."""
        return sorted((e for e in self.entries if e.sort in sorts), key=lambda e: e.number)

    def find(self, sort: str, name: str) -> Entry | None:
        return next((e for e in self.entries if e.sort == sort and e.name == name), None)

    def labels(self, sort: str) -> Entry:
        """All refusals, or all errors, as one enumeration: that is what a field of this kind refers to."""
        docs = {"refusal": "Decisions against a command or a query.", "error": "What is wrong with the connection or the moment."}
        values = [Value(e.line, e.number, e.name, e.word("zh", ""), e.word("en", ""), e.since, bool(e.word("fatal")))
                  for e in self.of(sort)]
        return Entry(0, "enum", sort, 0, 1, docs[sort], values=values)

    def error(self, line: int, sentence: str) -> SchemaError:
        return SchemaError(self.path, line, sentence)


def number_text(sort: str, number: int) -> str:
    """A number as the schema writes it: hexadecimal where blocks of 256 matter."""
    if sort in ("command", "query", "event") or number > 0xff:
        return f"0x{number:04x}"
    return f"0x{number:02x}" if sort in ("frame", "message") else str(number)
