"""What actions hand to the pages: frozen values that a page draws and never asks the database about again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from reporter.governance.delegation import Permission
from reporter.governance.turnaround import TargetVerdict
from reporter.report.document import ReportDocument, SignedVersion
from reporter.store.audit_log import Event
from reporter.store.inbox import Received
from reporter.store.outbox import Attempt, Delivery, Standing
from reporter.store.patients import Patient
from reporter.store.people import Availability, Person
from reporter.store.reports import Draft, Report, Submission, VersionLine
from reporter.store.sites import Site
from reporter.store.studies import Study

if TYPE_CHECKING:
    from reporter.form.definition import Template
    from reporter.form.filled import FilledForm, Reading

__all__ = [
    "Attempt", "Availability", "Delivery", "Draft", "Event", "Patient", "Person", "Received", "Report", "Site",
    "Standing", "Study", "Submission", "VersionLine",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StudyView:
    """Everything about one study and its report, for one person."""

    study: Study
    patient: Patient
    site: Site
    report: Report
    #: None until somebody has opened the report.
    draft: Draft | None
    template: Template | None
    filled: FilledForm | None
    #: How the study stands under each target; empty before the examination is completed.
    due: tuple[TargetVerdict, ...]
    #: Newest first.
    versions: tuple[VersionLine, ...]
    deliveries: tuple[Delivery, ...]
    #: The audit lines about this study, oldest first.
    history: tuple[Event, ...]
    #: Handing-in and sending-back, oldest first.
    submissions: tuple[Submission, ...]
    #: "draft", "submit", "return", "sign", "amend", "complete_exam": what this person may do now, and why not.
    permissions: Mapping[str, Permission]
    #: Names of the people who appear above, by key.
    names: Mapping[str, str]

    @property
    def assigned_to(self) -> str | None:
        """The name of who holds the report."""
        return self.names.get(self.report.assigned_to or "")


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft was saved. `number` is what the next save must carry."""

    number: int
    reading: Reading
    filled: FilledForm


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that differs between the draft as it was handed in and as it is now, in words. "" is blank."""

    field_id: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The signing page: exactly what will be sent, and everything that stands in its way."""

    #: None when it can't be built yet; then `reasons` say why.
    document: ReportDocument | None
    #: What the signing form must send back; "" without a document.
    sha256: str
    number: int
    #: Why it can't be signed as it is: missing answers and contradictions, in sentences.
    reasons: tuple[str, ...]
    differences: tuple[Difference, ...]
    #: Whose draft the differences are from, and when it was handed in.
    submitted_by: str | None
    submitted_at: datetime | None
    permission: Permission
    destinations: tuple[str, ...]
    #: True when a trainee drafted it: the consultant may take it over, and says so with `takes_over`.
    drafted_by_trainee: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A version was signed and is on its way."""

    version: int
    sha256: str
    signed_at: datetime
    #: Destination to the reason why its message was held back and did not go out.
    held_back: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class VersionView:
    """A signed version as it was signed, with its place among the others."""

    signed: SignedVersion
    version: int
    current_version: int
    versions: tuple[VersionLine, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def is_current(self) -> bool:
        """Is this what counts?"""
        return self.version == self.current_version


@dataclass(frozen=True, slots=True)
class DeliveryBoard:
    """Every destination, and what needs a person."""

    standings: tuple[Standing, ...]
    troubled: tuple[Delivery, ...]
    #: Sentences that should alarm: something unsent for longer than 15 minutes, something refused.
    alarms: tuple[str, ...]
    may_act: bool


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message with its attempts."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """A message that could not be used and waits for a person."""

    received: Received
    #: What went wrong, in words.
    sentence: str
    #: May this person read the bytes? They name a patient; see `reporter.actions.inbound`.
    readable: bool = False


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What became of one message of an imported file."""

    number: int
    message_id: str
    accepted: bool
    words: str


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of an imported file."""

    lines: tuple[ImportLine, ...]

    @property
    def accepted(self) -> int:
        """How many messages were taken."""
        return sum(line.accepted for line in self.lines)


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One study on the turnaround board."""

    study_id: str
    site_code: str
    accession: str
    procedure: str
    state: str
    completed_at: datetime
    signed_at: datetime | None
    available_at: datetime | None
    verdicts: tuple[TargetVerdict, ...]
    holder: str | None

    @property
    def worst(self) -> TargetVerdict:
        """The verdict that needs looking at first: the most overdue, else the nearest due."""
        return min(self.verdicts, key=lambda v: (not v.is_breach, v.margin))


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target over the chosen studies. Open studies past their due time count as missed."""

    target_id: str
    title: str
    profile: str
    #: Studies whose due time has passed, reported or not: what the percentage is of.
    counted: int
    met: int
    missed: int
    #: Studies whose due time has not passed, reported or not.
    open: int

    @property
    def percent(self) -> float | None:
        """Per cent in target; None when nothing can be counted yet."""
        return 100 * self.met / self.counted if self.counted else None


@dataclass(frozen=True, slots=True)
class TurnaroundBoard:
    """The turnaround board at one moment."""

    at: datetime
    since: datetime
    due_today: tuple[BoardLine, ...]
    #: Open and past a limit, the most overdue first.
    overdue_open: tuple[BoardLine, ...]
    #: Open and past the ideal, but not past a limit.
    late_open: tuple[BoardLine, ...]
    oldest_open: BoardLine | None
    targets: tuple[TargetLine, ...]
    lines: tuple[BoardLine, ...]
    #: Median and 95th centile of scan to signature over the signed ones; None without any.
    median: timedelta | None
    p95: timedelta | None
    breaches_recorded: int


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """What the board is about. None means all that the person may see."""

    site_code: str | None = None
    #: The London days on which the examination was completed.
    scanned_from: date | None = None
    scanned_to: date | None = None
    #: "inpatient" or "outpatient", as audited.
    cohort: str | None = None


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody on the people page."""

    person: Person
    level: int
    available_until: datetime | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Who works here, what they are accredited for, and who can be asked now."""

    people: tuple[PersonLine, ...]
    available: tuple[Availability, ...]
    #: Until when the person who looks has said to be available; None when not.
    mine_until: datetime | None
    may_be_available: bool
    may_manage: bool
