"""The gate before a bundle leaves: limits, structure, the rules of R4 and of this house, and a typed model.

Four pairs of eyes, none of which built the bundle: our own limits before anything is parsed, fhirkit for structure
and primitives, `rules` for what it does not look at, and fhir.resources (R4B, the nearest typed model to R4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import fhirkit

from reporter.integration.fhir import rules

#: A report with a PDF is well under a megabyte; twenty is the most that a receiver is likely to take.
MOST_BYTES = 20 * 1024 * 1024
#: A bundle of ours is 12 levels deep. A typed model that follows a thousand levels dies of recursion.
MOST_DEPTH = 40

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
# Escapes of control characters that a FHIR string may not hold; \t, \n and \r stay allowed.
_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\(?:[bf]|u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F])|u[dD][89a-fA-F])")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def faults(payload: bytes) -> tuple[str, ...]:
    """Everything wrong with a bundle, in sentences that name the place and repeat no value; empty when it may leave."""
    if found := limit_faults(payload):
        return found
    bundle, why = _parsed(payload)
    if bundle is None:
        return (why,)
    return quick_faults(payload, bundle) or _model_faults(payload)


def quick_faults(payload: bytes, bundle: Mapping[str, Any]) -> tuple[str, ...]:
    """Structure and rules, without the typed model: for a bundle that we hold both as text and as values."""
    return _structure_faults(payload) + rules.faults(bundle)


def limit_faults(payload: bytes) -> tuple[str, ...]:
    """Size, encoding, depth and characters, before a parser sees it."""
    if len(payload) > MOST_BYTES:
        return (f"The bundle has more than {MOST_BYTES // (1024 * 1024)} MB.",)
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return ("The bundle is not UTF-8 text.",)
    if _depth(payload) > MOST_DEPTH:
        return (f"The bundle is nested more than {MOST_DEPTH} levels deep.",)
    if b"\\" in payload and _CONTROL.search(payload):
        return ("A text holds a control character that FHIR has no place for.",)
    return ()


def _depth(payload: bytes) -> int:
    deepest = depth = 0
    for bracket in _STRING.sub(b"", payload).translate(None, _NO_BRACKETS):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


class _Twice(ValueError):
    """An object names a key twice."""


def _parsed(payload: bytes) -> tuple[dict[str, Any] | None, str]:
    """The bundle with exact numbers, or why it can't be read."""
    try:
        value = json.loads(payload, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
    except _Twice:
        return None, "An object in the bundle names an element twice."
    except (ValueError, RecursionError):
        return None, "The bundle is not JSON."
    return (value, "") if isinstance(value, dict) else (None, "The bundle is not a JSON object.")


def _no_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _structure_faults(payload: bytes) -> tuple[str, ...]:
    try:
        issues = fhirkit.validate(payload)
    except fhirkit.ParseError:
        return ("The bundle is not JSON that a FHIR library can read.",)
    return tuple(_QUOTED.sub("a value", str(issue)) for issue in issues)


def _model_faults(payload: bytes) -> tuple[str, ...]:
    # Half a second to import: only the process that delivers pays for it.
    from fhir.resources.R4B.bundle import Bundle  # noqa: PLC0415
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        Bundle.model_validate_json(payload)
    except ValidationError as why:
        return tuple(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in why.errors()[:20])
    except (ValueError, RecursionError):
        return ("The typed model of FHIR can't read the bundle.",)
    return ()
