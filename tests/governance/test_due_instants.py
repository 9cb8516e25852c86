"""The worked due instants, read from the examples that a department signs."""

import pytest

from reporter.governance import turnaround
from reporter.governance.examples_reading import exam_clock, instant, instant_or_none, shipped, span
from reporter.governance.times import say_day

EXAMPLES = shipped("due_instants")


def dues_of(example):
    return {due.target_id: due for due in turnaround.targets(exam_clock(example))}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each["number"])
def test_a_worked_due_instant_comes_out_to_the_minute(example):
    dues = dues_of(example)

    for target, expected in example["due"].items():
        assert say_day(dues[target].due_day) == expected["day"]
        assert dues[target].due_at == instant(expected["before"])
        assert expected["day"] in dues[target].words
        if "warn" in expected:
            assert say_day(dues[target].warn_day) == expected["warn"]


def test_all_thirty_four_examples_are_there():
    assert {each["number"].split()[0] for each in EXAMPLES} == {str(n) for n in range(1, 35)}


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "cohort" in e], ids=lambda each: each["number"])
def test_a_class_change_leaves_the_audit_cohort_alone(example):
    assert exam_clock(example).cohort == example["cohort"]


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "images" in e], ids=lambda each: each["number"])
def test_the_delay_of_the_images_is_shown_and_never_starts_the_clock(example):
    start = turnaround.start_of(
        exam_completed_at=instant(example["started"]),
        images_available_at=instant(example["images"]),
        first_seen_at=instant(example["images"]),
        now=instant(example["images"]),
    )

    assert start.started_at == instant(example["started"])
    assert start.transfer_delay == span(example["transfer_delay_hours"])
    assert start.imputed is None


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "received" in e], ids=lambda each: each["number"])
def test_a_target_missed_before_receipt_is_said(example):
    dues = turnaround.targets(exam_clock(example))

    said = turnaround.missed_on_receipt(dues, instant(example["received"]))

    assert len(said) == len(example["missed_on_receipt"])
    for target, sentence in zip(example["missed_on_receipt"], said, strict=True):
        assert dues_of(example)[target].title in sentence


@pytest.mark.parametrize("example", [e for e in EXAMPLES if "status" in e], ids=lambda each: each["number"])
def test_the_due_instant_itself_is_too_late(example):
    signed_at = instant_or_none(example, "signed")
    (due, _) = turnaround.targets(exam_clock(example))

    assert turnaround.verdict(due, signed_at, now=signed_at).status == example["status"]
