"""What the answers say in sentences: the findings under their headings, and a draft of the impression.

Sentences only restate answers. A question without an answer says nothing; it never says that something is normal.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from reporter.cmr.units import with_unit
from reporter.cmr.words import PHRASES
from reporter.form.definition import Field, Template
from reporter.form.filled import FilledField, FilledSection
from reporter.form.printed import Heading

Facts = Mapping[str, object]


def headings(sections: Sequence[FilledSection], facts: Facts) -> tuple[Heading, ...]:
    """One heading for each section that has something to say, in reading order."""
    spoken = {f.field.id: in_words(f) for section in sections for f in section.fields if f.answered}
    found = []
    for section in sections:
        sentences = [line for name in section.section.phrases for line in phrase(name, facts)]
        for filled in section.fields:
            if filled.answered:
                sentences.extend(_said(filled.field, str(filled.value), spoken))
        if sentences:
            found.append(Heading(section.section.heading, tuple(sentences)))
    return tuple(found)


def impression_draft(template: Template, facts: Facts) -> tuple[str, ...]:
    """The impression's lines as the template orders its phrases; each restates answers."""
    return tuple(line for name in template.impression for line in phrase(name, facts))


def phrase(name: str, facts: Facts) -> tuple[str, ...]:
    """The sentences of one named phrase: none, one or several."""
    return tuple(PHRASES[name](facts))


def in_words(filled: FilledField) -> str:
    """An answer with its unit, as it stands inside a sentence."""
    return with_unit(filled.words or "", filled.field.unit or "")


def _said(field: Field, value: str, spoken: Mapping[str, str]) -> list[str]:
    """The field's own sentence, or nothing when any answer it speaks of is missing."""
    sentence = field.say if isinstance(field.say, str) else (field.say or {}).get(value)
    if not sentence:
        return []
    template = string.Template(sentence)
    words = {**spoken, "value": spoken[field.id]}
    if not all(name in words for name in template.get_identifiers()):
        return []
    return [_with_capital(template.substitute(words))]


def _with_capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
