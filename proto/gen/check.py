"""Judges a parsed schema as a whole and binds the names in it. All that is wrong is said at once, by line."""

from __future__ import annotations

from .model import (AUDIENCES, Entry, Field, LABEL_SPACES, MAX_DEPTH, MAX_FIELD_NUMBER, MAX_FIELDS, NUMBER_SPACES, SCALARS,
                    Schema, SchemaError, number_text)
from .names import C_WORDS, c_identifiers

UINT32_MAX = 0xffffffff
SENTENCE_ENDS = (".", "?", "!", "…", "。", "！", "？")


class Checker:
    def __init__(self, schema: Schema):
        self.schema = schema
        self.errors: list[SchemaError] = []
        self.labels = {sort: schema.labels(sort) for sort in LABEL_SPACES}

    def run(self) -> list[SchemaError]:
        self._numbers_and_names()
        for entry in self.schema.entries:
            self._entry(entry)
        if not self.errors:  # these need every name bound
            for entry in self.schema.of("frame", "message", "command", "query", "event"):
                self._depth(entry)
            self._identifiers()
        return sorted(self.errors, key=lambda error: error.line)

    def say(self, line: int, sentence: str) -> None:
        self.errors.append(self.schema.error(line, sentence))

    # --- numbers and names ---

    def _numbers_and_names(self) -> None:
        numbers: dict[tuple[str, int], Entry] = {}
        names: dict[tuple[str, str], Entry] = {}
        for entry in self.schema.entries:
            space = NUMBER_SPACES[entry.sort]
            shown = number_text(entry.sort, entry.number)
            before = numbers.setdefault((space, entry.number), entry)
            if before is not entry:
                self.say(entry.line, f"number {shown} is taken by {before.label}; give {entry.label} a free number")
            if (space, entry.number) in self.schema.retired:
                self.say(entry.line, f"number {shown} is retired; give {entry.label} a free number")
            if not 1 <= entry.number <= UINT32_MAX:
                self.say(entry.line, f"number {shown} of {entry.label} is not from 1 to 0xffffffff")
            self._unique_name(names, entry)

    def _unique_name(self, names: dict[tuple[str, str], Entry], entry: Entry) -> None:
        before = names.setdefault((entry.sort, entry.name), entry)
        if before is not entry:
            self.say(entry.line, f"{entry.label} was named before on line {before.line}")
        # A field's kind is looked up among both, so one name must mean one thing.
        if entry.sort in ("enum", "message") and (entry.name in SCALARS or entry.name in LABEL_SPACES):
            self.say(entry.line, f"{entry.name} is a kind of the language; name the {entry.sort} otherwise")
        if entry.sort in ("enum", "message") and names.get(("enum", entry.name)) and names.get(("message", entry.name)):
            self.say(entry.line, f"{entry.name} is the name of an enumeration and of a message; name one otherwise")

    # --- entries ---

    def _entry(self, entry: Entry) -> None:
        if not 1 <= entry.since <= self.schema.version:
            self.say(entry.line, f"{entry.label} is since {entry.since}, but the protocol's version is {self.schema.version}")
        if entry.sort in LABEL_SPACES:
            self._label(entry)
            return
        if not entry.doc:
            self.say(entry.line, f"{entry.label} lacks its sentence; say on the next line what it is for")
        else:
            self._sentence(entry.line_of("doc"), entry.label, entry.doc)
        if entry.sort == "enum":
            self._values(entry)
        else:
            self._fields(entry)
            getattr(self, f"_{entry.sort}", lambda _entry: None)(entry)

    def _sentence(self, line: int, what: str, text: str) -> None:
        if not text.endswith(SENTENCE_ENDS):
            self.say(line, f"the sentence of {what} does not end in a full stop")

    def _label(self, entry: Entry) -> None:
        if not entry.word("zh") or not entry.word("en"):
            self.say(entry.line, f"{entry.label} lacks its sentences, Chinese and English, on the next line")
            return
        for language in ("zh", "en"):
            self._sentence(entry.line_of("zh"), entry.label, entry.word(language))

    def _values(self, entry: Entry) -> None:
        if not entry.values:
            self.say(entry.line, f"{entry.label} has no values")
        seen_numbers, seen_names = {}, {}
        for value in entry.values:
            if value.number == 0:
                self.say(value.line, f"value 0 of {entry.label} is not allowed: 0 is no value on the wire")
            if seen_numbers.setdefault(value.number, value) is not value:
                self.say(value.line, f"value number {value.number} is used twice in {entry.name}; give it a free number")
            if seen_names.setdefault(value.name, value) is not value:
                self.say(value.line, f"value {value.name} is named twice in {entry.name}")
            if value.number in entry.retired:
                self.say(value.line, f"value number {value.number} of {entry.name} is retired; give it a free number")
            if not value.zh or not value.en:
                self.say(value.line, f"value {value.name} of {entry.name} needs a Chinese and an English label")
            self._since(value.line, f"value {value.name}", value.since, entry)
        entry.values.sort(key=lambda value: value.number)

    def _since(self, line: int, what: str, since: int, entry: Entry) -> None:
        if not entry.since <= since <= self.schema.version:
            self.say(line, f"{what} is since {since}, outside {entry.label} (since {entry.since}) "
                           f"and the protocol (version {self.schema.version})")

    # --- fields ---

    def _fields(self, entry: Entry) -> None:
        if len(entry.fields) > MAX_FIELDS:
            self.say(entry.fields[MAX_FIELDS].line, f"{entry.label} has over {MAX_FIELDS} fields; "
                                                    "put those that belong together into a message")
        seen_numbers, seen_names = {}, {}
        for field in entry.fields:
            if seen_numbers.setdefault(field.number, field) is not field:
                self.say(field.line, f"field number {field.number} is used twice in {entry.name}; give it a free number")
            if seen_names.setdefault(field.name, field) is not field:
                self.say(field.line, f"field {field.name} is named twice in {entry.name}")
            if field.number in entry.retired:
                self.say(field.line, f"field number {field.number} of {entry.name} is retired; give it a free number")
            if not 1 <= field.number <= MAX_FIELD_NUMBER:
                self.say(field.line, f"field number {field.number} in {entry.name} is not from 1 to {MAX_FIELD_NUMBER}")
            self._field(entry, field)
        entry.fields.sort(key=lambda field: field.number)

    def _field(self, entry: Entry, field: Field) -> None:
        what = f"field {field.name} of {entry.name}"
        self._sentence(field.line, what, field.doc)
        self._since(field.line, what, field.since, entry)
        if field.since > entry.since and not field.may_be_absent:
            self.say(field.line, f"{what} came after {entry.label}; make it optional, for older programs do not send it")
        if field.name in C_WORDS or field.name == "has":
            self.say(field.line, f"{what} has a name that C keeps for itself; name it otherwise")
        if self._bind(field):
            self._maximum(what, field)
            self._field_words(entry, what, field)
        else:
            self.say(field.line, f"{field.kind} is no kind, enumeration or message")

    def _bind(self, field: Field) -> bool:
        field.enumeration = self.labels.get(field.kind) or self.schema.find("enum", field.kind)
        field.message = self.schema.find("message", field.kind)
        return bool(field.kind in SCALARS or field.enumeration or field.message)

    def _maximum(self, what: str, field: Field) -> None:
        if field.is_list and not field.max_count:
            self.say(field.line, f"{what} is a list without a maximum; say max and how many")
        if field.kind in ("text", "bytes") and not field.max:
            need = "max N of and its longest element's bytes" if field.is_list else "max and its bytes"
            self.say(field.line, f"{what} has no maximum; say {need}")
        if field.max and field.kind not in ("text", "bytes", "uint"):
            self.say(field.line, f"{what}: a {field.kind} has no maximum")
        if max(field.max, field.max_count) > UINT32_MAX:
            self.say(field.line, f"the maximum of {what} is over {UINT32_MAX}")

    def _field_words(self, entry: Entry, what: str, field: Field) -> None:
        scalar = not field.is_list
        # A frame may carry secret bytes (a token); a command's secret is hashed as a password, so it is text.
        secret_kinds = ("text", "bytes") if entry.sort == "frame" else ("text",)
        if field.secret and not (scalar and field.kind in secret_kinds and entry.sort in ("frame", "command")):
            self.say(field.line, f"{what}: secret is for one text of a frame or a command")
        if field.sealed and not (scalar and field.kind == "text" and entry.sort in ("message", "command", "query")):
            self.say(field.line, f"{what}: sealed is for one text of a message, a command or a query")
        if field.sealed and field.secret:
            self.say(field.line, f"{what} cannot be sealed and secret: one can be read again, the other never")
        if field.blob and not (scalar and field.kind == "uuid"):
            self.say(field.line, f"{what}: blob is for one uuid, the name of an attachment")
        if field.audience and field.audience not in AUDIENCES:
            self.say(field.line, f"{what}: {field.audience} is no audience; known are {', '.join(AUDIENCES)}")
        if field.audience and entry.sort != "message":
            self.say(field.line, f"{what}: audience is for the fields of a row's message")

    # --- what each sort needs ---

    def _message(self, entry: Entry) -> None:
        if not entry.fields:
            self.say(entry.line, f"{entry.label} has no fields")

    def _command(self, entry: Entry) -> None:
        ephemeral = bool(entry.word("ephemeral"))
        if ephemeral and entry.word("calls"):
            self.say(entry.line_of("calls"), f"{entry.label} is ephemeral: nothing is stored, so it calls nothing")
        if not ephemeral and not entry.word("calls"):
            self.say(entry.line, f"{entry.label} does not say which function it calls")
        if ephemeral and (entry.word("quiet") or entry.word("system")):
            self.say(entry.line_of("ephemeral"), f"{entry.label} is ephemeral, so quiet and system say nothing")
        self._stream(entry)
        self._needs(entry)

    def _stream(self, entry: Entry) -> None:
        kinds = self.schema.find("enum", "stream_kind")
        if not entry.word("stream"):
            self.say(entry.line, f"{entry.label} does not say which kind of stream it writes")
        elif not kinds or entry.word("stream") not in [value.name for value in kinds.values]:
            self.say(entry.line_of("stream"), f"{entry.word('stream')} is no value of enum stream_kind")

    def _needs(self, entry: Entry) -> None:
        rights = self.schema.find("enum", "right")
        if entry.word("needs") and (not rights or entry.word("needs") not in [value.name for value in rights.values]):
            self.say(entry.line_of("needs"), f"{entry.word('needs')} is no value of enum right")

    def _query(self, entry: Entry) -> None:
        if not entry.word("calls"):
            self.say(entry.line, f"{entry.label} does not say which function it calls")
        self._needs(entry)
        for field in [field for field in entry.fields if field.sealed][1:]:
            self.say(field.line, f"field {field.name} of {entry.name}: a query searches by one sealed text, and has one before this")
        returned = self.schema.find("message", entry.word("returns", ""))
        if not entry.word("returns"):
            self.say(entry.line, f"{entry.label} does not say which message it returns")
        elif not returned:
            self.say(entry.line_of("returns"), f"{entry.word('returns')} is no message")
        if not entry.word("page"):
            self.say(entry.line, f"{entry.label} does not say what it is paged by; say page by and a key of its rows")
        for name in entry.word("page", []) if returned else []:
            if name not in [field.name for field in returned.fields]:
                self.say(entry.line_of("page"), f"{name} is no field of {returned.name}, so {entry.name} cannot be paged by it")

    def _event(self, entry: Entry) -> None:
        if entry.word("audience") and entry.word("audience") not in AUDIENCES:
            self.say(entry.line_of("audience"), f"{entry.word('audience')} is no audience; known are {', '.join(AUDIENCES)}")
        if not entry.word("row"):
            self.say(entry.line, f"{entry.label} does not say whose row it changes")
            return
        row = self.schema.find("message", entry.word("row"))
        if not row:
            self.say(entry.line_of("row"), f"{entry.word('row')} is no message")
            return
        first = min(row.fields, key=lambda field: field.number, default=None)
        if not first or first.number != 1 or first.name != "id":
            self.say(entry.line_of("row"), f"{row.name} is a row, so its field 1 must be its id")
        for field in row.fields:
            if field.sealed:
                self.say(entry.line_of("row"), f"{row.name} has the sealed field {field.name}, which no stream may carry")

    # --- the whole ---

    def _depth(self, entry: Entry) -> None:
        trail: list[str] = []

        def visit(node: Entry, line: int) -> bool:
            if node.name in trail:
                self.say(line, f"{node.name} holds itself: {' in '.join(reversed(trail + [node.name]))}")
                return False
            if len(trail) > MAX_DEPTH:
                self.say(line, f"{entry.label} nests messages more than {MAX_DEPTH} deep")
                return False
            trail.append(node.name)
            fine = all(visit(field.message, field.line) for field in node.fields if field.message)
            trail.pop()
            return fine

        visit(entry, entry.line)

    def _identifiers(self) -> None:
        """Two names of the schema must not become one name in C."""
        seen: dict[str, int] = {}
        for identifier, line in c_identifiers(self.schema):
            if identifier in seen:
                self.say(line, f"{identifier} is the C name of this and of line {seen[identifier]}; rename one")
            seen[identifier] = line


def check(schema: Schema) -> list[SchemaError]:
    return Checker(schema).run()
