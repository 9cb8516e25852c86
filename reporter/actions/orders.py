"""Orders: from a feed, from a file, or typed in; and saying that an examination is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reporter.actions import ordering
from reporter.actions.actor import ORDERING, THERE_IS_NONE, Actor, must_be, must_see
from reporter.actions.inbound import (
    close_exception,
    exception,
    import_orders,
    list_exceptions,
    receive,
    receive_all,
    reprocess,
    split_file,
)
from reporter.actions.ordering import Origin
from reporter.actions.refusals import Conflict, Invalid, NotFound, NotPermitted
from reporter.governance.times import say_instant
from reporter.integration.hl7v2 import nhs_number
from reporter.integration.hl7v2.events import (
    Envelope,
    Identifier,
    NewOrder,
    OrderFacts,
    PatientFacts,
    PersonFacts,
    Unusable,
)
from reporter.store import studies
from reporter.store.database import AlreadyThere, Database

__all__ = [
    "OrderForm",
    "close_exception",
    "complete_exam",
    "enter_order",
    "exception",
    "import_orders",
    "list_exceptions",
    "receive",
    "receive_all",
    "reprocess",
    "split_file",
]

#: A clock that runs a little fast is not an error; a scan that ends tomorrow is.
FUTURE = timedelta(minutes=5)
#: A correction of the scan's end by more than this needs another person than the reporter (it moves the due time).
LARGE_CORRECTION = timedelta(hours=24)

_PRIORITIES = {"routine": "R", "urgent": "A", "stat": "S"}


@dataclass(frozen=True, slots=True)
class OrderForm:
    """An order as it is typed in. `completed_at` when the scan is over already."""

    site_code: str
    family: str
    given: str
    accession: str
    clinical_question: str
    birth_date: date | None = None
    sex: str = "unknown"
    title: str | None = None
    nhs_number: str | None = None
    hospital_number: str | None = None
    #: Who gave the hospital number; None takes the site's organisation.
    hospital_number_authority: str | None = None
    procedure: str = "Cardiac MRI"
    procedure_code: str | None = None
    placer_order: str | None = None
    filler_order: str | None = None
    requester_name: str | None = None
    requester_registration_body: str | None = None
    requester_registration_number: str | None = None
    patient_class: str = "unknown"
    priority: str = "routine"
    requested_at: datetime | None = None
    completed_at: datetime | None = None


def enter_order(db: Database, actor: Actor, form: OrderForm, now: datetime) -> str:
    """Adds a study from a form and returns its key. Raises Invalid with a sentence a field."""
    must_be(actor, *ORDERING, to="enter an order")
    must_see(actor, form.site_code)
    if errors := _wrong_with(form, now):
        raise Invalid(errors)
    event = NewOrder(Envelope("CMR-REPORTER", form.site_code, "", now), _patient(form), _order(form))
    try:
        with db.begin() as session:
            if studies.find(session, form.site_code, form.accession, None, None) is not None:
                raise Invalid({"accession": "There is a study with this accession number already. Look it up."})
            return ordering.apply_order(session, event, Origin(actor, "form", None, now, now)).id
    except AlreadyThere:
        raise Invalid({"accession": "Somebody has just entered this accession number. Look it up."}) from None
    except Unusable as why:
        raise Invalid({"site_code": why.sentence}) from None


def complete_exam(db: Database, actor: Actor, study_id: str, at: datetime, now: datetime) -> None:
    """Says when an examination ended: its clock starts then. A later correction is written down with both times."""
    must_be(actor, *ORDERING, to="say that an examination is over")
    if at > now + FUTURE:
        raise Invalid({"at": "The examination can't end in the future. Enter the time at which it ended."})
    with db.begin() as session:
        study = studies.get(session, study_id)
        if study is None:
            raise NotFound(THERE_IS_NONE)
        must_see(actor, study.site_code)
        studies.lock(session, study_id)
        if study.status == "cancelled":
            raise Conflict("The order is cancelled. Enter a new one if the patient was scanned after all.")
        if study.completed_at is not None and abs(at - study.completed_at) > LARGE_CORRECTION:
            raise NotPermitted(
                f"The examination is recorded as ended on {say_instant(study.completed_at)}. A correction by more than "
                "a day moves the due time: have it corrected at its source (the RIS)."
            )
        if study.completed_at != at:
            ordering.complete(session, study, at, Origin(actor, "form", None, now, now))


def _wrong_with(form: OrderForm, now: datetime) -> dict[str, str]:
    errors = {}
    needed = {
        "family": "Enter the patient's family name.",
        "accession": "Enter the accession number: it ties the report to the images.",
        "clinical_question": "Enter the clinical question: the report has to answer it.",
    }
    for name, sentence in needed.items():
        if not getattr(form, name).strip():
            errors[name] = sentence
    if form.sex not in ("male", "female", "other", "unknown"):
        errors["sex"] = "Choose male, female, other or unknown."
    if form.patient_class not in ("inpatient", "outpatient", "emergency", "unknown"):
        errors["patient_class"] = "Choose inpatient, outpatient, emergency or unknown."
    if form.priority not in _PRIORITIES:
        errors["priority"] = "Choose routine, urgent or stat."
    if form.nhs_number and not nhs_number.looks_like_one(form.nhs_number):
        errors["nhs_number"] = "An NHS number has ten digits. Leave it empty if it is not known."
    if form.birth_date is not None and not date(1900, 1, 1) <= form.birth_date <= now.date():
        errors["birth_date"] = "Enter a date of birth between 1900 and today."
    if form.completed_at is not None and form.completed_at > now + FUTURE:
        errors["completed_at"] = "The examination can't end in the future."
    return errors


def _patient(form: OrderForm) -> PatientFacts:
    number = nhs_number.tidy(form.nhs_number) if form.nhs_number else None
    own = form.hospital_number.strip() if form.hospital_number else ""
    authority = form.hospital_number_authority or form.site_code
    return PatientFacts(
        nhs_number=number,
        nhs_number_valid=number is not None and nhs_number.is_valid(number),
        identifiers=(Identifier(own, authority),) if own else (),
        family=form.family.strip(),
        given=form.given.strip(),
        title=form.title,
        birth_date=form.birth_date,
        sex=form.sex,
    )


def _order(form: OrderForm) -> OrderFacts:
    requester = None
    if form.requester_name and form.requester_name.strip():
        words = form.requester_name.split()
        requester = PersonFacts(
            name=form.requester_name.strip(),
            family=words[-1],
            given=" ".join(words[:-1]),
            title=None,
            registration_body=form.requester_registration_body,
            number=form.requester_registration_number,
        )
    return OrderFacts(
        accession=form.accession.strip(),
        placer_order=form.placer_order,
        filler_order=form.filler_order,
        procedure=form.procedure,
        procedure_code=form.procedure_code,
        clinical_question=form.clinical_question.strip(),
        requester=requester,
        requested_at=form.requested_at,
        patient_class=form.patient_class,
        status="completed" if form.completed_at else "ordered",
        completed_at=form.completed_at,
        completed_at_imputed=False,
        priority=_PRIORITIES[form.priority],
        site=form.site_code,
    )
