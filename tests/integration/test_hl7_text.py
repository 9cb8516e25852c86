"""Text in HL7: what was signed is what arrives, character for character."""

from __future__ import annotations

import re

import hl7
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reporter.integration.hl7v2.text import Delimiters, escape, unescape
from tests.counts import count

_ALPHABET = st.one_of(
    st.sampled_from("<>&^~|\\\r\n\x0b\x1c\x1d\t\x7fµ²≤é−–“😀FSTREXbr.0D "),
    st.characters(blacklist_categories=("Cs",)),
)
TEXTS = st.text(_ALPHABET, max_size=120)


@settings(max_examples=count(2000, ci=2000, quick=300), deadline=None)
@example("\\F\\ is written \\E\\F\\E\\")
@example("LVEF <50 % & >40 %; a|b^c~d\\e")
@example("one\r\ntwo\x0bthree\x1c\rfour")
@given(TEXTS)
def test_any_text_comes_back_as_it_was(text):
    assert unescape(escape(text)) == text


@settings(max_examples=count(2000, ci=2000, quick=300), deadline=None)
@given(TEXTS)
def test_escaped_text_holds_nothing_that_could_end_a_field_or_a_frame(text):
    content = escape(text)

    assert not re.search(r"[|^&~\x00-\x1f\x7f]", content)
    assert len(hl7.parse(f"MSH|^~\\&|a\rOBX|1|TX|x||{content}|end\r")[1]) == 7


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (r"Tom \T\ Jerry", "Tom & Jerry"),
        (r"first\.br\second", "first\nsecond"),
        (r"first\.sp2\second", "first\n\nsecond"),
        (r"\.in+4\indented", "indented"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"\XC2B5\g and \XB5\g", "µg and µg"),
        (r"C:\temp\scan.txt", r"C:\temp\scan.txt"),
        (r"a lone \ stays", r"a lone \ stays"),
        (r"a lone \ and \T\ both", r"a lone \ and & both"),
        (r"\Zcustom\ stays", r"\Zcustom\ stays"),
        (r"\XZZ\ stays", r"\XZZ\ stays"),
        ("", ""),
    ],
)
def test_what_others_escape_is_read_and_what_nobody_defined_stays(content, text):
    assert unescape(content) == text


def test_the_separators_of_the_message_are_the_ones_that_escapes_mean():
    assert unescape("a#S#b#F#c", Delimiters("!", "$", "%", "#", "?")) == "a$b!c"
