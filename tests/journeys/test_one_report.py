"""One report, from order to acknowledged result, over real sockets, on both databases."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import requests

from reporter.actions import audit, reporting
from reporter.actions.refusals import NotReady
from reporter.integration.hl7v2.message import parse
from tests import builders, fhir_receiver, mllp_receiver, sekmet
from tests.journeys.journey import a_department, now


@contextmanager
def a_fhir_side(kind, folder):
    """The scripted peer, or a real FHIR R4 server."""
    if kind == "scripted":
        with fhir_receiver.receiving() as peer:
            yield peer.url
    else:
        with sekmet.serving(folder) as url:
            yield url


@pytest.mark.slow
@pytest.mark.parametrize("fhir_side", ["scripted", "real server"])
def test_a_report_goes_from_order_to_acknowledged_result_and_is_amended(db, tmp_path, fhir_side):
    with (
        mllp_receiver.a_receiver() as ehr,
        a_fhir_side(fhir_side, tmp_path) as fhir_url,
        a_department(db, ehr.port, fhir_url) as here,
    ):
        study = here.an_order_arrives()
        number = here.drafts(here.trainee, study, answer=None)

        # The draft lacks its answer: nobody can sign it, and nothing of it has left.
        reporting.submit(db, here.trainee, study, number, now())
        preview = reporting.sign_preview(db, here.consultant, study, now(), here.wires.destinations)
        assert preview.document is None
        assert any("question" in reason or "answer" in reason.lower() for reason in preview.reasons)
        with pytest.raises(NotReady):
            reporting.sign(db, here.consultant, study, "0" * 64, builders.PASSWORD, here.wires.destinations, now())
        here.the_worker_delivers()
        assert ehr.messages == []

        number = here.sees(here.consultant, study).draft.number
        reporting.return_draft(db, here.consultant, study, "Answer the question, please.", number, now())
        number = here.drafts(here.trainee, study)
        reporting.submit(db, here.trainee, study, number, now())
        first = here.signs(study)
        here.the_worker_delivers()
        assert here.deliveries(study) == {("ehr-hl7", 1): "acknowledged", ("ehr-fhir", 1): "acknowledged"}
        assert {v.due.target_id: v.status for v in here.sees(here.consultant, study).due} == {
            "bscmr_outpatient_ideal": "on_time",
            "bscmr_outpatient_max": "on_time",
            "nhse_28_days": "on_time",
        }

        reporting.amend(db, here.consultant, study, "amendment", "LV mass was contoured again.", now())
        draft = here.sees(here.consultant, study).draft
        reporting.save_draft(db, here.consultant, study, {"lv_mass": ["126"]}, draft.number, set(), now())
        second = here.signs(study)
        here.the_worker_delivers()
        assert set(here.deliveries(study).values()) == {"acknowledged"}

        # What stands is the amendment; the first version is as it was signed.
        versions = [reporting.read_version(db, here.consultant, study, n, now()).signed for n in (1, 2)]
        assert [v.document.sha256() for v in versions] == [first, second]
        values = [{m.id: m.value for m in v.document.measurements} for v in versions]
        assert (values[0]["lv_ef"], values[0]["inducible_segments"]) == ("44.3", "4")
        assert (values[0]["lv_mass"], values[1]["lv_mass"]) == ("132", "126")

        sent = [parse(raw) for raw in ehr.messages]
        assert [m.get("OBR-25") for m in sent] == ["F", "C"]
        assert len({m.control_id for m in sent}) == 2
        assert len({m.get("OBR-3") for m in sent}) == 1
        # An amendment says which observations it corrects and which stand.
        assert {s.get(11) for s in sent[1].segments if s.name == "OBX"} >= {"F", "C"}
        if fhir_side == "real server":
            found = requests.get(f"{fhir_url}/DiagnosticReport", timeout=30).json()
            assert [e["resource"]["status"] for e in found["entry"]] == ["corrected"]
        assert all(chain.ok for chain in audit.verify(db))
