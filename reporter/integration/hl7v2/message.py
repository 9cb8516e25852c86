"""A lossless reader of HL7 v2 messages: every segment that came in can be reached, and the raw bytes are kept.

The reader judges nothing but the header. It takes CR, LF and CRLF, any declared delimiters, and the character set
of MSH-18; where the bytes contradict the declaration it reads them the likelier way and says so in `flags`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reporter.integration.hl7v2.text import Delimiters, unescape

#: A message of more lines than this is no order and no result.
MOST_LINES = 50_000

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3}))?\Z")
#: No place in FHIR's strings or in XML; the raw bytes keep them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: MSH-18, HL7 table 0211, to Python's names. 8859/1 is read as Windows-1252, which senders mean by it.
CHARSETS = {
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "8859/1": "cp1252",
    "ISO-8859-1": "cp1252",
    "WINDOWS-1252": "cp1252",
    "8859/15": "iso8859-15",
    "8859/2": "iso8859-2",
    "ASCII": "utf-8",
    "": "utf-8",
}


class Malformed(ValueError):
    """These bytes can't be read as an HL7 v2 message; the text is a sentence without anything from the message."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of a field: components and subcomponents, counted from 1, unescaped."""

    raw: str
    delimiters: Delimiters

    def get(self, component: int = 1, subcomponent: int | None = None) -> str:
        """The text of a component; without a subcomponent number the first one. Absent is an empty text."""
        part = _nth(self.raw, self.delimiters.component, component)
        return _clean(unescape(_nth(part, self.delimiters.subcomponent, subcomponent or 1), self.delimiters))

    @property
    def text(self) -> str:
        """The whole repetition as text, for ST, TX and FT fields whose sender forgot to escape `^` or `&`."""
        return _clean(unescape(self.raw, self.delimiters))


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields are counted as HL7 counts them, so `MSH` starts at 1 with the field separator."""

    name: str
    fields: tuple[str, ...]
    delimiters: Delimiters

    def field(self, number: int) -> str:
        """A field as it came, escapes and all. Absent is an empty text."""
        return self.fields[number] if 0 < number < len(self.fields) else ""

    def repetitions(self, number: int) -> list[Repetition]:
        """The repetitions of a field that hold anything."""
        raw = self.field(number)
        if self.name == "MSH" and number <= 2:
            return []
        parts = raw.split(self.delimiters.repetition) if self.delimiters.repetition else [raw]
        return [Repetition(part, self.delimiters) for part in parts if part]

    def get(self, number: int, component: int = 1, subcomponent: int | None = None) -> str:
        """Text of the first repetition's component; absent is an empty text, and so is HL7's null `""`."""
        if self.name == "MSH" and number <= 2:
            return self.field(number)
        raw = self.field(number)
        if self.delimiters.repetition:
            raw = raw.split(self.delimiters.repetition, 1)[0]
        text = Repetition(raw, self.delimiters).get(component, subcomponent).strip()
        return "" if text == '""' else text

    def is_null(self, number: int) -> bool:
        """True when the sender wrote `""`: the value it once sent is withdrawn (HL7 v2.5.1 chapter 2.5.3)."""
        return self.field(number).strip() == '""'


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came. `raw` is what is stored; everything else is a way of looking at it."""

    raw: bytes
    delimiters: Delimiters
    charset: str
    segments: tuple[Segment, ...]
    #: Sentences about what had to be guessed in reading, without patient data.
    flags: tuple[str, ...] = ()

    @property
    def msh(self) -> Segment:
        """The message header."""
        return self.segments[0]

    @property
    def kind(self) -> str:
        """Message type and trigger event, as `ORM^O01`."""
        return "^".join(part for part in (self.msh.get(9, 1), self.msh.get(9, 2)) if part)

    @property
    def control_id(self) -> str:
        """MSH-10 as text; empty when the sender gave none."""
        # To the letter, since the answer repeats it; but PostgreSQL holds no NUL, not even one that was escaped.
        return unescape(self.msh.field(10), self.delimiters).replace("\0", "\ufffd")

    def all(self, name: str) -> list[Segment]:
        """Every segment of that name, in order."""
        return [segment for segment in self.segments if segment.name == name]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name, or None."""
        return next((segment for segment in self.segments if segment.name == name), None)

    def get(self, path: str) -> str:
        """Text at a path such as `PID-3`, `PID-3.1` or `PID-3.4.1`; first segment and repetition; absent is empty."""
        name, number, component, subcomponent = split_path(path)
        segment = self.first(name)
        return "" if segment is None else segment.get(number, component or 1, subcomponent)


def split_path(path: str) -> tuple[str, int, int | None, int | None]:
    """`PID-3.4.1` as ("PID", 3, 4, 1). Raises ValueError for anything else than a path."""
    found = _PATH.match(path)
    if found is None or found[2] == "0":
        raise ValueError(f"{path!r} is not a place in an HL7 message; write it as PID-3, PID-3.1 or PID-3.4.1.")
    return found[1], int(found[2]), int(found[3]) if found[3] else None, int(found[4]) if found[4] else None


def parse(raw: bytes, charset: str | None = None) -> Message:
    """Reads a message. `charset` overrides MSH-18 for a feed that declares it wrongly. Raises Malformed, only."""
    head = raw.lstrip(b"\xef\xbb\xbf\r\n \t")
    if not head.startswith(b"MSH"):
        raise Malformed("The message does not start with an MSH segment.")
    if b"\x0b" in raw or b"\x1c" in raw:
        raise Malformed("A frame character stands inside the message; two messages may have run into each other.")
    if b"\0" in raw:
        raise Malformed("A NUL byte stands inside the message.")
    delimiters = _delimiters(head[3:12].decode("latin-1"))
    text, used, flags = _decoded(head, charset or _declared(head, delimiters), named=charset is not None)
    if _UNPRINTABLE.search(text):
        flags = (*flags, "A control character stands in the message; in its place \ufffd is shown.")
    lines = list(_lines(text, delimiters))
    segments = tuple(_segment(line, delimiters) for line in lines)
    if len(segments) < 2:
        raise Malformed("The message has a header and nothing else.")
    return Message(raw=raw, delimiters=delimiters, charset=used, segments=segments, flags=flags)


def header_only(raw: bytes) -> Message | None:
    """A message for its MSH only, which costs the same for 20 MB as for 500 bytes, and works on half of a message.

    It tells whose message it is and lets even a refusal carry the sender's id. None where there is no header.
    """
    line = re.split(rb"[\r\n\x0b\x1c\0]", raw.lstrip(b"\xef\xbb\xbf\r\n \t")[:4096], maxsplit=1)[0]
    try:
        return parse(line + b"\rZZZ|\r")
    except Malformed:
        return None


def write(segments: list[list[str]]) -> bytes:
    """A message in UTF-8 from segments whose fields are already escaped; empty fields at the end are left out.

    `["PID", "1", "", "…"]` is a segment; the MSH list holds MSH-2 at index 1, since MSH-1 is the separator itself.
    """
    lines = []
    for fields in segments:
        last = max(place for place, content in enumerate(fields) if content)
        lines.append("|".join(fields[: last + 1]))
    return ("\r".join(lines) + "\r").encode("utf-8")


def _clean(text: str) -> str:
    """What no report can hold becomes a visible mark: a patient's name with a BEL in it could never be sent on."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _nth(raw: str, separator: str, number: int) -> str:
    if not separator:
        return raw if number == 1 else ""
    if separator not in raw:
        return raw if number == 1 else ""
    parts = raw.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _delimiters(after_msh: str) -> Delimiters:
    """MSH-1 and MSH-2. Older senders leave out the subcomponent or escape character; then there is none."""
    field = after_msh[:1]
    if not field or field.isalnum() or field.isspace() or not field.isprintable():
        raise Malformed("MSH-1, the field separator, is missing.")
    declared = re.split(r"[\r\n]", after_msh[1:].split(field, 1)[0])[0]
    if not 1 <= len(declared) <= 5 or any(c.isalnum() or c.isspace() or not c.isprintable() for c in declared):
        raise Malformed("MSH-2 does not hold the encoding characters, as in ^~\\&.")
    if len({field, *declared}) != len(declared) + 1:
        raise Malformed("MSH-1 and MSH-2 name one character for two separators.")
    component, repetition, escape_, subcomponent = list((declared + "\0\0\0\0")[:4])
    return Delimiters(field, component, repetition.strip("\0"), escape_.strip("\0"), subcomponent.strip("\0"))


