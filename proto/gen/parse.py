"""Text of a schema -> model.Schema. Line by line: an entry starts at the margin, its lines are indented.

Only what can be judged from the line itself is judged here; everything that needs the rest is in check.py.
"""

from __future__ import annotations

import hashlib
import re

from .model import Entry, Field, LABEL_SPACES, NUMBER_SPACES, RATE_SECONDS, Schema, SchemaError, Value

TOKEN = re.compile(r'''
    (?P<space>[ \t]+|\#.*)
  | (?P<string>"(?:[^"\\]|\\["\\])*")
  | (?P<number>0x[0-9a-f]+(?![0-9a-z_])|[0-9]+(?![0-9a-z_]))
  | (?P<word>[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)
  | (?P<mark>[=\[\]/])
''', re.VERBOSE)


class Line:
    """The tokens of one line and how far they have been read."""

    def __init__(self, path: str, number: int, text: str):
        self.path, self.number = path, number
        self.indented = text[:1] in (" ", "\t")
        self.tokens: list[tuple[str, str]] = []
        self.at = 0
        self._lex(text)

    def _lex(self, text: str) -> None:
        position = 0
        while position < len(text):
            match = TOKEN.match(text, position)
            if not match:
                raise self.error(f"cannot read {text[position:].split(' ')[0]!r}; strings stand in double quotes, "
                                 "names are lower case, numbers decimal or 0x and lower case")
            if match.lastgroup != "space":
                self.tokens.append((match.lastgroup, match.group()))
            position = match.end()

    def error(self, sentence: str) -> SchemaError:
        return SchemaError(self.path, self.number, sentence)

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end of the line")

    def next_is(self, kind: str) -> bool:
        return self.peek()[0] == kind

    def take(self, kind: str, what: str) -> str:
        found, text = self.peek()
        if found != kind:
            raise self.error(f"expected {what}, found {text}")
        self.at += 1
        return text

    def accept(self, text: str) -> bool:
        """Takes the next token if it is exactly this word or mark."""
        if self.peek()[0] in ("word", "mark") and self.peek()[1] == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.error(f"expected {text!r}, found {self.peek()[1]}")

    def word(self, what: str) -> str:
        return self.take("word", what)

    def plain(self, what: str) -> str:
        """A word without a dot."""
        text = self.word(what)
        if "." in text:
            raise self.error(f"{text} has a dot, but {what} has none")
        return text

    def integer(self, what: str) -> int:
        return int(self.take("number", what), 0)

    def string(self, what: str) -> str:
        return re.sub(r"\\(.)", r"\1", self.take("string", what)[1:-1])

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise self.error(f"{self.peek()[1]} was not expected here")


