"""Reports: opening, saving, submitting, returning and amending one, and reading what was signed.

Signing is next door, in `reporter.actions.signing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from reporter import templates
from reporter.actions import cases
from reporter.actions.actor import Actor, note
from reporter.actions.cases import Case, must, must_follow
from reporter.actions.clocks import verdicts_of
from reporter.actions.refusals import Conflict, Invalid, NotFound
from reporter.actions.reporters import reporter_of
from reporter.actions.signing import sign, sign_preview
from reporter.actions.views import Saved, StudyView, VersionView
from reporter.form import answers
from reporter.form.definition import Template
from reporter.governance import delegation
from reporter.store import audit_log, outbox, people, reports, studies
from reporter.store.database import AlreadyThere, Database, Session
from reporter.store.reports import Draft

__all__ = [
    "amend",
    "discard",
    "open_report",
    "pdf",
    "read_version",
    "return_draft",
    "save_draft",
    "sign",
    "sign_preview",
    "study_view",
    "submit",
    "take_back",
]

#: Opening or editing the same report again within this time adds no audit line: it would tell nothing new.
ONE_LINE_WITHIN = timedelta(minutes=15)


def study_view(db: Database, actor: Actor, study_id: str, now: datetime) -> StudyView:
    """Everything about a study, for one person. That they looked is written down. Raises NotFound or NotPermitted."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        changes = studies.class_changes(session, study_id)
        versions = reports.versions(session, case.report.id)
        deliveries = outbox.of_report(session, case.report.id)
        history = audit_log.history_of(session, study_id)
        submissions = reports.submissions(session, case.report.id)
        names = people.named(session, _people_in(case, [s.person_id for s in submissions]))
        noted = _noted_lately(session, actor, study_id, "read", now)
    if not noted:
        with db.begin() as session:
            note(session, actor, "read", "study", study_id, site_code=case.study.site_code, now=now)
    due = verdicts_of(
        case.study,
        changes,
        case.site,
        signed_at=case.report.first_signed_at,
        available_at=case.report.available_at,
        now=now,
    )
    return StudyView(
        study=case.study,
        patient=case.patient,
        site=case.site,
        report=case.report,
        draft=case.draft,
        template=cases.template_of(case),
        filled=cases.filled_of(case),
        due=due,
        versions=versions,
        deliveries=deliveries,
        history=history,
        submissions=submissions,
        permissions=cases.permissions(case, now),
        names=names,
    )


