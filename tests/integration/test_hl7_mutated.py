"""Thousands of broken messages: each is read or refused in words, and none stops the reader."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from reporter.integration.hl7v2 import ack
from reporter.integration.hl7v2.message import Malformed, header_only, parse
from reporter.integration.hl7v2.orders_in import Unusable, read_events
from reporter.integration.wires import Source
from tests.counts import count
from tests.hl7_messages import an_adt, an_exam_completed, an_orm
from tests.integration.test_hl7_message import foreign_samples
from tests.mutations import mutated

NOW = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def answer_to(raw: bytes) -> bytes:
    header_only(raw)
    try:
        message = parse(raw)
        read_events(message, Source("any"), NOW)
    except Malformed as why:
        return ack.build(None, "AR", str(why), now=NOW)
    except Unusable as why:
        return ack.build(message, why.code, why.sentence, now=NOW, condition=why.condition)
    assert message.raw == raw
    return ack.build(message, "AA", now=NOW)


def test_every_mutated_message_gets_a_readable_answer():
    seeds = [an_orm(), an_orm(kind="OMI^O23^OMI_O23"), an_exam_completed(), an_adt("A08"), an_adt("A40", retired="NF1")]
    seeds += [sample.read_bytes() for sample in foreign_samples()]
    source = random.Random(20261120)
    codes = set()
    for _ in range(count(5000, ci=5000, quick=300)):
        raw = mutated(source, source.choice(seeds))
        codes.add(ack.read_ack(answer_to(raw)).code)

    assert codes == {"AA", "AE", "AR"}


def test_every_foreign_message_gets_a_readable_answer():
    for sample in foreign_samples():
        assert ack.read_ack(answer_to(sample.read_bytes())).code in {"AA", "AR"}, sample.name
