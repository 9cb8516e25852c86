"""Several signers of the same report at once: one signature, and the others are told whose it is."""

from __future__ import annotations

import threading

import pytest

from reporter.actions import reporting
from reporter.actions.refusals import Conflict
from tests.actions import signing_process
from tests.actions.whole_signatures import nothing_is_half_written
from tests.builders import NOW, PASSWORD, a_draft, a_person, a_site
from tests.copies import copies_of
from tests.counts import count

pytestmark = pytest.mark.slow


def test_four_signers_of_the_same_reports_make_exactly_one_signature_each(db, monkeypatch):
    # given
    monkeypatch.setattr("reporter.integration.pdf.render", lambda _version: b"%PDF-1.7")
    monkeypatch.setattr("reporter.integration.outgoing.check", lambda *_: ())
    a_site(db)
    author = a_person(db, "consultant", 3)
    signers = [author, *(a_person(db, "consultant", 3) for _ in range(3))]
    studies = copies_of(db, a_draft(db, author), count(1000, ci=150, quick=60))
    barrier, won, lost, broken = threading.Barrier(len(signers)), [], [], []

    def sign_all(signer):
        for study_id in studies:
            try:
                seen = reporting.sign_preview(db, signer, study_id, NOW).sha256
                barrier.wait(120)
                reporting.sign(db, signer, study_id, seen, PASSWORD, signing_process.WIRES, NOW)
                won.append((study_id, signer.name))
            except Conflict as second:
                lost.append((study_id, second.who))
            except Exception as fault:
                broken.append(repr(fault))
                barrier.abort()
                raise
            barrier.wait(120)

    # when
    threads = [threading.Thread(target=sign_all, args=(signer,)) for signer in signers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # then
    assert broken == []
    assert sorted(study_id for study_id, _ in won) == sorted(studies)
    winners = dict(won)
    assert len(lost) == 3 * len(studies)
    assert all(who == winners[study_id] for study_id, who in lost)
    nothing_is_half_written(db, len(studies))
