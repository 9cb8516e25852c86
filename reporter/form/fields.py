"""From one YAML mapping to one field: which keys go with which kind, and what each may hold."""

from __future__ import annotations

import string
from collections.abc import Mapping

from reporter.cmr import reference_ranges
from reporter.cmr.quantities import FORMULAS
from reporter.cmr.segments import SEGMENTS
from reporter.form.definition import Bounds, Choice, Compute, Condition, Field, Gives, Level
from reporter.form.entries import Entry, Keys, did_you_mean
from reporter.form.filled import DEFAULTS
from reporter.form.kinds import KINDS

_KEYS = (
    "id",
    "ask",
    "kind",
    "level",
    "required_when",
    "unit",
    "choices",
    "when",
    "hard",
    "soft",
    "decimals",
    "gives",
    "compute",
    "suggest",
    "default",
    "grade",
    "help",
    "say",
    "provenance",
    "measured",
)
_LEVELS: dict[str, Level] = {"required": "required", "if_present": "if_present", "optional": "optional"}
_GIVES: dict[str, Gives] = {
    "number": "number",
    "choice": "choice",
    "segments16": "segments16",
    "segments17": "segments17",
}
_WITH_CHOICES = ("choice", "choices", "segments16", "segments17")
#: The UCUM units that a template may use. UCUM is case-sensitive, so a new unit is added here with care.
UNITS = frozenset(
    {
        *("1", "{ratio}", "%", "mL", "mL/m2", "g", "g/m2", "g/mL", "kg", "mg", "ug", "ug/kg/min", "mmol/kg", "umol/L"),
        *("L/min", "L/min/m2", "/min", "/s", "mL/s", "mL/min/g", "mL/min/{1.73_m2}", "s", "ms", "min", "a"),
        *("mm", "cm", "cm2", "cm2/m2", "m2", "m/s", "cm/s", "mm[Hg]", "T", "W/kg"),
    }
)
#: Names that checks and phrases see beside the fields.
_TAKEN = ("grades", "value")


def read_field(piece: Entry, before: Mapping[str, Field]) -> Field:
    """A field from its mapping. `before` holds the fields that stand above it; raises TemplateError."""
    keys = Keys(piece, "A field", _KEYS, is_field=True)
    id_ = _own_id(keys, before)
    kind = KINDS[keys.need("kind").one_of("'kind'", KINDS)]
    gives = _gives(keys, kind.name)
    shape = gives if kind.name == "computed" else "number" if kind.name == "integer" else kind.name
    _keys_fit_kind(keys, kind.name, shape)
    choices = _choices(keys, shape)
    hard, soft = _bounds(keys.get("hard")), _bounds(keys.get("soft"))
    if hard and soft and ((soft.low and not hard.holds(soft.low)) or (soft.high and not hard.holds(soft.high))):
        raise keys.need("soft").wrong("'soft' reaches beyond 'hard', so it could never ask. Make it narrower.")
    compute, compute_by = _computes(keys, kind.name, before)
    decimals = keys.get("decimals")
    return Field(
        id=id_,
        kind=kind,
        ask=keys.need("ask").text("'ask'"),
        level=_level(keys, kind.name),
        required_when=_when(keys.get("required_when"), before),
        unit=_unit(keys, compute),
        choices=choices,
        when=_when(keys.get("when"), before),
        hard=hard,
        soft=soft,
        decimals=decimals.whole("'decimals'", 0, 6) if decimals else None,
        gives=gives,
        compute=compute,
        compute_by=compute_by,
        suggest=_suggestion(keys, before),
        default_from=_default(keys),
        grade=_grade(keys),
        help=keys.text("help"),
        say=_say(keys, shape, choices),
        provenance=keys.text("provenance") or None,
        measured=_measured(keys),
        file=piece.file,
        line=piece.line,
    )


def _own_id(keys: Keys, before: Mapping[str, Field]) -> str:
    entry = keys.need("id")
    id_ = entry.name("'id'")
    if id_ in before:
        first = before[id_]
        raise entry.wrong(f"The id {id_!r} is taken (by {first.file}, line {first.line}). Give this field another.")
    if id_ in _TAKEN:
        raise entry.wrong(f"The id {id_!r} is used by the engine itself. Give the field another.")
    return id_


