"""The worklist: one line a study, most urgent first; and the search for one study or one patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from flask import Blueprint, redirect, render_template, request, url_for

from reporter.actions import finding
from reporter.actions.actor import CLINICAL, must_be
from reporter.store import sites, worklist
from reporter.web import at_hand, schemas

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

pages = Blueprint("worklist", __name__)
TITLES = {
    "mine": "Mine",
    "to_sign": "To sign",
    "unassigned": "Unassigned",
    "returned": "Returned",
    "overdue": "Overdue",
    "all": "All",
}
#: What an empty tab teaches.
EMPTY = {
    "mine": ("You hold no reports.", "Open a study under Unassigned to begin one."),
    "to_sign": ("No report waits for a signature.", "A draft comes here when its author hands it in."),
    "unassigned": ("No studies are waiting.", "Orders arrive by HL7, or can be entered here by hand."),
    "returned": ("Nothing was sent back.", "A draft that a consultant returns with a comment comes here."),
    "overdue": ("Nothing is overdue.", "A study comes here when its first target has passed and it is not signed."),
    "all": ("There are no studies yet.", "Orders arrive by HL7, or can be entered here by hand."),
}
#: Where somebody looks first.
FIRST_TAB = {"consultant": "to_sign", "clinical_lead": "to_sign", "trainee": "mine"}


@pages.get("/")
def show() -> ResponseReturnValue:
    """One tab of the worklist. Tab, site and page are in the address, so that a view can be kept as a bookmark."""
    actor = at_hand.actor()
    if actor.role == "admin":
        return redirect(url_for("people.show"))
    must_be(actor, *CLINICAL, to="open the worklist")
    wanted = request.args.get("tab", "")
    tab = wanted if wanted in get_args(worklist.Tab) else FIRST_TAB.get(actor.role, "all")
    site = request.args.get("site", "")
    codes = (site,) if site in actor.sites else actor.sites
    after = request.args.get("after")
    with at_hand.db().read() as session:
        try:
            page = worklist.page(session, cast("worklist.Tab", tab), actor.key, codes, at_hand.now(), after=after)
        except worklist.BadCursor:
            return redirect(url_for(".show", tab=tab, site=site))
        names = {each.code: each.name for each in sites.among(session, actor.sites)}
    return render_template(
        "worklist.html", page=page, tab=tab, site=site if site in actor.sites else None, sites=names,
        titles=TITLES, empty=EMPTY[tab], count_up_to=worklist.COUNT_UP_TO, after=after,
    )  # fmt: skip


@pages.post("/search")
def search() -> ResponseReturnValue:
    """Studies by exact accession number or exact NHS number. A POST, so that no number stands in an address or log."""
    actor = at_hand.actor()
    sought = schemas.read(schemas.Search, request.form)["q"]
    rows = finding.by_number(at_hand.db(), actor, sought, at_hand.now())
    with at_hand.db().read() as session:
        names = {each.code: each.name for each in sites.among(session, actor.sites)}
    if len(rows) == 1:
        return redirect(url_for("study.show", study_id=rows[0].study_id), 303)
    return render_template("search.html", rows=rows, sites=names)
