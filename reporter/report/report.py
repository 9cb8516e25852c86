"""The life of a report: its states, and the table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

State = Literal["unreported", "draft", "submitted", "returned", "signed", "amending", "withdrawn"]
Action = Literal["open", "save", "submit", "take_back", "return", "sign", "amend", "discard"]

STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)

# BSCMR: responsibility always lies with a consultant, who signs; a trainee drafts and submits. Nothing leads out of
# `signed` but a new version, since a signed version is never overwritten. `withdrawn` is reserved: nothing leads there
# until retracting a report that went out for the wrong patient is built.
TABLE: Mapping[State, Mapping[Action, State]] = MappingProxyType(
    {
        "unreported": {"open": "draft"},
        "draft": {"save": "draft", "submit": "submitted", "sign": "signed"},
        # The consultant may mend a submitted draft before signing; the trainee may take it back until then.
        "submitted": {"save": "submitted", "take_back": "draft", "return": "returned", "sign": "signed"},
        "returned": {"save": "returned", "submit": "submitted", "sign": "signed"},
        "signed": {"amend": "amending"},
        # The version that was signed before stands until the amendment or addendum is signed too.
        "amending": {"save": "amending", "sign": "signed", "discard": "signed"},
        "withdrawn": {},
    }
)

IN_WORDS: Mapping[State, str] = MappingProxyType(
    {
        "unreported": "not reported yet",
        "draft": "a draft",
        "submitted": "submitted for signing",
        "returned": "returned to its author",
        "signed": "signed",
        "amending": "signed, with an amendment or addendum being written",
        "withdrawn": "withdrawn",
    }
)
_DOING: Mapping[Action, str] = MappingProxyType(
    {
        "open": "opened anew",
        "save": "changed",
        "submit": "submitted",
        "take_back": "taken back",
        "return": "returned",
        "sign": "signed",
        "amend": "amended",
        "discard": "discarded",
    }
)
_INSTEAD: Mapping[State, str] = MappingProxyType(
    {
        "unreported": "Open a report first.",
        "draft": "Save, submit or sign it.",
        "submitted": "Sign it, return it, or take it back.",
        "returned": "Mend it and submit it again.",
        "signed": "Write an amendment or an addendum; the signed version stays as it is.",
        "amending": "Sign the new version or discard it.",
        "withdrawn": "Nothing more can be done with it.",
    }
)


class NotAllowed(ValueError):
    """The action cannot follow the report's state; the text says what can be done instead."""


def may_follow(state: State, action: Action) -> bool:
    """Can this be done to a report in this state? Who may do it is governance's question."""
    return action in TABLE[state]


def next_state(state: State, action: Action) -> State:
    """The state after an action. Raises NotAllowed with a sentence when the table has no such step."""
    if action not in TABLE[state]:
        raise NotAllowed(f"The report is {IN_WORDS[state]} and cannot be {_DOING[action]}. {_INSTEAD[state]}")
    return TABLE[state][action]
