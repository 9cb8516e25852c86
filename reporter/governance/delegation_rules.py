"""The conditions under which somebody may report or sign, each as a rule on its card.

`delegation` asks these and stops whoever doesn't meet them. The sentences of a refusal speak to the person refused:
what is missing, and who can do what now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from reporter.governance.people import Availability, Reporter, say_role
from reporter.governance.rule import Verdict, met, not_applicable, not_met, rule
from reporter.governance.times import in_utc, say_day, say_instant

BSCMR = "BSCMR standards for CMR in the UK, reporting"
BSCMR_STAFFING = "BSCMR standards for CMR in the UK, staffing and training"

_NO_CONSULTANT_GRADE = (
    "Your entry on the people page has no consultant grade, and a clinical lead reports only as a consultant. "
    "Ask for your grade to be entered."
)


@rule(
    says="Only a trainee or a consultant who works here drafts a report.",
    why="A report is a medical opinion; other roles see to the scan, the audit or the system.",
    source=BSCMR,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    stops=True,
)
def reporter_by_role(person: Reporter) -> Verdict:
    """Trainees draft, consultants report."""
    if not person.active:
        return not_met("Your account is closed for reporting. The clinical lead can open it again.")
    if person.role == "trainee" or person.is_consultant:
        return met(f"{person.name} reports as a {say_role(person.role)}.")
    if person.role == "clinical_lead":
        return not_met(_NO_CONSULTANT_GRADE)
    return not_met(
        f"You are signed in as {_a(say_role(person.role))}, a role that does not write reports. Ask a trainee or a "
        "consultant."
    )


@rule(
    says="A delegated report is drafted by a trainee of CMR level 2 or higher, in date.",
    why="Level 1 is awareness: it is not meant for reporting independently, even under a consultant's signature.",
    source=BSCMR,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("delegated_reporter_level",),
    stops=True,
)
def delegated_reporter_has_the_level(drafter: Reporter, on: date, level: int = 2) -> Verdict:
    """The second of BSCMR's two conditions. `on` is a London date; a credential counts through its last day."""
    if drafter.is_consultant:
        return not_applicable(f"{drafter.name} is a consultant; nothing is delegated.")
    credential = drafter.credential_on(on)
    if credential is not None and credential.level >= level:
        return met(f"{drafter.name} holds {credential.body} level {credential.level}.")
    return not_met(f"{say_held(drafter, on)} A delegated report needs level {level} or higher.")


@rule(
    says="While a report is delegated, a physician of CMR level 3 is available to discuss it.",
    why="A trainee who can ask is safe to delegate to; one who can't is alone with the patient's answer.",
    source=BSCMR,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("discussion_level",),
    stops=True,
)
def somebody_can_discuss_it(
    drafter: Reporter, roster: Iterable[Availability], now: datetime, level: int = 3
) -> Verdict:
    """The first of BSCMR's two conditions. Nobody counts as available for themself."""
    if drafter.is_consultant:
        return not_applicable(f"{drafter.name} is a consultant; nothing is delegated.")
    others = [entry for entry in roster if entry.person_id != drafter.person_id and entry.level >= level]
    now_available = available_at(others, now, level)
    if now_available is not None:
        return met(f"{now_available.name} (level {now_available.level}) is available to discuss it.")
    coming = min((entry for entry in others if in_utc(entry.start) > in_utc(now)), key=_starts, default=None)
    next_one = f" Next on the roster: {coming.name}, from {say_instant(coming.start)}." if coming else ""
    return not_met(f"Nobody of CMR level {level} is on the roster to discuss this case now.{next_one}")


@rule(
    says="A draft is handed to somebody who could sign it.",
    why="A draft in the hands of somebody who can't sign waits without anyone noticing.",
    source=BSCMR,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("signer_level",),
    stops=True,
)
def named_consultant_could_sign(consultant: Reporter | None, on: date, level: int = 2) -> Verdict:
    """Naming nobody hands it to all the consultants of the site."""
    if consultant is None:
        return not_applicable("No consultant is named; any consultant of the site may take it.")
    if consultant.active and consultant.is_consultant and consultant.level_on(on) >= level:
        return met(f"{consultant.name} can sign it.")
    return not_met(
        f"{consultant.name} can't sign reports at the moment. Name another consultant, or leave the choice open."
    )


@rule(
    says="Only a consultant signs a report.",
    why="The responsibility for a report always lies with a consultant.",
    source=BSCMR,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    stops=True,
)
def signer_is_a_consultant(signer: Reporter) -> Verdict:
    """By the register, not by the name of the account's role."""
    if not signer.active:
        return not_met("Your account is closed for reporting. The clinical lead can open it again.")
    if signer.is_consultant:
        return met(f"{signer.name} is a consultant.")
    if signer.role == "clinical_lead":
        return not_met(_NO_CONSULTANT_GRADE)
    return not_met(
        f"Only a consultant can sign a report, and you are signed in as {_a(say_role(signer.role))}. "
        "Submit the draft to a consultant instead."
        if signer.role == "trainee"
        else f"Only a consultant can sign a report, and you are signed in as {_a(say_role(signer.role))}."
    )


@rule(
    says="The consultant who signs holds CMR level 2 or higher, in date.",
    why="General expertise in cardiology or radiology is not competence in CMR.",
    source=BSCMR_STAFFING,
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    standards=("signer_level",),
    stops=True,
)
def signer_has_the_level(signer: Reporter, on: date, level: int = 2) -> Verdict:
    """`on` is the London date of signing; a credential counts through its last day."""
    credential = signer.credential_on(on)
    if credential is not None and credential.level >= level:
        return met(f"{signer.name} holds {credential.body} level {credential.level}.")
    return not_met(
        f"{say_held(signer, on, to_them=True)} Signing needs level {level} or higher, in date. Ask a consultant who "
        "holds it to sign, or ask for your new certificate to be entered on the people page."
    )


@rule(
    says="The consultant who signs has a professional registration number on record.",
    why="Who reads a report can look up who answers for it.",
    source="Royal College of Radiologists, Standards for interpretation and reporting, 2nd edition, BFCR(18)1, 2018",
    owner="Clinical lead",
    next_review=date(2027, 11, 1),
    stops=True,
)
def signer_is_registered(signer: Reporter) -> Verdict:
    """Name, status, grade and registration number stand on every signed report."""
    if signer.registration_number and signer.registration_body:
        return met(f"{signer.name} is registered with the {signer.registration_body}.")
    return not_met(
        "Your professional registration (GMC number) is not on record. Ask for it to be entered on the people page."
    )


def available_at(roster: Iterable[Availability], now: datetime, level: int) -> Availability | None:
    """The entry of at least this level that covers an instant; the one that began first, when several do.

    It stays the same until it ends, so that a page shown a minute ago still says what is true.
    """
    covering = (entry for entry in roster if entry.level >= level and entry.covers(now))
    return min(covering, key=lambda entry: (in_utc(entry.start), entry.person_id), default=None)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _starts(entry: Availability) -> datetime:
    return in_utc(entry.start)


def say_held(person: Reporter, on: date, *, to_them: bool = False) -> str:
    """What a person holds on a day, as a sentence about them or to them."""
    holds, own = ("You hold", "your") if to_them else (f"{person.name} holds", "their")
    level = person.level_on(on)
    now = f"{holds} level {level}" if level else f"{holds} no CMR level in date"
    lapsed = person.lapsed_on(on, above=level)
    if lapsed is not None and lapsed.expires is not None:
        return f"{now}; {own} level {lapsed.level} ended on {say_day(lapsed.expires)}."
    return f"{now}."
