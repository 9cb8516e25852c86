"""Acknowledgements: building ours (MSH, MSA, ERR) and reading a receiver's."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from reporter.integration.hl7v2.message import Malformed, Message, parse, write
from reporter.integration.hl7v2.stamps import stamp
from reporter.integration.hl7v2.text import STANDARD, escape, unescape

#: HL7 table 0357, message error condition codes.
CONDITIONS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}
#: HL7 table 0008: what an answer says, in the original and in the enhanced mode.
POSITIVE = frozenset({"AA", "CA"})
NEGATIVE = frozenset({"AE", "AR", "CE", "CR"})
_ENHANCED = {"AA": "CA", "AE": "CE", "AR": "CR"}


@dataclass(frozen=True, slots=True)
class Ack:
    """A receiver's answer: MSA-1, MSA-2 and whatever it says in words."""

    code: str
    control_id: str
    words: str


def build(
    message: Message | None,
    code: str,
    sentence: str = "",
    *,
    now: datetime,
    condition: str = "207",
    mode: str = "original",
) -> bytes:
    """The answer to a message: AA, or AE/AR with an ERR segment. `message` is None where it could not be read.

    `sentence` is for the sender's integration engineer and must hold no patient data. The answer's own id (MSH-10)
    follows from the message and `now`, so the same call gives the same bytes.
    """
    msh = message.msh if message else None
    if mode == "enhanced" and msh and msh.get(15) not in {"", "NE"} and msh.get(16) in {"", "NE"}:
        code = _ENHANCED.get(code, code)
    event = _kept(message, 9, 2)
    version = _kept(message, 12, 1)
    seed = f"{now.isoformat()}|{code}|".encode() + (message.raw if message else b"")
    header = [
        "MSH", STANDARD.msh_2,
        _kept(message, 5, 1) or "CMR-REPORTER", _kept(message, 6, 1), _kept(message, 3, 1), _kept(message, 4, 1),
        stamp(now), "",
        f"ACK^{event}^ACK" if event else "ACK", hashlib.sha256(seed).hexdigest()[:20],
        _kept(message, 11, 1) or "P", version or "2.5.1", "", "", "", "", "", "UNICODE UTF-8",
    ]  # fmt: skip
    control_id = escape(message.control_id) if message else ""
    segments = [header, ["MSA", code, control_id, escape(sentence)]]
    if code not in POSITIVE:
        title = CONDITIONS.get(condition, CONDITIONS["207"])
        segments.append(["ERR", "", "", f"{condition}^{title}^HL70357", "E", "", "", "", escape(sentence)])
    return write(segments)


def read_ack(raw: bytes) -> Ack:
    """MSA-1, MSA-2 and the words of an answer. Raises Malformed for what is no acknowledgement."""
    message = parse(raw)
    msa = message.first("MSA")
    if msa is None:
        raise Malformed("The answer has no MSA segment.")
    code = msa.get(1)
    if code not in POSITIVE | NEGATIVE:
        raise Malformed("MSA-1 of the answer is none of AA, AE, AR, CA, CE and CR.")
    err = message.first("ERR")
    said = [msa.get(3)]
    if err is not None:
        said += [err.get(8), err.get(7), err.get(3, 2), err.get(1, 4, 2)]
    words = "; ".join(dict.fromkeys(text for text in said if text))
    # Compared with ours to the letter, so not stripped: an id that differs by a blank is another id.
    control_id = unescape(msa.field(2), message.delimiters)
    return Ack(code, control_id, words)


def _kept(message: Message | None, number: int, component: int) -> str:
    return escape(message.msh.get(number, component)) if message else ""
