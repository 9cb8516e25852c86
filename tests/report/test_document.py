"""The canonical text: the same document has the same text, and the text gives the same document back."""

from __future__ import annotations

import types
import typing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.report.document import ReportDocument, from_canonical, sha256_of
from tests.counts import count
from tests.signed_versions import a_document

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_ANSWER = st.one_of(_TEXT, st.lists(_TEXT, max_size=3), st.dictionaries(_TEXT, _TEXT, max_size=3))
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=1)), timezone(timedelta(hours=-5, minutes=-30))])


def of(hint: object) -> st.SearchStrategy:
    """Values of a type as the document's dataclasses hint it."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is str:
        return _TEXT
    if hint is datetime:
        return st.datetimes(timezones=_ZONES)
    if origin is typing.Literal:
        return st.sampled_from(inner)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(of(each) for each in inner))
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return st.lists(of(inner[0]), max_size=2).map(tuple)
        return st.tuples(*(of(each) for each in inner))
    if origin is not None and issubclass(origin, typing.Mapping):
        return st.dictionaries(_TEXT, _ANSWER if inner[1] is typing.Any else of(inner[1]), max_size=3)
    if hasattr(hint, "__dataclass_fields__"):
        return st.builds(hint, **{name: of(each) for name, each in typing.get_type_hints(hint).items()})
    return st.from_type(hint)


DOCUMENTS = of(ReportDocument)


@settings(max_examples=count(2000, ci=400, quick=60), deadline=None)
@given(document=DOCUMENTS)
def test_the_canonical_text_gives_the_same_document_back(document):
    text = document.canonical()

    again = from_canonical(text)

    assert again == document
    assert again.canonical() == text
    assert again.sha256() == document.sha256() == sha256_of(text)


@settings(max_examples=count(2000, ci=400, quick=60), deadline=None)
@given(document=DOCUMENTS, line=_TEXT)
def test_one_changed_line_changes_the_hash(document, line):
    changed = replace(document, impression=(*document.impression, line))

    assert changed.sha256() != document.sha256()


def test_the_order_in_which_answers_were_given_does_not_change_the_hash():
    answers = {"lv_edv": "212", "lv_esv": "118"}

    one = a_document(answers=answers)
    other = a_document(answers=dict(reversed(answers.items())))

    assert one.sha256() == other.sha256()


def test_the_canonical_text_has_no_number_that_a_reader_could_round():
    with pytest.raises(TypeError, match="never a float"):
        a_document(answers={"lv_ef": 44.3}).canonical()


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        a_document(study=replace(a_document().study, performed_at=datetime(2026, 11, 20, 10, 30))).canonical()  # noqa: DTZ001


def test_a_text_of_another_schema_is_refused_in_words():
    with pytest.raises(ValueError, match="this version reads"):
        from_canonical(a_document().canonical().replace("cmr-report/1", "cmr-report/9"))


def test_letters_stand_in_the_text_as_themselves():
    assert "Siôn" in a_document().canonical()
    assert "\\u" not in a_document(answer="µ ² ≤ é 🫀").canonical()