def open_report(db: Database, actor: Actor, study_id: str, template_id: str | None, now: datetime) -> str:
    """Starts a report with the newest version of a template and returns its key; one that is open stays as it is."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
    if case.draft is not None:
        return case.report.id
    must(cases.may_draft(case, now))
    state = must_follow(case, "open")
    template = _chosen(template_id)
    started = Draft(
        report_id=case.report.id, site_code=case.site.code, number=1, template_id=template.id,
        template_version=template.version, kind="original", reason=None, answers={},
        sha256=reports.answers_sha256({}), confirmed={}, author_id=actor.key, edited_by=actor.key, delegation=None,
        return_comment=None, created_at=now, updated_at=now, submitted_at=None,
    )  # fmt: skip
    try:
        with db.begin() as session:
            reports.add_draft(session, started)
            reports.move(session, case.report, state, now, assigned_to=actor.key)
            _line(session, case, "opened report", now, f"template {template.id} version {template.version}")
    except AlreadyThere:
        raise _changed_meanwhile(db, actor, study_id, now) from None
    return case.report.id


def save_draft(  # noqa: PLR0917
    db: Database,
    actor: Actor,
    study_id: str,
    raw: Mapping[str, Sequence[str]],
    seen_number: int,
    confirmed: Iterable[str],
    now: datetime,
) -> Saved:
    """Stores what can be stored of a form, however incomplete. `seen_number` is the draft's number as the form had it.

    A refused value leaves the stored one as it was and comes back in `Saved.reading.errors`. `confirmed` names the
    fields whose unlikely values were confirmed. Raises Conflict when somebody else saved in between.
    """
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
    draft = case.open_draft
    must_follow(case, "save")
    must(cases.may_draft(case, now))
    if draft.number != seen_number:
        raise _changed_meanwhile(db, actor, study_id, now)
    template = templates.get(draft.template_id, draft.template_version)
    reading = answers.read(template, raw, draft.answers)
    # A confirmation is of one value, typed or computed: another value asks again.
    asked = answers.fill(template, reading.answers, cases.context_of(case), reading)
    agreed = answers.agreed(asked, set(confirmed), draft.confirmed)
    number: int | None = draft.number
    if dict(reading.answers) != dict(draft.answers) or agreed != dict(draft.confirmed):
        with db.begin() as session:
            number = reports.change_draft(
                session, draft, now, answers=dict(reading.answers), confirmed=agreed, edited_by=actor.key
            )
            if number is not None and not _noted_lately(session, actor, study_id, "edited draft", now):
                _line(session, case, "edited draft", now)
    if number is None:
        raise _changed_meanwhile(db, actor, study_id, now)
    filled = answers.fill(template, reading.answers, cases.context_of(case, agreed), reading)
    return Saved(number, reading, filled)


def submit(
    db: Database, actor: Actor, study_id: str, seen_number: int, now: datetime, *, consultant_id: str | None = None
) -> None:
    """Hands a draft in for signing, to a consultant by name or to any of the site.

    BSCMR's two conditions of delegation are asked here, and the evidence is kept. Raises NotPermitted with what to do.
    """
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        consultant = people.get(session, consultant_id) if consultant_id else None
    if consultant_id and (consultant is None or case.site.code not in consultant.sites):
        raise Invalid({"consultant_id": "There is no such consultant at this site."})
    draft = case.open_draft
    state = must_follow(case, "submit")
    if draft.number != seen_number:
        raise _changed_meanwhile(db, actor, study_id, now)
    permission = must(cases.may_submit(case, now, consultant))
    changes = {"delegation": permission.certificate, "submitted_at": now, "return_comment": None}
    to = {} if consultant is None else {"assigned_to": consultant.id}
    _move(db, case, state, "submitted draft", now, draft_changes=changes, keep="submitted", **to)


def take_back(db: Database, actor: Actor, study_id: str, now: datetime) -> None:
    """Takes a submitted draft back, to change it again."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
    state = must_follow(case, "take_back")
    must(cases.may_take_back(case))
    _move(db, case, state, "took draft back", now, draft_changes={"submitted_at": None}, assigned_to=actor.key)


def return_draft(  # noqa: PLR0917
    db: Database, actor: Actor, study_id: str, comment: str, seen_number: int, now: datetime
) -> None:
    """Sends a submitted draft back to its author with a comment on what was seen."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
    state = must_follow(case, "return")
    must(delegation.may_return(reporter_of(case.me), now))
    if not comment.strip():
        raise Invalid({"comment": "Say what should be mended, so that the author knows."})
    if case.open_draft.number != seen_number:
        raise _changed_meanwhile(db, actor, study_id, now)
    changes = {"return_comment": comment.strip(), "submitted_at": None}
    _move(
        db, case, state, "returned draft", now,
        draft_changes=changes, keep="returned", comment=comment.strip(), assigned_to=case.open_draft.author_id,
    )  # fmt: skip


def amend(db: Database, actor: Actor, study_id: str, kind: str, reason: str, now: datetime) -> None:  # noqa: PLR0917
    """Opens a signed report for an amendment or an addendum. The signed version stands until the new one is signed."""
    if kind not in ("amendment", "addendum"):
        raise Invalid({"kind": "Choose amendment (something changes) or addendum (something is added)."})
    if not reason.strip():
        raise Invalid({"reason": "Say in one sentence why; it stands on the report."})
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
    state = must_follow(case, "amend")
    must(delegation.may_amend(reporter_of(case.me), now))
    changes: dict[str, Any] = {
        "kind": kind,
        "reason": reason.strip(),
        "author_id": actor.key,
        "edited_by": actor.key,
        "delegation": None,
        "return_comment": None,
        "submitted_at": None,
    }
    _move(db, case, state, f"opened {kind}", now, draft_changes=changes, assigned_to=actor.key)


def discard(db: Database, actor: Actor, study_id: str, now: datetime) -> None:
    """Gives an amendment or addendum up. The report is again what was signed last."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        signed = reports.version(session, case.report.id, case.report.current_version)
    state = must_follow(case, "discard")
    must(delegation.may_amend(reporter_of(case.me), now))
    if signed is None:
        raise NotFound("There is no signed version to go back to.")
    changes = {"answers": dict(signed.document.answers), "kind": signed.document.kind, "reason": signed.document.reason}
    _move(db, case, state, "discarded amendment", now, draft_changes=changes, assigned_to=None)