def _declared(head: bytes, delimiters: Delimiters) -> str:
    header = re.split(rb"[\r\n]", head[:4096], maxsplit=1)[0].decode("latin-1")
    fields = header.split(delimiters.field)
    # The separator is MSH-1 itself, so MSH-18 stands at place 17.
    charset = fields[17] if len(fields) > 17 else ""
    return charset.split(delimiters.repetition or "~")[0].strip().upper()


def _decoded(raw: bytes, declared: str, *, named: bool) -> tuple[str, str, tuple[str, ...]]:
    """The text, the character set that was used, and what had to be guessed."""
    body = raw.removeprefix(b"\xef\xbb\xbf")
    codec = CHARSETS.get(declared.upper())
    flags: list[str] = []
    if codec is None:
        flags.append("MSH-18 names an unknown character set; the message was read as UTF-8 or Windows-1252.")
        codec = "utf-8"
    if body.isascii():
        return body.decode("ascii"), codec, tuple(flags)
    if codec == "utf-8":
        try:
            return body.decode("utf-8"), "utf-8", tuple(flags)
        except UnicodeDecodeError:
            flags.append("The bytes are not UTF-8; the message was read as Windows-1252. Look at accents and units.")
            return _western(body), "cp1252", tuple(flags)
    if not named:
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            # Real 8859/1 text that happens to be valid UTF-8 is all but unknown; the header is what is wrong.
            flags.append(f"MSH-18 says {declared} but the bytes are UTF-8; the message was read as UTF-8.")
            return text, "utf-8", tuple(flags)
    return _western(body) if codec == "cp1252" else body.decode(codec), codec, tuple(flags)


def _western(body: bytes) -> str:
    """Windows-1252 where a byte has a meaning there, and Latin-1 for the five that have none: never an error."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _lines(text: str, delimiters: Delimiters) -> Iterator[str]:
    """Segments as lines. A line that does not begin like a segment goes on the one before: a stray line break."""
    raw_lines = re.split(r"\r\n|\r|\n", text)
    if len(raw_lines) > MOST_LINES:
        raise Malformed(f"The message has more than {MOST_LINES} lines.")
    begins = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(delimiters.field)}|\Z)")
    held: list[str] = []
    for line in raw_lines:
        if begins.match(line):
            if held:
                yield "\n".join(held)
            held = [line]
        elif line.strip():
            held.append(line)
    if held:
        yield "\n".join(held)


def _segment(line: str, delimiters: Delimiters) -> Segment:
    fields = line.split(delimiters.field)
    if fields[0] == "MSH":
        fields.insert(1, delimiters.field)
    return Segment(fields[0], tuple(fields), delimiters)
