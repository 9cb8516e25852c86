"""Reading facts: the one mapping from field id to parsed value that checks and sentences are given.

Whatever is absent, None, empty or of another shape than asked for counts as not answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from reporter.cmr.reference_ranges import Graded

Facts: TypeAlias = Mapping[str, Any]


def number(facts: Facts, field: str) -> Decimal | None:
    """The field's number, typed or computed."""
    value = facts.get(field)
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    return Decimal(value)


def word(facts: Facts, field: str) -> str | None:
    """The field's choice or text, without space around it."""
    value = facts.get(field)
    if not isinstance(value, str):
        return None
    return value.strip() or None


def several(facts: Facts, field: str) -> list[str]:
    """The choices of a field that takes several."""
    value = facts.get(field)
    if isinstance(value, str):
        return [value] if value else []
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def segment_map(facts: Facts, field: str) -> dict[int, str]:
    """The scored segments of a map, in order; a segment marked not_assessed is left out, as if blank."""
    value = facts.get(field)
    if not isinstance(value, Mapping):
        return {}
    scored = {int(key): str(score) for key, score in value.items() if score not in (None, "", "not_assessed")}
    return dict(sorted(scored.items()))


def grade_of(facts: Facts, measure: str) -> Graded | None:
    """The grade of a measure, where it has one."""
    grades = facts.get("grades")
    found = grades.get(measure) if isinstance(grades, Mapping) else None
    return found if isinstance(found, Graded) else None
