"""The life of a report: what may follow what, and what is said when something may not."""

from __future__ import annotations

import pytest

from reporter.report.report import ACTIONS, IN_WORDS, STATES, TABLE, NotAllowed, may_follow, next_state


def test_the_usual_way_is_draft_submit_return_submit_sign_amend_sign():
    state = "unreported"
    walked = []
    for action in ("open", "save", "submit", "return", "save", "submit", "sign", "amend", "save", "sign"):
        state = next_state(state, action)
        walked.append(state)

    assert walked == [
        "draft", "draft", "submitted", "returned", "returned", "submitted", "signed", "amending", "amending", "signed",
    ]  # fmt: skip


def test_nothing_leads_out_of_signed_but_a_new_version():
    assert dict(TABLE["signed"]) == {"amend": "amending"}


def test_only_signing_or_discarding_a_new_version_leads_to_signed():
    into = {(state, action) for state in STATES for action, then in TABLE[state].items() if then == "signed"}

    assert into == {
        ("draft", "sign"), ("submitted", "sign"), ("returned", "sign"), ("amending", "sign"), ("amending", "discard"),
    }  # fmt: skip


def test_the_reserved_state_is_never_reached():
    assert all("withdrawn" not in TABLE[state].values() for state in STATES)
    assert not TABLE["withdrawn"]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", ACTIONS)
def test_what_may_not_follow_is_refused_with_what_to_do_instead(state, action):
    if may_follow(state, action):
        assert next_state(state, action) in STATES
        return
    with pytest.raises(NotAllowed) as told:
        next_state(state, action)
    assert IN_WORDS[state] in str(told.value)
    assert str(told.value).count(".") >= 2
