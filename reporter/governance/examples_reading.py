"""Worked examples in YAML, read into the values that the rules take: every value is text until it is read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, cast

import yaml

from reporter.governance.calendar import nation_of
from reporter.governance.clock import ClassChange, ExamClock
from reporter.governance.people import Availability, Credential, Reporter, Role
from reporter.governance.times import from_wall_clock
from reporter.report.document import Communication, PatientClass

Example = Mapping[str, Any]


@lru_cache(maxsize=4)
def shipped(name: str) -> Any:
    """The content of `examples/<name>.yaml`: a list, or a list for each rule's name."""
    text = resources.files("reporter.governance").joinpath("examples", f"{name}.yaml").read_text(encoding="utf-8")
    # BaseLoader makes everything a string, so that a time or a number is read here and nowhere by surprise.
    return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506


def instant(text: str) -> datetime:
    """`2026-11-27 16:30` as a London clock shows it, or `2026-11-27 16:30Z` in UTC."""
    if text.endswith("Z"):
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    return from_wall_clock(datetime.fromisoformat(text))[0]


def instant_or_none(example: Example, name: str) -> datetime | None:
    """The instant under a name, or None where the example doesn't give one."""
    return instant(example[name]) if example.get(name) else None


def span(text: str) -> timedelta:
    """`62:20` as hours and minutes."""
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def exam_clock(example: Example) -> ExamClock:
    """The clock that an example describes with started, class, changes, nation and closures."""
    return ExamClock(
        started_at=instant(example["started"]),
        class_at_start=cast(PatientClass, example.get("class", "unknown")),
        class_changes=tuple(
            ClassChange(instant(change["at"]), cast(PatientClass, change["to"]))
            for change in example.get("changes", ())
        ),
        nation=nation_of(example.get("nation", "england")),
        closures=frozenset(date.fromisoformat(day) for day in example.get("closures", ())),
    )


def person(described: Example) -> Reporter:
    """Somebody in an example: name, role, and level with `until` where they hold one."""
    return Reporter(
        person_id=described["name"],
        name=described["name"],
        role=cast(Role, described["role"]),
        credentials=_credentials(described),
        grade=described.get("grade"),
        registration_body="GMC" if described.get("registration") else None,
        registration_number=described.get("registration"),
        active=described.get("active", "yes") == "yes",
    )


def _credentials(described: Example) -> tuple[Credential, ...]:
    if "level" not in described:
        return ()
    until = described.get("until")
    return (
        Credential(
            body=described.get("body", "SCMR"),
            level=int(described["level"]),
            awarded=date(2020, 1, 1),
            expires=date.fromisoformat(until) if until else None,
            scheme=described.get("scheme", "physician"),
        ),
    )


def roster(entries: Sequence[Example]) -> tuple[Availability, ...]:
    """The roster of an example: name, level, from and until."""
    return tuple(
        Availability(
            person_id=entry["name"],
            name=entry["name"],
            level=int(entry["level"]),
            start=instant(entry["from"]),
            end=instant(entry["until"]),
        )
        for entry in entries
    )


def communications(described: Sequence[Example]) -> tuple[Communication, ...]:
    """The urgent findings of an example and who was told."""
    return tuple(
        Communication(
            finding=each["finding"],
            level=each["level"],
            told_to=each.get("told_to"),
            told_at=instant_or_none(each, "told_at"),
            how=each.get("how"),
            reason_not_told=each.get("not_told"),
        )
        for each in described
    )
