"""Finding a study by a number that somebody has in hand: whole numbers only, written down, and not by the hundred."""

from __future__ import annotations

from datetime import datetime, timedelta

from reporter.actions.actor import CLINICAL, Actor, must_be, note
from reporter.actions.refusals import Throttled
from reporter.store import audit_log, worklist
from reporter.store.database import Database
from reporter.store.worklist import Row

#: More than a busy person asks for in a minute, and far too few to try out patients' numbers.
MOST_IN_A_MINUTE = 30
_ACTION = "searched"


def by_number(db: Database, actor: Actor, sought: str, now: datetime) -> tuple[Row, ...]:
    """The studies at one's sites with exactly this accession number, or of the patient with exactly this NHS number.

    The audit line says how many were found, never what was sought. Raises Throttled after 30 in a minute.
    """
    must_be(actor, *CLINICAL, to="search for a study")
    if not actor.sites:
        return ()
    minute = timedelta(minutes=1)
    digits = sought.replace(" ", "").replace("-", "")
    with db.begin() as session:
        if audit_log.count_since(session, actor.key, _ACTION, now - minute) >= MOST_IN_A_MINUTE:
            raise Throttled(
                f"You have searched {MOST_IN_A_MINUTE} times within a minute. Wait a minute, then search again.",
                until=now + minute,
            )
        rows, what = worklist.by_accession(session, actor.sites, sought), "accession number"
        if not rows and len(digits) == 10 and digits.isascii() and digits.isdigit():
            rows, what = worklist.by_nhs_number(session, actor.sites, digits), "NHS number"
        words = f"{len(rows)} found"
        note(session, actor, _ACTION, "search", what, site_code=actor.sites[0], now=now, words=words)
    return rows
