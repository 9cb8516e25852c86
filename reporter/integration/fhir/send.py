"""A bundle on its way: one POST with a deadline, and what the server's answer means for the outbox.

Success is not a status of 200: servers answer 200 with a refusal inside, so that the answer of every entry is looked
at. A retry sends the same bytes, which replace what they made (see `bundle`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from reporter.integration.answer import Answer
from reporter.integration.fhir.wire import Line
from reporter.integration.wires import Destination

#: The answer to a bundle of ours repeats its resources at most; more is not an answer.
MOST_BYTES = 20 * 1024 * 1024
#: What a wait that the server asks for may be; longer is ours to decide.
LONGEST_WAIT = timedelta(hours=1)

_NO_WHOLE_ANSWER = "{} gave no whole answer within its time, or cut the line."

# 401, 403, 407: our credentials, not this message, so that it keeps its place until somebody mends them.
_CREDENTIALS = frozenset({401, 403, 407})
_LATER = frozenset({408, 425, 429})
# 409, 412: another write was under way, or found twice what must be there once. Tried again at once, one time.
_CONFLICT = frozenset({409, 412})


def send(destination: Destination, message_id: str, payload: bytes) -> Answer:
    """Posts a bundle and waits for the whole answer, at most `destination.timeout_seconds`.

    Never raises for what a peer does. `unknown` means that the server may have taken it. A conflict is tried once
    more at once, with the same bytes.
    """
    headers = {
        "Content-Type": "application/fhir+json; charset=utf-8",
        "Accept": "application/fhir+json",
        "X-Request-ID": message_id,
    }
    if destination.token_variable:
        token = os.environ.get(destination.token_variable)
        if not token:
            words = f"{destination.token_variable} is not set, so that there is no token for {destination.name}."
            return Answer("retry", "", words)
        headers["Authorization"] = f"Bearer {token}"
    sent = _entries_in(payload)
    answer, conflict = _once(destination, headers, payload, sent)
    if conflict:
        answer, _ = _once(destination, headers, payload, sent)
    return answer


def _entries_in(payload: bytes) -> int:
    return len(json.loads(payload).get("entry") or ())


def _once(destination: Destination, headers: Mapping[str, str], payload: bytes, sent: int) -> tuple[Answer, bool]:
    """One attempt: the answer, and whether it was a conflict that is worth one more attempt."""
    within = timedelta(seconds=destination.timeout_seconds)
    try:
        with Line(within) as line:
            status, back, raw = line.post(destination.url, headers, payload, MOST_BYTES)
    except requests.ConnectTimeout:
        return Answer("retry", "", f"No connection to {destination.name} within its time."), False
    except requests.ConnectionError as why:
        return _not_connected(destination, why), False
    except requests.RequestException:
        return Answer("unknown", "", _NO_WHOLE_ANSWER.format(destination.name)), False
    if len(raw) > MOST_BYTES:
        return Answer("unknown", str(status), "The answer is larger than any answer to a bundle is."), False
    return understood(status, back, raw, sent), status in _CONFLICT or _changed_meanwhile(status, raw)


def _not_connected(destination: Destination, why: requests.ConnectionError) -> Answer:
    """Nobody there is `retry`: it surely did not arrive. A cut or a silence afterwards is `unknown`."""
    if Line.was_never_open(why):
        return Answer("retry", "", f"{destination.name} can't be reached.")
    return Answer("unknown", "", _NO_WHOLE_ANSWER.format(destination.name))


def understood(status: int, headers: Mapping[str, str], raw: bytes, sent: int) -> Answer:
    """What an HTTP answer to a transaction of `sent` entries means. Pure but for the clock of a Retry-After date."""
    code = str(status)
    if 200 <= status < 300:
        return _every_entry(code, raw, sent)
    words = _words(raw)
    if 300 <= status < 400:
        return Answer("refused", code, "The server points to another address; put that into the wires file.", raw)
    if status in _CREDENTIALS:
        return Answer("retry", code, f"The server does not accept our credentials. {words}".strip(), raw)
    if status in _LATER or status >= 500:
        said = words or "The server asks for patience or is out of order."
        return Answer("retry", code, said, raw, _wait(headers))
    if status == 409 or _changed_meanwhile(status, raw):
        return Answer("retry", code, words or "Another write was under way.", raw)
    return Answer("refused", code, words or "The server refused the bundle and gave no reason.", raw)


def _every_entry(code: str, raw: bytes, sent: int) -> Answer:
    """A 2xx is believed when each entry that went has its own 2xx."""
    entries = _answers(raw)
    if entries is None or len(entries) != sent:
        return Answer("unknown", code, "The server did not say what became of each entry.", raw)
    statuses = [_inner_status(entry) for entry in entries]
    bad = [number for number, status in enumerate(statuses) if not 200 <= status < 300]
    if not bad:
        return Answer("accepted", code, f"{sent} entries taken.", raw)
    worst = bad[0]
    words = _outcome_words((entries[worst].get("response") or {}).get("outcome"))
    inner = statuses[worst]
    said = f"Entry {worst + 1} of {sent} was answered {inner or 'without a status'}. {words}".strip()
    if any(statuses[number] < 500 and statuses[number] not in _LATER | {0, 409} for number in bad):
        return Answer("refused", f"{code}/{inner}", said, raw)
    return Answer("retry", f"{code}/{inner}", said, raw)


def _answers(raw: bytes) -> list[Mapping[str, Any]] | None:
    answer = _object(raw)
    entries = answer.get("entry")
    if answer.get("resourceType") != "Bundle" or not isinstance(entries, list):
        return None
    return [each if isinstance(each, dict) else {} for each in entries]


def _inner_status(entry: Mapping[str, Any]) -> int:
    """The number in "201 Created"; 0 where there is none."""
    response = entry.get("response")
    status = response.get("status") if isinstance(response, dict) else None
    number = status[:3] if isinstance(status, str) else ""
    return int(number) if number.isascii() and number.isdigit() and len(number) == 3 else 0


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _words(raw: bytes) -> str:
    """The server's own words from an OperationOutcome, at most 500 characters."""
    return _outcome_words(_object(raw))


def _outcome_words(outcome: Any) -> str:
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    said = [text for issue in issues if isinstance(issue, dict) for text in _issue_words(issue)] if issues else []
    return " ".join(said)[:500]


def _issue_words(issue: Mapping[str, Any]) -> Iterable[str]:
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    return [each for each in (text, issue.get("diagnostics")) if isinstance(each, str)]


def _changed_meanwhile(status: int, raw: bytes) -> bool:
    # Medplum answers 400 "Resource ID did not match resolved ID" where two writers of the same thing meet.
    return status == 400 and "did not match resolved" in _words(raw)


def _wait(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After in seconds or as a date (RFC 9110, 10.2.3), never more than an hour and never negative."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        wait = timedelta(seconds=min(int(text), 86400))
    else:
        try:
            wait = parsedate_to_datetime(text) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return max(timedelta(0), min(wait, LONGEST_WAIT))
