"""Working days in four nations, against the bank holidays that GOV.UK lists for 2026 to 2028."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporter.governance.calendar import NATIONS, Calendar, bank_holidays, calendar_of, nation_of
from reporter.governance.standards import packaged

ENGLAND_AND_WALES = """
2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28
2028-01-03 2028-04-14 2028-04-17 2028-05-01 2028-05-29 2028-08-28 2028-12-25 2028-12-26
"""
SCOTLAND_TO_2027 = """
2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03 2026-11-30 2026-12-25 2026-12-28
2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02 2027-11-30 2027-12-27 2027-12-28
"""
NORTHERN_IRELAND_ADDS = "2026-03-17 2026-07-13 2027-03-17 2027-07-12 2028-03-17 2028-07-12"

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
nations = st.sampled_from(NATIONS)


def listed(text):
    return {date.fromisoformat(day) for day in text.split()}


def ours(nation, years):
    return {day for year in years for day in bank_holidays(nation, year)}


@pytest.mark.parametrize("nation", ["england", "wales"])
def test_england_and_wales_agree_with_the_published_list(nation):
    assert ours(nation, (2026, 2027, 2028)) == listed(ENGLAND_AND_WALES)


def test_scotland_agrees_with_the_published_list_and_knows_the_one_off_of_2026():
    assert ours("scotland", (2026, 2027)) == listed(SCOTLAND_TO_2027)
    assert date(2026, 6, 15) in bank_holidays("scotland", 2026)
    assert date(2026, 6, 15) not in bank_holidays("england", 2026)


def test_scotland_works_on_easter_monday():
    assert Calendar("scotland").is_working_day(date(2026, 4, 6))
    assert not Calendar("wales").is_working_day(date(2026, 4, 6))


def test_northern_ireland_agrees_with_the_published_list():
    expected = listed(ENGLAND_AND_WALES) | listed(NORTHERN_IRELAND_ADDS)

    assert ours("northern_ireland", (2026, 2027, 2028)) == expected


def test_a_bank_holiday_is_never_on_a_weekend():
    assert all(day.weekday() < 5 for nation in NATIONS for day in ours(nation, range(2019, 2036)))


@given(nation=nations, day=days, n=st.integers(1, 30))
def test_the_nth_working_day_has_exactly_n_working_days_up_to_it(nation, day, n):
    calendar = Calendar(nation)

    found = calendar.next_working_day(day, n)

    between = [day + timedelta(d) for d in range(1, (found - day).days + 1)]
    assert found > day
    assert calendar.is_working_day(found)
    assert sum(map(calendar.is_working_day, between)) == n


@given(nation=nations, day=days, later=st.integers(0, 60), n=st.integers(1, 5))
def test_a_later_start_is_never_due_earlier(nation, day, later, n):
    calendar = Calendar(nation)

    assert calendar.next_working_day(day, n) <= calendar.next_working_day(day + timedelta(later), n)


@given(nation=nations, day=days, closures=st.frozensets(days, max_size=10))
def test_a_closure_never_brings_a_due_day_forward(nation, day, closures):
    assert Calendar(nation, closures).next_working_day(day) >= Calendar(nation).next_working_day(day)


@given(nation=nations, day=days)
def test_the_reason_for_a_free_day_is_given_exactly_when_it_is_one(nation, day):
    calendar = Calendar(nation)

    assert (calendar.why_not(day) is None) == calendar.is_working_day(day)


def test_a_day_on_which_the_site_is_closed_is_said_so():
    calendar = Calendar("scotland", frozenset({date(2026, 4, 6)}))

    assert calendar.why_not(date(2026, 4, 6)) == "site closed"
    assert calendar.next_working_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert calendar.say_skipped(date(2026, 4, 2), date(2026, 4, 7)) == (
        "Fri 3 Apr Good Friday, Sat 4 Apr, Sun 5 Apr, Mon 6 Apr site closed"
    )


def test_closures_without_an_end_are_refused_instead_of_searched_for_ever():
    closed = frozenset(date(2026, 1, 1) + timedelta(n) for n in range(1500))

    with pytest.raises(ValueError, match="declared closures are too many"):
        Calendar("england", closed).next_working_day(date(2026, 1, 1))


def test_the_zeroth_working_day_does_not_exist():
    with pytest.raises(ValueError, match="n starts at 1"):
        Calendar("england").next_working_day(date(2026, 1, 1), 0)


def test_the_calendar_asks_for_an_update_before_its_checked_list_runs_out():
    calendar = Calendar("england")
    limit = packaged()["calendar_warning_days"]
    last_quiet_day = calendar.horizon - timedelta(limit)

    assert calendar.horizon_warning(last_quiet_day, limit) is None
    assert "Sun 31 Dec 2028" in calendar.horizon_warning(last_quiet_day + timedelta(1), limit)


@pytest.mark.parametrize(
    ("text", "nation"),
    [("England", "england"), ("SCT", "scotland"), ("northern-ireland", "northern_ireland"), (" wales ", "wales")],
)
def test_a_nation_is_known_under_its_usual_names(text, nation):
    assert nation_of(text) == nation


def test_a_country_that_is_no_nation_of_the_uk_is_refused_with_what_to_write():
    with pytest.raises(ValueError, match="Use one of: england, wales, scotland, northern_ireland"):
        nation_of("France")


def test_one_calendar_is_shared_by_the_sites_that_have_the_same():
    closed = [date(2026, 4, 6)]

    assert calendar_of("scotland", closed) is calendar_of("scotland", frozenset(closed))
