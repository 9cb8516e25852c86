"""Who may draft, submit, return, sign and amend, and the evidence that is kept of each decision.

This is the one module of the rules that stops anybody. BSCMR: reports always lie with a consultant, who signs; the
reporting can be delegated while a level 3 physician is available to discuss cases and the reporter is a trainee of
level 2 or higher. Both conditions hold together, at submitting and again at signing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from reporter.governance.delegation_rules import (
    available_at,
    delegated_reporter_has_the_level,
    named_consultant_could_sign,
    reporter_by_role,
    say_held,
    signer_has_the_level,
    signer_is_a_consultant,
    signer_is_registered,
    somebody_can_discuss_it,
)
from reporter.governance.people import Availability, Reporter, say_role
from reporter.governance.rule import RULES, Verdict
from reporter.governance.standards import Standards, packaged
from reporter.governance.times import in_utc, local_date

Action = Literal["draft", "submit", "return", "sign", "amend"]


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether somebody may do something now."""

    allowed: bool
    #: Why not, and what to do. On an allowed permission: what the person should know, often nothing.
    reasons: tuple[str, ...] = ()
    #: The evidence, plain enough for JSON, to be stored with the act; None when it was refused.
    certificate: dict[str, Any] | None = None

    @property
    def statement(self) -> str:
        """The one line for the report that says who drafted under whose delegation; empty when it was refused."""
        return str(self.certificate["statement"]) if self.certificate else ""


def may_draft(
    person: Reporter, now: datetime, roster: Iterable[Availability] = (), standards: Standards | None = None
) -> Permission:
    """Whether somebody may enter answers.

    Every trainee may. Where the two conditions of delegation don't hold, they are told at once and not only when they
    submit: below level 2 it is a training draft, which a consultant has to take over.
    """
    case = _Case("draft", now, standards or packaged(), tuple(roster), drafter=person)
    case.ask("reporter_by_role", reporter_by_role(person))
    if case.stopped or person.is_consultant:
        return case.permission(_alone(person))
    case.note_delegation(person)
    return case.permission(f"Draft by {_named(person, case.on)}.", _before_submitting(case, person))


def may_submit(
    person: Reporter,
    now: datetime,
    roster: Iterable[Availability] = (),
    consultant: Reporter | None = None,
    standards: Standards | None = None,
) -> Permission:
    """Whether somebody may hand a draft in for signing: a consultant always, a trainee under both BSCMR conditions.

    `consultant` is the one whom the draft is handed to, or None for any of the site. The certificate is the evidence
    of the delegation as it stood at this instant.
    """
    case = _Case("submit", now, standards or packaged(), tuple(roster), drafter=person)
    case.ask("reporter_by_role", reporter_by_role(person))
    if not case.stopped:
        case.ask_about_own_delegation(person)
        handed = named_consultant_could_sign(consultant, case.on, case.number("signer_level"))
        case.ask("named_consultant_could_sign", handed)
    return case.permission(_alone(person) if person.is_consultant else case.delegated(person))


def may_sign(
    signer: Reporter,
    now: datetime,
    *,
    drafter: Reporter | None = None,
    roster: Iterable[Availability] = (),
    takes_over: bool = False,
    standards: Standards | None = None,
) -> Permission:
    """Whether somebody may sign: a consultant of level 2 or higher, in date, with a registration number.

    With a trainee as `drafter` the two conditions of delegation are asked again, since a credential or a roster entry
    may have ended since the draft was submitted; a signer of level 3 counts as available. With `takes_over` the
    consultant has reviewed the images and reports alone, and the conditions are only recorded.
    """
    case = _Case("sign", now, standards or packaged(), tuple(roster), drafter=drafter, signer=signer)
    _ask_about_signing(case, signer)
    if drafter is None or drafter.is_consultant:
        return case.permission(_alone(signer))
    # A consultant of level 3 who is signing is there to be asked, on the roster or not, for as long as it takes.
    case.roster = (*case.roster, signer.available(case.now, case.now + timedelta(minutes=1)))
    if not takes_over:
        case.ask_about_delegation(drafter)
        return case.permission(case.delegated(drafter) + f" Signed by {_named(signer, case.on)}.")
    case.note_delegation(drafter)
    return case.permission(
        f"First drafted by {drafter.name}; {_named(signer, case.on)} reviewed the images and took the report over."
    )


def may_return(person: Reporter, now: datetime, standards: Standards | None = None) -> Permission:
    """Whether somebody may send a submitted draft back with a comment: any consultant, whatever their level."""
    case = _Case("return", now, standards or packaged(), (), signer=person)
    case.ask("signer_is_a_consultant", signer_is_a_consultant(person))
    return case.permission(f"Returned by {person.name}.")


def may_amend(person: Reporter, now: datetime, standards: Standards | None = None) -> Permission:
    """Whether somebody may open a signed report for an amendment or an addendum: whoever could sign it."""
    case = _Case("amend", now, standards or packaged(), (), signer=person)
    _ask_about_signing(case, person)
    return case.permission(_alone(person))


def _before_submitting(case: _Case, person: Reporter) -> str:
    """What a trainee should know while drafting: the first condition of delegation that doesn't hold, or nothing."""
    if case.said["delegated_reporter_has_the_level"].stops:
        return (
            f"This is a training draft. {say_held(person, case.on, to_them=True)} You can save it and show it to a "
            f"consultant; it can't be submitted below level {case.number('delegated_reporter_level')}."
        )
    discussed = case.said["somebody_can_discuss_it"]
    return f"{discussed.words} You can go on drafting; submitting waits for somebody." if discussed.stops else ""


