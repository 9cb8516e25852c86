"""A study's whole case, read at one moment: what every action on a report starts from, and what one may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reporter import templates
from reporter.actions.actor import CLINICAL, ORDERING, THERE_IS_NONE, Actor, must_be, must_see
from reporter.actions.refusals import Conflict, NotFound, NotPermitted
from reporter.actions.reporters import reporter_of, roster_at
from reporter.form import answers
from reporter.form.definition import Template
from reporter.form.filled import FilledForm, FormContext
from reporter.governance import delegation
from reporter.governance.delegation import Permission
from reporter.governance.people import Availability
from reporter.governance.times import local_date
from reporter.report import report as life
from reporter.store import patients, people, reports, sites, studies
from reporter.store.database import Session
from reporter.store.patients import Patient
from reporter.store.people import Person
from reporter.store.reports import Draft, Report
from reporter.store.sites import Site
from reporter.store.studies import Study

CONSULTANTS = ("consultant", "clinical_lead")


@dataclass(frozen=True, slots=True)
class Case:
    """One study with its patient, site, report and draft, and who is looking at it."""

    actor: Actor
    study: Study
    patient: Patient
    site: Site
    report: Report
    draft: Draft | None
    #: None for the system.
    person: Person | None
    #: Who wrote the draft.
    author: Person | None
    roster: tuple[Availability, ...]

    @property
    def me(self) -> Person:
        """The person who acts. Raises NotPermitted for the system, which never writes or signs a report."""
        if self.person is None:
            raise NotPermitted("Only a person can do this.")
        return self.person

    @property
    def open_draft(self) -> Draft:
        """The draft. Raises Conflict when nobody has opened the report yet."""
        if self.draft is None:
            raise Conflict("Nobody has opened this report yet. Open it with a template first.")
        return self.draft

    @property
    def is_mine(self) -> bool:
        """Does this person write the draft, or hold the report?"""
        key = self.actor.person_id
        return self.draft is None or key in (self.draft.author_id, self.report.assigned_to)


def load(session: Session, actor: Actor, study_id: str, now: datetime) -> Case:
    """The case of a study at the actor's sites. Raises NotFound, or NotPermitted for who has no clinical content."""
    study = studies.get(session, study_id)
    if study is None:
        raise NotFound(THERE_IS_NONE)
    must_see(actor, study.site_code)
    must_be(actor, *CLINICAL, to="open clinical reports")
    site = sites.get(session, study.site_code)
    patient = patients.get(session, study.patient_id)
    report = reports.of_study(session, study_id)
    if site is None or patient is None or report is None:
        raise LookupError("A study has a site, a patient and a report.")
    draft = reports.draft_of(session, report.id)
    person = people.get(session, actor.person_id) if actor.person_id else None
    author = person
    if draft is not None and (person is None or draft.author_id != person.id):
        author = people.get(session, draft.author_id)
    roster = roster_at(session, [study.site_code], now)
    return Case(actor, study, patient, site, report, draft, person, author if draft else None, roster)


def reload_people(session: Session, case: Case, now: datetime) -> Case:
    """The same case with people and roster read again: an accreditation may have ended a moment ago."""
    person = people.get(session, case.me.id)
    author = person if case.author is None or case.author.id == case.me.id else people.get(session, case.author.id)
    return replace(case, person=person, author=author, roster=roster_at(session, [case.study.site_code], now))


def template_of(case: Case) -> Template | None:
    """The template that the draft was started with, at its version."""
    return None if case.draft is None else templates.get(case.draft.template_id, case.draft.template_version)


def context_of(case: Case, confirmed: Mapping[str, str] | None = None) -> FormContext:
    """What the form needs to know and nobody types."""
    known = case.draft.confirmed if case.draft else {}
    return FormContext(
        reference_set=case.site.reference_set,
        papillary=case.site.papillary_convention,
        bsa_formula=case.site.bsa_formula,
        birth_date=case.patient.birth_date,
        study_date=local_date(case.study.completed_at) if case.study.completed_at else None,
        sex=case.patient.sex,
        confirmed=dict(known if confirmed is None else confirmed),
    )


