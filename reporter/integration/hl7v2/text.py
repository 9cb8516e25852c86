r"""The one place where text becomes HL7 v2 field content and back (HL7 v2.5.1 chapter 2.7, escape sequences).

A report that loses its "<" or stops at a "&" says something else than what was signed. So everything that could
end a field, a component or a segment leaves escaped, and `unescape(escape(text)) == text` for every text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Line breaks are `\.br\` (formatted text command). Every other control character would end a segment or a frame
#: somewhere on its way, so it travels as hexadecimal.
_ESCAPED: dict[int, str] = {code: f"\\X{code:02X}\\" for code in [*range(32), 127]}
_ESCAPED |= {
    ord("\n"): "\\.br\\",
    ord("\\"): "\\E\\",
    ord("|"): "\\F\\",
    ord("^"): "\\S\\",
    ord("&"): "\\T\\",
    ord("~"): "\\R\\",
}

_SPACING = re.compile(r"\.(br|sp|in|ti|fi|nf|ce|sk)\s*([+-]?\d*)\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The five characters that a message declares in MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @property
    def msh_2(self) -> str:
        """The encoding characters as MSH-2 writes them."""
        return self.component + self.repetition + self.escape + self.subcomponent


STANDARD = Delimiters()


def escape(text: str) -> str:
    r"""Text as field content under the standard delimiters: `a&b` becomes `a\T\b`, a line break `\.br\`."""
    return text.translate(_ESCAPED)


def unescape(content: str, delimiters: Delimiters = STANDARD) -> str:
    """Field content as text. A sequence that nobody defined stays as it is written: nothing is dropped by guessing."""
    mark = delimiters.escape
    if not mark or mark not in content:
        return content
    parts = content.split(mark)
    if len(parts) % 2 == 0:
        return _with_a_stray_mark(content, delimiters)
    # Outside a sequence at even places, inside at odd ones; an unknown inside keeps its two marks.
    return "".join(
        part if place % 2 == 0 else _meaning(part, delimiters, f"{mark}{part}{mark}")
        for place, part in enumerate(parts)
    )


def _with_a_stray_mark(content: str, delimiters: Delimiters) -> str:
    r"""A sender that forgets to escape a backslash leaves an odd number; only what is surely a sequence is read."""
    mark = re.escape(delimiters.escape)
    return re.sub(
        rf"{mark}([FSTREHN]|\.[a-z]{{2}}[+-]?\d*|X(?:[0-9A-Fa-f]{{2}})+){mark}",
        lambda found: _meaning(found[1], delimiters, found[0]),
        content,
    )


def _meaning(sequence: str, delimiters: Delimiters, otherwise: str) -> str:
    plain = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "H": "",  # highlighting on and off: a screen attribute, not text
        "N": "",
    }.get(sequence)
    if plain is not None:
        return plain
    if sequence[:1] == "X":
        return _from_hexadecimal(sequence[1:], otherwise)
    spacing = _SPACING.match(sequence)
    if spacing is None:
        return otherwise
    command, amount = spacing[1].lower(), spacing[2]
    if command == "br":
        return "\n"
    if command in {"sp", "ce"}:
        return "\n" * min(int(amount or 1), 100) if (amount or "1").isdigit() else "\n"
    return ""  # indentation and filling: how it looks, not what it says


def _from_hexadecimal(digits: str, otherwise: str) -> str:
    try:
        raw = bytes.fromhex(digits)
    except ValueError:
        return otherwise
    if not raw:
        return otherwise
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
