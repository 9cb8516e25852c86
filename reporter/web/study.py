"""The study page, where a report is written: the form in the middle, the report as it will read beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for

from reporter import templates
from reporter.actions import orders, refusals, reporting
from reporter.web import at_hand, forms, schemas, showing

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from reporter.actions.views import StudyView
    from reporter.form.filled import FilledForm

pages = Blueprint("study", __name__, url_prefix="/study/<uuid:study_id>")
#: What is posted beside the answers.
NOT_ANSWERS = frozenset({"csrf_token", "seen", "button", "confirm", "untouched"})


@pages.get("")
def show(study_id: UUID) -> ResponseReturnValue:
    """The study as it stands: before the report, while it is written, or on to what was signed."""
    view = look_up(study_id)
    if view.report.state == "signed":
        return redirect(url_for("versions.show", study_id=study_id, version=view.report.current_version))
    if view.filled is None:
        return render_template("unreported.html", view=view, templates=templates.all(), choice=_fitting(view))
    return cockpit(view, view.filled)


def look_up(study_id: UUID) -> StudyView:
    """Everything about the study, for whoever asks. Raises NotFound alike for what is elsewhere and what is nowhere."""
    return reporting.study_view(at_hand.db(), at_hand.actor(), str(study_id), at_hand.now())


def cockpit(view: StudyView, filled: FilledForm, status: int = 200) -> ResponseReturnValue:
    """The form and the living report. It can be written in by whoever may draft; others read it."""
    draft = view.draft
    number = draft.number if draft else 0
    errors = [field for section in filled.sections for field in section.fields if field.error]
    return render_template(
        "study.html", view=view, filled=filled, number=number, errors=errors,
        locked=not view.permissions["draft"].allowed,
        saved_words=f"Saved {showing.clock_time(draft.updated_at)}" if draft else "",
        sections_of=forms.headings_to_sections(filled),
    ), status  # fmt: skip


@pages.post("/open")
def start(study_id: UUID) -> ResponseReturnValue:
    """Begin the report with a template."""
    wanted = schemas.read(schemas.OpenReport, request.form)["template"] or None
    reporting.open_report(at_hand.db(), at_hand.actor(), str(study_id), wanted, at_hand.now())
    return redirect(url_for(".show", study_id=study_id), 303)


@pages.post("/complete")
def complete(study_id: UUID) -> ResponseReturnValue:
    """Say that the examination was completed, when no message says so. The turnaround clock starts."""
    at = schemas.london_moment(schemas.read(schemas.At, request.form)["at"])
    orders.complete_exam(at_hand.db(), at_hand.actor(), str(study_id), at, at_hand.now())
    flash("The examination is recorded as completed.")
    return redirect(url_for(".show", study_id=study_id), 303)


@pages.post("/draft")
def save(study_id: UUID) -> ResponseReturnValue:
    """Keep the answers. A script gets what follows from them as JSON; a browser without scripts gets the page."""
    by_script = request.accept_mimetypes.best == "application/json"
    seen = schemas.whole_number(request.form.get("seen"))
    raw = _answers()
    confirmed = set(request.form.getlist("confirm"))
    try:
        saved = reporting.save_draft(at_hand.db(), at_hand.actor(), str(study_id), raw, seen, confirmed, at_hand.now())
    except refusals.Conflict as conflict:
        return _conflict(study_id, raw, conflict, by_script=by_script)
    if by_script:
        show_with = {"sections_of": forms.headings_to_sections(saved.filled)}
        return jsonify(forms.live(saved.filled, saved.number, showing.clock_time(at_hand.now()), show_with))
    if saved.reading.errors:
        view = look_up(study_id)
        return cockpit(view, saved.filled, 422)
    return _onward(study_id, saved.number)


def _answers() -> dict[str, list[str]]:
    """The answers that were posted, without defaults that nobody has touched: a default isn't somebody's answer."""
    untouched = set(request.form.getlist("untouched"))
    posted = {name: request.form.getlist(name) for name in request.form if name not in NOT_ANSWERS}
    return {name: values for name, values in posted.items() if f"{name}={values[0]}" not in untouched}


def _onward(study_id: UUID, number: int) -> ResponseReturnValue:
    """Where the button that saved leads: handing in, the signing page, or back to the same section."""
    button = request.form.get("button", "")
    if button == "submit":
        reporting.submit(at_hand.db(), at_hand.actor(), str(study_id), number, at_hand.now())
        flash("The draft was handed in. A consultant finds it under To sign.")
        return redirect(url_for("worklist.show"), 303)
    if button == "sign":
        return redirect(url_for("signing.show", study_id=study_id), 303)
    anchor = f"s-{button}" if button.replace("_", "").isalnum() else None
    return redirect(url_for(".show", study_id=study_id, _anchor=anchor), 303)


def _conflict(
    study_id: UUID, raw: dict[str, list[str]], conflict: refusals.Conflict, *, by_script: bool
) -> ResponseReturnValue:
    """Somebody else saved first. Both texts are shown; nothing typed is lost, and nothing of theirs is overwritten."""
    view = look_up(study_id)
    differences = _differences(view.filled, raw) if view.filled else ()
    if by_script:
        shown = render_template("_differences.html", differences=differences)
        return jsonify(title="Somebody else changed this report", reasons=conflict.reasons, differences=shown), 409
    return render_template("conflict.html", view=view, conflict=conflict, differences=differences), 409


def _differences(filled: FilledForm, raw: dict[str, list[str]]) -> tuple[dict[str, Any], ...]:
    """The answers that were sent and aren't what is stored: label, yours, theirs."""
    found = []
    for section in filled.sections:
        for field in section.fields:
            names = [name for name in raw if name == field.field.id or name.startswith(f"{field.field.id}.")]
            yours = {name: sorted(value for value in raw[name] if value) for name in names}
            theirs = {name: sorted(field.inputs.get(name, ())) for name in names}
            for name in names:
                if yours[name] != theirs[name]:
                    label = field.field.ask if "." not in name else f"{field.field.ask}, segment {name.split('.')[1]}"
                    found.append({"label": label, "yours": yours[name], "theirs": theirs[name]})
    return tuple(found)