def _ask_about_signing(case: _Case, signer: Reporter) -> None:
    case.ask("signer_is_a_consultant", signer_is_a_consultant(signer))
    if not case.stopped:
        level = case.number("signer_level")
        case.ask("signer_has_the_level", signer_has_the_level(signer, case.on, level))
        case.ask("signer_is_registered", signer_is_registered(signer))


class _Case:
    """One question being decided: collects what each rule said, and turns it into a permission with its evidence."""

    def __init__(
        self,
        action: Action,
        now: datetime,
        standards: Standards,
        roster: tuple[Availability, ...],
        *,
        drafter: Reporter | None = None,
        signer: Reporter | None = None,
    ) -> None:
        self.action, self.now, self.standards, self.roster = action, in_utc(now), standards, roster
        self.drafter, self.signer = drafter, signer
        self.on = local_date(now)
        self.said: dict[str, Verdict] = {}
        self.refusals: list[str] = []

    @property
    def stopped(self) -> bool:
        return bool(self.refusals)

    def number(self, name: str) -> int:
        return self.standards[name]

    def note(self, name: str, verdict: Verdict) -> None:
        """Keep what a rule said without letting it stop anything."""
        self.said[name] = verdict

    def ask(self, name: str, verdict: Verdict, refusal: str = "") -> None:
        """Keep what a rule said, and stop if it says so, in its own words or in others."""
        self.note(name, verdict)
        if verdict.stops:
            self.refusals.append(refusal or verdict.words)

    def ask_about_own_delegation(self, drafter: Reporter) -> None:
        """Ask the two conditions of the trainee who is submitting, and tell them what they can do."""
        level, discussion = self.number("delegated_reporter_level"), self.number("discussion_level")
        has_level, can_discuss = (verdict for _, verdict in self._delegation(drafter))
        self.ask(
            "delegated_reporter_has_the_level",
            has_level,
            f"{say_held(drafter, self.on, to_them=True)} A delegated report needs level {level} or higher. Ask a level "
            f"{level} or higher colleague or a consultant to take the draft over, or save this as a draft.",
        )
        self.ask(
            "somebody_can_discuss_it",
            can_discuss,
            f"{can_discuss.words} Ask a level {discussion} colleague to mark themselves available, or save this as a "
            "draft.",
        )

    def ask_about_delegation(self, drafter: Reporter) -> None:
        """Ask the two conditions of somebody else's draft, and tell the signer what they can do."""
        for name, verdict in self._delegation(drafter):
            self.ask(name, verdict)
        if any(verdict.stops for _, verdict in self._delegation(drafter)):
            self.refusals.append("You can review the images yourself and take the report over, or return the draft.")

    def note_delegation(self, drafter: Reporter) -> None:
        for name, verdict in self._delegation(drafter):
            self.note(name, verdict)

    def _delegation(self, drafter: Reporter) -> tuple[tuple[str, Verdict], ...]:
        level, discussion = self.number("delegated_reporter_level"), self.number("discussion_level")
        return (
            ("delegated_reporter_has_the_level", delegated_reporter_has_the_level(drafter, self.on, level)),
            ("somebody_can_discuss_it", somebody_can_discuss_it(drafter, self.roster, self.now, discussion)),
        )

    def discusser(self) -> Availability | None:
        others = [e for e in self.roster if self.drafter is None or e.person_id != self.drafter.person_id]
        return available_at(others, self.now, self.number("discussion_level"))

    def delegated(self, drafter: Reporter) -> str:
        other = self.discusser()
        with_whom = f"; {other.name} (level {other.level}) available to discuss" if other else ""
        return f"Drafted under delegation by {_named(drafter, self.on)}{with_whom}."

    def permission(self, statement: str, note: str = "") -> Permission:
        if self.refusals:
            return Permission(False, tuple(self.refusals))
        return Permission(True, (note,) if note else (), self._certificate(statement))

    def _certificate(self, statement: str) -> dict[str, Any]:
        used = sorted({number for name in self.said for number in RULES[name].standards})
        return {
            "action": self.action,
            "at": self.now.isoformat(),
            "on": self.on.isoformat(),
            "statement": statement,
            "drafter": _frozen(self.drafter, self.on),
            "signer": _frozen(self.signer, self.on),
            "roster": _frozen_entry(self.discusser()) if "somebody_can_discuss_it" in self.said else None,
            "rules": {
                name: {"version": RULES[name].version, "verdict": verdict.kind, "words": verdict.words}
                for name, verdict in self.said.items()
            },
            "standards": {name: self.standards[name] for name in used},
        }


def _named(person: Reporter, on: date) -> str:
    credential = person.credential_on(on)
    held = f"{credential.body} level {credential.level}" if credential else "no CMR level in date"
    return f"{person.name} ({say_role(person.role)}, {held})"


def _alone(person: Reporter) -> str:
    return f"{person.name} reported without delegation."


def _frozen(person: Reporter | None, on: date) -> dict[str, Any] | None:
    """What was known about a person at the decision, without anything that can change later."""
    if person is None:
        return None
    credential = person.credential_on(on)
    return {
        "person_id": person.person_id,
        "name": person.name,
        "role": person.role,
        "grade": person.grade,
        "registration": " ".join(filter(None, (person.registration_body, person.registration_number))) or None,
        "level": credential.level if credential else 0,
        "credential": {
            "body": credential.body,
            "level": credential.level,
            "awarded": credential.awarded.isoformat(),
            "expires": credential.expires.isoformat() if credential.expires else None,
            "certificate": credential.certificate,
        }
        if credential
        else None,
    }


def _frozen_entry(entry: Availability | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "person_id": entry.person_id,
        "name": entry.name,
        "level": entry.level,
        "from": in_utc(entry.start).isoformat(),
        "until": in_utc(entry.end).isoformat(),
    }
