"""People as the rules see them: their role, their registration, and what they are accredited for on a given day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

from reporter.governance.times import in_utc, local_date

Role = Literal["trainee", "consultant", "clinical_lead", "radiographer", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

#: Physicians' and technologists' levels share the numbers 1 to 3 and mean different things; they are never compared.
Scheme = Literal["physician", "technologist"]


@dataclass(frozen=True, slots=True)
class Credential:
    """One accreditation: by whom, at which level, from when, through which day, and the certificate that shows it."""

    #: SCMR, EACVI, CBCMR or the local register that a site accepts as equivalent.
    body: str
    level: int
    awarded: date
    #: The last day on which it counts, as a London date; None where the body gives none.
    expires: date | None = None
    #: The certificate's reference: the evidence, not the level.
    certificate: str | None = None
    scheme: Scheme = "physician"

    def in_date(self, on: date) -> bool:
        """Whether it counts on a day. It counts through the end of the day on which it expires."""
        return self.awarded <= on and (self.expires is None or on <= self.expires)


@dataclass(frozen=True, slots=True)
class Availability:
    """An entry of the roster: who can be asked to discuss a case, from when until when (exclusive), at which level."""

    person_id: str
    name: str
    level: int
    start: datetime
    end: datetime
    #: The last day on which that level counts, so that an entry made in advance does not outlive the credential.
    expires: date | None = None

    def covers(self, now: datetime) -> bool:
        """Whether the person is available at an instant, at this level."""
        at = in_utc(now)
        return in_utc(self.start) <= at < in_utc(self.end) and (self.expires is None or local_date(at) <= self.expires)


@dataclass(frozen=True, slots=True)
class Reporter:
    """A member of the department."""

    person_id: str
    name: str
    role: Role
    credentials: tuple[Credential, ...] = ()
    #: The grade of employment as registered: "Consultant cardiologist", "Specialty registrar".
    grade: str | None = None
    #: "GMC", "HCPC", "NMC".
    registration_body: str | None = None
    registration_number: str | None = None
    active: bool = True

    @property
    def is_consultant(self) -> bool:
        """Whether the register says so. A clinical lead is a consultant only if the grade has that word."""
        if self.role == "clinical_lead":
            return "consultant" in (self.grade or "").lower().split()
        return self.role == "consultant"

    def credential_on(self, on: date) -> Credential | None:
        """The physician credential that gives the highest level on a day; the one that lasts longest among equals."""
        counting = [each for each in self.credentials if each.scheme == "physician" and each.in_date(on)]
        return max(counting, key=lambda each: (each.level, each.expires or date.max), default=None)

    def level_on(self, on: date) -> int:
        """The physician level on a day: 1, 2, 3, or 0 for none in date."""
        credential = self.credential_on(on)
        return credential.level if credential else 0

    def lapsed_on(self, on: date, above: int) -> Credential | None:
        """The physician credential above a level that ran out most recently before a day, if there is one."""
        lapsed = [
            each
            for each in self.credentials
            if each.scheme == "physician" and each.level > above and each.expires is not None and each.expires < on
        ]
        return max(lapsed, key=lambda each: each.expires or date.min, default=None)

    def available(self, start: datetime, end: datetime) -> Availability:
        """The roster entry for this person, with the level that the register gives on the day it starts."""
        credential = self.credential_on(local_date(start))
        return Availability(
            person_id=self.person_id,
            name=self.name,
            level=credential.level if credential else 0,
            start=in_utc(start),
            end=in_utc(end),
            expires=credential.expires if credential else None,
        )


def say_role(role: Role) -> str:
    """A role as it stands in a sentence."""
    return {"admin": "administrator", "clinical_lead": "clinical lead"}.get(role, role)
