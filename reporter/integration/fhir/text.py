"""Text on its way into FHIR: what a FHIR string can't hold is refused by name, markup is escaped. Pure."""

from __future__ import annotations

import html
import re

from reporter.integration.answer import CannotSay

XHTML = "http://www.w3.org/1999/xhtml"

# FHIR R4, datatypes, string: no code points below 32 but tab, CR and LF. XML 1.0 (the narrative) also has no place
# for lone surrogates, U+FFFE and U+FFFF.
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def said(text: str) -> str:
    """The text itself. Raises CannotSay for a control character: dropping it would change what was signed."""
    if found := _IMPOSSIBLE.search(text):
        point = f"U+{ord(found.group()):04X}"
        raise CannotSay(f"A text holds the control character {point}, which can't be sent. Remove it and sign again.")
    return text


def escaped(text: str) -> str:
    """As XHTML content; line breaks become <br/>, so that they are seen. Markup in it stays letters."""
    plain = html.escape(said(text), quote=True).replace("\r\n", "\n").replace("\r", "\n")
    return plain.replace("\n", "<br/>")


def narrative(*blocks: str) -> dict[str, str]:
    """A generated Narrative from blocks of XHTML that are already escaped."""
    return {"status": "generated", "div": f'<div xmlns="{XHTML}">{"".join(blocks)}</div>'}


def paragraph(text: str) -> str:
    return f"<p>{escaped(text)}</p>"
