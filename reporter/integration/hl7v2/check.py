"""Other eyes on an ORU^R01 before its first byte leaves: hl7apy for the structure, and rules that it does not have.

It shares nothing with the writer. A fault holds the message back and is shown to people; it is never mended here.
"""

from __future__ import annotations

import re

#: hl7apy refuses a field of more than 65,536 characters, which any PDF has; it judges a copy without the PDF's bytes.
_PDF = re.compile(r"(\|[^|^]*\^AP\^PDF\^Base64\^)([A-Za-z0-9+/=]*)")
#: HL7 table 0085 and 0123, as far as a signed report uses them.
_OBX_STATUSES = {"F", "C", "D", "W"}
_OBR_STATUSES = {"F", "C", "R", "X"}
_CONTROL = re.compile(r"[\x00-\x0c\x0e-\x1f\x7f]")
_STAMP = re.compile(r"\d{14}[+-]\d{4}\Z")
_ESCAPE = re.compile(r"\\(?:[FSTREHN]|\.br|X(?:[0-9A-F]{2})+)\\")


def faults(payload: bytes) -> tuple[str, ...]:
    """What is wrong, a sentence each, without patient data. Empty means it may leave."""
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return ("The message is not UTF-8, as its header says.",)
    found = [*_in_bytes(text)]
    if not found:
        found = [*_in_header(text), *_in_report(text)]
    return tuple(found) or _by_hl7apy(text)


def _in_bytes(text: str) -> list[str]:
    found = []
    if not text.startswith("MSH|^~\\&|") or not text.endswith("\r"):
        found.append("The message does not begin with MSH|^~\\&| and end with a carriage return.")
    if _CONTROL.search(text):
        found.append("A control character stands raw in the message; it would end a segment or a frame on its way.")
    lines = text.removesuffix("\r").split("\r")
    odd = [number for number, line in enumerate(lines, 1) if not re.match(r"(MSH|PID|NTE|PV1|ORC|OBR|OBX)\|", line)]
    if odd:
        found.append(f"Segment {odd[0]} of {len(lines)} is none of those that this message is made of.")
    return found


def _in_header(text: str) -> list[str]:
    lines = _split(text)
    msh, found = lines[0], []
    if _at(msh, 8) != "ORU^R01^ORU_R01":
        found.append("MSH-9 is not ORU^R01^ORU_R01.")
    if not 1 <= len(_at(msh, 9)) <= 20:
        found.append("MSH-10, the message control id, is empty or longer than 20 characters.")
    if _at(msh, 17) != "UNICODE UTF-8":
        found.append("MSH-18 does not say UNICODE UTF-8.")
    if not _STAMP.match(_at(msh, 6)):
        found.append("MSH-7 is not a time with its offset.")
    found += [
        f"The message has {count} {name} segments; it needs one."
        for name in ("MSH", "PID", "PV1", "ORC", "OBR")
        if (count := sum(line[0] == name for line in lines)) != 1
    ]
    return found


def _in_report(text: str) -> list[str]:
    lines, found = _split(text), []
    for pid in (line for line in lines if line[0] == "PID"):
        if not any(repetition.split("^")[0] for repetition in _at(pid, 3).split("~")):
            found.append("PID-3 holds no identifier of the patient.")
    for obr in (line for line in lines if line[0] == "OBR"):
        if not _at(obr, 3).split("^")[0]:
            found.append("OBR-3, the filler number, is empty; a receiver could not replace this report.")
        if _at(obr, 25) not in _OBR_STATUSES:
            found.append("OBR-25 is not the status of a signed report.")
        if not _at(obr, 32).split("&")[1:2]:
            found.append("OBR-32 names nobody who is responsible for the report.")
        if not _STAMP.match(_at(obr, 22)):
            found.append("OBR-22 is not a time with its offset.")
    return found + _in_observations([line for line in lines if line[0] == "OBX"])


def _in_observations(lines: list[list[str]]) -> list[str]:
    found = []
    if not lines:
        found.append("The message has no OBX segment.")
    seen: set[tuple[str, str]] = set()
    for number, obx in enumerate(lines, 1):
        where = f"OBX {number}"
        if _at(obx, 1) != str(number):
            found.append(f"{where} is numbered {_at(obx, 1)[:6]!r}.")
        if _at(obx, 11) not in _OBX_STATUSES:
            found.append(f"{where} has no status of a signed result (OBX-11).")
        if not _at(obx, 3) or (not _at(obx, 5) and _at(obx, 11) != "D"):
            found.append(f"{where} has no identifier or no value.")
        if (_at(obx, 3), _at(obx, 4)) in seen:
            found.append(f"{where} repeats the identifier and sub-id of an OBX before it.")
        seen.add((_at(obx, 3), _at(obx, 4)))
        if _at(obx, 2) == "NM" and _at(obx, 5) and not re.fullmatch(r"[+-]?\d+(\.\d+)?", _at(obx, 5)):
            found.append(f"{where} is numeric but its value is not a number.")
        if _at(obx, 2) in {"TX", "FT", "ST"} and not _is_escaped(_at(obx, 5)):
            found.append(f"{where} holds a separator or a backslash that is not escaped.")
    return found


def _is_escaped(content: str) -> bool:
    rest = _ESCAPE.sub("", content)
    return not any(mark in rest for mark in "\\^~&")


def _by_hl7apy(text: str) -> tuple[str, ...]:
    # Imported here: it reads the tables of every HL7 version, which a process that never sends should not pay for.
    from hl7apy.exceptions import HL7apyException  # noqa: PLC0415
    from hl7apy.parser import parse_message  # noqa: PLC0415
    from hl7apy.validation import Validator  # noqa: PLC0415

    copy = _PDF.sub(r"\1JVBERi0=", text)
    try:
        parsed = parse_message(copy, find_groups=True)
        Validator.validate(parsed)
    except HL7apyException as why:
        # Its text can quote a value; the class and the name of the place can't.
        place = re.search(r"\b[A-Z][A-Z0-9]{2}(?:_[A-Z0-9]+)*\b", str(why))
        return (f"hl7apy refuses the structure: {type(why).__name__}{f' at {place[0]}' if place else ''}.",)
    except (IndexError, KeyError, ValueError, AttributeError, TypeError) as why:  # it leaks these on what it can't read
        return (f"hl7apy can't read the message ({type(why).__name__}).",)
    carried = sum(line[:3] == "OBX" for line in parsed.to_er7().split("\r"))
    if carried != sum(line[0] == "OBX" for line in _split(text)):
        return ("hl7apy reads another number of OBX segments than the message has.",)
    return ()


def _split(text: str) -> list[list[str]]:
    return [line.split("|") for line in text.removesuffix("\r").split("\r")]


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""
