"""What came of one attempt to deliver a message, and why one could not be made: the same for every kind of wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

#: accepted: the receiver has it. refused: it never will take these bytes; a person must look.
#: retry: not now, try the same bytes again. unknown: it may have arrived; try the same bytes again.
AnswerKind = Literal["accepted", "refused", "retry", "unknown"]


class CannotSay(ValueError):
    """A text holds a character that the wire has no place for; the sentence says which, and nothing of the text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A receiver's answer, or the lack of one. `words` are for the delivery board and hold no patient data of ours."""

    kind: AnswerKind
    #: "AA", "AE", "200", "422"; "" when nothing came back.
    code: str
    words: str
    raw: bytes = b""
    #: How long the receiver asked us to wait (HTTP Retry-After).
    retry_after: timedelta | None = None
