"""A signed version as one FHIR R4 transaction: everything a receiver needs, in bytes that a retry repeats exactly.

What we own (report, observations, provenance) is put under our identifiers, so that a repeat replaces itself. What
others own (patient, people, organisations, the order) is created only where the receiver has none.
"""

from __future__ import annotations

from collections.abc import Sequence

from reporter.integration.fhir import observations, order, people, report, systems
from reporter.integration.fhir.observations import Around
from reporter.integration.fhir.systems import Resource
from reporter.integration.fhir.text import said
from reporter.integration.fhir.writing import to_json
from reporter.integration.wires import Destination
from reporter.report.document import (
    CodedFinding,
    Measurement,
    PersonOnReport,
    ReportDocument,
    SegmentMap,
    SignedVersion,
)

_Statement = Measurement | SegmentMap | CodedFinding


def render(
    version: SignedVersion, destination: Destination, message_id: str, pdf: bytes, earlier: Sequence[SignedVersion] = ()
) -> bytes:
    """The transaction Bundle for a destination, as UTF-8 JSON. Pure: the same arguments give the same bytes.

    `earlier` are the versions signed before this one. What they held and this one no longer holds is sent as entered
    in error, so that no receiver keeps a withdrawn number as a final result.
    Raises CannotSay for a control character and ValueError for a measurement that is not a decimal number.
    """
    return to_json(bundle(version, message_id, pdf if destination.include_pdf else None, earlier))


def bundle(
    version: SignedVersion, message_id: str, pdf: bytes | None, earlier: Sequence[SignedVersion] = ()
) -> Resource:
    """The same as plain dicts, lists, text and Decimal."""
    if not isinstance(version, SignedVersion):
        raise TypeError("Only a signed version can be sent.")
    document = version.document
    making = _Making(document)
    subject, site, order_reference = _around_the_report(document, making)
    signer = making.person(version.signature.signer)
    drafter = making.person(document.drafted_by) if document.drafted_by else None
    around = Around(
        report_id=document.report_id,
        organisation=making.organisation,
        subject=subject,
        based_on=order_reference,
        performers=(site, signer),
        effective=document.study.performed_at.isoformat() if document.study.performed_at else None,
        issued=version.signature.signed_at.isoformat(),
        references={each.id: making.urn("Observation", each.id) for each in document.measurements},
    )
    results = _results(document, around, making, earlier)
    made = report.diagnostic_report(version, subject=subject, order=order_reference, site=site, reader=signer, pdf=pdf)
    if results:
        made["result"] = results
    target = making.put(made, "report")
    signed = report.provenance(version, target=target, site=site, signer=signer, drafter=drafter)
    making.put_by_id(signed)
    return {
        "resourceType": "Bundle",
        "identifier": systems.identifier(systems.local(making.organisation, "message"), said(message_id)),
        "type": "transaction",
        "timestamp": version.signature.signed_at.isoformat(),
        "entry": making.entries,
    }


class _Making:
    """The entries of one bundle while it grows; hands out the reference of each resource it takes in."""

    def __init__(self, document: ReportDocument) -> None:
        self.organisation = document.site.organisation_code
        self.entries: list[Resource] = []
        self._report_id = document.report_id
        self._people: dict[tuple[str, str], Resource] = {}

    def urn(self, kind: str, key: str) -> str:
        return f"urn:uuid:{systems.id_for(self._report_id, kind, key)}"

    def create(self, resource: Resource, key: str) -> Resource:
        """Created only if the receiver has none with this identifier: we don't overwrite what others own."""
        kind = resource["resourceType"]
        request = {"method": "POST", "url": kind, "ifNoneExist": _found_by(resource)}
        return self._add(resource, self.urn(kind, key), request)

    def put(self, resource: Resource, key: str) -> Resource:
        """Created or replaced under our own identifier."""
        kind = resource["resourceType"]
        request = {"method": "PUT", "url": f"{kind}?{_found_by(resource)}"}
        return self._add(resource, self.urn(kind, key), request)

    def put_by_id(self, resource: Resource) -> Resource:
        """For a kind without identifiers: created or replaced under an id that is made from the version."""
        where = f"{resource['resourceType']}/{resource['id']}"
        return self._add(resource, f"urn:uuid:{resource['id']}", {"method": "PUT", "url": where})

    def person(self, who: PersonOnReport) -> Resource:
        """A reference to a practitioner, once each; the name alone for somebody without any identifier."""
        made = people.practitioner(who, self.organisation)
        if made is None:
            return {"display": said(who.name)}
        named = made["identifier"][0]
        key = (named["system"], named["value"])
        if key not in self._people:
            self._people[key] = {**self.create(made, "|".join(key)), "display": said(who.name)}
        return self._people[key]

    def _add(self, resource: Resource, full_url: str, request: Resource) -> Resource:
        self.entries.append({"fullUrl": full_url, "resource": resource, "request": request})
        return {"reference": full_url}


def _found_by(resource: Resource) -> str:
    first = resource["identifier"][0]
    return systems.criteria(first["system"], first["value"])


def _around_the_report(document: ReportDocument, making: _Making) -> tuple[Resource, Resource, Resource]:
    """Patient, trust and site, requester and order; the references of patient, site and order."""
    subject = making.create(people.patient(document.patient, making.organisation), "subject")
    trust = making.create(people.trust(document.site), "trust")
    site = making.create(people.scanning_site(document.site, trust["reference"]), "site")
    requester = making.person(document.study.requester) if document.study.requester else None
    made = order.service_request(document.study, making.organisation, subject, requester)
    return subject, site, making.create(made, "order")


def _results(
    document: ReportDocument, around: Around, making: _Making, earlier: Sequence[SignedVersion]
) -> list[Resource]:
    """Puts every observation, withdrawn ones too, and returns the references that belong to this version."""
    before: dict[str, _Statement] = {}
    for version in earlier:
        before.update(_statements(version.document))
    now = _statements(document)
    references = []
    for id_, statement in now.items():
        changed = document.kind == "amendment" and before.get(id_) != statement
        made = _observation(statement, around, "corrected" if changed else "final")
        references.append(making.put(made, id_))
    for id_, statement in before.items():
        if id_ not in now:
            making.put(observations.withdrawn(_observation(statement, around, "final")), id_)
    return references


def _statements(document: ReportDocument) -> dict[str, _Statement]:
    every: tuple[_Statement, ...] = (*document.measurements, *document.segment_maps, *document.coded_findings)
    by_id = {each.id: each for each in every}
    if len(by_id) != len(every):
        raise ValueError("Two results of this report have the same id; sent, one would replace the other.")
    return by_id


def _observation(statement: _Statement, around: Around, status: str) -> Resource:
    if isinstance(statement, Measurement):
        return observations.measurement(statement, around, status)
    if isinstance(statement, SegmentMap):
        return observations.segment_map(statement, around, status)
    return observations.coded_finding(statement, around, status)
