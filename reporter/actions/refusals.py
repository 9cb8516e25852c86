"""Why something was not done, in sentences for the person who can mend it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


class Refused(Exception):
    """Nothing was changed. `reasons` say what, why and what to do now; they never name a patient."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons: tuple[str, ...] = reasons

    def __str__(self) -> str:
        return " ".join(self.reasons)


class NotPermitted(Refused):
    """The person's role, accreditation or circumstances don't allow it."""


class NotFound(Refused):
    """There is no such thing, or none that this person may see: the two look the same on purpose."""


class NotReady(Refused):
    """The report is not complete, or contradicts itself."""


class BadCredentials(Refused):
    """The user name and password don't go together. Which of the two was wrong is not said."""


class Throttled(Refused):
    """Too many failed tries; `until` is when another one is let through."""

    def __init__(self, *reasons: str, until: datetime) -> None:
        super().__init__(*reasons)
        self.until = until


class Conflict(Refused):
    """Somebody else was first. `who` and `when` say who did what came in between, where that is known."""

    def __init__(self, *reasons: str, who: str | None = None, when: datetime | None = None) -> None:
        super().__init__(*reasons)
        self.who = who
        self.when = when


class Invalid(Refused):
    """What was sent can't be used. `errors` maps a field's name to its sentence."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(*errors.values())
        self.errors = dict(errors)
