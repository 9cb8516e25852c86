"""Rules of FHIR R4 and of this house that neither a schema nor a typed model looks at. Pure; sentences out.

One walk over the bundle for what is true of every value, then the rules between resources: that references lead
somewhere of the right kind, that everything is about one patient, that a retry finds what it made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from reporter.integration.fhir import datatypes, tables

Node = Mapping[str, Any]

_NOT_FOUND_AGAIN = "looks for an identifier that the resource does not carry; a retry would make another."

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LITERAL = re.compile(r"(?:https?://\S+/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/\S+)?")
_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?\S+")

#: Element name to the check of a text that stands there.
_TEXTS: Mapping[str, Callable[[str], str | None]] = {
    "birthDate": datatypes.date_fault,
    "issued": datatypes.instant_fault,
    "recorded": datatypes.instant_fault,
    "lastUpdated": datatypes.instant_fault,
    "timestamp": datatypes.instant_fault,
    "when": datatypes.instant_fault,
    "effectiveDateTime": datatypes.moment_fault,
    "occurrenceDateTime": datatypes.moment_fault,
    "occurredDateTime": datatypes.moment_fault,
    "deceasedDateTime": datatypes.moment_fault,
    "valueDateTime": datatypes.moment_fault,
    "authoredOn": datatypes.moment_fault,
    "started": datatypes.moment_fault,
    "start": datatypes.moment_fault,
    "end": datatypes.moment_fault,
    "creation": datatypes.moment_fault,
    "div": datatypes.narrative_fault,
    "id": lambda text: None if _ID.fullmatch(text) else "is not an id",
}
#: Element name to the check of an object that stands there, alone or in a list.
_OBJECTS: Mapping[str, Callable[[Node], str | None]] = {
    "identifier": datatypes.identifier_fault,
    "coding": datatypes.coding_fault,
    "valueQuantity": datatypes.quantity_fault,
    "low": datatypes.quantity_fault,
    "high": datatypes.quantity_fault,
    "period": datatypes.period_fault,
    "effectivePeriod": datatypes.period_fault,
    "presentedForm": datatypes.attachment_fault,
    "extension": datatypes.extension_fault,
    "modifierExtension": datatypes.extension_fault,
}


def faults(bundle: Node) -> tuple[str, ...]:
    """Everything wrong with a transaction bundle that `structure` checks don't see; empty when nothing is."""
    walk = _Walk()
    if bundle.get("resourceType") != "Bundle":
        return ("This is not a Bundle.",)
    entries: list[Node] = [each for each in bundle.get("entry") or () if isinstance(each, dict)]
    walk.object({key: value for key, value in bundle.items() if key != "entry"}, "Bundle", "Bundle")
    for number, entry in enumerate(entries):
        where = f"Bundle.entry[{number}]"
        walk.faults += _entry_faults(entry, where)
        if isinstance(request := entry.get("request"), dict):
            walk.object(request, f"{where}.request", "Bundle.entry.request")
        if isinstance(resource := entry.get("resource"), dict):
            walk.resource(resource, f"{where}.{resource.get('resourceType')}")
    walk.faults += _reference_faults(walk.references, entries)
    walk.faults += _whole_faults(entries)
    return tuple(walk.faults)


