"""The turnaround board: what is due, what is late, and how many were in time. Every number leads to its list."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from reporter.actions import turnaround
from reporter.actions.views import BoardFilters
from reporter.store import sites
from reporter.web import at_hand

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from reporter.actions.views import BoardLine, TurnaroundBoard

pages = Blueprint("turnaround", __name__, url_prefix="/turnaround")
LISTS = {
    "due_today": "Due today",
    "overdue": "Overdue and not reported",
    "late": "Not reported, past the ideal and not past a limit",
    "oldest": "Oldest open",
    "met": "In time",
    "missed": "Late, or overdue and open",
    "open": "Not due yet",
    "all": "All studies",
}
COHORTS = ("inpatient", "outpatient")


@pages.get("")
def show() -> ResponseReturnValue:
    """The board, or one of its lists. What it is about stands in the address."""
    asked = BoardFilters(
        site_code=_one_of(request.args.get("site"), at_hand.actor().sites),
        scanned_from=_day(request.args.get("from")),
        scanned_to=_day(request.args.get("to")),
        cohort=_one_of(request.args.get("cohort"), COHORTS),
    )
    board = turnaround.board(at_hand.db(), at_hand.actor(), at_hand.now(), asked)
    chosen = request.args.get("list", "")
    chosen = chosen if chosen in LISTS else "overdue"
    target = _one_of(request.args.get("target"), tuple(line.target_id for line in board.targets))
    with at_hand.db().read() as session:
        names = {each.code: each.name for each in sites.among(session, at_hand.actor().sites)}
    return render_template(
        "turnaround.html", board=board, asked=asked, chosen=chosen, target=target, titles=LISTS, sites=names,
        lines=_lines(board, chosen, target), kept=_kept(), cohorts=COHORTS,
    )  # fmt: skip


def _lines(board: TurnaroundBoard, chosen: str, target: str | None) -> tuple[BoardLine, ...]:
    """The list behind a number."""
    if chosen == "due_today":
        return board.due_today
    if chosen == "oldest":
        return (board.oldest_open,) if board.oldest_open else ()
    if chosen in ("overdue", "late"):
        return board.overdue_open if chosen == "overdue" else board.late_open
    return tuple(line for line in board.lines if chosen == "all" or _counts_as(line, chosen, target, board.at))


def _counts_as(line: BoardLine, chosen: str, target: str | None, now: datetime) -> bool:
    for verdict in line.verdicts:
        if target in (None, verdict.due.target_id) and turnaround.stands(verdict, now) == chosen:
            return True
    return False


def _kept() -> dict[str, str]:
    """The filters in the address, to be carried on by each link."""
    return {name: request.args[name] for name in ("site", "from", "to", "cohort") if request.args.get(name)}


def _one_of(asked: str | None, known: tuple[str, ...]) -> str | None:
    return asked if asked in known else None


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        return None
