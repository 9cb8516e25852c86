"""Signed reports: reading a version, its PDF, and beginning an amendment or an addendum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from reporter.actions import reporting
from reporter.web import at_hand, schemas
from reporter.web.study import look_up

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

pages = Blueprint("versions", __name__, url_prefix="/study/<uuid:study_id>")


@pages.get("/version/<int(max=9999):version>")
def show(study_id: UUID, version: int) -> ResponseReturnValue:
    """A version exactly as it was signed."""
    shown = reporting.read_version(at_hand.db(), at_hand.actor(), str(study_id), version, at_hand.now())
    return render_template(
        "version.html", view=look_up(study_id), shown=shown, document=shown.signed.document,
        signature=shown.signed.signature,
    )  # fmt: skip


@pages.get("/version/<int(max=9999):version>/report.pdf")
def pdf(study_id: UUID, version: int) -> ResponseReturnValue:
    """The PDF that was made at signing. Its name says nothing about the patient."""
    made = reporting.pdf(at_hand.db(), at_hand.actor(), str(study_id), version, at_hand.now())
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="report-v{version}.pdf"'
    return answer


@pages.post("/amend")
def amend(study_id: UUID) -> ResponseReturnValue:
    """Begin a new version. The signed one stays as it is and stays what counts until the new one is signed."""
    asked = schemas.read(schemas.Amend, request.form)
    reporting.amend(at_hand.db(), at_hand.actor(), str(study_id), asked["kind"], asked["reason"], at_hand.now())
    flash(f"You are writing an {asked['kind']}. The signed version counts until this one is signed.")
    return redirect(url_for("study.show", study_id=study_id), 303)