class _Walk:
    """One pass over every value; collects sentences and the references to look up afterwards."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.references: list[tuple[str, str, Node]] = []

    def resource(self, resource: Node, path: str) -> None:
        kind = resource.get("resourceType")
        if kind not in tables.KINDS:
            self.faults.append(f"{path}: a report's bundle holds no resource of this kind.")
            return
        self.object(resource, path, str(kind))
        if kind == "Observation":
            self.faults += [f"{path}: {fault}" for fault in _observation_faults(resource)]
        elif kind == "DiagnosticReport":
            self.faults += [f"{path}: {fault}" for fault in _report_faults(resource)]

    def object(self, node: Node, path: str, kind: str) -> None:
        """Every value in an object. `kind` is the path without numbers, as in the specification's tables."""
        if not node:
            self.faults.append(f"{path} is empty (ele-1).")
        if "reference" in node or kind in _REFERRING:
            self.references.append((path, kind, node))
        for key, value in node.items():
            if type(value) is str:
                self._text(key, value, path, kind)
            elif type(value) is dict:
                self._inner(key, value, f"{path}.{key}", f"{kind}.{key}")
            elif type(value) is list:
                self._list(key, value, path, kind)

    def _list(self, key: str, values: list[Any], path: str, kind: str) -> None:
        if not values:
            self.faults.append(f"{path}.{key} is empty (ele-1).")
        for number, value in enumerate(values):
            if type(value) is dict:
                self._inner(key, value, f"{path}.{key}[{number}]", f"{kind}.{key}")
            elif type(value) is str:
                self._text(key, value, path, kind)

    def _inner(self, key: str, value: Node, path: str, kind: str) -> None:
        check = _OBJECTS.get(key)
        if check is not None and (fault := check(value)) is not None:
            self.faults.append(f"{path} {fault}.")
        self.object(value, path, kind)

    def _text(self, key: str, value: str, path: str, kind: str) -> None:
        if not value or value.isspace():
            self.faults.append(f"{path}.{key} is blank.")
        check = _TEXTS.get(key)
        if check is not None and (fault := check(value)) is not None:
            self.faults.append(f"{path}.{key} {fault}.")
        if key in _CODED and value not in _codes_allowed(kind, key, value):
            self.faults.append(f"{path}.{key} has a code that FHIR R4 does not allow there.")


_REFERRING = frozenset(tables.REFERENCES)
#: The last names of all elements with a required binding: everything else needs no look at the tables.
_CODED = frozenset(name.rpartition(".")[2] for name in (*tables.REQUIRED, *tables.REQUIRED_ANYWHERE))


def _codes_allowed(kind: str, key: str, value: str) -> frozenset[str]:
    """The codes that may stand in an element; where nothing is bound, whatever stands there."""
    required = tables.REQUIRED.get(f"{kind}.{key}")
    if required is None:
        anywhere = tables.REQUIRED_ANYWHERE
        required = anywhere.get(key) or anywhere.get(f"{kind.rpartition('.')[2]}.{key}")
    return frozenset((value,)) if required is None else required


def _observation_faults(observation: Node) -> Iterator[str]:
    """obs-3 (ref-3), obs-6, obs-7, and that a final observation says something."""
    values = [key for key in observation if key.startswith("value")]
    if values and "dataAbsentReason" in observation:
        yield "has a value and a reason why it is absent (obs-6)."
    says = values or {"component", "hasMember", "dataAbsentReason"} & observation.keys()
    if not says and observation.get("status") not in ("entered-in-error", "cancelled", "registered"):
        yield "has a status that promises a value, and none."
    own = _codes(observation.get("code"))
    for component in observation.get("component") or ():
        inner = [key for key in component if key.startswith("value")]
        if values and own & _codes(component.get("code")):
            yield "has a component that says again what it is itself (obs-7)."
        if bool(inner) == ("dataAbsentReason" in component):
            yield "has a component without exactly one of a value and a reason why it is absent."
    for limits in (observation, *(observation.get("component") or ())):
        for reference in limits.get("referenceRange") or ():
            if not {"low", "high", "text"} & reference.keys():
                yield "has a reference range without low, high or text (obs-3)."
            low, high = (reference.get(end, {}).get("value") for end in ("low", "high"))
            if low is not None and high is not None and not isinstance(low, str) and low > high:
                yield "has a reference range whose low is above its high."


def _codes(concept: Any) -> set[tuple[Any, Any]]:
    codings = concept.get("coding") or () if isinstance(concept, dict) else ()
    return {(each.get("system"), each.get("code")) for each in codings}


def _report_faults(report: Node) -> Iterator[str]:
    """What a signed report can't be without (IHE Interactive Multimedia Report asks the same)."""
    if report.get("status") in ("registered", "partial", "preliminary"):
        yield "has a status for what is not signed; nothing unsigned leaves."
    for element in ("identifier", "subject", "issued", "code"):
        if element not in report:
            yield f"has no {element}."
    if not {"conclusion", "presentedForm", "result"} & report.keys():
        yield "says nothing: no conclusion, no document, no result."