@pages.post("/return")
def send_back(study_id: UUID) -> ResponseReturnValue:
    """Send a draft back to its author with a comment."""
    asked = schemas.read(schemas.Return, request.form)
    reporting.return_draft(
        at_hand.db(), at_hand.actor(), str(study_id), asked["comment"], asked["number"], at_hand.now()
    )
    flash("The draft went back to its author with your comment.")
    return redirect(url_for("worklist.show"), 303)


@pages.post("/take-back")
def take_back(study_id: UUID) -> ResponseReturnValue:
    """Take a draft that was handed in back, to change it again."""
    schemas.read(schemas.Nothing, request.form)
    reporting.take_back(at_hand.db(), at_hand.actor(), str(study_id), at_hand.now())
    flash("The draft is yours again.")
    return redirect(url_for(".show", study_id=study_id), 303)


@pages.post("/discard")
def discard(study_id: UUID) -> ResponseReturnValue:
    """Give an amendment or addendum up; the signed version stands."""
    schemas.read(schemas.Nothing, request.form)
    reporting.discard(at_hand.db(), at_hand.actor(), str(study_id), at_hand.now())
    flash("The new version was given up. The signed report stands as it was.")
    return redirect(url_for(".show", study_id=study_id), 303)


@pages.get("/history")
def history(study_id: UUID) -> ResponseReturnValue:
    """Who did what with this study, and when: the audit lines, newest first."""
    return render_template("history.html", view=look_up(study_id))


def _fitting(view: StudyView) -> str:
    """The template that goes with the order: by a word in the procedure, else the first."""
    asked = f"{view.study.procedure} {view.study.clinical_question}".lower()
    if "stress" not in asked and "perfusion" not in asked and "viability" in asked:
        return "viability"
    return "stress_perfusion"
