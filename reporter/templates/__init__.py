"""The reports, by indication: YAML that a cardiologist can review, and the shelf that hands them out.

A released file is frozen: its SHA-256 stands in `RELEASED`, and a change is a new file with the next version.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from reporter.form.definition import Template
from reporter.form.describe import describe
from reporter.form.reading import read_template

__all__ = ["all", "check", "current", "describe_templates", "get", "released"]

_NAME = re.compile(r"([a-z][a-z0-9_]*)\.v([0-9]+)\.yaml")


@cache
def get(id: str, version: int) -> Template:  # noqa: A002  # it is called id on the form, in the store and in YAML
    """The template with this id and version. Raises KeyError when there is none, TemplateError when it is wrong."""
    file = f"{id}.v{version}.yaml"
    if file not in _files():
        raise KeyError(f"There is no template {id} version {version}.")
    return read_template(file, _text(file), _block)


@cache
def current(id: str) -> Template:  # noqa: A002
    """The newest version of a template. Raises KeyError when there is none."""
    versions = [int(match[2]) for match in map(_NAME.fullmatch, _files()) if match and match[1] == id]
    if not versions:
        raise KeyError(f"There is no template {id}.")
    return get(id, max(versions))


@cache
def all() -> tuple[Template, ...]:  # noqa: A001  # `templates.all()` reads as it should
    """The newest version of every template, in the order of their titles."""
    ids = {match[1] for match in map(_NAME.fullmatch, _files()) if match}
    return tuple(sorted((current(id_) for id_ in ids), key=lambda template: template.title))


def check() -> tuple[str, ...]:
    """What is wrong on the shelf, in sentences: templates that cannot be read, released files that changed."""
    faults = []
    for file in _files():
        try:
            read_template(file, _text(file), _block)
        except ValueError as error:
            faults.append(str(error))
    frozen = released()
    for name in frozen:
        try:
            now = _sha256(name)
        except (FileNotFoundError, KeyError):
            faults.append(f"{name} was released and is gone. Put it back: signed reports name it.")
            continue
        if now != frozen[name]:
            faults.append(f"{name} was released and has changed. Undo the change and write the next version instead.")
    return tuple(faults)


def released() -> dict[str, str]:
    """The released files and their SHA-256, as `sha256sum` writes them."""
    lines = (_shelf() / "RELEASED").read_text("utf-8").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}


def describe_templates() -> str:
    """The page `docs/templates.md`: every current template in words."""
    return describe(all(), released())


def _shelf() -> Traversable:
    return resources.files(__name__)


@cache
def _files() -> tuple[str, ...]:
    """The file names of all templates on the shelf."""
    return tuple(sorted(piece.name for piece in _shelf().iterdir() if _NAME.fullmatch(piece.name)))


def _text(name: str) -> str:
    return (_shelf() / name).read_text("utf-8")


def _block(file: str) -> str:
    """A shared block's text; KeyError when there is no such block."""
    try:
        return _text(f"blocks/{file}")
    except FileNotFoundError:
        raise KeyError(file) from None


def _sha256(name: str) -> str:
    # Over the text and not the bytes, so that a checkout with other line ends is still the same file.
    return hashlib.sha256(_text(name).encode("utf-8")).hexdigest()
