"""From a YAML file to a template: everything that can be wrong is found here, with its line and its remedy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import yaml

from reporter.cmr.checks import CHECKS
from reporter.cmr.words import PHRASES
from reporter.form.definition import Field, Section, Template
from reporter.form.entries import Entry, Keys, TemplateError, did_you_mean
from reporter.form.fields import read_field, words_used

__all__ = ["RESERVED", "TemplateError", "read_template"]

#: Every template asks these, because signing, the wires and the worklist rely on them (block `conclusion`).
RESERVED = (
    "answer",
    "impression",
    "recommendations",
    "urgent_finding",
    "urgent_what",
    "urgent_told_to",
    "urgent_told_at",
    "urgent_how",
    "urgent_not_told_reason",
)
_TEMPLATE_KEYS = ("id", "version", "title", "for", "sections", "checks", "impression")
_BLOCK_KEYS = ("id", "version", "title", "heading", "phrases", "help", "fields", "checks")
_SECTION_KEYS = ("id", "title", "heading", "phrases", "help", "fields")
_LARGEST = 200_000
_PLAIN = ("str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map")
_STANDARD_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in _PLAIN)
# libyaml's parser is about ten times quicker; the pure one reads the same where the wheel has no libyaml.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_template(file: str, text: str, block: Callable[[str], str]) -> Template:
    """A template from its file's name and text. `block("lv.v1.yaml")` gives a shared block's text.

    Raises TemplateError with file, line, field and a remedy; KeyError from `block` means there is no such block.
    """
    keys = Keys(_compose(file, text), "A template", _TEMPLATE_KEYS)
    id_, version = keys.need("id").name("'id'"), keys.need("version").whole("'version'", 1, 999)
    _named_as_it_says(keys.entry, file, id_, version)
    reader = _Sections(file, text, block)
    sections = tuple(reader.section(piece) for piece in keys.need("sections").items("'sections'"))
    reader.add_checks(keys.get("checks"))
    by_id = reader.fields
    _all_reserved(keys.entry, by_id)
    _sentences_name_fields(by_id)
    _sections_differ(keys.entry, sections)
    return Template(
        id=id_,
        version=version,
        title=keys.need("title").text("'title'"),
        indication=keys.need("for").text("'for'"),
        sections=sections,
        checks=tuple(reader.checks),
        impression=_phrases(keys.get("impression"), "'impression'"),
        sha256=_hash_of(reader.texts),
        files=tuple(reader.texts),
        by_id=MappingProxyType(by_id),
        section_of=MappingProxyType({field.id: section for section in sections for field in section.fields}),
    )


class _Sections:
    """Reads the sections of one template in order, and gathers fields, checks and the texts it was read from."""

    def __init__(self, file: str, text: str, block: Callable[[str], str]) -> None:
        self._block = block
        self.texts = {file: text}
        self.fields: dict[str, Field] = {}
        self.checks: list[str] = []

    def section(self, piece: Entry) -> Section:
        """One section: written out, or a shared block by name and version."""
        if "use" in dict(piece.pairs("A section")):
            return self._shared(Keys(piece, "A section that uses a block", ("use",)).need("use"))
        keys = Keys(piece, "A section", _SECTION_KEYS)
        return self._read(keys, keys.need("id").name("'id'"), None)

    def _shared(self, use: Entry) -> Section:
        name = use.text("'use'")
        if not re.fullmatch(r"[a-z][a-z0-9_]*\.v[0-9]{1,3}", name):
            raise use.wrong(f"{name!r} must name a block and its version, as in lv.v1.")
        file = f"{name}.yaml"
        if f"blocks/{file}" in self.texts:
            raise use.wrong(f"The block {name} is used twice. Take one of the two lines away.")
        try:
            text = self._block(file)
        except KeyError:
            raise use.wrong(f"There is no block {name}: no file blocks/{file}. Check the name and version.") from None
        self.texts[f"blocks/{file}"] = text
        keys = Keys(_compose(f"blocks/{file}", text), "A block", _BLOCK_KEYS)
        id_, version = keys.need("id").name("'id'"), keys.need("version").whole("'version'", 1, 999)
        _named_as_it_says(keys.entry, file, id_, version)
        section = self._read(keys, id_, name)
        self.add_checks(keys.get("checks"))
        return section

    def _read(self, keys: Keys, id_: str, block: str | None) -> Section:
        title = keys.need("title").text("'title'")
        fields = []
        for piece in keys.need("fields").items("'fields'"):
            field = read_field(piece, self.fields)
            self.fields[field.id] = field
            fields.append(field)
        return Section(
            id=id_,
            title=title,
            fields=tuple(fields),
            heading=keys.text("heading", title),
            phrases=_phrases(keys.get("phrases"), "'phrases'"),
            block=block,
            help=keys.text("help"),
        )

    def add_checks(self, piece: Entry | None) -> None:
        """The named checks that a template or block asks for, each once."""
        for entry, name in piece.texts("'checks'") if piece else ():
            if name not in CHECKS:
                raise entry.wrong(f"There is no check {name!r} in cmr/checks.py. {did_you_mean(name, CHECKS)}")
            if name not in self.checks:
                self.checks.append(name)


def _phrases(piece: Entry | None, what: str) -> tuple[str, ...]:
    names = []
    for entry, name in piece.texts(what) if piece else ():
        if name not in PHRASES:
            raise entry.wrong(f"There is no phrase {name!r} in cmr/words.py. {did_you_mean(name, PHRASES)}")
        if name in names:
            raise entry.wrong(f"The phrase {name!r} stands there twice. Keep one of the two.")
        names.append(name)
    return tuple(names)


def _compose(file: str, text: str) -> Entry:
    """The file as one tree of texts with lines, with what makes YAML hard to review refused."""
    if len(text) > _LARGEST:
        raise TemplateError(file, 1, None, f"The file is larger than {_LARGEST} characters. Split it into blocks.")
    try:
        nodes: list[Any] = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        sentence = f"This is not YAML: {error.problem or error.context}. Check the indentation, and put sentences "
        sentence += "with a colon, a brace or a hash in quotes."
        raise TemplateError(file, mark.line + 1 if mark else 1, None, sentence) from None
    except yaml.YAMLError as error:
        place = text[: getattr(error, "position", 0)].count("\n") + 1
        sentence = "A character here cannot stand in YAML. Delete it, and type the line again."
        raise TemplateError(file, place, None, sentence) from None
    except RecursionError:
        raise TemplateError(file, 1, None, "The file is nested too deeply. Take brackets away.") from None
    if not nodes or nodes[0] is None:
        raise TemplateError(file, 1, None, "The file is empty. Begin with `id: …` and `version: 1`.")
    if len(nodes) > 1:
        line = nodes[1].start_mark.line + 1
        raise TemplateError(file, line, None, "A second document starts here. Keep one per file; delete the `---`.")
    _plain(nodes[0], file)
    if nodes[0].id != "mapping":
        raise Entry(nodes[0], file).wrong("A template must be lines of the form `key: value`. Begin with `id: …`.")
    return Entry(nodes[0], file)


def _plain(root: Any, file: str) -> None:
    """Refuse aliases (the same piece met twice), merge keys and tags: a template says everything where it stands."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise TemplateError(file, line, None, "This piece is used again by an alias (*). Write it out twice.")
        seen.add(id(node))
        if node.tag not in _STANDARD_TAGS:
            raise TemplateError(file, line, None, f"The tag {node.tag!r} is not allowed. Take it away.")
        if node.tag == "tag:yaml.org,2002:merge":
            raise TemplateError(file, line, None, "A merge key (<<) is not allowed. Write the keys out.")
        if node.id == "mapping":
            waiting.extend(part for pair in node.value for part in pair)
        elif node.id == "sequence":
            waiting.extend(node.value)


