"""Delivery to a real FHIR R4 server: repeated, in parallel, corrected; it always ends with one report."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import requests

from reporter.integration.answer import Answer
from reporter.integration.fhir import bundle, send, systems
from reporter.integration.wires import Destination
from reporter.report.document import SignedVersion
from tests import sekmet, signed_versions
from tests.signed_versions import a_signed_version, an_addendum, an_amendment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with sekmet.serving(tmp_path_factory.mktemp("fhir-server")) as base:
        yield base


class Ehr:
    """The server as an EHR looks at it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.destination = Destination("ehr", "fhir", url=base, timeout_seconds=60)

    def deliver(self, version: SignedVersion, earlier: tuple[SignedVersion, ...] = ()) -> Answer:
        message = f"{version.document.report_id}-{version.document.version}"
        payload = bundle.render(version, self.destination, message, b"%PDF-1.7 a signed report", earlier)
        return send.send(self.destination, message, payload)

    def get(self, path: str, **asked: str) -> Any:
        answer = requests.get(f"{self.base}/{path}", params=asked, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def count(self, kind: str, **asked: str) -> int:
        return int(self.get(kind, _summary="count", **asked)["total"])

    def reports_of(self, accession: str) -> list[Any]:
        system = systems.local("RXX", "accession")
        return [
            each["resource"]
            for each in self.get("DiagnosticReport", identifier=f"{system}|{accession}").get("entry", [])
        ]


@pytest.fixture
def ehr(server: str) -> Ehr:
    return Ehr(server)


def a_report(number: int) -> dict[str, Any]:
    """Changes that make the example another report of another study."""
    study = replace(signed_versions.STUDY, accession=f"RXX01-26-{number:06d}", placer_order=None, filler_order=None)
    return {"report_id": f"3f7c0f0a-1c55-4f7e-8c11-{number:012d}", "study": study}


def test_delivered_three_times_and_six_times_at_once_it_is_there_once(ehr: Ehr) -> None:
    version = a_signed_version(**a_report(1))
    before = ehr.count("Provenance")
    for _ in range(3):
        assert ehr.deliver(version).kind == "accepted"
    with ThreadPoolExecutor(6) as at_once:
        answers = list(at_once.map(ehr.deliver, [version] * 6))
    assert {each.kind for each in answers} <= {"accepted", "retry"}
    assert "accepted" in {each.kind for each in answers}
    (report,) = ehr.reports_of("RXX01-26-000001")
    assert len(report["result"]) == len(signed_versions.measurements()) + 4 + 5
    assert ehr.count("Provenance") - before == 1
    assert ehr.count("Patient", identifier="https://fhir.nhs.uk/Id/nhs-number|9994100009") == 1


def test_the_history_shows_final_then_corrected_then_appended(ehr: Ehr) -> None:
    first = a_signed_version(**a_report(2))
    second = an_amendment(**a_report(2))
    third = an_addendum(**{**a_report(2), "version": 3})
    before = ehr.count("Provenance")
    assert ehr.deliver(first).kind == "accepted"
    assert ehr.deliver(second, (first,)).kind == "accepted"
    assert ehr.deliver(third, (first, second)).kind == "accepted"
    assert ehr.deliver(third, (first, second)).kind == "accepted"
    (report,) = ehr.reports_of("RXX01-26-000002")
    history = ehr.get(f"DiagnosticReport/{report['id']}/_history")["entry"]
    # Newest first; a repeat may or may not count as a version of its own.
    seen = list(dict.fromkeys(each["resource"]["status"] for each in history))
    assert seen == ["appended", "corrected", "final"]
    assert ehr.count("Provenance") - before == 3


def test_a_number_that_a_correction_withdraws_is_no_final_result_at_the_receiver(ehr: Ehr) -> None:
    first = a_signed_version(**a_report(3))
    second = an_amendment(**a_report(3), measurements=signed_versions.measurements()[:-1])
    ehr.deliver(first)
    ehr.deliver(second, (first,))
    identifier = f"{systems.local('RXX', 'observation')}|{first.document.report_id}/inducible_percent"
    (found,) = ehr.get("Observation", identifier=identifier)["entry"]
    assert found["resource"]["status"] == "entered-in-error"
    assert "valueQuantity" not in found["resource"]


def test_what_a_search_finds_is_what_was_signed(ehr: Ehr) -> None:
    nasty = "LVEF ≤ 40 %; EF<40 & T1>T2 ^ ~ | \\ µ² é 😀\nsecond line"
    version = a_signed_version(**a_report(4), answer=nasty)
    assert ehr.deliver(version).kind == "accepted"
    (report,) = ehr.reports_of("RXX01-26-000004")
    assert nasty in report["conclusion"]
    assert report["subject"]["reference"].startswith("Patient/")


def test_an_accession_number_of_delimiters_is_found_again(ehr: Ehr) -> None:
    study = replace(signed_versions.STUDY, accession="A&B=C#D+E%F G", placer_order=None, filler_order=None)
    version = a_signed_version(report_id="3f7c0f0a-1c55-4f7e-8c11-00000000dddd", study=study)
    before = ehr.count("ServiceRequest")
    for _ in range(2):
        assert ehr.deliver(version).kind == "accepted"
    assert ehr.count("ServiceRequest") - before == 1


def test_a_bundle_with_one_bad_entry_is_refused_whole(ehr: Ehr) -> None:
    version = a_signed_version(**a_report(5))
    payload = bundle.render(version, ehr.destination, "MSG", b"%PDF-1.7 x")
    spoilt = payload.replace(b'"status":"final"', b'"status":["final"]', 1)
    answer = send.send(ehr.destination, "MSG", spoilt)
    assert answer.kind == "refused"
    assert ehr.reports_of("RXX01-26-000005") == []
