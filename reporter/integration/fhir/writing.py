"""JSON with every number exactly as it was printed: 10.00 stays 10.00, which FHIR R4 says is another statement than 10.

The standard library writes a Decimal only by way of float, which loses the digits.
"""

from __future__ import annotations

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any


def to_json(value: Any) -> bytes:
    """One line of UTF-8 JSON in the order in which it was built. Raises TypeError for a float or an unknown type."""
    out: list[str] = []
    _write(value, out.append)
    return "".join(out).encode("utf-8")


def _write(value: Any, put: Any) -> None:
    kind = type(value)
    if kind is str:
        put(encode_basestring(value))
    elif kind is dict:
        before = '{"'
        for key, inner in value.items():
            if type(inner) is str:  # most values are, and a call each would cost more than the writing
                put(f'{before}{key}":{encode_basestring(inner)}')
            else:
                put(f'{before}{key}":')
                _write(inner, put)
            before = ',"'
        put("}" if value else "{}")
    elif kind is list:
        before = "["
        for inner in value:
            put(before)
            _write(inner, put)
            before = ","
        put("]" if value else "[]")
    elif kind is Decimal:
        put(format(value, "f"))
    elif kind is bool:
        put("true" if value else "false")
    elif kind is int:
        put(str(value))
    else:
        raise TypeError(f"A FHIR resource holds text, whole numbers and decimals; not {kind.__name__}.")
