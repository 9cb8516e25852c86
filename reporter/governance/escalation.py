"""Urgent findings: a signed report is not enough, a named person has to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from reporter.governance.rule import Verdict, met, not_applicable, not_met, not_yet, rule
from reporter.governance.times import in_utc, say_instant, say_span
from reporter.report.document import Communication

#: The levels of a finding that a report can carry, besides none.
LEVELS = ("critical", "urgent", "significant")

COMMUNITY_STATEMENT = (
    "British Cardiovascular Society, Imaging Council: The Provision of Cardiac Imaging in the Community, January 2024"
)


@rule(
    says="An urgent finding is told to a named person.",
    why="A signed report that nobody has read protects nobody.",
    source=COMMUNITY_STATEMENT,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    stops=True,
)
def urgent_finding_told_to_a_named_person(communications: Sequence[Communication]) -> Verdict:
    """Who and when have to be recorded, or why nobody could be told yet. A sent message is not a person told."""
    if not communications:
        return not_applicable("There is no urgent finding.")
    untold = [each for each in communications if not _told(each)]
    unexplained = [each for each in untold if not each.reason_not_told]
    if unexplained:
        return not_met(
            f"{_listed(unexplained)}: record who was told and when. If nobody could be told yet, record why, and who "
            "is trying."
        )
    if untold:
        reasons = "; ".join(f"{each.finding}: {each.reason_not_told}" for each in untold)
        return not_yet(f"Nobody has been told yet. {reasons}.")
    return met("; ".join(_how(each) for each in communications) + ".")


@rule(
    says="Somebody has been told of a critical finding within 60 minutes of signing.",
    why="Critical means that something has to be done as soon as possible; an hour is what a phone list needs.",
    source="This project's proposal for the site to set; no published UK limit was found",
    owner="Clinical lead",
    next_review=date(2027, 5, 1),
    standards=("urgent_told_minutes",),
)
def critical_finding_told_in_time(
    communications: Sequence[Communication], signed_at: datetime | None, now: datetime, minutes: int = 60
) -> Verdict:
    """The time counts from the signature; who was told before signing was told in time."""
    critical = [each for each in communications if each.level == "critical"]
    if not critical:
        return not_applicable("There is no critical finding.")
    if signed_at is None:
        return not_yet("The report is not signed yet.")
    limit = in_utc(signed_at) + timedelta(minutes=minutes)
    untold = [each for each in critical if not _told(each)]
    if untold:
        waited = say_span(in_utc(now) - in_utc(signed_at))
        words = f"{_listed(untold)}: nobody told {waited} after signing."
        return not_met(words) if in_utc(now) > limit else not_yet(words)
    last = max(in_utc(each.told_at) for each in critical if each.told_at is not None)
    words = "; ".join(_how(each) for each in critical) + "."
    return not_met(words) if last > limit else met(words)


def _told(communication: Communication) -> bool:
    return bool(communication.told_to) and communication.told_at is not None


def _listed(communications: Sequence[Communication]) -> str:
    return ", ".join(each.finding for each in communications)


def _how(communication: Communication) -> str:
    when = f" on {say_instant(communication.told_at)}" if communication.told_at else ""
    how = f" ({communication.how})" if communication.how else ""
    return f"{communication.finding}: {communication.told_to} was told{when}{how}"
