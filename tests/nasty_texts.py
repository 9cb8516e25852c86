"""Texts that break wires: every delimiter of HL7, every character of XML, markup, line breaks, µ ² ≤ é, emoji.

The same seed gives the same texts, so that a failure can be repeated.
"""

from __future__ import annotations

import random

PIECES = (
    "<", ">", "&", "^", "~", "|", "\\", "<script>alert(1)</script>", "&amp;", "&#13;", "]]>", "<!-- no -->", "<?xml?>",
    "\n", "\n\n", "\r\n", "µ", "²", "≤", "≥", "é", "±", "×", "→", "°", "–", "½", "Ångström", "Łódź", "ŵ", "😀", "🫀", "👩‍⚕️", "❤️",
    '#read("/etc/passwd")', "#panic()", "$x^2$", "*bold*", "_it_", "`code`", "@ref", "<label>", "//", "/* */", "= heading",
    "- item", "+ item", "~", "---", "...", '"quoted"', "'single'", "\\F\\", "\\X0D\\", "\\.br\\", "MSH|^~\\&|", "OBX|1",
    "{{ 7*7 }}", "%s %d", "'; DROP TABLE report; --", "\\u0041", "\\n", "NaN", "10.00", "< 50 %", "EF<40%", "LVEF ≤ 35 %",
    "mL/m²", "T1 & T2", "RV > LV", "(51–75 %)", "fixed", "inducible", "basal inferior", "no thrombus", "  two  spaces  ",
)  # fmt: skip
WORDS = (
    "scar",
    "in",
    "the",
    "mid",
    "wall",
    "of",
    "LV",
    "is",
    "normal",
    "and",
    "RCA",
    "territory",
    "seen",
    "at",
    "rest",
)


def nasty_texts(how_many: int, seed: int = 20261122) -> list[str]:
    """Texts of up to some twenty pieces; each says something, and starts and ends with a letter or a digit."""
    rolled = random.Random(seed)
    return [_one(rolled, number) for number in range(how_many)]


def _one(rolled: random.Random, number: int) -> str:
    parts = [f"T{number}"]
    for _ in range(rolled.randint(2, 18)):
        parts.append(rolled.choice(PIECES) if rolled.random() < 0.6 else rolled.choice(WORDS))
    joined = "".join(part + rolled.choice(("", " ", " ")) for part in parts)
    return f"{joined}E{number}"
