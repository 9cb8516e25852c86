"""The gate before a bundle leaves: every kind of fault is held back with a sentence, and a good bundle passes."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reporter.integration.fhir import bundle, check
from reporter.integration.wires import Destination
from tests.signed_versions import a_signed_version, an_amendment

EHR = Destination("ehr", "fhir", url="http://127.0.0.1:1/fhir")
PROJECT = Path(__file__).resolve().parents[2]

Resource = dict[str, Any]


def good() -> Resource:
    return json.loads(bundle.render(a_signed_version(), EHR, "MSG-1", b"%PDF-1.7 stands in for the report"))


def of(bundle_: Resource, kind: str, number: int = 0) -> Resource:
    found = [each["resource"] for each in bundle_["entry"] if each["resource"]["resourceType"] == kind]
    return found[number]


def a_number(bundle_: Resource) -> Resource:
    """The LV ejection fraction: it has a value, a range and what it was computed from."""
    return next(
        each["resource"]
        for each in bundle_["entry"]
        if each["resource"].get("identifier", [{}])[0].get("value", "").endswith("/lv_ef")
    )


def put(where: Callable[[Resource], Resource], key: str, value: Any) -> Callable[[Resource], None]:
    return lambda bundle_: where(bundle_).__setitem__(key, value)


def drop(where: Callable[[Resource], Resource], key: str) -> Callable[[Resource], None]:
    return lambda bundle_: where(bundle_).pop(key) and None


def report(bundle_: Resource) -> Resource:
    return of(bundle_, "DiagnosticReport")


def patient(bundle_: Resource) -> Resource:
    return of(bundle_, "Patient")


def provenance(bundle_: Resource) -> Resource:
    return of(bundle_, "Provenance")


def another_patient(bundle_: Resource) -> None:
    second = copy.deepcopy(bundle_["entry"][0])
    second["fullUrl"] = "urn:uuid:00000000-0000-4000-8000-00000000000a"
    second["resource"]["identifier"][0]["value"] = "9994100017"
    second["request"]["ifNoneExist"] = "identifier=https://fhir.nhs.uk/Id/nhs-number|9994100017"
    bundle_["entry"].append(second)
    a_number(bundle_)["subject"] = {"reference": second["fullUrl"]}


#: A fault in words and how it gets in. The first 22 are the kinds that validators were compared on.
FAULTS: dict[str, Callable[[Resource], Any]] = {
    "a status that does not exist": put(report, "status", "signed"),
    "a gender of HL7 v2": put(patient, "gender", "F"),
    "no code": drop(report, "code"),
    "no status": drop(a_number, "status"),
    "two values": put(a_number, "valueString", "48 %"),
    "a decimal as text": lambda b: a_number(b)["valueQuantity"].__setitem__("value", "44.3"),
    "an instant without its zone": put(report, "issued", "2026-03-02T14:05:11"),
    "an empty array": put(a_number, "category", []),
    "a reference to nothing": lambda b: report(b)["result"].append(
        {"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"}
    ),
    "a subject that is no patient": lambda b: report(b).__setitem__("subject", report(b)["performer"][0]),
    "a value and the reason why there is none": put(
        a_number,
        "dataAbsentReason",
        {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]},
    ),
    "an NHS number that fails its check digit": lambda b: patient(b)["identifier"][0].__setitem__(
        "value", "9994100008"
    ),
    "an unknown NHS number status": lambda b: patient(b)["identifier"][0].__setitem__(
        "extension",
        [
            {
                "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus",
                "valueCodeableConcept": {"coding": [{"system": "https://fhir.hl7.org.uk/x", "code": "99"}]},
            }
        ],
    ),
    "an NHS number under a misspelt system": lambda b: patient(b)["identifier"][0].__setitem__(
        "system", "https://fhir.nhs.uk/Id/NHS-number"
    ),
    "data that is not base64": lambda b: report(b)["presentedForm"][1].__setitem__("data", "***notb64"),
    "an element that does not exist": put(patient, "surname", "O'Brien"),
    "two entries with one address": lambda b: b["entry"][1].__setitem__("fullUrl", b["entry"][0]["fullUrl"]),
    "an entry without a request": lambda b: b["entry"][3].pop("request"),
    "an empty reference range": put(a_number, "referenceRange", [{"type": {"text": "normal"}}]),
    "a single where a list belongs": lambda b: patient(b).__setitem__("name", patient(b)["name"][0]),
    "a date that does not exist": put(patient, "birthDate", "1958-13-40"),
    "a coded unit without its system": lambda b: a_number(b)["valueQuantity"].pop("system"),
    # And what else this gate promises.
    "a leap day in a common year": put(patient, "birthDate", "1958-02-29"),
    "a status for what is not signed": put(report, "status", "preliminary"),
    "an empty object": put(a_number, "method", {}),
    "an empty text": lambda b: patient(b)["name"][0].__setitem__("family", ""),
    "a blank text": lambda b: patient(b)["name"][0].__setitem__("family", "  "),
    "a null": put(patient, "birthDate", None),
    "a truth as text": put(patient, "active", "true"),
    "a time without seconds": put(a_number, "effectiveDateTime", "2026-11-20T10:30Z"),
    "a script in a narrative": lambda b: patient(b)["text"].__setitem__(
        "div", '<div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></div>'
    ),
    "a handler in a narrative": lambda b: patient(b)["text"].__setitem__(
        "div", '<div xmlns="http://www.w3.org/1999/xhtml"><p onclick="alert(1)">x</p></div>'
    ),
    "a narrative that is not well-formed": lambda b: patient(b)["text"].__setitem__(
        "div", '<div xmlns="http://www.w3.org/1999/xhtml"><p>x</div>'
    ),
    "a narrative with a declaration": lambda b: patient(b)["text"].__setitem__(
        "div", '<!DOCTYPE div [<!ENTITY x "y">]><div xmlns="http://www.w3.org/1999/xhtml">&x;</div>'
    ),
    "a narrative outside of XHTML": lambda b: patient(b)["text"].__setitem__("div", "<div>x</div>"),
    "a narrative that says nothing": lambda b: patient(b)["text"].__setitem__(
        "div", '<div xmlns="http://www.w3.org/1999/xhtml"> </div>'
    ),
    "a size that is not that of the data": lambda b: report(b)["presentedForm"][1].__setitem__("size", 7),
    "a hash that is not that of the data": lambda b: report(b)["presentedForm"][1].__setitem__("hash", "AAAA"),
    "a PDF that is none": lambda b: report(b)["presentedForm"][0].__setitem__("contentType", "application/pdf"),
    "data without a content type": lambda b: report(b)["presentedForm"][1].pop("contentType"),
    "another patient in it": another_patient,
    "no patient in it": lambda b: b["entry"].pop(0),
    "a post to another kind": lambda b: b["entry"][0]["request"].__setitem__("url", "Person"),
    "a method in lower case": lambda b: b["entry"][0]["request"].__setitem__("method", "post"),
    "a put to another id": lambda b: b["entry"][-1]["request"].__setitem__("url", "Provenance/another"),
    "a search that a retry would not find": lambda b: b["entry"][-2]["request"].__setitem__(
        "url", "DiagnosticReport?identifier=https://x.example|1"
    ),
    "a bundle that is no transaction": lambda b: b.__setitem__("type", "collection"),
    "a kind that no report holds": lambda b: b["entry"][0].__setitem__("resource", {"resourceType": "Medication"}),
    "a result named twice": lambda b: report(b)["result"].append(report(b)["result"][0]),
    "a withdrawn result": put(a_number, "status", "entered-in-error"),
    "a final observation without a value": drop(a_number, "valueQuantity"),
    "a range upside down": put(a_number, "referenceRange", [{"low": {"value": 9}, "high": {"value": 2}}]),
    "an id that is none": put(provenance, "id", "a b"),
    "an agent that is a report": lambda b: provenance(b)["agent"][0].__setitem__("who", provenance(b)["target"][0]),
    "an extension without a value": put(patient, "extension", [{"url": "https://x.example"}]),
    "an ODS code in lower case": lambda b: of(b, "Organization")["identifier"][0].__setitem__("value", "rxx"),
    "a GMC number that is too short": lambda b: of(b, "Practitioner")["identifier"][0].__setitem__("value", "12345"),
    "an identifier without a value": lambda b: report(b)["identifier"][1].pop("value"),
    "a system that is a word": lambda b: a_number(b)["code"]["coding"][0].__setitem__("system", "LOINC"),
    "a unit with a space": lambda b: a_number(b)["valueQuantity"].__setitem__("code", "mL / m2"),
}


def test_what_we_render_may_leave() -> None:
    for version in (a_signed_version(), an_amendment()):
        assert check.faults(bundle.render(version, EHR, "MSG-1", b"%PDF-1.7 x")) == ()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_held_back_with_a_sentence(fault: str) -> None:
    spoilt = good()
    FAULTS[fault](spoilt)
    sentences = check.faults(json.dumps(spoilt).encode())
    assert sentences
    assert all(isinstance(each, str) and len(each) > 10 for each in sentences)


def test_no_sentence_of_the_gate_repeats_what_a_patient_is_called_or_numbered() -> None:
    told = []
    for spoil in FAULTS.values():
        spoilt = good()
        spoil(spoilt)
        told += check.faults(json.dumps(spoilt).encode())
    every = " ".join(told)
    for private in ("O'Brien", "Siôn", "999410", "1962-03-09", "1958", "inducible ischaemia in 4"):
        assert private not in every


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"[]", "JSON object"),
        (b"{}", "resourceType"),
        (b"[" * 200_000, "levels deep"),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "levels deep"),
        (b'{"resourceType":"Bundle","type":NaN}', "not JSON"),
        (b'{"resourceType":"Bundle","type":"batch","type":"transaction"}', "twice"),
        (b'{"resourceType":"Bundle","type":"transaction","entry":[1,null,"x"]}', "object"),
        (b'{"resourceType":"Patient"}', "not a Bundle"),
        (b'{"resourceType":"Bundle","type":"transaction\\u0007"}', "control character"),
        (b'"' + b"x" * (check.MOST_BYTES + 1) + b'"', "MB"),
    ],
)
def test_what_is_not_even_a_bundle_is_held_back_without_a_crash(payload: bytes, word: str) -> None:
    sentences = " ".join(check.faults(payload))
    assert word in sentences


def test_a_backslash_in_a_text_is_no_control_character() -> None:
    version = a_signed_version(answer="C:\\u0007 and \\b and \\\\f")
    assert check.faults(bundle.render(version, EHR, "MSG-1", b"%PDF-1.7 x")) == ()


def _samples() -> dict[str, Any]:
    """UK Core bundles of other hands: CMR_FHIR_FAULTS names the file, or it lies beside the repository."""
    path = Path(os.environ.get("CMR_FHIR_FAULTS") or PROJECT.parent / "shared" / "samples" / "fhir" / "faults.json")
    if not path.is_file():
        pytest.skip("No foreign FHIR samples here: set CMR_FHIR_FAULTS to the file faults.json to run this test.")
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_bundle_of_other_hands_passes_and_each_of_its_spoilt_copies_is_held_back() -> None:
    samples = _samples()
    assert check.faults(json.dumps(samples.pop("00_good")).encode()) == ()
    passed = [name for name, spoilt in samples.items() if not check.faults(json.dumps(spoilt).encode())]
    assert len(samples) >= 11
    assert passed == []
