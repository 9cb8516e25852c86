"""A signer whose process is killed at any instant: nothing acknowledged is lost, nothing is half written."""

from __future__ import annotations

import multiprocessing
import pickle
import random
import time

import pytest

from tests.actions import signing_process
from tests.actions.whole_signatures import nothing_is_half_written, number_of, signed_in
from tests.builders import a_draft, a_person, a_site
from tests.copies import copies_of
from tests.counts import count

pytestmark = pytest.mark.slow


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
        # The first signature says how long one takes here and now; the kill falls anywhere into the second.
        said = [hear.recv()]
        started = time.perf_counter()
        said += [hear.recv()]
        length = time.perf_counter() - started
        said += [hear.recv()]
        time.sleep(chance.uniform(0, 1.2 * length))
        process.kill()
        process.join(10)
        said += heard(hear)
        acknowledged |= {study_id: sha256 for study_id, sha256 in said if sha256 is not None}
        done = signed_in(db)
        studies = [s for s in studies if s not in done]
    # then
    done = signed_in(db)
    lost = {study_id for study_id, sha256 in acknowledged.items() if done.get(study_id) != sha256}
    print(f"{kills} kills: {len(acknowledged)} acknowledged, {len(done)} signed, {len(lost)} lost")
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
