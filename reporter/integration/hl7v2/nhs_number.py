"""The NHS number and its check digit (NHS Data Model and Dictionary: NHS NUMBER, modulus 11)."""

from __future__ import annotations

import re

_SPACES = re.compile(r"[\s-]+")


def tidy(text: str) -> str:
    """The number without the spaces and hyphens that people write in it."""
    return _SPACES.sub("", text)


def looks_like_one(text: str) -> bool:
    """True for ten ASCII digits once tidied, whatever the check digit says."""
    number = tidy(text)
    return len(number) == 10 and number.isascii() and number.isdigit()


def is_valid(text: str) -> bool:
    """True when the tenth digit is the modulus-11 check digit of the first nine.

    Ten times the same digit is refused although 0000000000 passes the arithmetic: it is a filler, not a person.
    """
    number = tidy(text)
    if not looks_like_one(number) or len(set(number)) == 1:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    check = 11 - total % 11
    return check != 10 and number[9] == str(check % 11)
