"""One door out: what a destination gets, whether it may leave, and what the receiver said, whatever it speaks."""

from __future__ import annotations

from collections.abc import Sequence

from reporter.integration.answer import Answer, CannotSay
from reporter.integration.wires import Destination
from reporter.report.document import SignedVersion

__all__ = ["Answer", "CannotSay", "check", "render", "send"]

# The two languages are imported when they are spoken: a process that only takes orders in, or only shows pages,
# does not pay for the libraries that judge a bundle.


def render(
    destination: Destination,
    version: SignedVersion,
    message_id: str,
    pdf: bytes,
    earlier: Sequence[SignedVersion] = (),
) -> bytes:
    """The bytes for a destination. Pure: the same arguments give the same bytes, so a retry is the same message.

    `earlier` are the versions signed before this one, oldest first: what they held and this one no longer holds is
    withdrawn by name. Raises CannotSay where a text holds what the wire has no place for.
    """
    if destination.kind == "fhir":
        from reporter.integration.fhir import bundle  # noqa: PLC0415

        return bundle.render(version, destination, message_id, pdf, earlier)
    from reporter.integration.hl7v2 import oru_r01  # noqa: PLC0415

    return oru_r01.render(version, destination, message_id, pdf, earlier)


def check(destination: Destination, payload: bytes) -> tuple[str, ...]:
    """What is wrong with a payload, in words, by eyes other than those that wrote it. Empty means it may leave."""
    if destination.kind == "fhir":
        from reporter.integration.fhir import check as fhir_check  # noqa: PLC0415

        return tuple(fhir_check.faults(payload))
    from reporter.integration.hl7v2 import check as hl7_check  # noqa: PLC0415

    return hl7_check.faults(payload)


def send(destination: Destination, message_id: str, payload: bytes) -> Answer:
    """Sends and waits for the answer, at most as long as the destination allows. Never raises for what a peer does."""
    if destination.kind == "fhir":
        from reporter.integration.fhir import send as fhir_send  # noqa: PLC0415

        return fhir_send.send(destination, message_id, payload)
    from reporter.integration.hl7v2 import mllp, oru_r01  # noqa: PLC0415

    expected = oru_r01.control_id(message_id)
    return mllp.send(destination.host, destination.port, expected, payload, destination.timeout_seconds)
