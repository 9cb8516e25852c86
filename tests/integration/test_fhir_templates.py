"""What the shipped templates produce can be sent and printed: each form from its answers to the gate and the page."""

from __future__ import annotations

from datetime import date

import pytest

from reporter import templates
from reporter.form.answers import FormContext, fill
from reporter.integration import pdf
from reporter.integration.fhir import bundle, check
from reporter.integration.wires import Destination
from reporter.report.document import SignatureOnReport, SignedVersion
from reporter.report.signing import SigningFacts, prepare
from tests import signed_versions
from tests.examples import answers_7_1, answers_7_1_viability

CONTEXT = FormContext(papillary="in_mass", birth_date=date(1962, 3, 9), study_date=date(2026, 11, 20), sex="male")
FACTS = SigningFacts(
    report_id="3f7c0f0a-1c55-4f7e-8c11-5b7f8d9e0a04",
    version=1,
    kind="original",
    reason=None,
    site=signed_versions.SITE,
    patient=signed_versions.PATIENT,
    study=signed_versions.STUDY,
    drafted_by=signed_versions.TRAINEE,
    delegation="Drafted by Dr Tomasz Nowak (level 2) under Dr Anjali Shah (level 3).",
    engine_version="0.1.0",
)


@pytest.mark.parametrize(
    ("template", "answers"), [("stress_perfusion", answers_7_1()), ("viability", answers_7_1_viability())]
)
def test_a_report_from_the_form_may_leave_and_can_be_printed(template: str, answers: dict[str, object]) -> None:
    document = prepare(fill(templates.current(template), answers, CONTEXT), FACTS)
    signed_at = signed_versions.SIGNED_AT
    signature = SignatureOnReport(
        signed_versions.CONSULTANT, signed_at, "reviewed-and-approved", "Read and approved.", document.sha256()
    )
    version = SignedVersion(document, signature, signed_at)
    printed = pdf.render(version)
    destination = Destination("ehr", "fhir", url="http://127.0.0.1:1/fhir")
    assert check.faults(bundle.render(version, destination, "MSG-1", printed)) == ()
