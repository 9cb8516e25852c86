"""The segments, how they are said, and the perfusion and viability rules that go through them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reporter.cmr import perfusion, viability
from reporter.cmr.segments import BY_NUMBER, PERFUSION_SEGMENTS, SEGMENTS, in_words, territories, walls_in_words
from tests.counts import count

STRESS = [None, "normal", "defect_lt50", "defect_ge50", "artefact"]
LGE = [None, "0", "1_25", "26_50", "51_75", "76_100"]
DEFECTS = ("defect_lt50", "defect_ge50")


def test_there_are_seventeen_segments_of_which_perfusion_has_sixteen() -> None:
    assert [s.number for s in SEGMENTS] == list(range(1, 18))
    assert [s.number for s in PERFUSION_SEGMENTS] == list(range(1, 17))
    assert len({s.snomed for s in SEGMENTS}) == len({s.name for s in SEGMENTS}) == 17


def test_each_ring_goes_once_round_without_gap_or_overlap() -> None:
    for ring, segments in (("basal", 6), ("mid", 6), ("apical", 4), ("apex", 1)):
        members = [s for s in SEGMENTS if s.ring == ring]
        assert len(members) == segments
        assert sum(s.width for s in members) == 360
        assert sorted(s.angle % s.width for s in members) == [members[0].angle % members[0].width] * segments
    edges = {(s.inner, s.outer) for s in SEGMENTS}
    assert sorted(edges)[0][0] == 0
    assert all(outer == inner for (_, outer), (inner, _) in zip(sorted(edges), sorted(edges)[1:], strict=False))


def test_anterior_is_at_the_top_and_the_septum_on_the_left() -> None:
    for segment in SEGMENTS:
        if segment.wall == "anterior":
            assert segment.angle == 90
        if "septal" in segment.wall:
            assert 90 < segment.angle < 270


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (set(), ""),
        ({4}, "basal inferior"),
        ({17}, "apex"),
        ({4, 10}, "basal and mid inferior"),
        ({4, 10, 15}, "basal, mid and apical inferior"),
        ({4, 5, 10}, "basal inferior, basal inferolateral and mid inferior"),
        ({9, 10, 11, 15}, "mid inferoseptal, mid inferior, mid inferolateral and apical inferior"),
        ({2, 3, 8, 9}, "basal to mid anteroseptal and inferoseptal"),
        ({13, 14, 15, 16, 17}, "all apical segments and apex"),
        ({4, 10, 17}, "basal and mid inferior, and apex"),
        (
            {3, 4, 9, 10, 11, 15},
            "basal inferoseptal and inferior, mid inferoseptal, inferior and inferolateral, and apical inferior",
        ),
        (set(range(1, 18)), "all 17 segments"),
        (set(range(1, 18)) - {4, 10}, "all segments except basal and mid inferior"),
    ],
)
def test_a_set_of_segments_is_said_as_a_reader_would(numbers: set[int], words: str) -> None:
    assert in_words(numbers) == words


def test_perfusion_says_all_of_sixteen() -> None:
    assert in_words(range(1, 17), 16) == "all 16 segments"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({4}, "the basal inferior wall"),
        ({4, 10}, "the basal and mid inferior walls"),
        ({17}, "the apex"),
        ({10, 17}, "the mid inferior wall and the apex"),
        ({1, 2, 3, 4, 5, 6}, "all basal segments"),
    ],
)
def test_walls_are_said_with_their_noun(numbers: set[int], words: str) -> None:
    assert walls_in_words(numbers) == words


@settings(max_examples=count(5000, ci=1000, quick=400), deadline=None)
@given(st.sets(st.integers(1, 17), min_size=1), st.sets(st.integers(1, 17), min_size=1))
def test_different_sets_are_never_said_alike(one: set[int], other: set[int]) -> None:
    assert (in_words(one) == in_words(other)) == (one == other)


def test_all_131071_sets_are_said_differently() -> None:
    said = {in_words([n for n in range(1, 18) if bits >> (n - 1) & 1]) for bits in range(1, 2**17)}
    assert len(said) == 2**17 - 1


def test_a_number_that_is_no_segment_raises() -> None:
    with pytest.raises(KeyError):
        in_words({18})


def test_the_usual_arteries_are_named_the_larger_share_first() -> None:
    assert territories({9, 10, 11, 15}) == ("RCA", "LCx")
    assert territories({1, 2}) == ("LAD",)
    assert territories(set()) == ()


@pytest.mark.parametrize(("stress", "rest", "scar"), list(product(STRESS, STRESS, LGE)))
def test_the_perfusion_class_keeps_its_promises(stress: str | None, rest: str | None, scar: str | None) -> None:
    found = perfusion.classify(*({7: value} if value else {} for value in (stress, rest, scar)))
    kind = found[7]
    assert all(word == "not_assessed" for number, word in found.items() if number != 7)
    assert (kind == "normal") == (stress == "normal")
    if kind in ("inducible", "partially_reversible", "fixed"):
        assert stress in DEFECTS
    if stress is None:
        assert kind == "not_assessed"
    if stress in DEFECTS and scar in ("51_75", "76_100"):
        assert kind == "fixed"
    if stress in DEFECTS and rest == "normal" and scar in ("0", "1_25", "26_50"):
        assert kind == "inducible"
    if stress in DEFECTS and rest in DEFECTS and stress == rest and scar == "0":
        assert kind == "artefact"
    if stress == "defect_ge50" and rest == "defect_lt50" and scar not in ("51_75", "76_100"):
        assert kind == "partially_reversible"


def test_the_apex_has_no_perfusion_class() -> None:
    assert 17 not in perfusion.classify({17: "defect_ge50"}, {17: "normal"}, {17: "0"})


def test_a_partially_reversible_defect_counts_as_ischaemia() -> None:
    assert perfusion.inducible({1: "inducible", 2: "partially_reversible", 3: "fixed", 4: "artefact"}) == {1, 2}


@pytest.mark.parametrize(
    ("extent", "chronic", "acute", "unknown"),
    [
        ("0", "viable", "viable", "viable"),
        ("26_50", "viable", "viable", "viable"),
        ("51_75", "unlikely_to_recover", "viable", "uncertain"),
        ("76_100", "unlikely_to_recover", "unlikely_to_recover", "unlikely_to_recover"),
        (None, "not_assessed", "not_assessed", "not_assessed"),
    ],
)
def test_viability_depends_on_depth_and_age_of_the_scar(
    extent: str | None, chronic: str, acute: str, unknown: str
) -> None:
    lge = {4: extent} if extent else {}
    found = [viability.by_segment(lge, {4: "akinesis"}, age)[4] for age in ("chronic", "acute", "uncertain", None)]
    assert found == [chronic, acute, unknown, unknown]


def test_a_segment_that_moves_normally_poses_no_question_of_viability() -> None:
    assert viability.by_segment({4: "76_100"}, {4: "normal"}, "chronic") == {}


def test_every_segment_is_found_by_its_number() -> None:
    assert all(BY_NUMBER[s.number] is s for s in SEGMENTS)