def _entry_faults(entry: Node, path: str) -> Iterator[str]:
    """bdl-3, bdl-8 and R4's transaction rules: what is asked of the server fits what is sent."""
    resource, request = entry.get("resource"), entry.get("request")
    if not isinstance(resource, dict) or not isinstance(request, dict):
        yield f"{path} has no resource or no request (bdl-3)."
        return
    full_url = entry.get("fullUrl")
    if not isinstance(full_url, str) or not (_URN.fullmatch(full_url) or full_url.startswith(("http://", "https://"))):
        yield f"{path}.fullUrl is not a urn:uuid and not an absolute address."
    kind, url, method = resource.get("resourceType"), request.get("url"), request.get("method")
    if not isinstance(url, str):
        yield f"{path}.request has no url."
    elif method == "POST" and url != kind:
        yield f"{path}.request posts to another kind than it sends."
    elif method == "PUT":
        yield from _put_faults(resource, url, path)
    if "ifNoneExist" in request:
        if method != "POST":
            yield f"{path}.request has ifNoneExist without POST."
        elif not _is_found_by(resource, request["ifNoneExist"]):
            yield f"{path}.request {_NOT_FOUND_AGAIN}"


def _put_faults(resource: Node, url: str, path: str) -> Iterator[str]:
    kind, mark, query = url.partition("?")
    if mark:
        if kind != resource.get("resourceType"):
            yield f"{path}.request puts to another kind than it sends."
        elif not _is_found_by(resource, query):
            yield f"{path}.request {_NOT_FOUND_AGAIN}"
    elif url != f"{resource.get('resourceType')}/{resource.get('id')}":
        yield f"{path}.request puts to another id than the resource has."


def _is_found_by(resource: Node, query: Any) -> bool:
    name, _, token = str(query).partition("=")
    system, mark, value = unquote(token).partition("|")
    if name != "identifier" or not mark:
        return False
    plain = re.sub(r"\\([\\,|$])", r"\1", value)
    held = resource.get("identifier") or ()
    return any(each.get("system") == system and each.get("value") == plain for each in held if isinstance(each, dict))


def _reference_faults(references: list[tuple[str, str, Node]], entries: list[Node]) -> Iterator[str]:
    kinds = {each.get("fullUrl"): (each.get("resource") or {}).get("resourceType") for each in entries}
    for path, kind, node in references:
        allowed = tables.REFERENCES.get(kind)
        literal = node.get("reference")
        if literal is None:
            if not {"identifier", "display"} & node.keys():
                yield f"{path} refers to nothing."
            continue
        named = literal if isinstance(literal, str) else ""
        if named.startswith("urn:"):
            target = kinds.get(named)
            if target is None:
                yield f"{path} refers to something that is not in the bundle."
                continue
        else:
            found = _LITERAL.fullmatch(named) or _CONDITIONAL.fullmatch(named)
            if found is None:
                yield f"{path} is not a reference that a server can resolve."
                continue
            target = found[1]
        if allowed is None:
            yield f"{path} is a reference that this gate does not know."
        elif target not in allowed:
            yield f"{path} refers to a {target}, which FHIR R4 does not allow there."


def _whole_faults(entries: list[Node]) -> Iterator[str]:
    """Rules of the bundle as one thing: no two entries alike, one patient, one report."""
    urls = [each.get("fullUrl") for each in entries]
    if len(set(urls)) != len(urls):
        yield "Two entries have the same fullUrl (bdl-7)."
    asked = [(each.get("request") or {}).get("url") for each in entries]
    puts = [url for url in asked if isinstance(url, str) and ("?" in url or "/" in url)]
    if len(set(puts)) != len(puts):
        yield "Two entries write to the same place."
    resources = [each.get("resource") or {} for each in entries]
    kinds = [each.get("resourceType") for each in resources]
    for kind in ("Patient", "DiagnosticReport"):
        if kinds.count(kind) != 1:
            yield f"The bundle holds {kinds.count(kind)} resources of kind {kind}; a report's bundle holds one."
    subjects = {each["subject"].get("reference") for each in resources if isinstance(each.get("subject"), dict)}
    if len(subjects) > 1:
        yield "Not everything in the bundle is about the same patient."
    yield from _result_faults(entries)


def _result_faults(entries: list[Node]) -> Iterator[str]:
    """What the report calls its results are results: present, and not withdrawn."""
    by_url = {each.get("fullUrl"): each.get("resource") or {} for each in entries}
    for resource in by_url.values():
        if resource.get("resourceType") == "DiagnosticReport":
            named = [each.get("reference") for each in resource.get("result") or () if isinstance(each, dict)]
            if len(set(named)) != len(named):
                yield "The report names a result twice."
            if any(by_url.get(url, {}).get("status") == "entered-in-error" for url in named):
                yield "The report names a withdrawn observation as its result."