def filled_of(case: Case) -> FilledForm | None:
    """The form as it stands."""
    template = template_of(case)
    if template is None or case.draft is None:
        return None
    return answers.fill(template, case.draft.answers, context_of(case))


def must_follow(case: Case, action: life.Action) -> str:
    """The state that the action leads to. Raises Conflict with a sentence when the report is elsewhere."""
    try:
        return life.next_state(case.report.state, action)  # type: ignore[arg-type]
    except life.NotAllowed as why:
        raise Conflict(str(why)) from None


def must(permission: Permission) -> Permission:
    """The permission, if it is one. Raises NotPermitted with its reasons."""
    if not permission.allowed:
        raise NotPermitted(*permission.reasons)
    return permission


def may_draft(case: Case, now: datetime) -> Permission:
    """May this person change the draft now?"""
    rule = delegation.may_draft(reporter_of(case.me), now, case.roster)
    if not rule.allowed:
        return rule
    if case.study.status != "completed":
        return _no("The examination is not completed yet. A report can be opened once it is.")
    if case.report.state == "amending" and case.me.role not in CONSULTANTS:
        return _no("An amendment or addendum is written by a consultant.")
    if case.me.role in CONSULTANTS:
        return rule
    if not case.is_mine:
        return _no("Another trainee writes this report. A consultant can take it over.")
    if case.report.state == "submitted":
        return _no("You have submitted this report. Take it back to change it, or wait until it is returned.")
    return rule


def may_submit(case: Case, now: datetime, consultant: Person | None = None) -> Permission:
    """May this person hand the draft in now?"""
    if not case.is_mine and case.me.role not in CONSULTANTS:
        return _no("Only who writes the report can submit it.")
    to = None if consultant is None else reporter_of(consultant)
    return delegation.may_submit(reporter_of(case.me), now, case.roster, to)


def may_sign(case: Case, now: datetime, *, takes_over: bool = False) -> Permission:
    """May this person sign the draft now? The author counts as the one who reported."""
    signer = reporter_of(case.me)
    drafter = None if case.author is None or case.author.id == case.me.id else reporter_of(case.author)
    return delegation.may_sign(signer, now, drafter=drafter, roster=case.roster, takes_over=takes_over)


def permissions(case: Case, now: datetime) -> dict[str, Permission]:
    """What this person may do with the report as it stands, and if not, why not."""
    if case.person is None:
        return {}
    reporter = reporter_of(case.person)
    found = {
        "draft": ("save" if case.draft else "open", may_draft(case, now)),
        "submit": ("submit", may_submit(case, now)),
        "take_back": ("take_back", _may_take_back(case)),
        "return": ("return", delegation.may_return(reporter, now)),
        "sign": ("sign", may_sign(case, now)),
        "amend": ("amend", delegation.may_amend(reporter, now)),
        "discard": ("discard", delegation.may_amend(reporter, now)),
    }
    allowed = {name: _in_state(case, action, rule) for name, (action, rule) in found.items()}
    may_complete = case.actor.role in ORDERING and case.study.status != "cancelled"
    allowed["complete_exam"] = (
        Permission(True) if may_complete else _no("A radiographer or a consultant says that the examination is over.")
    )
    return allowed


def may_take_back(case: Case) -> Permission:
    """May this person take a submitted draft back?"""
    return _may_take_back(case)


def _may_take_back(case: Case) -> Permission:
    mine = case.draft is not None and case.draft.author_id == case.actor.person_id
    return Permission(True) if mine else _no("Only who wrote the draft can take it back.")


def _in_state(case: Case, action: str, rule: Permission) -> Permission:
    try:
        life.next_state(case.report.state, action)  # type: ignore[arg-type]
    except life.NotAllowed as why:
        return _no(str(why))
    return rule


def _no(sentence: str) -> Permission:
    return Permission(False, (sentence,))
