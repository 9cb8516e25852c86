"""Signing: what was shown is what is signed, once, by whoever may, with everything that follows in one transaction.

Everything slow happens first and changes nothing: the password, the document, the PDF, the messages and their checks.
The write transaction then looks again at all that could have changed meanwhile, and writes the version, the signature,
the messages and the audit line together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reporter import __version__
from reporter.actions import cases, identity
from reporter.actions.actor import Actor, note
from reporter.actions.cases import Case, must, must_follow
from reporter.actions.refusals import Conflict, NotReady
from reporter.actions.reporters import on_report
from reporter.actions.views import Difference, Preview, Signed
from reporter.form import answers
from reporter.form.filled import FilledForm
from reporter.governance.delegation import Permission
from reporter.governance.times import say_instant
from reporter.integration import outgoing
from reporter.integration.wires import Destination
from reporter.report import signing as preparing
from reporter.report.document import PersonOnReport, ReportDocument, SignatureOnReport, SignedVersion
from reporter.store import outbox, people, reports
from reporter.store.database import AlreadyThere, Busy, Database, Session
from reporter.store.outbox import Message
from reporter.store.rows import new_id

_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that the write transaction writes: rendered and checked before it begins."""

    signed: SignedVersion
    content: str
    pdf: bytes
    pdf_sha256: str
    messages: tuple[tuple[Message, str | None], ...]
    permission: Permission
    #: A hash over the people and the roster that the permission was decided on.
    seal: str


def sign_preview(
    db: Database,
    actor: Actor,
    study_id: str,
    now: datetime,
    destinations: Iterable[Destination] = (),
    *,
    takes_over: bool = False,
) -> Preview:
    """The signing page: exactly what would be sent, what differs from what was handed in, what stands in the way."""
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        must_follow(case, "sign")
        handed_in = [s for s in reports.submissions(session, case.report.id) if s.kind == "submitted"]
        before = reports.version(session, case.report.id, case.report.current_version)
    filled = cases.filled_of(case)
    if filled is None:
        raise NotReady("Nobody has opened this report yet. Open it with a template first.")
    permission = cases.may_sign(case, now, takes_over=takes_over)
    document: ReportDocument | None = None
    reasons: tuple[str, ...] = ()
    try:
        document = _document(case, filled, permission, now)
    except preparing.NotReady as why:
        reasons = why.reasons
    last = handed_in[-1] if handed_in and case.open_draft.kind == "original" else None
    baseline = last.answers if last else before.document.answers if before else None
    author = case.author
    return Preview(
        document=document,
        sha256=document.sha256() if document else "",
        number=case.open_draft.number,
        reasons=reasons,
        differences=_differences(filled, baseline) if baseline is not None else (),
        submitted_by=author.name if author is not None and last is not None else None,
        submitted_at=last.at if last else None,
        permission=permission,
        destinations=tuple(d.name for d in destinations if d.takes_site(case.site.code)),
        drafted_by_trainee=author is not None and author.id != actor.person_id and author.role == "trainee",
    )


def sign(  # noqa: PLR0917
    db: Database,
    actor: Actor,
    study_id: str,
    seen_sha256: str,
    password: str,
    destinations: Iterable[Destination],
    now: datetime,
    *,
    takes_over: bool = False,
) -> Signed:
    """Signs the report as it was shown, and puts its messages out to be sent.

    `seen_sha256` is the hash of what the signer saw. Raises BadCredentials, NotPermitted, NotReady, or Conflict with
    who signed or changed it and when; then nothing was written.
    """
    identity.check_password(db, actor, password, now)
    with db.read() as session:
        case = cases.load(session, actor, study_id, now)
        seal = people.seal(session, *_who_counts(case))
        # What an earlier version said and this one doesn't has to be withdrawn by name at the receiver.
        earlier = reports.signed_versions(session, case.report.id)
    if case.report.state == "signed":
        raise _too_late(db, case)
    must_follow(case, "sign")
    ready = _prepare(case, earlier, seen_sha256, tuple(destinations), now, takes_over=takes_over, seal=seal)
    for left in reversed(range(_TRIES)):
        try:
            with db.begin() as session:
                _write(session, case, ready, now, takes_over=takes_over)
            break
        except AlreadyThere:
            raise _too_late(db, case) from None
        except Busy:
            if not left:
                raise
    held_back = {message.destination: why for message, why in ready.messages if why is not None}
    document = ready.signed.document
    return Signed(document.version, ready.signed.signature.content_sha256, now, held_back)


def _prepare(
    case: Case,
    earlier: tuple[SignedVersion, ...],
    seen_sha256: str,
    destinations: tuple[Destination, ...],
    now: datetime,
    *,
    takes_over: bool,
    seal: str,
) -> _Ready:
    from reporter.integration import pdf as paper  # noqa: PLC0415  # Typst is loaded by who signs, not by who reads

    permission = must(cases.may_sign(case, now, takes_over=takes_over))
    filled = cases.filled_of(case)
    if filled is None:
        raise NotReady("Nobody has opened this report yet. Open it with a template first.")
    try:
        document = _document(case, filled, permission, now)
    except preparing.NotReady as why:
        raise NotReady(*why.reasons) from None
    content = document.canonical()
    digest = document.sha256()
    if digest != seen_sha256:
        raise Conflict(
            "The report has changed since you opened the signing page, so nothing was signed. Read it as it is now.",
            when=case.open_draft.updated_at,
        )
    signer = on_report(case.me, now)
    signed = SignedVersion(
        document=document,
        signature=SignatureOnReport(signer, now, "reviewed-and-approved", _statement(signer, now), digest),
        first_signed_at=case.report.first_signed_at or now,
    )
    printed = paper.render(signed)
    messages = tuple(
        _message(case, signed, earlier, destination, printed, now) for destination in destinations
        if destination.takes_site(case.site.code)
    )  # fmt: skip
    return _Ready(signed, content, printed, hashlib.sha256(printed).hexdigest(), messages, permission, seal)