def _keys_fit_kind(keys: Keys, kind: str, shape: str) -> None:
    """A key that would be ignored is refused: somebody believes it does something."""
    numbers_only = {"unit", "hard", "soft", "decimals", "grade", "measured"}
    typed_only = {"hard", "default", "suggest"}
    for key in keys:
        entry = keys.need(key)
        if key in numbers_only and shape != "number":
            raise entry.wrong(f"{key!r} goes with numbers, and this field is of kind {kind!r}. Take the key away.")
        if key == "choices" and shape not in _WITH_CHOICES:
            raise entry.wrong(f"'choices' does not go with kind {kind!r}. Make the kind choice, or take it away.")
        if key in typed_only and kind == "computed":
            raise entry.wrong(f"{key!r} goes with typed fields, and this one is computed. Take the key away.")
        if key in ("compute", "gives") and kind != "computed":
            raise entry.wrong(f"{key!r} needs `kind: computed`. Change the kind, or take the key away.")


def _gives(keys: Keys, kind: str) -> Gives:
    entry = keys.get("gives")
    return _GIVES[entry.one_of("'gives'", _GIVES)] if entry and kind == "computed" else "number"


def _level(keys: Keys, kind: str) -> Level:
    entry = keys.get("level")
    level = _LEVELS[entry.one_of("'level'", _LEVELS)] if entry else "optional"
    for key in ("level", "required_when"):
        if kind == "computed" and key in keys:
            raise keys.need(key).wrong(f"{key!r} goes with typed fields, and this one is computed. Take the key away.")
    if level == "required" and "required_when" in keys:
        raise keys.need("required_when").wrong("The field is required anyway. Take 'required_when' or 'level' away.")
    return level


def _choices(keys: Keys, shape: str) -> tuple[Choice, ...]:
    if shape not in _WITH_CHOICES:
        return ()
    entry = keys.need("choices")
    if entry.is_text:
        entry.one_of("'choices'", ["segments17"])
        return tuple(Choice(str(s.number), s.name) for s in SEGMENTS)
    pairs = entry.pairs("'choices'")
    for code, words in pairs:
        if not code.replace("_", "").replace(".", "").isalnum() or code != code.lower() or not code.isascii():
            raise words.wrong(f"The choice {code!r} must be small letters, digits and underscores, as in mid_wall.")
    found = tuple(Choice(code, words.text(f"The choice {code!r}")) for code, words in pairs)
    if len({choice.words for choice in found}) < len(found):
        raise entry.wrong("Two choices have the same words, so nobody could tell them apart. Change one of them.")
    return found


def _bounds(entry: Entry | None) -> Bounds | None:
    if entry is None:
        return None
    name = "The bounds"
    if entry.is_list:
        pieces = entry.items(name)
        if len(pieces) != 2:
            raise entry.wrong("The bounds must be two numbers, lowest first, as in [5, 900].")
        bounds = Bounds(pieces[0].number(name), pieces[1].number(name))
    else:
        keys = Keys(entry, name, ("from", "above", "to", "help"))
        if "from" in keys and "above" in keys:
            raise entry.wrong("The bounds have both 'from' and 'above'. Keep one of the two.")
        low, high = keys.get("from") or keys.get("above"), keys.get("to")
        if low is None and high is None:
            raise entry.wrong("The bounds limit nothing. Give 'from' (or 'above') and 'to'.")
        bounds = Bounds(
            low.number(name) if low else None, high.number(name) if high else None, "above" in keys, keys.text("help")
        )
    if bounds.low is not None and bounds.high is not None and bounds.low >= bounds.high:
        raise entry.wrong(f"The lower bound {bounds.low} is not below the upper bound {bounds.high}. Swap them.")
    return bounds


def _when(entry: Entry | None, before: Mapping[str, Field]) -> tuple[Condition, ...]:
    if entry is None:
        return ()
    conditions = []
    for id_, answers in entry.pairs("'when'"):
        field = before.get(id_)
        if field is None:
            raise answers.wrong(
                f"'when' looks at {id_!r}, which is no field above this one. {did_you_mean(id_, before)}"
            )
        codes_ = [choice.code for choice in field.choices]
        if not codes_ or field.segments:
            raise answers.wrong(f"'when' can only look at choices, and {id_!r} has none. Use a choice field.")
        for piece, answer in answers.texts("The answer"):
            if answer not in codes_:
                raise piece.wrong(f"{id_!r} has no answer {answer!r}. {did_you_mean(answer, codes_)}")
        conditions.append(Condition(id_, tuple(answer for _, answer in answers.texts("The answer"))))
    return tuple(conditions)


