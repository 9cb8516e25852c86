"""Is it alive? For the monitoring of whoever runs it: no names, no numbers of patients, no version to aim at."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify

from reporter.store import jobs
from reporter.web import at_hand

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("health", __name__)
#: The worker says every few seconds that it lives; after this long somebody should look.
SILENT = timedelta(minutes=2)


@pages.get("/health")
def show() -> ResponseReturnValue:
    """200 when the database answers and each process that ever lived has spoken lately; 503 with what is silent."""
    now = at_hand.now()
    with at_hand.db().read() as session:
        beats = jobs.heartbeats(session)
    processes = {beat.name: round((now - beat.at).total_seconds()) for beat in beats}
    silent = sorted(beat.name for beat in beats if now - beat.at > SILENT)
    status = "silent" if silent else "ok"
    answer = {"status": status, "database": "ok", "seconds_since_heartbeat": processes, "silent": silent}
    return jsonify(answer), 503 if silent else 200
