"""The signing page: exactly what will be sent, from top to bottom, and one green button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for

from reporter.actions import refusals, reporting
from reporter.web import at_hand, schemas
from reporter.web.study import look_up

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

pages = Blueprint("signing", __name__, url_prefix="/study/<uuid:study_id>/sign")


@pages.get("")
def show(study_id: UUID) -> ResponseReturnValue:
    """What will be signed and sent, or what stands in its way."""
    return _page(study_id)


@pages.post("")
def sign(study_id: UUID) -> ResponseReturnValue:
    """Sign what was shown. The page carries its hash: if it has changed since, nothing is signed."""
    asked = schemas.read(schemas.Sign, request.form)
    try:
        signed = reporting.sign(
            at_hand.db(), at_hand.actor(), str(study_id), asked["sha256"], asked["password"],
            tuple(asked["destinations"]), at_hand.now(), at_hand.things().wires,
        )  # fmt: skip
    except (refusals.BadCredentials, refusals.Throttled) as refusal:
        status = 429 if isinstance(refusal, refusals.Throttled) else 401
        return _page(study_id, refusal, status)
    flash(f"Version {signed.version} is signed and on its way.")
    return redirect(url_for("versions.show", study_id=study_id, version=signed.version), 303)


def _page(study_id: UUID, refusal: refusals.Refused | None = None, status: int = 200) -> ResponseReturnValue:
    view = look_up(study_id)
    wires = at_hand.things().wires
    preview = reporting.sign_preview(at_hand.db(), at_hand.actor(), str(study_id), at_hand.now(), wires)
    body = render_template("sign.html", view=view, preview=preview, document=preview.document, refusal=refusal)
    return body, status
