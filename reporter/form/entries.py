"""YAML as it was written: text only, each piece with its line, and an error that says where and what to do.

Every plain value is taken as text, so YAML's own ideas (`no` is false, `1:30` is 90, `1e3` is a number) never
come up. What a piece means is decided by who asks for it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

_ID = re.compile(r"[a-z][a-z0-9_]*")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class TemplateError(ValueError):
    """A template file is wrong. Says the file, the line, the field if there is one, and how to mend it."""

    def __init__(self, file: str, line: int, field: str | None, sentence: str) -> None:
        super().__init__(f"{file}, line {line}{f', field {field}' if field else ''}: {sentence}")
        self.file = file
        self.line = line
        self.field = field
        self.sentence = sentence


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy for a name that is not known: the nearest one, or all of them when they are few."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    if len(names) <= 25:
        return f"Known are: {', '.join(names)}."
    return f"None of the {len(names)} known names is like it."


class Entry:
    """One piece of a file: a text, a list or a mapping. `field` is the field's id once that is known."""

    def __init__(self, node: Any, file: str, field: str | None = None) -> None:
        self._node = node
        self.file = file
        self.line: int = node.start_mark.line + 1
        self.field = field

    def wrong(self, sentence: str) -> TemplateError:
        """The error for this piece; the caller raises it."""
        return TemplateError(self.file, self.line, self.field, sentence)

    @property
    def is_text(self) -> bool:
        """Is this a single text?"""
        return bool(self._node.id == "scalar")

    @property
    def is_mapping(self) -> bool:
        """Is this a mapping of keys to pieces?"""
        return bool(self._node.id == "mapping")

    @property
    def is_list(self) -> bool:
        """Is this a list of pieces?"""
        return bool(self._node.id == "sequence")

    def text(self, what: str) -> str:
        """The text, trimmed, which may not be blank. `what` names it in the error."""
        if self.is_mapping and self._node.flow_style:
            raise self.wrong(f"{what} starts with a brace, which YAML takes for a mapping. Put the text in quotes.")
        if not self.is_text:
            raise self.wrong(f"{what} must be a text. Write it on one line after the colon, in quotes if need be.")
        value = str(self._node.value).strip()
        if not value:
            raise self.wrong(f"{what} is blank. Write a value after the colon, or take the line away.")
        return value

    def name(self, what: str) -> str:
        """A name: small letters, digits and underscores, starting with a letter."""
        value = self.text(what)
        if not _ID.fullmatch(value):
            raise self.wrong(f"{what} {value!r} must be small letters, digits and underscores, as in lv_edv.")
        return value

    def one_of(self, what: str, known: Iterable[str]) -> str:
        """A text that is one of the known ones."""
        value, known = self.text(what), list(known)
        if value not in known:
            raise self.wrong(f"{what} {value!r} is not known. {did_you_mean(value, known)}")
        return value

    def whole(self, what: str, low: int, high: int) -> int:
        """A whole number between `low` and `high`."""
        value = self.text(what)
        if not re.fullmatch(r"[0-9]{1,6}", value) or not low <= int(value) <= high:
            raise self.wrong(f"{what} must be a whole number from {low} to {high}; {value!r} stands there.")
        return int(value)

    def number(self, what: str) -> Decimal:
        """A decimal number, as in 4 or 0.05."""
        value = self.text(what)
        if not _DECIMAL.fullmatch(value):
            raise self.wrong(f"{what} must be a number, as in 4 or 0.05; {value!r} stands there.")
        return Decimal(value)

    def items(self, what: str) -> list[Entry]:
        """The pieces of a list, which may not be empty."""
        if not self.is_list:
            raise self.wrong(f"{what} must be a list. Begin each of its lines with a dash, or use square brackets.")
        if not self._node.value:
            raise self.wrong(f"{what} is an empty list. Fill it, or take the key away.")
        return [Entry(node, self.file, self.field) for node in self._node.value]

    def texts(self, what: str) -> list[tuple[Entry, str]]:
        """A text or a list of texts, each with its piece."""
        pieces = [self] if self.is_text else self.items(what)
        return [(piece, piece.text(what)) for piece in pieces]

    def pairs(self, what: str) -> list[tuple[str, Entry]]:
        """The keys and pieces of a mapping, in order. A key given twice is refused."""
        if not self.is_mapping:
            raise self.wrong(f"{what} must be a mapping: lines of the form `key: value`.")
        if not self._node.value:
            raise self.wrong(f"{what} is empty. Fill it, or take the key away.")
        seen: dict[str, Entry] = {}
        for key_node, value_node in self._node.value:
            key = Entry(key_node, self.file, self.field).text("A key")
            value = Entry(value_node, self.file, self.field)
            # A value on the key's own line is reported there; a block below it, at its key.
            value.line = key_node.start_mark.line + 1
            if key in seen:
                sentence = f"{key!r} is given twice (first on line {seen[key].line}). Keep one of the two."
                raise TemplateError(self.file, value.line, self.field, sentence)
            seen[key] = value
        return list(seen.items())


class Keys:
    """The keys of one mapping, from which each is asked for by name; an unknown one is refused at once."""

    def __init__(self, entry: Entry, what: str, known: Iterable[str], *, is_field: bool = False) -> None:
        self.entry = entry
        self._what = what
        self._pieces = dict(entry.pairs(what))
        known = list(known)
        id_ = self._pieces.get("id")
        if is_field and id_ and id_.is_text:
            # So that even a key that is not known is told with its field.
            self.belongs_to(id_.text("'id'"))
        for key, piece in self._pieces.items():
            if key not in known:
                raise piece.wrong(
                    f"{key!r} is not something {what[:1].lower()}{what[1:]} can have. {did_you_mean(key, known)}"
                )

    def belongs_to(self, field: str) -> None:
        """From here on errors name this field."""
        for piece in (self.entry, *self._pieces.values()):
            piece.field = field

    def __contains__(self, key: str) -> bool:
        return key in self._pieces

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def get(self, key: str) -> Entry | None:
        """The piece under this key; None when it is not given."""
        return self._pieces.get(key)

    def need(self, key: str) -> Entry:
        """The piece under this key, which must be given."""
        if key not in self._pieces:
            raise self.entry.wrong(f"{self._what} has no {key!r}. Add a line `{key}: …`.")
        return self._pieces[key]

    def text(self, key: str, otherwise: str = "") -> str:
        """The text under this key, or `otherwise` when it is not given."""
        piece = self._pieces.get(key)
        return piece.text(repr(key)) if piece else otherwise
