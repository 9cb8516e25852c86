"""Reading a number that a person typed or a machine sent: strictly, as a Decimal, or a sentence saying what to mend."""

from __future__ import annotations

import re
from decimal import Decimal

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
#: Longer than any measurement made in a scanner; shorter than what could slow the arithmetic down.
_LONGEST = 18


class NotANumber(ValueError):
    """The text is not a number we will take. The message is one sentence for the person who typed it."""


def read_number(text: str) -> Decimal:
    """The decimal number in `text`, such as "118", "-18.5" or "0.15"; spaces around it are ignored.

    Nothing is guessed: a decimal comma, digit grouping, an exponent, digits of another script or a unit raise
    `NotANumber` with a sentence that says how to write it.
    """
    wanted = text.strip(" \t\r\n")
    if not wanted:
        raise NotANumber("Enter a number.")
    if len(wanted) > _LONGEST:
        raise NotANumber(f"Enter a number of at most {_LONGEST} characters.")
    if _PLAIN.fullmatch(wanted):
        return Decimal(wanted)
    raise NotANumber(_what_to_mend(wanted))


def _what_to_mend(wanted: str) -> str:
    if re.fullmatch(r"-?[0-9]+,[0-9]+", wanted):
        whole, _, part = wanted.partition(",")
        if len(part) == 3:
            return "Write the number without a comma: thousands are not separated and decimals follow a point."
        return f"Write decimals with a point, for example {whole}.{part}."
    if re.fullmatch(r"-?[0-9][0-9_ ]*[0-9]", wanted):
        return "Write the number without spaces or underscores between its digits."
    if re.fullmatch(r"-?\.[0-9]+", wanted):
        return f"Write a digit before the point, for example {wanted.replace('.', '0.')}."
    if re.fullmatch(r"-?[0-9]+\.", wanted):
        return f"Write a digit after the point, or leave the point out: {wanted[:-1]}."
    if re.fullmatch(r"-?[0-9.]+[eE][+-]?[0-9]+", wanted):
        return "Write the number out in full, without an exponent."
    if re.fullmatch(r"[−–—][0-9.]+", wanted):
        return "Write the minus sign as a hyphen."  # a word processor's dash is not a minus to any receiver
    if re.fullmatch(r"\+[0-9.]+", wanted):
        return "Write the number without a plus sign."
    if any(letter.isdigit() and letter not in "0123456789" for letter in wanted):
        return "Write the number with the digits 0 to 9."
    if re.match(r"-?[0-9]+(\.[0-9]+)?\s*[^0-9\s]", wanted):
        return "Write the number alone, without a unit or a sign after it."
    return "Enter a number, with the digits 0 to 9 and a point before decimals."
