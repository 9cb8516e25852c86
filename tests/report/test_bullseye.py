"""The printed bull's-eye: the right place, the right look, and nothing that a strict page would refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from reporter.report import bullseye
from tests.signed_versions import segment_maps

MAP = segment_maps()[1]
PALETTE = bullseye.palette(MAP.words)


def drawn(values: dict[str, str] | None = None, segments: int = 17) -> ElementTree.Element:
    text = bullseye.svg(values if values is not None else MAP.values, PALETTE, segments=segments, title="LGE", desc="d")
    return ElementTree.fromstring(text)


def groups(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    return {each.get("data-segment"): each for each in root.iter() if each.get("data-segment")}


def number_at(root: ElementTree.Element, segment: str) -> tuple[float, float]:
    text = next(each for each in groups(root)[segment].iter() if each.tag.endswith("text"))
    return float(text.get("x")), float(text.get("y"))


def test_anterior_is_on_top_septum_on_the_left_and_the_apex_in_the_middle() -> None:
    root = drawn()
    middle = bullseye.CENTRE
    for anterior, inferior in (("1", "4"), ("7", "10"), ("13", "15")):
        assert number_at(root, anterior)[1] < middle < number_at(root, inferior)[1]
    for septal, lateral in (("2", "6"), ("3", "5"), ("8", "12"), ("14", "16")):
        assert number_at(root, septal)[0] < middle < number_at(root, lateral)[0]
    assert number_at(root, "17")[0] == middle


def test_perfusion_has_no_apex() -> None:
    assert len(groups(drawn())) == 17
    assert "17" not in groups(drawn({"1": "0"}, segments=16))


def test_a_segment_that_was_not_assessed_looks_like_none_that_was() -> None:
    blank = groups(drawn({"1": "0"}))["2"]
    outline = next(each for each in blank.iter() if each.tag.endswith("path"))
    assert outline.get("stroke-dasharray")
    assert outline.get("fill") not in {each.look.fill for each in PALETTE}


def test_an_answer_that_has_no_look_is_never_drawn_as_another() -> None:
    with pytest.raises(KeyError):
        drawn({"1": "something new"})


def test_a_strict_page_can_hold_it() -> None:
    text = bullseye.svg(MAP.values, PALETTE, segments=17, title='<b>"&', desc="]]> <script>")
    ElementTree.fromstring(text)
    assert "style=" not in text
    assert "<script" not in text
    assert "<style" not in text
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_two_maps_on_one_page_share_no_id() -> None:
    other = replace(MAP, values={**MAP.values, "1": "76_100"})
    first, second = (
        set(re.findall(r' id="([^"]+)"', bullseye.svg(each.values, PALETTE, segments=17, title="LGE", desc="d")))
        for each in (MAP, other)
    )
    assert first.isdisjoint(second)


def test_the_looks_stay_apart_in_greyscale() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255

    scale = [lightness(bullseye.LOOKS[name].fill) for name in ("clear", "light", "middle", "strong", "dark", "other")]
    assert scale == sorted(scale, reverse=True)
    hatches = [look.hatch for look in bullseye.LOOKS.values()]
    assert len(set(hatches)) == len(hatches)


def test_the_ink_can_be_read_on_its_ground() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for name, look in bullseye.LOOKS.items():
        light, dark = sorted((luminance(look.fill), luminance(look.ink)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name  # WCAG 2.2, 1.4.3


def test_the_words_name_what_is_abnormal_first_and_never_call_a_blank_normal() -> None:
    whole = bullseye.described(MAP.values, PALETTE, 17)
    assert whole.startswith("51–75 %: basal inferior.")
    assert whole.endswith("No enhancement: all others.")
    partly = bullseye.described({n: answer for n, answer in MAP.values.items() if n != "7"}, PALETTE, 17)
    assert "all others" not in partly
    assert partly.endswith("Not assessed: mid anterior.")
    assert bullseye.described({}, PALETTE, 17) == "Not assessed: all 17 segments."
