"""A wrong template file is told to its author: file, line, field and what to do. Never a traceback."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reporter import templates
from reporter.form.entries import TemplateError
from reporter.form.reading import RESERVED, read_template
from tests.counts import count
from tests.form.small_templates import FIRST_LINE, HEAD, TAIL, a_template, block, the_text

#: what is wrong, the fields, the line within them (from 1), the field's id, words that the sentence must have.
WRONG_FIELDS = [
    ("an unknown key", "- {id: a, ask: A, kind: text, colour: red}", 1, "a", "'colour' is not something"),
    (
        "a key misspelt",
        "- id: a\n  ask: A\n  kind: text\n  requird_when: {a: b}",
        4,
        "a",
        "Did you mean 'required_when'",
    ),
    ("a key given twice", "- id: a\n  ask: A\n  kind: text\n  ask: B", 4, None, "'ask' is given twice (first on line"),
    ("no id", "- ask: A\n  kind: text", 1, None, "has no 'id'"),
    ("no question", "- id: a\n  kind: text", 1, "a", "has no 'ask'"),
    ("no kind", "- id: a\n  ask: A", 1, "a", "has no 'kind'"),
    ("an unknown kind", "- id: a\n  ask: A\n  kind: numbr", 3, "a", "Did you mean 'number'"),
    ("an id with capitals", "- {id: LVEF, ask: A, kind: text}", 1, "LVEF", "small letters"),
    ("an id twice", "- {id: a, ask: A, kind: text}\n- {id: a, ask: B, kind: text}", 2, "a", "The id 'a' is taken"),
    ("an id of the engine", "- {id: grades, ask: A, kind: text}", 1, "grades", "used by the engine"),
    ("a blank question", "- id: a\n  ask:\n  kind: text", 2, "a", "'ask' is blank"),
    ("a list for a text", "- id: a\n  ask: [A]\n  kind: text", 2, "a", "'ask' must be a text"),
    ("choices on a text", "- id: a\n  ask: A\n  kind: text\n  choices: {x: X}", 4, "a", "'choices' does not go with"),
    ("a choice without choices", "- id: a\n  ask: A\n  kind: choice", 1, "a", "has no 'choices'"),
    ("choices as a list", "- id: a\n  ask: A\n  kind: choice\n  choices: [x, y]", 4, "a", "must be a mapping"),
    ("empty choices", "- id: a\n  ask: A\n  kind: choice\n  choices: {}", 4, "a", "is empty"),
    ("a choice code with a space", "- id: a\n  ask: A\n  kind: choice\n  choices: {x y: X}", 4, "a", "mid_wall"),
    (
        "a choice given twice",
        "- id: a\n  ask: A\n  kind: choice\n  choices:\n    x: X\n    x: Y",
        6,
        "a",
        "given twice",
    ),
    ("two choices alike", "- id: a\n  ask: A\n  kind: choice\n  choices: {x: X, y: X}", 4, "a", "the same words"),
    ("an unknown unit", "- id: a\n  ask: A\n  kind: number\n  unit: ML", 4, "a", "'unit' 'ML' is not known"),
    ("a unit on a text", "- id: a\n  ask: A\n  kind: text\n  unit: mL", 4, "a", "goes with numbers"),
    ("bounds upside down", "- id: a\n  ask: A\n  kind: number\n  hard: [9, 5]", 4, "a", "Swap them"),
    ("three bounds", "- id: a\n  ask: A\n  kind: number\n  hard: [1, 2, 3]", 4, "a", "two numbers"),
    ("a bound in words", "- id: a\n  ask: A\n  kind: number\n  hard: [low, 5]", 4, "a", "must be a number"),
    ("a bound in base 60", "- id: a\n  ask: A\n  kind: number\n  hard: [1, 1:30]", 4, "a", "'1:30' stands there"),
    ("a bound that limits nothing", "- id: a\n  ask: A\n  kind: number\n  soft: {help: X}", 4, "a", "limit nothing"),
    (
        "from and above",
        "- id: a\n  ask: A\n  kind: number\n  soft: {from: 1, above: 2}",
        4,
        "a",
        "both 'from' and 'above'",
    ),
    (
        "a question beyond the refusal",
        "- id: a\n  ask: A\n  kind: number\n  hard: [1, 5]\n  soft: [2, 9]",
        5,
        "a",
        "could never ask",
    ),
    ("too many decimals", "- id: a\n  ask: A\n  kind: number\n  decimals: 99", 4, "a", "from 0 to 6"),
    ("a when on nothing", "- id: a\n  ask: A\n  kind: text\n  when: {b: x}", 4, "a", "no field above this one"),
    (
        "a when on a field below",
        "- id: a\n  ask: A\n  kind: text\n  when: {b: x}\n- {id: b, ask: B, kind: choice, choices: {x: X}}",
        4,
        "a",
        "no field above",
    ),
    (
        "a when on an answer that is none",
        "- {id: b, ask: B, kind: choice, choices: {x: X}}\n- id: a\n  ask: A\n  kind: text\n  when: {b: y}",
        5,
        "a",
        "has no answer 'y'",
    ),
    (
        "a when on a number",
        "- {id: b, ask: B, kind: number}\n- id: a\n  ask: A\n  kind: text\n  when: {b: 5}",
        5,
        "a",
        "can only look at choices",
    ),
    ("a when with arithmetic", "- id: a\n  ask: A\n  kind: text\n  when: b > 5", 4, "a", "must be a mapping"),
    ("computed without a formula", "- id: a\n  ask: A\n  kind: computed", 1, "a", "has no 'compute'"),
    (
        "an unknown formula",
        "- id: a\n  ask: A\n  kind: computed\n  compute: {formula: ejection}",
        4,
        "a",
        "There is no formula 'ejection'",
    ),
    (
        "a formula with an unknown input",
        "- {id: b, ask: B, kind: number}\n- id: a\n  ask: A\n  kind: computed\n  compute: {formula: stroke_volume, edv: b, es: b}",
        5,
        "a",
        "has no input 'es'",
    ),
    (
        "a formula without an input",
        "- {id: b, ask: B, kind: number}\n- id: a\n  ask: A\n  kind: computed\n  compute: {formula: stroke_volume, edv: b}",
        5,
        "a",
        "also needs esv",
    ),
    (
        "an input from nowhere",
        "- id: a\n  ask: A\n  kind: computed\n  compute: {formula: stroke_volume, edv: x, esv: y}",
        4,
        "a",
        "no field above",
    ),
    (
        "an expression for a formula",
        "- id: a\n  ask: A\n  kind: computed\n  compute: b - c",
        4,
        "a",
        "must be a mapping",
    ),
    (
        "a formula on a typed field",
        "- id: a\n  ask: A\n  kind: number\n  compute: {formula: x}",
        4,
        "a",
        "needs `kind: computed`",
    ),
    (
        "bounds that refuse a computed value",
        "- {id: b, ask: B, kind: number}\n- id: a\n  ask: A\n  kind: computed\n  hard: [1, 2]\n  compute: {formula: stroke_volume, edv: b, esv: b}",
        5,
        "a",
        "goes with typed fields",
    ),
    (
        "a required computed value",
        "- {id: b, ask: B, kind: number}\n- id: a\n  ask: A\n  kind: computed\n  level: required\n  compute: {formula: stroke_volume, edv: b, esv: b}",
        5,
        "a",
        "goes with typed fields",
    ),
    ("an unknown level", "- id: a\n  ask: A\n  kind: text\n  level: must", 4, "a", "'level' 'must' is not known"),
    (
        "required twice",
        "- {id: b, ask: B, kind: choice, choices: {x: X}}\n- id: a\n  ask: A\n  kind: text\n  level: required\n  required_when: {b: x}",
        6,
        "a",
        "required anyway",
    ),
    ("an unknown measure", "- id: a\n  ask: A\n  kind: number\n  grade: lv_edvx", 4, "a", "Did you mean 'lv_edv"),
    ("an unknown default", "- id: a\n  ask: A\n  kind: text\n  default: moon", 4, "a", "'default' 'moon' is not known"),
    (
        "a sentence that starts with a brace",
        "- id: a\n  ask: A\n  kind: text\n  say: {value} is there",
        4,
        None,
        "in quotes",
    ),
    ("a sentence that is a brace", "- id: a\n  ask: A\n  kind: text\n  say: {value}", 4, "a", "Put the text in quotes"),
    ("a sentence with a colon", "- id: a\n  ask: A\n  kind: text\n  say: Seen: $value", 4, None, "in quotes"),
    (
        "a sentence about nobody",
        "- id: a\n  ask: A\n  kind: text\n  say: It is $valeu.",
        1,
        "a",
        "Did you mean 'value'",
    ),
    ("a bare dollar", "- id: a\n  ask: A\n  kind: text\n  say: It costs $ 5", 4, "a", "dollar sign"),
    (
        "a sentence for no choice",
        "- id: a\n  ask: A\n  kind: choice\n  choices: {x: X}\n  say: {y: Why.}",
        5,
        "a",
        "speaks for 'y'",
    ),
    (
        "measured perhaps",
        "- id: a\n  ask: A\n  kind: number\n  measured: maybe",
        4,
        "a",
        "'measured' 'maybe' is not known",
    ),
    ("an alias", "- &x {id: a, ask: A, kind: text}\n- *x", 1, None, "alias"),
    ("a merge key", "- {id: a, ask: A, kind: text}\n- {<<: {ask: B}, id: b, kind: text}", 2, None, "merge key"),
    ("a Python object", "- !!python/object:os.system {id: a}", 1, None, "tag"),
    ("a field that is a word", "- hello", 1, None, "must be a mapping"),
]


@pytest.mark.parametrize(
    ("fields", "line", "field", "words"), [w[1:] for w in WRONG_FIELDS], ids=[w[0] for w in WRONG_FIELDS]
)
def test_a_wrong_field_is_told_with_its_line_and_a_remedy(fields, line, field, words):
    with pytest.raises(TemplateError) as told:
        a_template(fields)

    error = told.value
    assert words in error.sentence
    assert error.file == "small.v1.yaml"
    assert error.line == FIRST_LINE + line - 1
    assert error.field == field
    assert str(error).startswith(f"small.v1.yaml, line {error.line}")
    assert error.sentence.rstrip()[-1] in ".?`…"


A_TEXT = "- {id: a, ask: A, kind: text}"
WRONG_FILES = [
    ("nothing", "", 1, "The file is empty"),
    ("only a comment", "# to do\n", 1, "The file is empty"),
    ("a list", "- a\n- b\n", 1, "Begin with `id: …`"),
    ("a word", "hello\n", 1, "Begin with `id: …`"),
    ("two documents", the_text(A_TEXT) + "---\nid: other\n", None, "A second document starts here"),
    ("a tab", the_text(A_TEXT).replace("    fields:", "\tfields:"), None, "not YAML"),
    ("an open bracket", the_text(A_TEXT) + "checks: [a, b\n", None, "not YAML"),
    ("a control character", the_text(A_TEXT).replace("Small", "Sm\x07all"), None, "cannot stand in YAML"),
    ("too much", "# " + "x" * 200_001, 1, "larger than"),
    ("brackets without end", "[" * 5_000, None, ""),
    ("no title", the_text(A_TEXT).replace("title: Small\n", ""), 1, "has no 'title'"),
    ("no sections", "id: small\nversion: 1\ntitle: Small\nfor: Tests\n", 1, "has no 'sections'"),
    ("a version in words", the_text(A_TEXT).replace("version: 1", "version: one"), 2, "whole number from 1 to 999"),
    (
        "another id than the file's",
        the_text(A_TEXT).replace("id: small", "id: smaller"),
        1,
        "must be called smaller.v1.yaml",
    ),
    ("another version than the file's", the_text(A_TEXT).replace("version: 1", "version: 2"), 1, "small.v2.yaml"),
    ("an unknown key", the_text(A_TEXT) + "colour: red\n", None, "'colour' is not something a template can have"),
    ("a misspelt key", the_text(A_TEXT).replace("for: Tests", "four: Tests"), 4, "Did you mean 'for'"),
    (
        "an unknown check",
        the_text(A_TEXT) + "checks: [lv_volumes_in_ordr]\n",
        None,
        "Did you mean 'lv_volumes_in_order'",
    ),
    ("an unknown phrase", the_text(A_TEXT) + "impression: [impresion]\n", None, "Did you mean 'impression'"),
    ("a phrase twice", the_text(A_TEXT) + "impression: [impression, impression]\n", None, "stands there twice"),
    ("an empty list of checks", the_text(A_TEXT) + "checks: []\n", None, "is an empty list"),
    ("no conclusion", HEAD + "      " + A_TEXT + "\n", 1, "Use the block conclusion.v1"),
    ("the same block twice", the_text(A_TEXT, TAIL + TAIL), None, "used twice"),
    ("an unknown block", the_text(A_TEXT, TAIL + "  - use: lungs.v1\n"), None, "no file blocks/lungs.v1.yaml"),
    ("a block without a version", the_text(A_TEXT, TAIL + "  - use: atria\n"), None, "as in lv.v1"),
    ("a block elsewhere", the_text(A_TEXT, TAIL + "  - use: ../../etc/passwd.v1\n"), None, "as in lv.v1"),
    ("a block with more", the_text(A_TEXT, TAIL + "  - {use: atria.v1, title: T}\n"), None, "'title' is not something"),
    (
        "sections alike",
        the_text(A_TEXT, TAIL + "  - {id: own, title: T, fields: [{id: b, ask: B, kind: text}]}\n"),
        1,
        "Two sections",
    ),
    ("a section without fields", the_text(A_TEXT, TAIL + "  - {id: more, title: T}\n"), None, "has no 'fields'"),
]


@pytest.mark.parametrize(("text", "line", "words"), [w[1:] for w in WRONG_FILES], ids=[w[0] for w in WRONG_FILES])
def test_a_wrong_file_is_told_with_its_line_and_a_remedy(text, line, words):
    with pytest.raises(TemplateError) as told:
        read_template("small.v1.yaml", text, block)

    assert words in told.value.sentence
    assert told.value.line >= 1
    assert line is None or told.value.line == line


def test_a_wrong_block_is_told_under_its_own_name():
    broken = block("conclusion.v1.yaml").replace("kind: long_text", "kind: long")

    with pytest.raises(TemplateError) as told:
        read_template("small.v1.yaml", the_text(A_TEXT), lambda _: broken)

    assert told.value.file == "blocks/conclusion.v1.yaml"
    assert told.value.line == 1 + broken[: broken.index("kind: long\n")].count("\n")
    assert told.value.field == "impression"


def test_the_answer_to_the_question_cannot_be_made_optional():
    softer = block("conclusion.v1.yaml").replace("level: required", "level: optional", 1)

    with pytest.raises(TemplateError, match="must be a text that is required"):
        read_template("small.v1.yaml", the_text(A_TEXT), lambda _: softer)


@pytest.mark.parametrize("name", RESERVED)
def test_every_template_asks_what_signing_relies_on(name):
    for template in templates.all():
        assert name in template.by_id


def test_no_stays_the_word_no():
    template = a_template(
        """
        - {id: done, ask: Done, kind: choice, choices: {yes: Performed, no: Not performed, on: On, off: Off, null: Nothing}}
        - {id: why, ask: Why, kind: text, when: {done: no}}
        """
    )

    assert [choice.code for choice in template.by_id["done"].choices] == ["yes", "no", "on", "off", "null"]
    assert template.by_id["why"].when[0].answers == ("no",)


def test_numbers_stay_what_was_written():
    template = a_template(
        "- {id: a, ask: '010', kind: choice, choices: {'1.50': 1.50 T, 1e3: 1e3, 0x1f: 0x1f, 1_25: 1–25 %}}"
    )

    assert template.by_id["a"].ask == "010"
    assert [choice.words for choice in template.by_id["a"].choices] == ["1.50 T", "1e3", "0x1f", "1–25 %"]
    assert [choice.code for choice in template.by_id["a"].choices] == ["1.50", "1e3", "0x1f", "1_25"]


def test_the_hash_changes_with_the_template_and_with_each_of_its_blocks():
    text = the_text(A_TEXT)
    one = read_template("small.v1.yaml", text, block)
    other = read_template("small.v1.yaml", text + "# a comment\n", block)
    third = read_template("small.v1.yaml", text, lambda name: block(name) + "# a comment\n")

    assert len({one.sha256, other.sha256, third.sha256}) == 3
    assert one.files == ("small.v1.yaml", "blocks/conclusion.v1.yaml")


_LINES = the_text(
    textwrap.dedent("""\
    - {id: b, ask: B, kind: choice, choices: {x: X, y: Y}}
    - id: a
      ask: A
      kind: number
      unit: mL
      hard: [1, 900]
      when: {b: x}
      say: It is $value.
    """)
).splitlines()


@settings(max_examples=count(5000, ci=1000, quick=150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, len(_LINES) - 1),
            st.sampled_from(["drop", "double", "swap", "cut", "put"]),
            st.text(max_size=6),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_however_a_file_is_garbled_it_is_read_or_told_and_never_a_traceback(edits):
    lines = list(_LINES)
    for place, how, text in edits:
        at = place % len(lines)
        if how == "drop":
            del lines[at]
        elif how == "double":
            lines.insert(at, lines[at])
        elif how == "swap":
            lines[at], lines[-1] = lines[-1], lines[at]
        elif how == "cut":
            lines[at] = lines[at][: len(lines[at]) // 2]
        else:
            lines[at] += text

    told = _fault_of("\n".join(lines))

    assert told is None or (told.line >= 1 and told.sentence)


def _fault_of(text: str) -> TemplateError | None:
    """What is wrong with the file; None when it can be read. Anything but a TemplateError is a failure."""
    try:
        read_template("small.v1.yaml", text, block)
    except TemplateError as error:
        return error
    return None
