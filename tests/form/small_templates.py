"""Templates for tests of the engine: a few fields of one's own between an id and the conclusion that every form has."""

from __future__ import annotations

import textwrap

from reporter import templates
from reporter.form.definition import Template
from reporter.form.reading import read_template

HEAD = """\
id: small
version: 1
title: Small
for: Tests of the engine
sections:
  - id: own
    title: Own
    fields:
"""
TAIL = "  - use: conclusion.v1\n"
#: The line on which the fields of `the_text` begin.
FIRST_LINE = HEAD.count("\n") + 1


def block(file: str) -> str:
    """A shared block of the shelf."""
    return templates._block(file)


def the_text(fields: str, tail: str = TAIL) -> str:
    """A whole file around these fields (dedented, each beginning with a dash)."""
    return HEAD + textwrap.indent(textwrap.dedent(fields).strip("\n"), "      ") + "\n" + tail


def a_template(fields: str, tail: str = TAIL) -> Template:
    """A template with these fields and the conclusion."""
    return read_template("small.v1.yaml", the_text(fields, tail), block)
