"""A signed version as a FHIR transaction: what is in it, byte for byte the same on every retry, nothing lost."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import fhirkit
import pytest

from reporter.cmr import codes
from reporter.integration.fhir import bundle, check
from reporter.integration.fhir.text import CannotSay
from reporter.integration.wires import Destination
from reporter.report.document import CodedFinding, SignedVersion
from tests import signed_versions
from tests.counts import count
from tests.nasty_texts import nasty_texts
from tests.signed_versions import a_document, a_signed_version, an_addendum, an_amendment

EHR = Destination("ehr", "fhir", url="http://127.0.0.1:1/fhir")
PDF = b"%PDF-1.7 stands in for the signed report"
GOLDEN = Path(__file__).parent.parent / "golden" / "fhir_bundle.json"

Resource = dict[str, Any]


def rendered(version: SignedVersion | None = None, earlier: tuple[SignedVersion, ...] = ()) -> bytes:
    return bundle.render(version or a_signed_version(), EHR, "MSG-1", PDF, earlier)


def resources(payload: bytes, kind: str) -> list[Resource]:
    entries = json.loads(payload, parse_float=Decimal)["entry"]
    return [each["resource"] for each in entries if each["resource"]["resourceType"] == kind]


def only(payload: bytes, kind: str) -> Resource:
    (found,) = resources(payload, kind)
    return found


def observation(payload: bytes, id_: str) -> Resource:
    (found,) = [
        each for each in resources(payload, "Observation") if each["identifier"][0]["value"].endswith(f"/{id_}")
    ]
    return found


def readable(payload: bytes) -> str:
    """The bundle for an eye: indented, with every number as the text that it is."""
    number = "number {}".format
    value = json.loads(payload, parse_float=number, parse_int=number)
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def test_the_bundle_is_the_one_that_was_read_by_eye() -> None:
    # A changed golden file is explained in its commit; write it anew with: python -m tests.integration.test_fhir_bundle
    assert readable(rendered()) == GOLDEN.read_text(encoding="utf-8")


def test_the_same_version_gives_the_same_bytes_in_every_process() -> None:
    code = "import sys; from tests.integration.test_fhir_bundle import rendered; sys.stdout.buffer.write(rendered())"
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        again = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
        assert again.stdout == rendered()


def test_only_a_signed_version_can_be_rendered() -> None:
    with pytest.raises(TypeError, match="signed"):
        bundle.render(a_document(), EHR, "MSG-1", PDF)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("version", "status", "activity"),
    [
        (a_signed_version(), "final", "CREATE"),
        (an_amendment(), "corrected", "UPDATE"),
        (an_addendum(), "appended", "UPDATE"),
    ],
)
def test_what_was_signed_has_the_status_that_fhir_gives_it(version: SignedVersion, status: str, activity: str) -> None:
    payload = rendered(version)
    assert only(payload, "DiagnosticReport")["status"] == status
    assert only(payload, "Provenance")["activity"]["coding"][0]["code"] == activity
    assert check.faults(payload) == ()


def test_a_correction_replaces_and_its_provenance_is_added() -> None:
    first, second = rendered(), rendered(an_amendment())
    assert only(first, "DiagnosticReport")["identifier"] == only(second, "DiagnosticReport")["identifier"]
    assert only(first, "Provenance")["id"] != only(second, "Provenance")["id"]


def test_the_digits_of_a_number_survive() -> None:
    numbers = tuple(
        replace(each, value=value)
        for each, value in zip(
            signed_versions.measurements(), ("10.00", "48.0", "-18.50", "0.10", "120", "0.000001"), strict=False
        )
    )
    payload = rendered(a_signed_version(measurements=numbers))
    text = payload.decode()
    for value in ("10.00", "48.0", "-18.50", "0.10", "120", "0.000001"):
        assert f'"value":{value},' in text
    assert check.faults(payload) == ()


def test_a_value_that_is_no_number_is_never_sent_as_one() -> None:
    broken = (replace(signed_versions.measurements()[0], value="ca. 180"),)
    with pytest.raises(ValueError, match="not a decimal number"):
        rendered(a_signed_version(measurements=broken))


def test_two_results_under_one_id_are_refused_before_one_replaces_the_other() -> None:
    twice = (CodedFinding("lv_edv", "LV EDV", "x", "x"),)
    with pytest.raises(ValueError, match="same id"):
        rendered(a_signed_version(coded_findings=twice))


def test_a_measurement_says_unit_code_limits_grade_and_what_it_was_computed_from() -> None:
    payload = rendered()
    ef = observation(payload, "lv_ef")
    assert ef["valueQuantity"] == {
        "value": Decimal("44.3"),
        "unit": "%",
        "system": "http://unitsofmeasure.org",
        "code": "%",
    }
    assert ef["code"]["coding"][0]["code"] == "8811-2"
    assert ef["interpretation"][0]["coding"][0]["code"] == "L"
    assert "57 to 77 %" in ef["referenceRange"][0]["text"]
    assert ef["method"]["text"] == "100 × (EDV − ESV) ÷ EDV"
    by_url = {each["fullUrl"]: each["resource"] for each in json.loads(payload)["entry"]}
    inputs = [by_url[each["reference"]]["code"]["text"] for each in ef["derivedFrom"]]
    assert inputs == ["LV end-diastolic volume", "LV end-systolic volume"]


def test_a_segment_that_was_not_assessed_says_so_and_is_never_normal() -> None:
    bullseye = signed_versions.segment_maps()[1]
    without_seven = {n: answer for n, answer in bullseye.values.items() if n != "7"}
    payload = rendered(a_signed_version(segment_maps=(replace(bullseye, values=without_seven),)))
    components = observation(payload, "lge_segments")["component"]
    assert len(components) == 17
    assert components[6]["dataAbsentReason"]["text"] == "not assessed"
    assert "valueCodeableConcept" not in components[6]
    assert components[3]["valueCodeableConcept"]["text"] == "51–75 %"
    assert check.faults(payload) == ()


def test_perfusion_has_sixteen_segments() -> None:
    assert len(observation(rendered(), "perf_stress")["component"]) == 16


def test_every_snomed_and_loinc_code_passes_its_check_digit() -> None:
    checks = {codes.SNOMED: codes.passes_verhoeff, codes.LOINC: codes.passes_loinc_check}

    def every(value: Any) -> list[Resource]:
        if isinstance(value, dict):
            return [value, *(each for inner in value.values() for each in every(inner))]
        return [each for inner in value for each in every(inner)] if isinstance(value, list) else []

    found = [each for each in every(json.loads(rendered())) if each.get("system") in checks]
    assert len(found) > 70
    assert [each for each in found if not checks[each["system"]](each["code"])] == []


def test_uk_identifiers_stand_under_their_systems() -> None:
    payload = rendered()
    assert only(payload, "Patient")["identifier"][0] == {
        "system": "https://fhir.nhs.uk/Id/nhs-number",
        "value": "9994100009",
    }
    systems = {
        each["identifier"][0]["system"]
        for kind in ("Practitioner", "Organization")
        for each in resources(payload, kind)
    }
    assert systems == {
        "https://fhir.hl7.org.uk/Id/gmc-number",
        "https://fhir.nhs.uk/Id/ods-organization-code",
        "https://fhir.nhs.uk/Id/ods-site-code",
    }
    kinds = [each["type"]["coding"][0]["code"] for each in only(payload, "ServiceRequest")["identifier"]]
    assert kinds == ["ACSN", "PLAC", "FILL"]


def test_an_nhs_number_that_fails_its_check_is_carried_and_never_poses_as_one() -> None:
    doubtful = replace(signed_versions.PATIENT, nhs_number="9994100008", nhs_number_valid=False)
    payload = rendered(a_signed_version(patient=doubtful))
    identifiers = only(payload, "Patient")["identifier"]
    assert "https://fhir.nhs.uk/Id/nhs-number" not in {each["system"] for each in identifiers}
    assert "9994100008" in {each["value"] for each in identifiers}
    assert check.faults(payload) == ()


def test_whom_we_do_not_own_we_never_overwrite() -> None:
    asked = {each["resource"]["resourceType"]: each["request"] for each in json.loads(rendered())["entry"]}
    for kind in ("Patient", "Practitioner", "Organization", "ServiceRequest"):
        assert asked[kind]["method"] == "POST"
        assert asked[kind]["ifNoneExist"].startswith("identifier=")
    for kind in ("Observation", "DiagnosticReport", "Provenance"):
        assert asked[kind]["method"] == "PUT"


def test_a_requester_without_a_number_is_a_name_and_not_a_practitioner() -> None:
    anonymous = replace(signed_versions.REQUESTER, registration_number=None, registration_body=None)
    payload = rendered(a_signed_version(study=replace(signed_versions.STUDY, requester=anonymous)))
    assert only(payload, "ServiceRequest")["requester"] == {"display": "Dr Bronwen Price"}
    assert check.faults(payload) == ()


def test_the_least_that_a_report_can_hold_may_leave_too() -> None:
    study = replace(
        signed_versions.STUDY,
        placer_order=None,
        filler_order=None,
        requester=None,
        requested_at=None,
        performed_at=None,
    )
    patient = replace(signed_versions.PATIENT, nhs_number=None, local_identifiers=(), title=None, birth_date=None)
    bare = a_signed_version(
        study=study, patient=patient, measurements=(), segment_maps=(), coded_findings=(), drafted_by=None,
        findings=(), impression=(), recommendations=(), reference_set=None,
    )  # fmt: skip
    payload = rendered(bare)
    assert check.faults(payload) == ()
    assert resources(payload, "Observation") == []


def test_search_criteria_with_delimiters_still_find_what_was_made() -> None:
    study = replace(signed_versions.STUDY, accession="A|B,C$D\\E&F=G #é")
    payload = rendered(a_signed_version(study=study))
    assert check.faults(payload) == ()


def test_an_observation_that_a_correction_no_longer_holds_is_withdrawn() -> None:
    first = a_signed_version()
    second = an_amendment(measurements=signed_versions.measurements()[:-1])
    payload = rendered(second, (first,))
    gone = observation(payload, "inducible_percent")
    assert gone["status"] == "entered-in-error"
    assert not {"valueQuantity", "interpretation", "referenceRange"} & gone.keys()
    urls = {each["fullUrl"]: each["resource"] for each in json.loads(payload)["entry"]}
    results = [urls[each["reference"]] for each in only(payload, "DiagnosticReport")["result"]]
    assert "entered-in-error" not in {each["status"] for each in results}
    assert check.faults(payload) == ()


def test_a_correction_marks_what_changed_and_leaves_the_rest_final() -> None:
    first = a_signed_version()
    numbers = tuple(
        replace(each, value="12") if each.id == "lge_mass" else each for each in first.document.measurements
    )
    payload = rendered(an_amendment(measurements=numbers), (first,))
    assert observation(payload, "lge_mass")["status"] == "corrected"
    assert observation(payload, "lv_edv")["status"] == "final"


def test_the_document_comes_as_html_and_pdf_with_size_and_hash() -> None:
    forms = only(rendered(), "DiagnosticReport")["presentedForm"]
    assert [each["contentType"] for each in forms] == ["text/html; charset=utf-8", "application/pdf"]
    for form in forms:
        data = base64.b64decode(form["data"])
        assert form["size"] == len(data)
        assert form["hash"] == base64.b64encode(hashlib.sha1(data).digest()).decode()
    assert base64.b64decode(forms[1]["data"]) == PDF


def test_a_destination_that_takes_no_pdf_gets_the_html_alone() -> None:
    payload = bundle.render(a_signed_version(), replace(EHR, include_pdf=False), "MSG-1", PDF)
    assert [each["contentType"][:9] for each in only(payload, "DiagnosticReport")["presentedForm"]] == ["text/html"]


def test_an_urgent_finding_and_whom_it_was_told_stand_in_the_conclusion() -> None:
    told = signed_versions.an_urgent_communication()
    conclusion = only(rendered(a_signed_version(communications=(told,))), "DiagnosticReport")["conclusion"]
    assert (
        "Critical finding: LV thrombus. Told to Dr Bronwen Price by telephone on 23 November 2026, 15:20." in conclusion
    )


def test_times_in_words_are_on_the_clock_of_london() -> None:
    summer = signed_versions.SIGNED_AT.replace(month=7)
    text = only(rendered(a_signed_version(signed_at=summer)), "Provenance")["text"]["div"]
    assert "23 July 2026, 16:42" in text


def test_the_provenance_names_signer_drafter_words_and_content() -> None:
    version = a_signed_version()
    made = only(rendered(version), "Provenance")
    assert [each["type"]["coding"][0]["code"] for each in made["agent"]] == ["verifier", "author"]
    assert made["entity"][0]["what"]["identifier"]["value"] == version.document.sha256()
    assert version.signature.statement in made["text"]["div"]


def test_fhirkit_finds_nothing_and_keeps_the_digits() -> None:
    payload = rendered()
    assert fhirkit.validate(payload) == []
    assert '"value":6.20' in fhirkit.parse(payload).to_json()


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x0b", "\x1c", "\ufffe"])
def test_a_control_character_is_refused_by_name_and_never_dropped(bad: str) -> None:
    with pytest.raises(CannotSay, match=f"{ord(bad):04X}"):
        rendered(a_signed_version(answer=f"EF{bad}40 %"))


def _div_text(div: str) -> str:
    """A narrative as it is read: line breaks from br and from the ends of blocks."""
    root = ElementTree.fromstring(div)
    for element in root.iter():
        if element.tag.endswith("}br"):
            element.text = "\n"
    return "".join(root.itertext())


class _PageText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read = ""

    def handle_data(self, data: str) -> None:
        self.read += data

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.read += "\n" if tag == "br" else ""
        assert tag != "script"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_texts_arrive_as_they_were_signed() -> None:
    texts = nasty_texts(count(2000, ci=2000, quick=60))
    for first, second in zip(texts, reversed(texts), strict=True):
        label = _lines(second).replace("\n", " ")
        number = replace(signed_versions.measurements()[0], label=label)
        version = a_signed_version(
            answer=first, impression=(second,), measurements=(number,), segment_maps=(), coded_findings=()
        )
        payload = rendered(version)
        bundle_read = json.loads(payload, parse_float=Decimal)
        assert check.quick_faults(payload, bundle_read) == ()
        report = only(payload, "DiagnosticReport")
        assert first in report["conclusion"]
        assert f"1. {second}" in report["conclusion"]
        page = _PageText()
        page.feed(base64.b64decode(report["presentedForm"][0]["data"]).decode())
        for shown in (_div_text(report["text"]["div"]), page.read):
            assert _lines(first) in shown
            assert _lines(second) in shown
        assert only(payload, "Observation")["code"]["text"] == label


if __name__ == "__main__":
    GOLDEN.write_text(readable(rendered()), encoding="utf-8")
