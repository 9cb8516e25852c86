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
from reporter.form.reading import TemplateError, read_template

__all__ = ["all", "check", "current", "describe_templates", "get", "released", "with_release"]

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
    """The newest released version of a template; one still being written is not current. KeyError when none is."""
    versions = [int(match[2]) for match in map(_NAME.fullmatch, released()) if match and match[1] == id]
    if not versions:
        raise KeyError(f"There is no released template {id}.")
    return get(id, max(versions))


@cache
def all() -> tuple[Template, ...]:  # noqa: A001  # `templates.all()` reads as it should
    """The newest released version of every template, in the order of their titles."""
    ids = {match[1] for match in map(_NAME.fullmatch, released()) if match}
    return tuple(sorted((current(id_) for id_ in ids), key=lambda template: template.title))


def check() -> tuple[str, ...]:
    """What is wrong on the shelf, in sentences: templates that cannot be read, released files that changed."""
    frozen = released()
    faults = []
    for file in _files():
        try:
            template = read_template(file, _text(file), _block)
        except TemplateError as error:
            faults.append(str(error))
            continue
        if file in frozen:
            faults += [
                f"{file} is released, but {used} is not. Release both." for used in template.files if used not in frozen
            ]
    return (*faults, *(fault for name, digest in frozen.items() if (fault := _changed(name, digest))))


def _changed(name: str, digest: str) -> str | None:
    try:
        now = _sha256(name)
    except FileNotFoundError:
        return f"{name} was released and is gone. Put it back: signed reports name it."
    if now != digest:
        return f"{name} was released and has changed. Undo the change and write the next version instead."
    return None


def released() -> dict[str, str]:
    """The released files and their SHA-256, as `sha256sum` writes them."""
    lines = _text("RELEASED").splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}


def with_release(name: str) -> str:
    """The text of `RELEASED` once a template ("viability.v2") and the blocks it uses are released.

    Raises KeyError when there is no such template, TemplateError when it is wrong, and ValueError when a file that
    was released before has changed since.
    """
    match = _NAME.fullmatch(f"{name}.yaml")
    if match is None:
        raise KeyError(f"{name!r} is no template's name and version, as in viability.v2.")
    frozen = released()
    for file in get(match[1], int(match[2])).files:
        fault = _changed(file, frozen[file]) if file in frozen else None
        if fault:
            raise ValueError(fault)
        frozen[file] = _sha256(file)
    return "".join(f"{frozen[file]}  {file}\n" for file in sorted(frozen))


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
