"""The signing page: exactly what will be sent, from top to bottom, and one green button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import refusals, signing
from reporter.web import at_hand, schemas
from reporter.web.study import look_up

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from reporter.actions.views import StudyView
    from reporter.integration.wires import Destination

pages = Blueprint("signing", __name__, url_prefix="/study/<uuid:study_id>/sign")


@pages.get("")
def show(study_id: UUID) -> ResponseReturnValue:
    """What will be signed and sent, or what stands in its way."""
    return _page(look_up(study_id), takes_over=request.args.get("takes_over") == "1")


@pages.post("")
def sign(study_id: UUID) -> ResponseReturnValue:
    """Sign what was shown. The page carries its hash: if it has changed since, nothing is signed."""
    asked = schemas.read(schemas.Sign, request.form)
    view = look_up(study_id)
    # Where a report goes is the site's business, not the signer's: a referrer who isn't sent it never learns of it.
    destinations = _destinations(view)
    try:
        signed = signing.sign(
            at_hand.db(), at_hand.actor(), str(study_id), asked["sha256"], asked["password"], destinations,
            at_hand.now(), takes_over=asked["takes_over"],
        )  # fmt: skip
    except (refusals.BadCredentials, refusals.Throttled) as refusal:
        status = 429 if isinstance(refusal, refusals.Throttled) else 401
        return _page(view, takes_over=asked["takes_over"], refusal=refusal, status=status)
    flash(f"Version {signed.version} is signed." + (" It is on its way." if destinations else ""))
    for name, why in signed.held_back.items():
        flash(f"The message to {name} was held back: {why}")
    return redirect(url_for("versions.show", study_id=study_id, version=signed.version), 303)


def _destinations(view: StudyView) -> tuple[Destination, ...]:
    """Where a report of this study's site can go."""
    found: tuple[Destination, ...] = at_hand.things().wires.destinations_of(view.site.code)
    return found


def _page(
    view: StudyView, *, takes_over: bool, refusal: refusals.Refused | None = None, status: int = 200
) -> ResponseReturnValue:
    preview = signing.sign_preview(
        at_hand.db(), at_hand.actor(), view.study.id, at_hand.now(),
        destinations=_destinations(view), takes_over=takes_over,
    )  # fmt: skip
    body = render_template(
        "sign.html", view=view, preview=preview, document=preview.document, refusal=refusal, takes_over=takes_over
    )
    return body, status