class Parser:
    """Reads the lines of one file into one Schema."""

    def __init__(self, path: str, text: str):
        self.schema = Schema(path, digest=hashlib.sha256(text.encode()).hexdigest())
        self.entry: Entry | None = None
        for number, line in enumerate(text.split("\n"), 1):
            parsed = Line(path, number, line)
            if parsed.tokens:
                self._line(parsed)
        if not self.schema.name:
            raise SchemaError(path, 1, "a schema begins with: protocol NAME version NUMBER")

    def _line(self, line: Line) -> None:
        if line.indented:
            if self.entry is None:
                raise line.error("an indented line belongs to an entry, but none has begun")
            self._inside(line, self.entry)
        elif line.accept("protocol"):
            self._protocol(line)
        elif line.accept("retired"):
            self._retired(line)
        else:
            self._head(line)
        line.end()

    def _protocol(self, line: Line) -> None:
        if self.schema.name:
            raise line.error("the protocol was named before")
        self.schema.name = line.plain("the protocol's name")
        line.expect("version")
        self.schema.version = line.integer("the protocol's version")

    def _retired(self, line: Line) -> None:
        sort = line.word("a sort of entry")
        if sort not in NUMBER_SPACES:
            raise line.error(f"{sort} is no sort of entry; retire one of {', '.join(NUMBER_SPACES)}")
        self.schema.retired[NUMBER_SPACES[sort], line.integer("the number that is never used again")] = line.number
        self.entry = None

    def _head(self, line: Line) -> None:
        sort = line.word("a sort of entry")
        if sort not in NUMBER_SPACES:
            raise line.error(f"{sort} begins no entry; entries are {', '.join(NUMBER_SPACES)}")
        dotted = sort in ("command", "query", "event")
        name = line.word("a name") if dotted else line.plain("the name")
        if dotted and "." not in name:
            raise line.error(f"a {sort} is named noun.verb, such as request.{name}")
        line.expect("=")
        self.entry = Entry(line.number, sort, name, line.integer("a number"))
        line.expect("since")
        self.entry.since = line.integer("the version that brought it")
        self._head_words(line, self.entry)
        self.schema.entries.append(self.entry)

    def _head_words(self, line: Line, entry: Entry) -> None:
        if entry.sort == "frame":
            line.expect("from")
            entry.words["from"] = line.word("client, server or both")
            if entry.words["from"] not in ("client", "server", "both"):
                raise line.error("a frame comes from client, server or both")
        elif entry.sort == "error" and line.accept("fatal"):
            entry.words["fatal"] = True

    def _inside(self, line: Line, entry: Entry) -> None:
        if line.next_is("string"):
            self._strings(line, entry)
        elif line.accept("retired"):
            entry.retired[line.integer("the number that is never used again")] = line.number
        elif line.next_is("number"):
            if entry.sort in LABEL_SPACES:
                raise line.error(f"a {entry.sort} has no fields")
            (self._value if entry.sort == "enum" else self._field)(line, entry)
        else:
            self._words(line, entry)

    def _strings(self, line: Line, entry: Entry) -> None:
        if entry.doc or "zh" in entry.words:
            raise line.error(f"{entry.label} has its sentence already")
        if entry.sort in LABEL_SPACES:
            entry.words["zh"] = line.string("the Chinese sentence")
            entry.words["en"] = line.string("the English sentence")
            entry.word_lines["zh"] = line.number
        else:
            entry.doc = line.string("the sentence")
            entry.word_lines["doc"] = line.number

    def _value(self, line: Line, entry: Entry) -> None:
        value = Value(line.number, line.integer("a number"), line.plain("the value's name"), since=entry.since)
        if line.accept("since"):
            value.since = line.integer("the version that brought it")
        value.zh = line.string("the Chinese label")
        value.en = line.string("the English label")
        entry.values.append(value)

    def _field(self, line: Line, entry: Entry) -> None:
        field = Field(line.number, line.integer("a number"), line.plain("the field's name"), line.plain("the field's kind"),
                      since=entry.since)
        if line.accept("["):
            line.expect("]")
            field.is_list = True
        while line.next_is("word"):
            self._field_word(line, field)
        field.doc = line.string("the sentence that says what the field holds")
        entry.fields.append(field)

    def _field_word(self, line: Line, field: Field) -> None:
        word = line.word("a word")
        if word in ("optional", "secret", "sealed", "blob"):
            setattr(field, word, True)
        elif word == "audience":
            field.audience = line.word("a class of audience")
        elif word == "since":
            field.since = line.integer("the version that brought it")
        elif word == "max":
            self._max(line, field)
        else:
            raise line.error(f"{word} is no word of a field; known are max, optional, since, secret, sealed, blob, audience")

    def _max(self, line: Line, field: Field) -> None:
        maximum = line.integer("a maximum")
        if maximum == 0:
            raise line.error("a maximum of 0 leaves no value; leave the field out")
        if field.is_list:
            field.max_count = maximum
            field.max = line.integer("the maximum of one element") if line.accept("of") else 0
        else:
            field.max = maximum

    def _words(self, line: Line, entry: Entry) -> None:
        while line.next_is("word"):
            word = line.word("a word")
            reader = WORDS.get(entry.sort, {}).get(word)
            if reader is None:
                known = ", ".join(WORDS.get(entry.sort, {})) or "none"
                raise line.error(f"{word} is no word of a {entry.sort}; known are {known}")
            if word in entry.words:
                raise line.error(f"{word} was said before in {entry.label}")
            entry.words[word] = reader(line)
            entry.word_lines[word] = line.number


def _flag(_line: Line) -> bool:
    return True


def _rate(line: Line) -> tuple[int, int]:
    count = line.integer("how many")
    line.expect("/")
    unit = line.word("s, min or hour")
    if unit not in RATE_SECONDS:
        raise line.error(f"{unit} is no unit of time; use one of {', '.join(RATE_SECONDS)}")
    if count == 0:
        raise line.error("a rate of 0 allows nothing; leave the command out")
    return count, RATE_SECONDS[unit]


def _page(line: Line) -> list[str]:
    line.expect("by")
    names = [line.plain("a field of the returned message")]
    # The key's names run up to the next word of the language: `needs` is never a field's name there.
    while line.next_is("word") and line.peek()[1] not in WORDS["query"]:
        names.append(line.plain("a field of the returned message"))
    return names


def _name(what: str):
    return lambda line: line.plain(what)


WORDS = {
    "command": {"calls": _name("a function"), "stream": _name("a kind of stream"), "needs": _name("a right"),
                "rate": _rate, "quiet": _flag, "ephemeral": _flag, "system": _flag},
    "query": {"calls": _name("a function"), "returns": _name("a message"), "page": _page, "needs": _name("a right"),
              "rate": _rate},
    "event": {"row": _name("a message"), "whole": _flag, "rights": _flag, "audience": _name("a class of audience")},
}


def parse(path: str, text: str) -> Schema:
    return Parser(path, text).schema
