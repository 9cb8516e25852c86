"""The report as one self-contained HTML page and as the report's narrative: the same words, markup escaped."""

from __future__ import annotations

from reporter.cmr.segments import BY_NUMBER
from reporter.integration import wording
from reporter.integration.fhir.text import escaped, paragraph
from reporter.report.document import Measurement, SegmentMap, SignedVersion


def blocks(version: SignedVersion) -> list[str]:
    """The report, answer first, as XHTML blocks that a FHIR narrative may hold (no attributes, no scripts)."""
    document = version.document
    made = [f"<p><b>{escaped(wording.status(version))}</b></p>"]
    if (statement := wording.amendment(version)) is not None:
        made.append(paragraph(statement))
    made += ["<h2>Answer</h2>", paragraph(document.answer), "<h2>Impression</h2>", _list("ol", document.impression)]
    if document.recommendations:
        made += ["<h2>Recommendations</h2>", _list("ul", document.recommendations)]
    if document.communications:
        told = tuple(wording.communication(each) for each in document.communications)
        made += ["<h2>Urgent findings</h2>", _list("ul", told)]
    made += ["<h2>Measurements</h2>", _table(document.measurements)]
    made += [_segments(bullseye) for bullseye in document.segment_maps]
    made.append("<h2>Findings</h2>")
    for heading in document.findings:
        made.append(f"<h3>{escaped(heading.title)}</h3>")
        made += [paragraph(sentence) for sentence in heading.sentences]
    made.append("<h2>Signature</h2>")
    made += [paragraph(line) for line in wording.signature(version)]
    return made


def page(version: SignedVersion, body: list[str]) -> str:
    """A whole HTML document around `blocks`, that needs nothing from anywhere: for a viewer of presentedForm."""
    document = version.document
    patient, study, site = document.patient, document.study, document.site
    identity = [wording.patient_name(patient)]
    if patient.birth_date is not None:
        identity.append(f"born {wording.day(patient.birth_date)}")
    if (number := wording.nhs_number(patient)) is not None:
        identity.append(f"NHS number {number}")
    identity += [f"{each.authority} {each.value}" for each in patient.local_identifiers]
    top = [
        f"<h1>{escaped(document.template.title)}</h1>",
        paragraph(f"{site.name}, {site.organisation_name}"),
        paragraph(", ".join(identity)),
        paragraph(f"{study.procedure}, accession {study.accession}"),
        paragraph(f"Clinical question: {study.clinical_question}"),
    ]
    head = f'<meta charset="utf-8"/><title>{escaped(document.template.title)}</title>'
    inside = "".join(top + body)
    return f'<!DOCTYPE html>\n<html lang="en-GB"><head>{head}</head><body>{inside}</body></html>\n'


def _list(tag: str, lines: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return f"<{tag}>{items}</{tag}>" if items else paragraph("None given.")


def _table(measurements: tuple[Measurement, ...]) -> str:
    rows = ["<tr><th>Measurement</th><th>Value</th><th>Limits</th><th>Grade</th></tr>"]
    for each in measurements:
        limits, word = (each.grade.limits, each.grade.word) if each.grade else ("", "")
        cells = (each.label, wording.quantity(each), limits, word)
        rows.append("<tr>" + "".join(f"<td>{escaped(cell)}</td>" for cell in cells) + "</tr>")
    return f"<table>{''.join(rows)}</table>" if measurements else paragraph("None.")


def _segments(bullseye: SegmentMap) -> str:
    rows = []
    for number in range(1, bullseye.segments + 1):
        answer = bullseye.values.get(str(number))
        words = "not assessed" if answer is None else bullseye.words.get(answer, answer)
        rows.append(f"<tr><td>{number}</td><td>{BY_NUMBER[number].name}</td><td>{escaped(words)}</td></tr>")
    return f"<h3>{escaped(bullseye.label)}</h3><table>{''.join(rows)}</table>"
