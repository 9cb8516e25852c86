"""The wires of an installation: which feeds come in, where each fact stands in them, and where results go.

UK feeds differ in where they put the same fact (the NHS number in PID-3 or PID-19, the accession number in OBR-18
or OBR-3), so a place is configuration. The defaults suit a feed that follows HL7 v2.5.1.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from reporter.integration.hl7v2.message import CHARSETS, split_path


class WiresError(ValueError):
    """The wires file can't be used; the text says where in it, why, and what it takes instead."""


#: What the database keeps of a name.
_LONGEST_NAME = 60


def _mapping(pairs: dict[str, str]) -> Mapping[str, str]:
    return types.MappingProxyType(pairs)


#: PV1-2, HL7 table 0004, with what UK systems add to it. What is not here is "unknown".
PATIENT_CLASSES = _mapping(
    {
        "I": "inpatient",
        "O": "outpatient",
        "E": "emergency",
        "D": "outpatient",  # day case: goes home the same day
        "R": "outpatient",  # recurring
        "P": "outpatient",  # pre-admission
    }
)
#: ORC-5 (HL7 table 0038) and OBR-25 (table 0123) to the state of the examination.
EXAM_STATES = _mapping(
    {
        "SC": "scheduled",
        "S": "scheduled",
        "IP": "in_progress",
        "I": "in_progress",
        "CM": "completed",
        "R": "completed",  # results stored, not yet verified: the scan is over
        "CA": "cancelled",
        "DC": "cancelled",
        "X": "cancelled",
        "HD": "on_hold",
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """One inbound feed. A tuple of places is tried in order, and the first that holds something is taken."""

    name: str
    #: MSH-3 and MSH-4 that this feed may carry. Empty means any.
    applications: tuple[str, ...] = ()
    facilities: tuple[str, ...] = ()
    #: Overrides MSH-18 for a feed that declares its character set wrongly ("8859/1", "UNICODE UTF-8").
    charset: str | None = None
    #: The zone of time stamps that carry no offset.
    time_zone: Literal["Europe/London", "UTC"] = "Europe/London"
    #: "original" answers AA, AE or AR whatever MSH-15 asks, as engines in use do; "enhanced" gives CA, CE or CR where
    #: MSH-15 asks for it and MSH-16 declines the other.
    acknowledge: Literal["original", "enhanced"] = "original"
    #: A repetition of PID-3 is the NHS number when its type (PID-3.5) or authority (PID-3.4) is one of these.
    nhs_number_types: tuple[str, ...] = ("NH", "NHS", "NHSNBR", "NHSNMBR")
    #: Looked at after PID-3; taken when it holds ten digits.
    nhs_number_also: tuple[str, ...] = ("PID-19",)
    #: The authority of a hospital number that names none; None takes the sending facility (MSH-4).
    local_authority: str | None = None
    accession: tuple[str, ...] = ("IPC-1", "OBR-18", "OBR-3", "ORC-3")
    placer_order: tuple[str, ...] = ("ORC-2", "OBR-2")
    filler_order: tuple[str, ...] = ("ORC-3", "OBR-3")
    procedure: tuple[str, ...] = ("OBR-4",)
    #: All of these that hold text are joined, a line each: a clinical question must not lose half of itself.
    clinical_question: tuple[str, ...] = ("OBR-31", "OBR-13", "NTE-3")
    requester: tuple[str, ...] = ("OBR-16", "ORC-12")
    requested_at: tuple[str, ...] = ("ORC-9", "OBR-6")
    status: tuple[str, ...] = ("ORC-5", "OBR-25")
    exam_states: Mapping[str, str] = field(default_factory=lambda: EXAM_STATES)
    #: The end of the examination. OBR-8 is when the observation ended, OBR-22 when its status changed.
    completed_at: tuple[str, ...] = ("OBR-8", "OBR-22", "ORC-9")
    priority: tuple[str, ...] = ("OBR-27.6", "TQ1-9", "ORC-7.6", "OBR-5")
    patient_class: tuple[str, ...] = ("PV1-2",)
    patient_classes: Mapping[str, str] = field(default_factory=lambda: PATIENT_CLASSES)
    site: tuple[str, ...] = ("PV1-3.4", "MSH-6", "MSH-4")
    #: What the feed writes, to the ODS site code. Empty takes the codes as they are written.
    sites: Mapping[str, str] = field(default_factory=dict)
    #: Taken when no place names a site that is known. None leaves it open.
    default_site: str | None = None

    def takes(self, application: str, facility: str) -> bool:
        """True when a message with this MSH-3 and MSH-4 may come on this feed."""
        return (not self.applications or application in self.applications) and (
            not self.facilities or facility in self.facilities
        )


@dataclass(frozen=True, slots=True)
class Destination:
    """One receiver of signed reports."""

    name: str
    kind: Literal["mllp", "fhir"]
    #: ODS site codes whose reports go here. Empty means every site.
    sites: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 2576
    #: Base of the FHIR server, as https://ehr.example.nhs.uk/fhir; for kind "fhir".
    url: str = ""
    sending_application: str = "CMR-REPORTER"
    #: None takes the organisation code of the report's site.
    sending_facility: str | None = None
    receiving_application: str = ""
    receiving_facility: str = ""
    #: How long an answer is waited for, in seconds. Engines needed more than 6 s for a large PDF.
    timeout_seconds: float = 30.0
    #: MSH-11: P production, T training, D debugging.
    processing_id: Literal["P", "T", "D"] = "P"
    #: OBR-25 of an amendment and of an addendum (HL7 table 0123); receivers differ.
    amended_status: Literal["C", "F"] = "C"
    addendum_status: Literal["C", "F"] = "C"
    #: Assigning authorities of the order numbers (EI component 2), where the receiver matches on them.
    placer_authority: str = ""
    filler_authority: str = ""
    include_pdf: bool = True
    #: FHIR: how a bundle is written at this server. All or nothing is the only way there is.
    mode: Literal["transaction"] = "transaction"
    #: FHIR: the name of the environment variable that holds the bearer token. The token itself is never in this file.
    token_variable: str | None = None

    def takes_site(self, site_code: str) -> bool:
        """True when reports of this site go to this destination."""
        return not self.sites or site_code in self.sites


@dataclass(frozen=True, slots=True)
class Wires:
    """Everything that is connected."""

    sources: tuple[Source, ...] = (Source("orders"),)
    destinations: tuple[Destination, ...] = ()

    def source_for(self, application: str, facility: str) -> Source:
        """The feed that a message with this MSH-3 and MSH-4 belongs to.

        Where none takes it, the first feed is given: reading the message then refuses it by name, and it is kept.
        """
        return next((source for source in self.sources if source.takes(application, facility)), self.sources[0])

    def destination(self, name: str) -> Destination | None:
        """The destination of that name."""
        return next((destination for destination in self.destinations if destination.name == name), None)

    def destinations_of(self, site_code: str) -> tuple[Destination, ...]:
        """Where a report of this site goes."""
        return tuple(destination for destination in self.destinations if destination.takes_site(site_code))


def read_wires(path: Path | None) -> Wires:
    """Wires from a TOML file with `[[source]]` and `[[destination]]` tables; None is one open feed and no destination.

    Raises WiresError with a sentence naming the table and the key.
    """
    if path is None:
        return Wires()
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as why:
        raise WiresError(f"The wires file {path} can't be read: {why.strerror}.") from None
    except UnicodeDecodeError:
        raise WiresError(f"The wires file {path} is not UTF-8 text.") from None
    return wires_from_text(text)


def wires_from_text(text: str) -> Wires:
    """As `read_wires`, from the file's text."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as why:
        raise WiresError(f"The wires file is not TOML: {why}.") from None
    unknown = sorted(set(tables) - {"source", "destination"})
    if unknown:
        raise WiresError(f"The wires file has [{unknown[0]}]; it takes [[source]] and [[destination]] tables.")
    sources = tuple(_read(Source, "source", table) for table in _tables(tables, "source"))
    destinations = tuple(_read(Destination, "destination", table) for table in _tables(tables, "destination"))
    for kind, named in (("source", sources), ("destination", destinations)):
        names = [wire.name for wire in named]
        long = next((name for name in names if len(name) > _LONGEST_NAME), None)
        if long is not None:
            raise WiresError(f"[[{kind}]] {long!r}: the name is longer than {_LONGEST_NAME} characters.")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WiresError(f"Two [[{kind}]] tables are named {twice[0]!r}; each needs its own name.")
    for source in sources:
        _check_source(source)
    for destination in destinations:
        _check_destination(destination)
    return Wires(sources or Wires().sources, destinations)


def _tables(tables: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = tables.get(name, [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise WiresError(f"Write [[{name}]] with two brackets: there may be several.")
    return found


def _read(kind: type[Any], title: str, table: dict[str, Any]) -> Any:
    where = f"[[{title}]] {table.get('name', '')!r}"
    if not isinstance(table.get("name"), str) or not table["name"].strip():
        raise WiresError(f'A [[{title}]] has no name; add one, as name = "ris".')
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        raise WiresError(f"{where} has {unknown[0]!r}, which is not a key of it. The keys are: {', '.join(hints)}.")
    missing = [
        f.name
        for f in dataclasses.fields(kind)
        if f.name not in table and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise WiresError(f"{where} has no {missing[0]!r}, which it needs.")
    return kind(**{key: _value(hints[key], value, f"{where}: {key}") for key, value in table.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _value(next(h for h in inner if h is not type(None)), value, where)
    if origin is Literal:
        if value not in inner:
            raise WiresError(f"{where} is {value!r}; it takes {' or '.join(map(repr, inner))}.")
        return value
    if origin is tuple:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise WiresError(f'{where} is {value!r}; it takes a list of texts, as ["OBR-18", "OBR-3"].')
        return tuple(value)
    if origin is not None:  # the only other shape is a table of texts
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise WiresError(f'{where} takes a table of texts, as {{ RXX = "RXX01" }}.')
        return _mapping(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        takes = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[hint]
        raise WiresError(f"{where} is {value!r}; it takes {takes}.")
    return value


def _check_source(source: Source) -> None:
    where = f"[[source]] {source.name!r}"
    place_fields = [
        "nhs_number_also", "accession", "placer_order", "filler_order", "procedure", "clinical_question", "requester",
        "requested_at", "status", "completed_at", "priority", "patient_class", "site",
    ]  # fmt: skip
    for name in place_fields:
        for place in getattr(source, name):
            try:
                split_path(place)
            except ValueError as why:
                raise WiresError(f"{where}: {name}: {why}") from None
    if source.charset is not None and source.charset.upper() not in CHARSETS:
        known = ", ".join(sorted(name for name in CHARSETS if name))
        raise WiresError(f"{where}: charset is {source.charset!r}; it takes {known}.")
    _among(where, "patient_classes", source.patient_classes, {"inpatient", "outpatient", "emergency", "unknown"})
    _among(where, "exam_states", source.exam_states, set(EXAM_STATES.values()) | {"ordered"})


def _among(where: str, name: str, given: Mapping[str, str], allowed: set[str]) -> None:
    wrong = sorted(set(given.values()) - allowed)
    if wrong:
        raise WiresError(f"{where}: {name} maps to {wrong[0]!r}; it takes {', '.join(sorted(allowed))}.")


def _check_destination(destination: Destination) -> None:
    where = f"[[destination]] {destination.name!r}"
    if destination.kind == "fhir" and not destination.url.startswith(("http://", "https://")):
        raise WiresError(f"{where} needs url, the base of the FHIR server, as https://ehr.example.nhs.uk/fhir.")
    if destination.kind == "mllp" and not 1 <= destination.port <= 65535:
        raise WiresError(f"{where}: port {destination.port} is not a port; it takes 1 to 65535.")
    if not 0 < destination.timeout_seconds <= 600:
        raise WiresError(f"{where}: timeout_seconds is {destination.timeout_seconds}; it takes up to 600.")
