"""Units: UCUM where machines read, typography where people do."""

from __future__ import annotations

#: UCUM to what is printed. What is not here is printed as it is. UCUM: https://ucum.org
_SHOWN = {
    "mL/m2": "mL/m²",
    "g/m2": "g/m²",
    "cm2": "cm²",
    "cm2/m2": "cm²/m²",
    "L/min/m2": "L/min/m²",
    "m2": "m²",
    "mm[Hg]": "mmHg",
    "ug/kg/min": "µg/kg/min",
    "ug": "µg",
    "umol/L": "µmol/L",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "{ratio}": "",
    "1": "",
}


def shown(unit: str) -> str:
    """The unit as printed beside a number: "mL/m²" for "mL/m2", nothing for a bare ratio."""
    return _SHOWN.get(unit, unit)


def with_unit(number: str, unit: str) -> str:
    """ "103 mL/m²", "44 %", "66/min", "1.29": the number and its unit as a report sets them."""
    symbol = shown(unit)
    if not symbol:
        return number
    return f"{number}{symbol}" if symbol.startswith("/") else f"{number} {symbol}"
