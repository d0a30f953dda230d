"""The lock: every number ever used, one a line, so that no program in use meets a number that means something else.

    SPACE NUMBER NAME KIND [list N] [max N] [optional] since N [retired]

SPACE is message (frames too), command, query, event, refusal, error or enum; or, for what stands inside an entry, that
space, a slash and the entry's name. KIND of an entry is its sort and what else no program survives a change of: the
row of an event, what a query returns, which stream a command writes, who sends a frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .model import Entry, Field, NUMBER_SPACES, Schema, SchemaError, number_text

HEAD = ("# Numbers of the wire, once used, are never used again. Written by: proto/generate.py SCHEMA --update-lock\n"
        "# space number name kind [list N] [max N] [optional] since N [retired]\n")
KIND_WORD = {"event": "row", "query": "returns", "command": "stream", "frame": "from"}


@dataclass(frozen=True)
class Item:
    space: str
    number: int
    name: str
    kind: str
    max_count: int = 0
    max: int = 0
    optional: bool = False
    since: int = 0
    retired: bool = False

    @property
    def key(self) -> tuple[str, int]:
        return self.space, self.number

    @property
    def shown(self) -> str:
        """The number as the schema writes it."""
        return number_text(self.space, self.number)

    def text(self) -> str:
        words = [self.space, self.shown, self.name, self.kind]
        words += ["list", str(self.max_count)] if self.max_count else []
        words += ["max", str(self.max)] if self.max else []
        words += ["optional"] if self.optional else []
        words += ["since", str(self.since)] + (["retired"] if self.retired else [])
        return " ".join(words)


def lock_path(schema: Schema) -> Path:
    """Beside its schema, so that a copy of the schema is judged by a copy of its lock."""
    return Path(schema.path).with_suffix(".lock")


# --- what the schema says now ---

def items(schema: Schema) -> dict[tuple[str, int], tuple[Item, int]]:
    """Everything that has a number, with the line that says so."""
    found = {}
    for entry in schema.entries:
        for item, line in entry_items(entry):
            found[item.key] = (item, line)
    return found


def entry_items(entry: Entry):
    space = NUMBER_SPACES[entry.sort]
    inside = f"{space}/{entry.name}"
    word = entry.word(KIND_WORD.get(entry.sort, ""))
    yield Item(space, entry.number, entry.name, f"{entry.sort}:{word}" if word else entry.sort, since=entry.since), entry.line
    for value in entry.values:
        yield Item(inside, value.number, value.name, "value", since=value.since), value.line
    for field in entry.fields:
        yield field_item(inside, field), field.line


def field_item(space: str, field: Field) -> Item:
    kind = field.kind + "".join(f":{word}" for word in ("secret", "sealed", "blob") if getattr(field, word))
    return Item(space, field.number, field.name, kind, field.max_count, field.max, field.may_be_absent, field.since)


def retired_numbers(schema: Schema) -> set[tuple[str, int]]:
    numbers = set(schema.retired)
    for entry in schema.entries:
        numbers.update((f"{NUMBER_SPACES[entry.sort]}/{entry.name}", number) for number in entry.retired)
    return numbers


# --- what the lock says ---

def read(path: Path) -> dict[tuple[str, int], tuple[Item, int]]:
    found = {}
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = text.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            item = read_item(words)
        except (ValueError, IndexError):
            raise SchemaError(str(path), line, "this is no line of a lock; bring it back from version control") from None
        found[item.key] = (item, line)
    return found


def read_item(words: list[str]) -> Item:
    item = Item(words[0], int(words[1], 0), words[2], words[3])
    rest = iter(words[4:])
    for word in rest:
        if word in ("optional", "retired"):
            item = replace(item, **{word: True})
        elif word in ("list", "max", "since"):
            item = replace(item, **{"max_count" if word == "list" else word: int(next(rest))})
        else:
            raise ValueError(word)
    return item


# --- the two compared ---

class Comparison:
    """errors: what breaks programs in use. news: what the lock does not hold yet."""

    def __init__(self, schema: Schema, locked: dict[tuple[str, int], tuple[Item, int]], path: Path):
        self.schema, self.path = schema, path
        self.errors: list[SchemaError] = []
        self.news: list[SchemaError] = []
        self.now = items(schema)
        self.locked = locked
        self.retired = retired_numbers(schema)
        for key, (item, line) in self.now.items():
            self._present(item, line, locked[key][0] if key in locked else None)
        for key, (item, line) in locked.items():
            if key not in self.now:
                self._absent(item, line)
        self.errors.sort(key=lambda error: error.line)
        self.news.sort(key=lambda error: error.line)

    def _present(self, item: Item, line: int, was: Item | None) -> None:
        what = f"{item.name} ({item.space} {item.shown})"
        if was is None:
            self._new(item, line, what)
            return
        complaint = incompatible(was, item)
        if complaint:
            self.errors.append(self.schema.error(line, f"{what} {complaint}"))
        elif was != item:
            self.news.append(self.schema.error(line, f"{what} has changed since it was locked; run --update-lock"))

    def _new(self, item: Item, line: int, what: str) -> None:
        space, _, parent = item.space.partition("/")
        known = any(was.space == space and was.name == parent for was, _line in self.locked.values())
        is_field = parent and item.kind != "value"
        if any(was.retired and (was.space, was.name) == (item.space, item.name) for was, _line in self.locked.values()):
            self.errors.append(self.schema.error(line, f"{what} has the name of something retired, which old programs "
                                                       "and logs still mean; choose another"))
        elif is_field and known and not item.optional:
            self.errors.append(self.schema.error(line, f"{what} is a new field of something in use; make it optional, "
                                                       "for older programs do not send it"))
        else:
            self.news.append(self.schema.error(line, f"{what} is not in the lock yet; run --update-lock"))

    def _absent(self, item: Item, line: int) -> None:
        what = f"{item.name} ({item.space} {item.shown})"
        space, _, parent = item.space.partition("/")
        parent_gone = parent and not any(key[0] == space and now.name == parent for key, (now, _line) in self.now.items())
        if item.retired or parent_gone:
            return  # what was inside a retired entry went with it
        if item.key in self.retired:
            self.news.append(SchemaError(str(self.path), line, f"{what} is retired; run --update-lock"))
        else:
            where = f"`retired {item.shown}` inside {parent}" if parent else f"`retired {space} {item.shown}`"
            self.errors.append(SchemaError(str(self.path), line, f"{what} is gone from the schema; write {where} in its place, "
                                                                 "so that the number stays unused"))

    def updated(self) -> str:
        """The lock with what is new in it; the order is by space and number, so a change is a few lines."""
        merged = {key: item for key, (item, _line) in self.locked.items()}
        merged.update({key: item for key, (item, _line) in self.now.items()})
        for key in self.retired & set(merged):
            merged[key] = replace(merged[key], retired=True)
        order = sorted(merged.values(), key=lambda item: (item.space, item.number))
        return HEAD + "".join(item.text() + "\n" for item in order)


def incompatible(was: Item, now: Item) -> str:
    """Why a program made with `was` would misread `now`; empty when it would not."""
    if was.retired:
        return f"has a number that is retired ({was.name} had it); take a free one"
    if was.name != now.name:
        return f"has the number of {was.name}; a number is never given to another, take a free one"
    if was.kind != now.kind or bool(was.max_count) != bool(now.max_count):
        return f"was {listed(was)} and is now {listed(now)}; add a new one instead and retire this"
    if lowered(was.max, now.max) or lowered(was.max_count, now.max_count):
        return "has a lower maximum than programs in use may send; raise it again"
    if was.optional and not now.optional:
        return "was optional, and programs in use leave it out; make it optional again"
    if now.optional and not was.optional and was.space.partition("/")[0] not in ("command", "query"):
        return "was always there, and programs in use refuse to read without it; let it be sent always"
    if was.since != now.since:
        return f"came with version {was.since}; since cannot change"
    return ""


def listed(item: Item) -> str:
    return item.kind + ("[]" if item.max_count else "")


def lowered(was: int, now: int) -> bool:
    """0 is no maximum."""
    return now != 0 and (was == 0 or now < was)


def compare(schema: Schema) -> Comparison:
    """A schema without a lock is all new."""
    path = lock_path(schema)
    return Comparison(schema, read(path) if path.exists() else {}, path)
