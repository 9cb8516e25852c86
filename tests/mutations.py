"""Messages that went wrong on their way, each in one to four ways, from a seeded source."""

from __future__ import annotations

import random

_NASTY = [
    b"|", b"^", b"~", b"&", b"\\", b"\r", b"\n", b"\x0b", b"\x1c", b"\x00", b"\x7f", b"\xff", b"\xc3", b"\xe2\x82",
    b'""', b"\\X", b"\\XFF\\", b"\\.br\\", b"\\E", b"MSH|^~\\&|", b"\rPID|", b"\rORC|NW", b"\rMSH|", b"\x1c\r", b"\x1c\r\x0b",
    "é".encode(), "😀".encode(), b"9" * 400, b"A" * 5000, b"20261332256199", b"-", b"%s%n", b"'; DROP TABLE study;--",
]  # fmt: skip


def mutated(source: random.Random, raw: bytes) -> bytes:
    """A message with one to four faults."""
    for _ in range(source.randint(1, 4)):
        raw = source.choice(_WAYS)(source, raw)
    return raw


def _insert(source: random.Random, raw: bytes) -> bytes:
    at = source.randint(0, len(raw))
    return raw[:at] + source.choice(_NASTY) + raw[at:]


def _overwrite(source: random.Random, raw: bytes) -> bytes:
    at = source.randint(0, max(0, len(raw) - 1))
    return raw[:at] + bytes([source.randint(0, 255)]) + raw[at + 1 :]


def _cut(source: random.Random, raw: bytes) -> bytes:
    start = source.randint(0, len(raw))
    return raw[:start] + raw[start + source.randint(1, 60) :]


def _truncate(source: random.Random, raw: bytes) -> bytes:
    return raw[: source.randint(0, len(raw))]


def _drop_a_segment(source: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\r")
    del lines[source.randrange(len(lines))]
    return b"\r".join(lines)


def _repeat_a_segment(source: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\r")
    lines.insert(source.randrange(len(lines)), source.choice(lines))
    return b"\r".join(lines)


def _shuffle_segments(source: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\r")
    source.shuffle(lines)
    return b"\r".join(lines)


def _empty_a_field(source: random.Random, raw: bytes) -> bytes:
    fields = raw.split(b"|")
    fields[source.randrange(len(fields))] = source.choice([b"", b'""', b" "])
    return b"|".join(fields)


def _replace_a_field(source: random.Random, raw: bytes) -> bytes:
    fields = raw.split(b"|")
    fields[source.randrange(len(fields))] = source.choice(_NASTY)
    return b"|".join(fields)


def _other_separators(source: random.Random, raw: bytes) -> bytes:
    return raw.replace(source.choice([b"|", b"^", b"~", b"\r"]), source.choice([b"!", b"#", b"|", b"\n", b"\r\n", b""]))


_WAYS = [
    _insert, _insert, _overwrite, _overwrite, _cut, _truncate, _drop_a_segment, _repeat_a_segment, _shuffle_segments,
    _empty_a_field, _replace_a_field, _other_separators,
]  # fmt: skip
