"""Signing under attack: several signers at once, and a signer whose process is killed at any instant."""

from __future__ import annotations

import multiprocessing
import pickle
import random
import threading
import time

import pytest
from sqlalchemy import text

from reporter.actions import reporting
from reporter.actions.refusals import Conflict
from reporter.store import audit_log
from tests.actions import signing_process
from tests.builders import NOW, PASSWORD, a_draft, a_person, a_site
from tests.copies import copies_of
from tests.counts import count

pytestmark = pytest.mark.slow


def number_of(db, query):
    with db.read() as session:
        return session.execute(text(query)).scalar_one()


def nothing_is_half_written(db, signed_reports):
    """Version, signature, rendition, messages, deliveries, state and audit line are there together or not at all."""
    wires = len(signing_process.WIRES)
    assert number_of(db, "SELECT count(*) FROM report_version") == signed_reports
    assert number_of(db, "SELECT count(*) FROM signature") == signed_reports
    assert number_of(db, "SELECT count(*) FROM rendition") == signed_reports
    assert number_of(db, "SELECT count(*) FROM report WHERE state = 'signed' AND current_version = 1") == signed_reports
    assert number_of(db, "SELECT count(*) FROM audit_event WHERE action = 'signed'") == signed_reports
    assert number_of(db, "SELECT count(*) FROM outbox_message") == signed_reports * wires
    assert number_of(db, "SELECT count(*) FROM delivery WHERE state = 'waiting'") == signed_reports * wires
    with db.read() as session:
        assert all(audit_log.verify(session, code).ok for code in audit_log.heads(session))


def test_four_signers_of_the_same_reports_make_exactly_one_signature_each(db, monkeypatch):
    # given
    monkeypatch.setattr("reporter.integration.pdf.render", lambda _version: b"%PDF-1.7")
    monkeypatch.setattr("reporter.integration.outgoing.check", lambda *_: ())
    a_site(db)
    author = a_person(db, "consultant", 3)
    signers = [author, *(a_person(db, "consultant", 3) for _ in range(3))]
    studies = copies_of(db, a_draft(db, author), count(1000, ci=1000, quick=60))
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


def test_no_acknowledged_signature_is_lost_when_the_signer_is_killed_at_any_instant(db):
    # given
    a_site(db)
    signer = a_person(db, "consultant", 3)
    first = a_draft(db, signer)
    url = db.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.actions.signing_process"])
    chance = random.Random(20261123)
    acknowledged: dict[str, str] = {}
    kills = count(300, ci=60, quick=8)
    studies: list[str] = []
    # when
    for _ in range(kills):
        if len(studies) < 60:
            studies += copies_of(db, first, 200)
        hear, say = context.Pipe(duplex=False)
        # what was committed but not acknowledged is signed already: the next signer starts behind it
        todo = [s for s in studies[:40] if s not in signed_in(db)]
        process = context.Process(target=signing_process.sign_until_killed, args=(url, signer.person_id, todo, say))
        process.start()
        say.close()
        said = [hear.recv()]  # the first acknowledgement
        time.sleep(chance.uniform(0, 0.12))
        process.kill()
        process.join(10)
        said += heard(hear)
        acknowledged |= dict(said)
        done = signed_in(db)
        studies = [s for s in studies if s not in done]
    # then
    done = signed_in(db)
    lost = {study_id for study_id, sha256 in acknowledged.items() if done.get(study_id) != sha256}
    print(f"{kills} kills, {len(acknowledged)} acknowledged, {len(done)} signed, {len(lost)} lost")
    assert lost == set()
    assert len(acknowledged) >= kills
    nothing_is_half_written(db, len(done))
    if db.is_sqlite:
        assert number_of(db, "PRAGMA integrity_check") == "ok"


def heard(pipe):
    """What else a dead process had said; half a word counts as nothing."""
    words = []
    with pipe:
        while True:
            try:
                words.append(pipe.recv())
            except (EOFError, OSError, pickle.UnpicklingError):
                return words


def signed_in(db):
    signed = "SELECT r.study_id, s.content_sha256 FROM signature s JOIN report r ON r.id = s.report_id"
    with db.read() as session:
        return {row.study_id: row.content_sha256 for row in session.execute(text(signed))}