def _computes(keys: Keys, kind: str, before: Mapping[str, Field]) -> tuple[dict[str, Compute], str | None]:
    if kind != "computed":
        return {}, None
    entry = keys.need("compute")
    pairs = dict(entry.pairs("'compute'"))
    if "by" not in pairs:
        return {"": _compute(entry, before)}, None
    by = pairs.pop("by").text("'by'")
    if by not in before or before[by].kind.name != "choice":
        raise entry.wrong(f"'by' names {by!r}, which is no choice field above this one. {did_you_mean(by, before)}")
    offered = [choice.code for choice in before[by].choices]
    for answer, piece in pairs.items():
        if answer not in offered:
            raise piece.wrong(f"{by!r} has no answer {answer!r}. {did_you_mean(answer, offered)}")
    absent = [code for code in offered if code not in pairs]
    if absent:
        raise entry.wrong(f"There is no formula for {by} {', '.join(absent)}. Add a line for each.")
    return {answer: _compute(piece, before) for answer, piece in pairs.items()}, by


def _compute(entry: Entry, before: Mapping[str, Field]) -> Compute:
    pairs = dict(entry.pairs("A formula's line"))
    if "formula" not in pairs:
        raise entry.wrong("There is no 'formula'. Add its name from cmr/quantities.py: `formula: stroke_volume`.")
    named = pairs.pop("formula")
    name = named.text("'formula'")
    if name not in FORMULAS:
        raise named.wrong(f"There is no formula {name!r} in cmr/quantities.py. {did_you_mean(name, FORMULAS)}")
    needed = FORMULAS[name].inputs
    for argument, piece in pairs.items():
        if argument not in needed and argument not in FORMULAS[name].optional:
            raise piece.wrong(f"The formula {name} has no input {argument!r}. {did_you_mean(argument, needed)}")
        id_ = piece.text(f"The input {argument!r}")
        if id_ not in before:
            raise piece.wrong(f"The input {argument!r} names {id_!r}, no field above. {did_you_mean(id_, before)}")
    absent = [argument for argument in needed if argument not in pairs]
    if absent:
        raise entry.wrong(f"The formula {name} also needs {', '.join(absent)}. Add `{absent[0]}: <field>`.")
    return Compute(name, tuple((argument, pairs[argument].text("An input")) for argument in pairs))


def _suggestion(keys: Keys, before: Mapping[str, Field]) -> Compute | None:
    entry = keys.get("suggest")
    return _compute(entry, before) if entry else None


def _unit(keys: Keys, compute: Mapping[str, Compute]) -> str | None:
    entry = keys.get("unit")
    if entry:
        return entry.one_of("'unit'", UNITS)
    return FORMULAS[next(iter(compute.values())).formula].unit or None if compute else None


def _default(keys: Keys) -> str | None:
    entry = keys.get("default")
    return entry.one_of("'default'", DEFAULTS) if entry else None


def _grade(keys: Keys) -> str | None:
    entry = keys.get("grade")
    return entry.one_of("'grade'", reference_ranges.MEASURES) if entry else None


def _measured(keys: Keys) -> bool:
    entry = keys.get("measured")
    return entry is None or entry.one_of("'measured'", ("yes", "no")) == "yes"


def words_used(sentence: str) -> list[str]:
    """The `$names` in a sentence."""
    return string.Template(sentence).get_identifiers()


def _say(keys: Keys, shape: str, choices: tuple[Choice, ...]) -> str | Mapping[str, str] | None:
    entry = keys.get("say")
    if entry is None:
        return None
    if not entry.is_mapping or shape != "choice":
        return _sentence(entry)
    offered = [choice.code for choice in choices]
    said = {}
    for code, piece in entry.pairs("'say'"):
        if code not in offered:
            raise piece.wrong(f"'say' speaks for {code!r}, which is no choice here. {did_you_mean(code, offered)}")
        said[code] = _sentence(piece)
    return said


def _sentence(entry: Entry) -> str:
    text = entry.text("'say'")
    if not string.Template(text).is_valid():
        raise entry.wrong("A dollar sign must start a field's id, as in $lv_ef. Write $$ for a dollar sign itself.")
    return text
