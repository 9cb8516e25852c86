"""A signed version as PDF/UA-1 and PDF/A-3a, set by Typst from values only: no text of a report is ever markup."""

from __future__ import annotations

import json
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any

import font_lato
import manimgx_fonts
import typst

from reporter.integration.pdf.content import content
from reporter.report.document import SignedVersion

_TEMPLATE = Path(__file__).with_name("report.typ")
_FONTS = [Path(font_lato.__file__).parent / "files", Path(manimgx_fonts.__file__).parent]
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)
_COMPILING = threading.Lock()


class CannotPrint(ValueError):
    """The PDF can't be made; the sentence says why."""


def render(version: SignedVersion) -> bytes:
    """The PDF. Pure: dates in it are those of the signature, so that a second rendering gives the same bytes.

    A character that none of our fonts holds is printed as its code point, [U+4E2D], so that nothing signed is lost
    without a trace. Raises CannotPrint when the text holds a control character or Typst refuses.
    """
    if not isinstance(version, SignedVersion):
        raise TypeError("Only a signed version can be printed.")
    return _set(content(version), int(version.signature.signed_at.timestamp()))


def _set(values: dict[str, Any], timestamp: int) -> bytes:
    text = json.dumps(values, ensure_ascii=False)
    tried: set[str] = set()
    while True:
        try:
            return _compiled(text, timestamp)
        except typst.TypstError as why:
            missing = set("".join(_NO_GLYPH.findall(str(why)))) - tried
            if not missing:
                raise CannotPrint("The PDF of this report can't be made; its text has been kept as it is.") from why
            tried |= missing
            text = "".join(f"[U+{ord(each):04X}]" if each in missing else each for each in text)


def _compiled(text: str, timestamp: int) -> bytes:
    # PDF/UA-1 is for people who have it read to them, PDF/A-3a for those who open it in thirty years.
    # One warm compiler for the process: the first report costs its start, the others some milliseconds. It keeps
    # what it has seen between calls, so that one thread at a time may use it.
    with _COMPILING:
        made = _compiler().compile(
            format="pdf", sys_inputs={"report": text}, pdf_standards=["ua-1", "a-3a"], timestamp=timestamp
        )
    assert isinstance(made, bytes)
    return made


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        input=str(_TEMPLATE),
        root=str(_TEMPLATE.parent),
        font_paths=[str(each) for each in _FONTS],
        ignore_system_fonts=True,
    )
