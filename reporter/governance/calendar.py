"""Working days in the four nations of the UK: Monday to Friday without bank holidays and days the site has declared.

Bank holidays come from the `holidays` package; the tests compare them with the list that GOV.UK publishes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, get_args

import holidays

from reporter.governance.times import DAY, say_day, say_short_day

Nation = Literal["england", "wales", "scotland", "northern_ireland"]
NATIONS: tuple[Nation, ...] = get_args(Nation)

_SUBDIVISION = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern_ireland": "NIR"}
_IN_WORDS = {"england": "England", "wales": "Wales", "scotland": "Scotland", "northern_ireland": "Northern Ireland"}

#: The last day up to which the bank holidays were compared with GOV.UK's published list (as of 21 August 2026). Later
#: ones follow the standing rules, and a holiday proclaimed for one year only would not be known.
CHECKED_UNTIL = date(2028, 12, 31)

SATURDAY = 5
#: No calendar closes a site for longer; a search beyond it means that the list of closures is wrong.
_LONGEST_CLOSURE_DAYS = 400


def nation_of(text: str) -> Nation:
    """The nation that a text names: `Scotland`, `SCT`, `northern-ireland`. Raises ValueError for any other."""
    wanted = text.strip().lower().replace("-", "_").replace(" ", "_")
    for nation in NATIONS:
        if wanted in (nation, _SUBDIVISION[nation].lower()):
            return nation
    raise ValueError(f"{text!r} is not a nation of the UK. Use one of: {', '.join(NATIONS)}.")


def say_nation(nation: Nation) -> str:
    """`northern_ireland` as it is written: Northern Ireland."""
    return _IN_WORDS[nation]


@lru_cache(maxsize=512)
def bank_holidays(nation: Nation, year: int) -> MappingProxyType[date, str]:
    """The bank holidays of a nation in a year that fall on a weekday, with their names.

    The package also lists the weekend dates that a substitute day stands for; those are weekends already.
    """
    listed = holidays.country_holidays("GB", subdiv=_SUBDIVISION[nation], years=year)
    return MappingProxyType(
        {
            day: name.replace(" (observed)", " substitute day")
            for day, name in sorted(listed.items())
            if day.year == year and day.weekday() < SATURDAY
        }
    )


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working days of one site.

    `closures` are whole London days that the site has declared (a Scottish local holiday, say). They count like bank
    holidays, so a closure that the department could not defend as statutory loosens its own figures.
    """

    nation: Nation
    closures: frozenset[date] = field(default_factory=frozenset)

    def is_working_day(self, day: date) -> bool:
        """Whether a London day is a working day here."""
        return day.weekday() < SATURDAY and day not in self.closures and day not in bank_holidays(self.nation, day.year)

    def why_not(self, day: date) -> str | None:
        """Why a day is not a working day (`Easter Monday`, `site closed`, `weekend`); None when it is one."""
        if day.weekday() >= SATURDAY:
            return "weekend"
        name = bank_holidays(self.nation, day.year).get(day)
        if name is not None:
            return name
        return "site closed" if day in self.closures else None

    def next_working_day(self, day: date, n: int = 1) -> date:
        """The n-th working day strictly after a day, whether or not that day is itself a working day.

        Raises ValueError when n is below 1, or when the closures leave no working day for more than a year.
        """
        return _next_working_day(self, day, n)

    def last_working_day(self, day: date) -> date:
        """The last working day on or before a day: when to warn about a limit that does not move for a weekend."""
        while not self.is_working_day(day):
            day -= DAY
        return day

    @property
    def horizon(self) -> date:
        """The last day for which the bank holidays were compared with the published list."""
        return CHECKED_UNTIL

    def horizon_warning(self, today: date, days_before: int) -> str | None:
        """What to do, in words, once fewer than so many days of checked bank holidays are left; otherwise None."""
        left = (self.horizon - today).days
        if left >= days_before:
            return None
        return (
            f"Bank holidays are checked against the published list only until {say_day(self.horizon)}. Update CMR "
            "Reporter; until then, declare a bank holiday that was proclaimed since as a closure of the site."
        )

    def say_skipped(self, after: date, until: date) -> str:
        """The days between two days that do not count, with their reasons: `Fri 25 Dec Christmas Day, Sat 26 Dec`.

        Exclusive at both ends; empty when there is none.
        """
        said = []
        day = after + DAY
        while day < until:
            reason = self.why_not(day)
            if reason is not None:
                said.append(say_short_day(day) if reason == "weekend" else f"{say_short_day(day)} {reason}")
            day += DAY
        return ", ".join(said)


@lru_cache(maxsize=2**15)
def _next_working_day(calendar: Calendar, day: date, n: int) -> date:
    if n < 1:
        raise ValueError(f"The {n}-th working day after a day does not exist; n starts at 1.")
    left, found = n, day
    for _ in range(n * 7 + _LONGEST_CLOSURE_DAYS):
        found += DAY
        if calendar.is_working_day(found):
            left -= 1
            if not left:
                return found
    raise ValueError(f"No working day was found after {say_day(day)}: the site's declared closures are too many.")


@lru_cache(maxsize=256)
def _shared(nation: Nation, closures: frozenset[date]) -> Calendar:
    return Calendar(nation, closures)


def calendar_of(nation: Nation, closures: Iterable[date] = ()) -> Calendar:
    """The calendar of a site; the same one is given for the same nation and closures."""
    return _shared(nation, frozenset(closures))
