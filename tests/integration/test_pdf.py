"""The signed report on paper: whole, tagged, the same bytes every time, and nothing of it read as markup."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from reporter.integration import pdf
from reporter.report.document import Heading, SignedVersion
from tests import signed_versions
from tests.counts import count
from tests.nasty_texts import nasty_texts
from tests.signed_versions import a_document, a_signed_version, an_addendum, an_amendment, an_urgent_communication


def read(version: SignedVersion) -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(version)))


def words(version: SignedVersion) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(version).pages).split())


def test_the_same_version_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import sys; from reporter.integration import pdf; from tests.signed_versions import a_signed_version;"
        "sys.stdout.buffer.write(pdf.render(a_signed_version()))"
    )
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        again = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
        assert again.stdout == pdf.render(a_signed_version())


def test_what_was_printed_between_changes_nothing() -> None:
    before = pdf.render(a_signed_version())
    pdf.render(an_amendment(answer="中 is written in its code point"))
    assert pdf.render(a_signed_version()) == before


def test_only_a_signed_version_can_be_printed() -> None:
    with pytest.raises(TypeError, match="signed"):
        pdf.render(a_document())  # type: ignore[arg-type]


def test_it_is_tagged_and_says_that_it_is_pdf_ua_and_pdf_a() -> None:
    reader = read(a_signed_version())
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("en")
    about = root["/Metadata"].get_data().decode()
    assert "pdfuaid:part>1<" in about
    assert "pdfaid:part>3<" in about
    assert "pdfaid:conformance>A<" in about
    assert reader.metadata is not None
    assert reader.metadata.title == "Stress perfusion CMR report"


def test_every_bulls_eye_has_its_finding_in_words_for_who_can_not_see_it() -> None:
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    root: Any = read(a_signed_version()).trailer["/Root"]
    walk(root["/StructTreeRoot"])
    assert len(found) == 4
    assert "51–75 %: basal inferior." in " ".join(found)


def test_every_page_says_whose_it_is_and_which_of_how_many() -> None:
    reader = read(a_signed_version())
    total = len(reader.pages)
    assert total >= 2
    for number, page in enumerate(reader.pages, start=1):
        text = " ".join(page.extract_text().split())
        for needed in ("O'BRIEN-HUGHES, Siôn", "9 March 1962", "999 410 0009", "RXX01-26-004711", "Final report"):
            assert needed in text
        assert f"Page {number} of {total}" in text


def test_all_that_was_signed_stands_on_it() -> None:
    version = a_signed_version()
    text, document = words(version), version.document
    needed = [document.answer, document.study.clinical_question, *document.impression, *document.recommendations]
    needed += [sentence for heading in document.findings for sentence in heading.sentences]
    needed += [each.label for each in document.measurements]
    needed += [version.signature.statement, document.delegation, "Consultant cardiologist, GMC 6012345"]
    squeezed = _squeezed(text)
    assert [each for each in needed if _squeezed(each) not in squeezed] == []
    for value in ("44.3", "6.20", "57 to 77 %", "▼ mildly reduced", "Kawel-Boehm 2015"):
        assert _squeezed(value) in squeezed


def test_the_answer_comes_before_the_numbers_and_the_signature_last() -> None:
    version = a_signed_version()
    text = words(version)
    places = [
        text.index(each)
        for each in (version.document.answer, "Impression", "Key numbers", "Findings", "Signed electronically")
    ]
    assert places == sorted(places)


def test_a_correction_says_what_it_replaces_and_why() -> None:
    text = words(an_amendment())
    assert "Corrected report, version 2" in text
    assert "corrects and replaces every earlier version (first signed 23 November 2026, 15:42)" in text
    assert "Reason: The infarct mass was 12 g, not 11 g." in text
    assert "Report with addendum, version 2" in words(an_addendum())


def test_an_urgent_finding_stands_on_the_first_page() -> None:
    reader = read(a_signed_version(communications=(an_urgent_communication(),)))
    assert _squeezed("Critical finding: LV thrombus.") in _squeezed(reader.pages[0].extract_text())


def test_a_segment_that_was_not_assessed_says_so() -> None:
    bullseye = signed_versions.segment_maps()[0]
    partly = replace(bullseye, values={n: answer for n, answer in bullseye.values.items() if n not in {"7", "17"}})
    text = words(a_signed_version(segment_maps=(partly,)))
    assert "Not assessed: mid anterior and apex." in text
    assert "all others" not in text


def test_the_least_that_a_report_can_hold_is_a_page_too() -> None:
    study = replace(signed_versions.STUDY, requester=None, performed_at=None, clinical_question="")
    patient = replace(signed_versions.PATIENT, nhs_number=None, local_identifiers=(), title=None, birth_date=None)
    bare = a_signed_version(
        study=study, patient=patient, measurements=(), segment_maps=(), coded_findings=(), findings=(), impression=(),
        recommendations=(), drafted_by=None, delegation="", reference_set=None,
    )  # fmt: skip
    assert "Dr Anjali Shah" in words(bare)


def test_markup_in_a_text_is_letters() -> None:
    hostile = '#read("/etc/passwd") #panic("x") $ x^2 $ *bold* _it_ `code` @ref <label> // no /* no */ \\ = no'
    text = _squeezed(words(a_signed_version(answer=hostile)))
    assert _squeezed(hostile) in text
    assert "root:" not in text


def test_a_character_that_no_font_has_is_written_as_its_code_point() -> None:
    assert "[U+4E2D][U+6587] beside text" in words(a_signed_version(answer="中文 beside text"))


def test_a_word_wider_than_the_page_is_broken_and_not_lost() -> None:
    long = "x" * 400
    reader = read(a_signed_version(answer=long))
    text = _squeezed(reader.pages[0].extract_text())
    assert text.count("x") >= 400


def test_four_threads_print_at_once() -> None:
    expected = pdf.render(a_signed_version())
    made: list[bytes] = []
    threads = [threading.Thread(target=lambda: made.append(pdf.render(a_signed_version()))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == [expected] * 4


def _squeezed(text: str) -> str:
    """Without white space: where a line breaks is the page's business, what stands in it is ours."""
    return re.sub(r"[\s\u200b]+", "", text)


def test_texts_arrive_as_they_were_signed() -> None:
    texts = nasty_texts(count(2000, ci=2000, quick=120), seed=7)
    for start in range(0, len(texts), 100):
        some = texts[start : start + 100]
        version = a_signed_version(
            measurements=(), segment_maps=(), coded_findings=(), findings=(Heading("Texts", tuple(some)),)
        )
        reader = read(version)
        # What stands on top and at the foot of each page comes in between where a text runs over the page's end.
        pages = [_squeezed(page.extract_text()) for page in reader.pages]
        body = re.sub(FOOT, "", "".join(each.replace(TOP, "", 1) for each in pages))
        assert [each for each in some if _squeezed(each) not in body] == []


#: The foot of each page of the example, squeezed.
FOOT = (
    r"Finalreport\.Signed23November2026,15:42byDrAnjaliShah\."
    r"Report[0-9a-f-]{36},version1,SHA-256[0-9a-f]{16}…Page\d+of\d+"
)
TOP = "O'BRIEN-HUGHES,Siôn(Mr)·born9March1962·NHS9994100009·accessionRXX01-26-004711NorthfieldGeneralHospital"
