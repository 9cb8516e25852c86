"""A signed report to render: an invented man with an old inferior infarct and a positive stress perfusion study.

The figures are one worked example throughout (BSA by Mosteller, reference limits of Kawel-Boehm 2015 with the
papillary muscles counted in mass). The patient and everybody else are invented; the NHS number is in the 999 range.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from reporter.report.document import (
    Code,
    CodedFinding,
    Communication,
    Computation,
    Grade,
    Heading,
    LocalIdentifier,
    Measurement,
    PatientOnReport,
    PersonOnReport,
    ReportDocument,
    SegmentMap,
    SignatureOnReport,
    SignedVersion,
    SiteOnReport,
    StudyOnReport,
    TemplateOnReport,
)

SIGNED_AT = datetime(2026, 11, 23, 15, 42, 7, tzinfo=UTC)
REFERENCE_SET = "Kawel-Boehm 2015, papillary muscles in mass"
SOURCE = "Kawel-Boehm et al., J Cardiovasc Magn Reson 2015;17:29"

SITE = SiteOnReport("RXX01", "Northfield General Hospital", "RXX", "Northfield University Hospitals NHS Trust")
PATIENT = PatientOnReport(
    patient_id="5d0c1a52-6c0e-4c53-9f43-0a4b2c7c1f01",
    family="O'Brien-Hughes",
    given="Siôn",
    title="Mr",
    birth_date=date(1962, 3, 9),
    sex="male",
    nhs_number="9994100009",
    nhs_number_valid=True,
    local_identifiers=(LocalIdentifier("NF204518", "RXX"),),
)
REQUESTER = PersonOnReport(
    person_id=None,
    name="Dr Bronwen Price",
    family="Price",
    given="Bronwen",
    title="Dr",
    role="consultant",
    registration_body="GMC",
    registration_number="7654321",
)
TRAINEE = PersonOnReport(
    person_id="0d4b7c0e-0a6d-4e65-8a39-1f1c0f0a0002",
    name="Dr Tomasz Nowak",
    family="Nowak",
    given="Tomasz",
    title="Dr",
    role="trainee",
    grade="Specialty registrar (ST6)",
    registration_body="GMC",
    registration_number="7123456",
    cmr_level=2,
)
CONSULTANT = PersonOnReport(
    person_id="0d4b7c0e-0a6d-4e65-8a39-1f1c0f0a0001",
    name="Dr Anjali Shah",
    family="Shah",
    given="Anjali",
    title="Dr",
    role="consultant",
    grade="Consultant cardiologist",
    registration_body="GMC",
    registration_number="6012345",
    cmr_level=3,
)
STUDY = StudyOnReport(
    study_id="8b1d6a6e-2f0d-4a3c-9d11-7f2c6f0f0003",
    accession="RXX01-26-004711",
    placer_order="PL-883120",
    filler_order="FL-004711",
    procedure="MRI cardiac stress perfusion with contrast",
    procedure_code=None,
    clinical_question="Inferior infarct three years ago, exertional chest pain: is there inducible ischaemia or viability?",
    patient_class="outpatient",
    requested_at=datetime(2026, 11, 9, 8, 15, tzinfo=UTC),
    performed_at=datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
    requester=REQUESTER,
)
TEMPLATE = TemplateOnReport("stress_perfusion", 1, "Stress perfusion CMR", "c0ffee" * 10 + "c0ff")

_LOINC = {
    "lv_edv": ("8821-1", "Left ventricular End-diastolic volume by MR"),
    "lv_esv": ("8823-7", "Left ventricular End-systolic volume by MR"),
    "lv_ef": ("8811-2", "Left ventricular Ejection fraction by MR"),
    "rv_edv": ("8822-9", "Right ventricular End-diastolic volume by MR"),
    "rv_esv": ("8824-5", "Right ventricular End-systolic volume by MR"),
    "rv_ef": ("8818-7", "Right ventricular Ejection fraction by MR"),
    "heart_rate": ("8867-4", "Heart rate"),
    "height": ("8302-2", "Body height"),
    "weight": ("29463-7", "Body weight"),
}
#: id, label, value as printed, UCUM unit, formula in words with its inputs, grade (word, side, limits).
_ROWS: tuple[tuple[Any, ...], ...] = (
    ("height", "Height", "178", "cm", None, None),
    ("weight", "Weight", "86", "kg", None, None),
    ("bsa", "Body surface area", "2.06", "m2", ("√(height × weight ÷ 3600)", ("height", "weight")), None),
    ("heart_rate", "Heart rate", "66", "/min", None, None),
    ("lv_edv", "LV end-diastolic volume", "212", "mL", None, ("normal", "within", "106 to 214 mL")),
    ("lv_esv", "LV end-systolic volume", "118", "mL", None, ("severely increased", "above", "26 to 82 mL")),
    ("lv_sv", "LV stroke volume", "94", "mL", ("EDV − ESV", ("lv_edv", "lv_esv")), None),
    (
        "lv_ef",
        "LV ejection fraction",
        "44.3",
        "%",
        ("100 × (EDV − ESV) ÷ EDV", ("lv_edv", "lv_esv")),
        ("mildly reduced", "below", "57 to 77 %"),
    ),
    (
        "lv_edvi",
        "LV end-diastolic volume index",
        "102.9",
        "mL/m2",
        ("EDV ÷ BSA", ("lv_edv", "bsa")),
        ("normal", "within", "57 to 105 mL/m²"),
    ),
    (
        "lv_esvi",
        "LV end-systolic volume index",
        "57.3",
        "mL/m2",
        ("ESV ÷ BSA", ("lv_esv", "bsa")),
        ("severely increased", "above", "14 to 38 mL/m²"),
    ),
    ("lv_svi", "LV stroke volume index", "45.6", "mL/m2", ("SV ÷ BSA", ("lv_sv", "bsa")), None),
    ("lv_mass", "LV mass", "132", "g", None, ("normal", "within", "92 to 176 g")),
    (
        "lv_massi",
        "LV mass index",
        "64.1",
        "g/m2",
        ("mass ÷ BSA", ("lv_mass", "bsa")),
        ("normal", "within", "49 to 85 g/m²"),
    ),
    ("lv_co", "Cardiac output", "6.20", "L/min", ("SV × heart rate ÷ 1000", ("lv_sv", "heart_rate")), None),
    ("lv_ci", "Cardiac index", "3.01", "L/min/m2", ("cardiac output ÷ BSA", ("lv_co", "bsa")), None),
    ("rv_edv", "RV end-diastolic volume", "168", "mL", None, ("normal", "within", "118 to 250 mL")),
    ("rv_esv", "RV end-systolic volume", "78", "mL", None, ("normal", "within", "41 to 117 mL")),
    (
        "rv_ef",
        "RV ejection fraction",
        "53.6",
        "%",
        ("100 × (EDV − ESV) ÷ EDV", ("rv_edv", "rv_esv")),
        ("normal", "within", "52 to 72 %"),
    ),
    (
        "rv_edvi",
        "RV end-diastolic volume index",
        "81.6",
        "mL/m2",
        ("EDV ÷ BSA", ("rv_edv", "bsa")),
        ("normal", "within", "61 to 121 mL/m²"),
    ),
    ("la_vol", "LA volume", "78", "mL", None, None),
    (
        "la_voli",
        "LA volume index",
        "37.9",
        "mL/m2",
        ("LA volume ÷ BSA", ("la_vol", "bsa")),
        ("normal", "within", "26 to 52 mL/m²"),
    ),
    ("wmsi", "Wall motion score index", "1.29", "1", ("sum of segment scores ÷ 17 segments", ()), None),
    ("lge_mass", "Infarct mass", "11", "g", None, None),
    (
        "lge_percent",
        "Infarct share of LV mass",
        "8.3",
        "%",
        ("100 × infarct mass ÷ LV mass", ("lge_mass", "lv_mass")),
        None,
    ),
    ("inducible_segments", "Segments with inducible ischaemia", "4", "1", ("segments classed inducible", ()), None),
    ("inducible_percent", "Inducible ischaemia", "25", "%", ("100 × inducible segments ÷ 16", ()), None),
)


def measurements() -> tuple[Measurement, ...]:
    """The key numbers of the example, in the order of the report."""
    printed = {row[0]: f"{row[2]} {row[3]}" for row in _ROWS}
    made = []
    for id_, label, value, unit, formula, grade in _ROWS:
        code = Code("http://loinc.org", *_LOINC[id_]) if id_ in _LOINC else None
        how = formula and Computation(formula[0], tuple((name, printed[name]) for name in formula[1]), "arithmetic")
        band = grade and Grade(grade[0], grade[1], grade[2], REFERENCE_SET, SOURCE)
        made.append(Measurement(id_, label, value, unit, code, how or None, band or None))
    return tuple(made)


def segment_maps() -> tuple[SegmentMap, ...]:
    """Wall motion and LGE in 17 segments; stress and rest perfusion in 16."""
    motion = {"normal": "normal", "hypokinesis": "hypokinetic", "akinesis": "akinetic"}
    scar = {
        "0": "no enhancement",
        "1_25": "1–25 %",
        "26_50": "26–50 %",
        "51_75": "51–75 %",
        "76_100": "76–100 %",
    }
    flow = {"normal": "normal", "defect_lt50": "defect < 50 %", "defect_ge50": "defect ≥ 50 %", "artefact": "artefact"}

    def spread(count: int, rest: str, **marked: tuple[int, ...]) -> dict[str, str]:
        values = {str(n): rest for n in range(1, count + 1)}
        for answer, numbers in marked.items():
            values.update({str(n): answer.lstrip("_") for n in numbers})
        return values

    return (
        SegmentMap(
            "lv_wall_motion",
            "Wall motion",
            17,
            spread(17, "normal", akinesis=(4,), hypokinesis=(5, 10, 15)),
            motion,
        ),
        SegmentMap(
            "lge_segments",
            "Late gadolinium enhancement, transmural extent",
            17,
            spread(17, "0", _51_75=(4,), _26_50=(5, 10, 15), _1_25=(3,)),
            scar,
        ),
        SegmentMap(
            "perf_stress",
            "Perfusion at stress",
            16,
            spread(16, "normal", defect_ge50=(4, 10), defect_lt50=(9, 11, 15)),
            flow,
        ),
        SegmentMap("perf_rest", "Perfusion at rest", 16, spread(16, "normal", defect_lt50=(4,)), flow),
    )


def coded_findings() -> tuple[CodedFinding, ...]:
    """A few choices of the form: some with an answer code, some without."""
    sct = "http://snomed.info/sct"
    return (
        CodedFinding(
            "lge_overall",
            "Late gadolinium enhancement",
            "ischaemic",
            "ischaemic pattern",
            None,
            Code(sct, "414795007", "Myocardial ischemia"),
        ),
        CodedFinding("mvo", "Microvascular obstruction", "no", "no"),
        CodedFinding(
            "lv_thrombus",
            "LV thrombus",
            "none",
            "none",
            None,
            Code(sct, "373140001", "No thrombus"),
        ),
        CodedFinding(
            "mr_grade",
            "Mitral regurgitation",
            "none",
            "none",
            Code(sct, "48724000", "Mitral valve regurgitation"),
            Code(sct, "260413007", "None"),
        ),
        CodedFinding("stress_agent", "Stress agent", "adenosine", "adenosine"),
    )


def findings() -> tuple[Heading, ...]:
    """The findings as they read, heading by heading."""
    return (
        Heading(
            "Technique and safety",
            (
                "1.5 T. Adenosine 140 µg/kg/min for 4 minutes; heart rate 66 to 84 /min, blood pressure 138/80 to 124/74 mmHg.",
                "Gadobutrol 0.15 mmol/kg. Mild flushing; no other adverse event. Image quality good.",
            ),
        ),
        Heading(
            "Left ventricle",
            (
                "LV ejection fraction is mildly reduced at 44.3 %.",
                "Indexed end-diastolic volume is normal (102.9 mL/m²) and indexed end-systolic volume is severely increased (57.3 mL/m²).",
                "The basal inferior segment is akinetic; the basal inferolateral, mid inferior and apical inferior segments are hypokinetic.",
            ),
        ),
        Heading("Right ventricle", ("RV size is normal (81.6 mL/m²) with an RV ejection fraction of 53.6 %.",)),
        Heading("Atria", ("The left atrium is of normal size (37.9 mL/m²).",)),
        Heading(
            "Late gadolinium enhancement",
            (
                "Subendocardial enhancement of 51–75 % in the basal inferior segment, 26–50 % in the basal inferolateral, mid inferior and apical inferior segments, and 1–25 % in the basal inferoseptal segment.",
                "Infarct mass 11 g (8.3 % of LV mass). No microvascular obstruction. No LV thrombus.",
            ),
        ),
        Heading(
            "Stress perfusion",
            (
                "Stress defects in the basal inferior, mid inferoseptal, mid inferior, mid inferolateral and apical inferior segments; at rest a defect in the basal inferior segment only.",
                "Inducible ischaemia in 4 of 16 segments (25 %); the basal inferior defect is fixed and matches scar.",
            ),
        ),
        Heading("Valves and pericardium", ("No mitral regurgitation. No pericardial effusion.",)),
    )


def a_document(**changes: Any) -> ReportDocument:
    """The example as version 1. `changes` replaces fields of the document by name."""
    document = ReportDocument(
        report_id="3f7c0f0a-1c55-4f7e-8c11-5b7f8d9e0a04",
        version=1,
        kind="original",
        reason=None,
        site=SITE,
        patient=PATIENT,
        study=STUDY,
        template=TEMPLATE,
        reference_set=REFERENCE_SET,
        engine_version="0.1.0",
        answers={"lv_edv": "212", "lv_esv": "118", "lge_segments": {"4": "51_75"}, "lge_pattern": ["subendocardial"]},
        answer="Yes: inducible ischaemia in 4 of 16 segments (25 %) around a largely viable inferior infarct.",
        impression=(
            "Chronic inferior myocardial infarction: subendocardial scar, up to 51–75 % transmural in the basal inferior wall; infarct 11 g (8 % of LV mass). No microvascular obstruction or LV thrombus.",
            "Inducible ischaemia in 4 of 16 segments (25 %): mid inferoseptal, mid inferior, mid inferolateral and apical inferior, extending beyond the scar. The basal inferior defect matches scar (fixed).",
            "Viability: basal inferior wall unlikely to recover (51–75 % transmural); basal inferolateral, mid inferior and apical inferior walls are viable (≤ 50 %).",
            "Mildly impaired LV systolic function, LVEF 44 %. Normal RV size and function.",
            "No significant valve disease or effusion.",
        ),
        recommendations=("Correlate with coronary anatomy and discuss at the cardiac MDT.",),
        findings=findings(),
        measurements=measurements(),
        segment_maps=segment_maps(),
        coded_findings=coded_findings(),
        communications=(),
        drafted_by=TRAINEE,
        delegation="Drafted by Dr Tomasz Nowak (level 2) under Dr Anjali Shah (level 3), who was available to discuss.",
    )
    return replace(document, **changes)


def a_signed_version(
    *, signed_at: datetime = SIGNED_AT, first_signed_at: datetime | None = None, **changes: Any
) -> SignedVersion:
    """The example, signed by its consultant. `changes` replaces fields of the document by name."""
    document = a_document(**changes)
    signature = SignatureOnReport(
        signer=CONSULTANT,
        signed_at=signed_at,
        meaning="reviewed-and-approved",
        statement="I have reviewed this report and approve it as the consultant responsible.",
        content_sha256=document.sha256(),
    )
    return SignedVersion(document, signature, first_signed_at or signed_at)


def an_amendment(**changes: Any) -> SignedVersion:
    """Version 2 of the example, signed two hours later: the content is corrected."""
    return _later("amendment", "The infarct mass was 12 g, not 11 g.", changes)


def an_addendum(**changes: Any) -> SignedVersion:
    """Version 2 of the example, signed two hours later: something is added, nothing is withdrawn."""
    return _later("addendum", "Compared with the CMR of 2023, which has since become available.", changes)


def _later(kind: str, reason: str, changes: dict[str, Any]) -> SignedVersion:
    told = {"version": 2, "kind": kind, "reason": reason, **changes}
    return a_signed_version(signed_at=SIGNED_AT.replace(hour=17), first_signed_at=SIGNED_AT, **told)


def an_urgent_communication() -> Communication:
    """A thrombus that was told by telephone before the report was signed."""
    return Communication(
        finding="LV thrombus",
        level="critical",
        told_to="Dr Bronwen Price",
        told_at=datetime(2026, 11, 23, 15, 20, tzinfo=UTC),
        how="telephone",
    )
