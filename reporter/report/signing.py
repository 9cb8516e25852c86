"""From a filled form to the document that is signed, or to the reasons why it cannot be signed yet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reporter.cmr.reference_ranges import reference_sets
from reporter.form.filled import FilledForm, Problem
from reporter.report.document import (
    Communication,
    Kind,
    PatientOnReport,
    PersonOnReport,
    ReportDocument,
    SiteOnReport,
    StudyOnReport,
    TemplateOnReport,
)

#: How far the clock of a workstation may be ahead of ours.
_CLOCKS_DIFFER = timedelta(minutes=5)
# A number or a bullet that a person typed; the report numbers its lines itself.
_NUMBERED = re.compile(r"^\s*(?:[0-9]{1,2}[.)]|[-•*])\s+")


class NotReady(Exception):
    """The report cannot be signed yet. `reasons` are sentences for the person who can mend them."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(" ".join(self.reasons))


@dataclass(frozen=True, slots=True)
class SigningFacts:
    """What a version is besides its form: whose, of which study, from where, and who wrote it under whom."""

    report_id: str
    version: int
    kind: Kind
    #: Why an amendment or addendum is made; None on the original.
    reason: str | None
    site: SiteOnReport
    patient: PatientOnReport
    study: StudyOnReport
    drafted_by: PersonOnReport | None
    #: One line: who drafted under whose delegation, or that the consultant reported alone.
    delegation: str
    engine_version: str
    #: The instant of signing; None where nobody signs yet. What is recorded as told after it can't have been told.
    at: datetime | None = None


def in_the_way(filled: FilledForm) -> tuple[Problem, ...]:
    """All that keeps this form from being signed, the gravest first: what contradicts, an urgent finding that nobody
    was told, what is missing. The page shows the same while one writes, so that nothing comes as a surprise.
    """
    found = [problem for problem in filled.contradictions if problem.stops]
    found.extend(
        Problem(("urgent_told_to",), sentence) for told in filled.communications if (sentence := _untold(told))
    )
    found.extend(filled.missing)
    if not impression_of(filled):
        blank = "The impression is blank and the answers give nothing to draft it from. Write the impression."
        found.append(Problem(("impression",), blank))
    return tuple(found)


def not_ready(filled: FilledForm) -> tuple[str, ...]:
    """Every reason why this form cannot be signed, as sentences."""
    return tuple(problem.sentence for problem in in_the_way(filled))


def prepare(filled: FilledForm, facts: SigningFacts) -> ReportDocument:
    """The document as it would be signed now. Raises NotReady with every reason at once."""
    reasons = list(not_ready(filled))
    if facts.kind != "original" and not (facts.reason or "").strip():
        reasons.append(f"An {facts.kind} needs a reason. Say in one sentence why it is made.")
    if facts.at is not None:
        reasons.extend(sentence for told in filled.communications if (sentence := _still_to_come(told, facts.at)))
    if reasons:
        raise NotReady(reasons)
    template, chosen = filled.template, filled.context.reference_set
    return ReportDocument(
        report_id=facts.report_id,
        version=facts.version,
        kind=facts.kind,
        reason=facts.reason if facts.kind != "original" else None,
        site=facts.site,
        patient=facts.patient,
        study=facts.study,
        template=TemplateOnReport(template.id, template.version, template.title, template.sha256),
        reference_set=reference_sets()[chosen].title if chosen else None,
        engine_version=facts.engine_version,
        answers=dict(filled.reported),
        answer=str(filled.reported["answer"]),
        impression=impression_of(filled),
        recommendations=lines(str(filled.reported.get("recommendations", ""))),
        findings=filled.findings,
        measurements=filled.measurements,
        segment_maps=filled.segment_maps,
        coded_findings=filled.coded_findings,
        communications=filled.communications,
        drafted_by=facts.drafted_by,
        delegation=facts.delegation,
    )


def impression_of(filled: FilledForm) -> tuple[str, ...]:
    """The impression's lines: what the reporter wrote, or the draft where they left it blank."""
    return lines(str(filled.reported.get("impression", ""))) or filled.impression_draft


def lines(text: str) -> tuple[str, ...]:
    """The paragraphs of a text without the numbers or bullets they were typed with."""
    return tuple(line for raw in text.splitlines() if (line := _NUMBERED.sub("", raw).strip()))


def _still_to_come(told: Communication, now: datetime) -> str | None:
    """Why this record can't be true yet; None when it can. Two clocks may differ by some minutes."""
    if told.told_at is None or told.told_at <= now + _CLOCKS_DIFFER:
        return None
    return (
        f"The urgent finding “{told.finding}” is recorded as told at a time that is still to come. "
        "Correct “Told at” under Conclusion."
    )


def _untold(told: Communication) -> str | None:
    """Why this urgent finding may not be signed over; None when somebody was told or the reason is given."""
    if told.reason_not_told or (told.told_to and told.told_at and told.how):
        return None
    parts = [
        words
        for given, words in ((told.told_to, "who was told"), (told.told_at, "when"), (told.how, "how"))
        if not given
    ]
    return (
        f"The urgent finding “{told.finding}” has no record of {', '.join(parts)}. "
        "Tell somebody now and record it under Conclusion, or record why nobody was told."
    )