def _named_as_it_says(entry: Entry, file: str, id_: str, version: int) -> None:
    if file != f"{id_}.v{version}.yaml":
        raise entry.wrong(
            f"The file must be called {id_}.v{version}.yaml, after its id and version. Rename one of them."
        )


def _all_reserved(entry: Entry, fields: dict[str, Field]) -> None:
    absent = [name for name in RESERVED if name not in fields]
    if absent:
        raise entry.wrong(
            f"The template never asks {', '.join(absent)}. Use the block conclusion.v1 as its last section."
        )
    answer = fields["answer"]
    if answer.level != "required" or answer.when or answer.kind.name != "text":
        why = "The answer to the clinical question must be a text that is required and always asked."
        raise TemplateError(answer.file, answer.line, answer.id, f"{why} Use the block conclusion.v1.")


def _sections_differ(entry: Entry, sections: tuple[Section, ...]) -> None:
    ids = [section.id for section in sections]
    for id_ in ids:
        if ids.count(id_) > 1:
            raise entry.wrong(f"Two sections have the id {id_!r}. Rename one of them.")


def _sentences_name_fields(fields: dict[str, Field]) -> None:
    """A `$name` in a sentence must be `$value` or a field of the template: a typing error would stay silent."""
    for field in fields.values():
        for sentence in (field.say,) if isinstance(field.say, str) else (field.say or {}).values():
            for name in words_used(sentence or ""):
                if name != "value" and name not in fields:
                    remedy = did_you_mean(name, ["value", *fields])
                    why = f"Its sentence speaks of ${name}, which is no field here. {remedy}"
                    raise TemplateError(field.file, field.line, field.id, why)


def _hash_of(texts: dict[str, str]) -> str:
    """SHA-256 over the template and the blocks it uses, each by name, in the order of use."""
    digest = hashlib.sha256()
    for name, text in texts.items():
        digest.update(f"{name}\n{hashlib.sha256(text.encode('utf-8')).hexdigest()}\n".encode())
    return digest.hexdigest()
