"""A process that signs one report after the other until it is killed, and says each signature once it has it."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection

import reporter.integration.pdf
from reporter import templates
from reporter.actions import reporting
from reporter.integration import outgoing
from reporter.integration.wires import Destination
from reporter.store.database import Database
from tests.builders import NOW, PASSWORD, an_actor

WIRES = (Destination("EHR", "mllp"), Destination("Archive", "mllp"))

templates.all()  # loaded before the fork, so that a child is signing within milliseconds


def make_the_pure_part_quick() -> None:
    """What happens before the transaction changes nothing; made short, so that kills fall into the transaction."""
    reporter.integration.pdf.render = lambda _version: b"%PDF-1.7 " + b"x" * 30_000
    outgoing.check = lambda *_: ()


def sign_until_killed(url: str, signer_id: str, studies: list[str], say: Connection) -> None:
    """Signs these studies in their order and writes each one's key and hash to a pipe after it was told so."""
    make_the_pure_part_quick()
    db = Database(url)
    signer = an_actor(db, signer_id)
    for number, study_id in enumerate(studies):
        now = NOW + timedelta(seconds=number)
        seen = reporting.sign_preview(db, signer, study_id, now).sha256
        say.send((study_id, None))
        signed = reporting.sign(db, signer, study_id, seen, PASSWORD, WIRES, now)
        say.send((study_id, signed.sha256))
