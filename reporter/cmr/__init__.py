"""The medicine: formulas, segments, reference sets, codes, checks and sentences. Standard library only.

What the rooms above use, and by which name:

* `quantities.FORMULAS[name] -> Formula(name, unit, says, source, inputs, optional, places, compute)`; `compute` takes
  its inputs by name and raises `NotComputable(sentence)`; `quantities.printed(value, places)` rounds half up for print;
  `numbers.read_number(text) -> Decimal` raises `NotANumber(sentence)`.
* `segments.SEGMENTS`, `segments.in_words({9, 10})`, `segments.walls_in_words`, `segments.territories`.
* `perfusion.classify(stress, rest, lge)` and `viability.by_segment(lge, wall_motion, infarct_age)`.
* `reference_ranges.grade(measure, value, ...) -> Graded | NotGraded`; a measure is named by its field id (`lv_edvi`).
* `codes.for_measure(id)`, `codes.for_finding(id)`, `codes.for_answer(id, answer)`, `codes.for_segment(number)`.
* `checks.CHECKS[name] -> Check(name, fields, run)`; `run(facts) -> list[Contradiction(fields, sentence, severity)]`.
* `words.PHRASES[name](facts) -> tuple[str, ...]`: sentences of the findings and lines of the impression.

*Facts* are one mapping from field id to parsed value: `Decimal` for numbers, `str` for choices and text, `list[str]`
for several choices, `dict[int, str]` for segment maps, computed fields included; and under "grades" a mapping from
measure id to `Graded`. A field that was not answered is absent or None, and nothing is ever said about it.
"""