def _message(  # noqa: PLR0917
    case: Case,
    signed: SignedVersion,
    earlier: tuple[SignedVersion, ...],
    destination: Destination,
    printed: bytes,
    now: datetime,
) -> tuple[Message, str | None]:
    """One message, and why it is held back (None: it may leave)."""
    key = new_id()
    try:
        payload = outgoing.render(destination, signed, key, printed, earlier)
    except outgoing.CannotSay as why:
        raise NotReady(f"The message to {destination.name} can't be made. {why}") from None
    faults = outgoing.check(destination, payload)
    version = signed.document.version
    digest = hashlib.sha256(payload).hexdigest()
    message = Message(key, case.site.code, destination.name, case.report.id, version, payload, digest, now)
    return message, " ".join(faults) or None


def _write(session: Session, case: Case, ready: _Ready, now: datetime, *, takes_over: bool) -> None:
    """The one transaction. Raises AlreadyThere when anything is not as it was when the document was made."""
    if not reports.is_still(session, case.report, case.open_draft, case.study, case.patient):
        raise AlreadyThere("The report has changed.")
    if people.seal(session, *_who_counts(case)) != ready.seal:
        # An accreditation or the roster changed a moment ago: decide again on what holds now.
        must(cases.may_sign(cases.reload_people(session, case, now), now, takes_over=takes_over))
    signed = ready.signed
    version = signed.document.version
    reports.add_version(
        session, signed, content=ready.content, pdf=ready.pdf, pdf_sha256=ready.pdf_sha256,
        evidence=ready.permission.certificate,
    )  # fmt: skip
    outbox.put_all(session, ready.messages)
    changes = {
        "state": "signed",
        "current_version": version,
        "signed_at": now,
        "signed_by": case.me.id,
        "first_signed_at": signed.first_signed_at,
        "assigned_to": None,
    }
    if not ready.messages and case.report.available_at is None:
        changes["available_at"] = now  # where nothing is sent on, referrers read it here
    reports.change(session, case.report.id, changes, now)
    note(
        session, case.actor, "signed", "study", case.study.id, site_code=case.site.code, now=now, version=version,
        words=f"sha256 {signed.signature.content_sha256}",
    )  # fmt: skip


def _who_counts(case: Case) -> tuple[str, str, str]:
    author = case.author.id if case.author is not None else case.me.id
    return case.me.id, author, case.site.code


def _document(case: Case, filled: FilledForm, permission: Permission, now: datetime) -> ReportDocument:
    draft = case.open_draft
    author = case.author or case.me
    facts = preparing.SigningFacts(
        report_id=case.report.id,
        version=case.report.current_version + 1,
        kind=draft.kind,  # type: ignore[arg-type]
        reason=draft.reason,
        site=case.site.on_report(),
        patient=case.patient.on_report(),
        study=case.study.on_report(),
        drafted_by=on_report(author, now),
        delegation=permission.statement,
        engine_version=__version__,
        at=now,
    )
    return preparing.prepare(filled, facts)


def _statement(signer: PersonOnReport, now: datetime) -> str:
    number = f", {signer.registration_body} {signer.registration_number}" if signer.registration_number else ""
    grade = f", {signer.grade}" if signer.grade else ""
    return f"Reviewed and approved by {signer.name}{grade}{number}, on {say_instant(now)}."


def _too_late(db: Database, case: Case) -> Conflict:
    """What to say to the second of two signers: who was first, and when."""
    with db.read() as session:
        versions = reports.versions(session, case.report.id)
        report = reports.of_study(session, case.study.id)
    was_signed = report is not None and report.current_version > case.report.current_version
    if not versions or not (was_signed or case.report.state == "signed"):
        return Conflict(
            "The report has changed since you opened the signing page, so nothing was signed. Read it again."
        )
    first = versions[0]
    return Conflict(
        f"{first.signer} signed this report on {say_instant(first.signed_at)}. Your signature was not needed and was "
        "not written.",
        who=first.signer,
        when=first.signed_at,
    )


def _differences(filled: FilledForm, baseline: object) -> tuple[Difference, ...]:
    was = answers.fill(filled.template, baseline, filled.context)  # type: ignore[arg-type]
    found = []
    for field in filled.template.fields:
        if field.is_computed:
            continue  # it follows from the answers that differ
        before, after = (form.reported.get(field.id) for form in (was, filled))
        if before != after:
            words = [_in_words(form, field.id) for form in (was, filled)]
            found.append(Difference(field.id, field.ask, words[0], words[1]))
    return tuple(found)


def _in_words(form: FilledForm, field_id: str) -> str:
    filled = form[field_id]
    if not filled.asked or not filled.words:
        return ""
    return f"{filled.words} {filled.unit}" if filled.unit else filled.words