def read_version(db: Database, actor: Actor, study_id: str, version: int | None, now: datetime) -> VersionView:
    """A signed version exactly as it was signed; None gives the one that counts. Raises NotFound."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        number = case.report.current_version if version is None else version
        signed = reports.version(session, case.report.id, number)
        if signed is None:
            raise NotFound("There is no such signed version of this report.")
        versions = reports.versions(session, case.report.id)
        deliveries = tuple(d for d in outbox.of_report(session, case.report.id) if d.version == number)
        noted = _noted_lately(session, actor, study_id, "read", now)
    if not noted:
        with db.begin() as session:
            note(session, actor, "read", "study", study_id, site_code=case.site.code, now=now, version=number)
    return VersionView(signed, number, case.report.current_version, versions, deliveries)


def pdf(db: Database, actor: Actor, study_id: str, version: int, now: datetime) -> bytes:
    """The PDF that was made when a version was signed. That it was taken is written down."""
    with db.begin() as session:
        case = cases.load(session, actor, study_id, now)
        found = reports.pdf(session, case.report.id, version)
        if found is None:
            raise NotFound("There is no such signed version of this report.")
        note(session, actor, "took PDF", "study", study_id, site_code=case.site.code, now=now, version=version)
    return found


def _move(
    db: Database,
    case: Case,
    state: str,
    what: str,
    now: datetime,
    *,
    draft_changes: Mapping[str, Any],
    keep: str | None = None,
    comment: str | None = None,
    **report_changes: Any,
) -> None:
    """Moves the report and changes its draft together, or not at all when somebody was first."""
    draft = case.open_draft
    with db.begin() as session:
        moved = reports.move(session, case.report, state, now, **report_changes)
        number = reports.change_draft(session, draft, now, **draft_changes) if moved else None
        if number is None:
            session.rollback()
        else:
            if keep is not None:
                kept = replace(draft, number=number, delegation=draft_changes.get("delegation", draft.delegation))
                reports.add_submission(session, kept, keep, person_id=case.me.id, comment=comment, now=now)
            _line(session, case, what, now)
    if number is None:
        raise _changed_meanwhile(db, case.actor, case.study.id, now)


def _changed_meanwhile(db: Database, actor: Actor, study_id: str, now: datetime) -> Conflict:
    """What to say to whoever came second: who was first, and when."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        who = case.report.signed_by if case.report.state == "signed" else None
        key = who or (case.draft.edited_by if case.draft else case.report.assigned_to)
        name = people.named(session, [key]).get(key or "", "Somebody else")
    when = case.report.signed_at if who else case.draft.updated_at if case.draft else case.report.updated_at
    did = "signed" if who else "changed"
    return Conflict(
        f"{name} has {did} this report since you opened it. What you entered was not stored; look at it as it is now.",
        who=name,
        when=when,
    )


def _chosen(template_id: str | None) -> Template:
    shelf = templates.all()
    try:
        return templates.current(template_id) if template_id else shelf[0]
    except KeyError:
        titles = ", ".join(template.title for template in shelf)
        raise Invalid({"template_id": f"There is no such template. These are: {titles}."}) from None


def _line(session: Session, case: Case, action: str, now: datetime, words: str | None = None) -> None:
    note(session, case.actor, action, "study", case.study.id, site_code=case.site.code, now=now, words=words)


def _noted_lately(session: Session, actor: Actor, study_id: str, action: str, now: datetime) -> bool:
    if actor.person_id is None:
        return False
    return audit_log.was_done_since(session, actor.person_id, action, study_id, now - ONE_LINE_WITHIN)


def _people_in(case: Case, more: Sequence[str | None]) -> list[str | None]:
    keys = [case.report.assigned_to, case.report.signed_by, *more]
    return [*keys, case.draft.author_id, case.draft.edited_by] if case.draft else keys
