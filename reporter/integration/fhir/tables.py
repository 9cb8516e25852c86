"""What FHIR R4 4.0.1 binds as "required" and which kinds a reference may name, for what a report's bundle holds.

Copied from the element definitions of the R4 specification, because the typed models enforce neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: The kinds of resource that a report's bundle may hold. Anything else is a mistake of ours.
KINDS = _words(
    "Patient Practitioner PractitionerRole Organization ServiceRequest ImagingStudy Observation DiagnosticReport"
    " Provenance"
)

_EVENT = "registered preliminary final amended corrected cancelled entered-in-error unknown"
_GENDER = "male female other unknown"
_TELECOM = "phone fax email pager url sms other"

#: Element to the codes of its required binding.
REQUIRED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        element: _words(codes)
        for element, codes in {
            "Bundle.type": "transaction batch",
            "Bundle.entry.request.method": "GET HEAD POST PUT DELETE PATCH",
            "Patient.gender": _GENDER,
            "Patient.contact.gender": _GENDER,
            "Patient.link.type": "replaced-by replaces refer seealso",
            "Practitioner.gender": _GENDER,
            "PractitionerRole.availableTime.daysOfWeek": "mon tue wed thu fri sat sun",
            "ServiceRequest.status": "draft active on-hold revoked completed entered-in-error unknown",
            "ServiceRequest.intent": (
                "proposal plan directive order original-order reflex-order filler-order instance-order option"
            ),
            "ServiceRequest.priority": "routine urgent asap stat",
            "ImagingStudy.status": "registered available cancelled entered-in-error unknown",
            "Observation.status": _EVENT,
            "DiagnosticReport.status": f"{_EVENT} partial appended",
            "Provenance.entity.role": "derivation revision quotation source removal",
        }.items()
    }
)

#: The same by the name of the element alone, for data types that may stand anywhere.
REQUIRED_ANYWHERE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        element: _words(codes)
        for element, codes in {
            "comparator": "< <= >= >",
            "text.status": "generated extensions additional empty",
            "identifier.use": "usual official temp secondary old",
            "name.use": "usual official temp nickname anonymous old maiden",
            "telecom.system": _TELECOM,
            "telecom.use": "home work temp old mobile",
            "address.use": "home work temp old billing",
            "address.type": "postal physical both",
        }.items()
    }
)

_PEOPLE = "Practitioner PractitionerRole"
_ACTORS = f"{_PEOPLE} Organization CareTeam"
_AGENTS = f"{_PEOPLE} Organization RelatedPerson Patient Device"

#: Element to the kinds its reference may name. A report is about a person, so that every subject is a Patient.
REFERENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        element: _words(kinds)
        for element, kinds in {
            "Patient.managingOrganization": "Organization",
            "Patient.generalPractitioner": f"{_PEOPLE} Organization",
            "PractitionerRole.practitioner": "Practitioner",
            "PractitionerRole.organization": "Organization",
            "Organization.partOf": "Organization",
            "ServiceRequest.subject": "Patient",
            "ServiceRequest.requester": _AGENTS,
            "ServiceRequest.performer": f"{_ACTORS} HealthcareService Patient Device RelatedPerson",
            "ServiceRequest.basedOn": "CarePlan ServiceRequest MedicationRequest",
            "ImagingStudy.subject": "Patient",
            "ImagingStudy.basedOn": "CarePlan ServiceRequest Appointment AppointmentResponse Task",
            "ImagingStudy.referrer": _PEOPLE,
            "ImagingStudy.interpreter": _PEOPLE,
            "Observation.subject": "Patient",
            "Observation.basedOn": (
                "CarePlan DeviceRequest ImmunizationRecommendation MedicationRequest NutritionOrder ServiceRequest"
            ),
            "Observation.performer": f"{_ACTORS} Patient RelatedPerson",
            "Observation.derivedFrom": (
                "DocumentReference ImagingStudy Media QuestionnaireResponse Observation MolecularSequence"
            ),
            "Observation.hasMember": "Observation QuestionnaireResponse MolecularSequence",
            "DiagnosticReport.subject": "Patient",
            "DiagnosticReport.basedOn": (
                "CarePlan ImmunizationRecommendation MedicationRequest NutritionOrder ServiceRequest"
            ),
            "DiagnosticReport.performer": _ACTORS,
            "DiagnosticReport.resultsInterpreter": _ACTORS,
            "DiagnosticReport.result": "Observation",
            "DiagnosticReport.imagingStudy": "ImagingStudy",
            "Provenance.target": "DiagnosticReport Observation ImagingStudy ServiceRequest",
            "Provenance.agent.who": _AGENTS,
            "Provenance.agent.onBehalfOf": _AGENTS,
            "Provenance.entity.what": " ".join(sorted(KINDS)),
            "Provenance.signature.who": _AGENTS,
            "Provenance.signature.onBehalfOf": _AGENTS,
        }.items()
    }
)

#: UK Core, NHSNumberVerificationStatusEngland.
NHS_NUMBER_STATUS = _words("01 02 03 04 05 06 07 08")

#: XHTML that R4 allows in a narrative: formatting of HTML 4.0 chapters 7 to 11 and 15, with a and img.
XHTML_ELEMENTS = _words(
    "a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img"
    " kbd li ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var"
)
XHTML_ATTRIBUTES = _words(
    "abbr accesskey align alt axis border cellhalign cellpadding cellspacing cellvalign char charoff cite class"
    " colspan coords dir frame headers height href hreflang id lang longdesc name nowrap rel rev rowspan rules scope"
    " shape span src start style summary tabindex title type valign value width"
)
