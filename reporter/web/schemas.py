"""The shape of every request that is not a report form: which fields there are and how long, nothing about sense."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from reporter.actions import refusals
from reporter.web.showing import LONDON

#: Posted by our own forms beside the fields proper: Flask-WTF's token and the name of the button.
FURNITURE = frozenset({"csrf_token", "button"})
#: Taken as typed: a password may begin with a space.
SECRETS = frozenset({"password", "old", "new"})
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _printable(value: str) -> None:
    """What was pasted with a control character in it could be kept, but never be sent on in a report."""
    if _UNPRINTABLE.search(value):
        raise ValidationError("This holds a character that can't be printed. Type it again.")


class Request(Schema):
    """A field that isn't named in the schema is refused: nobody sets `status` or `signed_by` by posting it."""

    class Meta:
        """Refuse what isn't known."""

        unknown = RAISE


def text(longest: int = 200, *, required: bool = True, shortest: int = 0) -> fields.String:
    """One text field with a largest length."""
    length = validate.Length(min=shortest, max=longest, error="Use at most {max} characters.")
    if required:
        filled = validate.Length(min=max(1, shortest), max=longest, error="Write between {min} and {max} characters.")
        checks = validate.And(filled, _printable)
        return fields.String(required=True, validate=checks, error_messages={"required": "This is missing."})
    return fields.String(load_default="", validate=validate.And(length, _printable))


class SignIn(Request):
    """User name and password."""

    username = text(100, required=False)
    password = text(500, required=False)
    next = text(500, required=False)


class Password(Request):
    """The present password and the new one."""

    old = text(500)
    new = text(500)


class Order(Request):
    """An order as typed in. What is needed is the action's business; here is only what fits."""

    site_code = text(20)
    family = text(100, required=False)
    given = text(100, required=False)
    birth_date = text(10, required=False)
    sex = text(10, required=False)
    nhs_number = text(20, required=False)
    hospital_number = text(40, required=False)
    accession = text(40, required=False)
    procedure = text(200, required=False)
    clinical_question = text(4_000, required=False)
    requester_name = text(200, required=False)
    patient_class = text(20, required=False)
    priority = text(20, required=False)
    completed_at = text(25, required=False)


class Search(Request):
    """An accession number or a whole NHS number."""

    q = text(64)


class Return(Request):
    """Which draft was seen, and why it goes back to its author."""

    number = fields.Integer(required=True)

    comment = text(2_000)


class Sign(Request):
    """What was shown, and by whom it is signed."""

    sha256 = fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$"))
    password = text(500)
    takes_over = fields.Boolean(load_default=False)


class Amend(Request):
    """An amendment or an addendum, and why."""

    kind = fields.String(required=True, validate=validate.OneOf(("amendment", "addendum")))
    reason = text(1_000)


class Reason(Request):
    """Why something is set aside or closed."""

    reason = text(1_000)


class Nothing(Request):
    """A button without fields."""


class OpenReport(Request):
    """Which template to report with; empty for the one that fits the order."""

    template = text(60, required=False)


class Until(Request):
    """Until when somebody is available, as a browser's datetime-local writes it, London time; empty: no longer."""

    until = text(25, required=False)


class At(Request):
    """One instant, as a browser's datetime-local writes it, London time."""

    at = fields.String(required=True, validate=validate.Length(max=25))


def read(schema: type[Schema], form: Any) -> dict[str, Any]:
    """The request's fields as the schema says. Raises refusals.Invalid with a sentence for each field."""
    shape = schema()
    try:
        loaded: dict[str, Any] = shape.load(_plain(shape, form))
    except ValidationError as fault:
        messages = fault.messages if isinstance(fault.messages, dict) else {"_": fault.messages}
        raise refusals.Invalid({name: _sentence(name, said) for name, said in messages.items()}) from fault
    return loaded


def _plain(shape: Schema, form: Any) -> dict[str, Any]:
    """A posted form as plain values: lists where the schema has a list, stripped text elsewhere."""
    plain: dict[str, Any] = {}
    for name in form:
        if name in FURNITURE:
            continue
        wanted = shape.fields.get(name)
        if isinstance(wanted, fields.List):
            plain[name] = form.getlist(name)
        else:
            # No database keeps a NUL in a text alike; no keyboard types one.
            plain[name] = form[name] if name in SECRETS else str(form[name]).replace("\0", "").strip()
    return plain


def _sentence(name: str, said: object) -> str:
    first = said[0] if isinstance(said, list) and said else said
    if isinstance(first, Mapping):
        first = "This can't be used."
    return f"{name.replace('_', ' ').capitalize()}: {first}"


def london_moment(written: str, name: str = "at") -> datetime:
    """The instant that a London clock on the wall shows as `2026-11-30T17:00`. Raises refusals.Invalid."""
    try:
        naive = datetime.fromisoformat(written)
    except ValueError:
        raise refusals.Invalid({name: "Give a date and a time, such as 30/11/2026 17:00."}) from None
    return (naive if naive.tzinfo else naive.replace(tzinfo=LONDON)).astimezone(UTC)


def whole_number(written: str | None) -> int:
    """A number that our own page sent. Raises refusals.Invalid where it is missing or was altered."""
    if not written or not written.isascii() or not written.isdigit() or len(written) > 9:
        raise refusals.Invalid({"seen": "The page was sent without its number. Reload it and try again."})
    return int(written)
