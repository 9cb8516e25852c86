"""The numbers a department may change: complete, named, and never under a source's name when they differ from it."""

from datetime import date

import pytest

from reporter.governance import standards

ENTRY = """{value: %s, unit: days, says: x, source: x, owner: Dr A, since: 2026-11-01, next_review: 2027-11-01}"""


def one(value="3", name="calendar_warning_days"):
    return f"{name}: {ENTRY % value}"


def test_the_shipped_numbers_are_the_published_ones():
    shipped = standards.packaged()

    assert not any(number.is_local for number in shipped.numbers.values())
    assert (shipped["inpatient_working_days"], shipped["outpatient_ideal_working_days"]) == (1, 2)
    assert (shipped["outpatient_max_days"], shipped["nhse_max_days"]) == (14, 28)
    assert (shipped["delegated_reporter_level"], shipped["discussion_level"], shipped["signer_level"]) == (2, 3, 2)


def test_every_number_says_where_it_comes_from_and_who_answers_for_it():
    for number in standards.packaged().numbers.values():
        assert number.source
        assert number.owner
        assert number.since < number.next_review
        assert (number.published is None) == ("project's proposal" in number.source), number.name


def test_a_department_replaces_one_number_and_keeps_the_others():
    own = standards.changed(one("30"))

    assert own["calendar_warning_days"] == 30
    assert own["nhse_max_days"] == 28


def test_a_misspelt_name_is_refused():
    with pytest.raises(ValueError, match="No rule uses a standard named calender_days"):
        standards.changed(one(name="calender_days"))


def test_what_was_published_cannot_be_rewritten():
    with pytest.raises(ValueError, match="what was published is 28; a department changes the value"):
        standards.changed(one("40", "nhse_max_days"))


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "two", "٣", "1_0", "''"])
def test_a_number_that_is_no_whole_number_above_zero_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"calendar_warning_days: .* is not a whole number above zero"):
        standards.changed(one(value))


def test_an_entry_without_an_owner_is_refused():
    with pytest.raises(ValueError, match="missing owner"):
        standards.changed(one().replace("owner: Dr A, ", ""))


def test_a_number_whose_review_is_due_shows_up():
    shipped = standards.packaged()

    assert shipped.due_for_review(date(2026, 11, 22)) == ()
    assert [n.name for n in shipped.due_for_review(date(2027, 6, 1))] == ["urgent_told_minutes"]
