"""Guidance: found where it should be, not a little before, and always with what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.conditions import Segment
from shared.domain.conditions.orders import Orders
from shared.domain.events import DAY, parse_instant
from shared.domain.guidance import ALIKE, QUIET, USEFUL_SIZE, Finding, findings

NOW = parse_instant("2026-11-28")
SEGMENTS = {id_: Segment(id=id_, name=id_.title(), sentence="S.", when=Orders()) for id_ in ("a", "b", "c")}
FINE = dict.fromkeys(SEGMENTS, 5000)
LATELY = dict.fromkeys(SEGMENTS, NOW - DAY)


def found(
    sizes: dict[str, int] | None = None,
    overlaps: dict[tuple[str, str], int] | None = None,
    last_entries: dict[str, int] | None = None,
) -> list[Finding]:
    last = LATELY if last_entries is None else LATELY | last_entries
    return findings(SEGMENTS, FINE | (sizes or {}), overlaps or {}, last, NOW)


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(overlaps={("a", "b"): 4000}) == []


@pytest.mark.parametrize(("size", "small"), [(USEFUL_SIZE - 1, True), (USEFUL_SIZE, False), (0, True)])
def test_a_segment_under_the_useful_size_is_found(size: int, small: bool) -> None:
    told = [finding for finding in found(sizes={"b": size}) if finding.kind == "small"]
    assert [finding.segments for finding in told] == ([("b",)] if small else [])


def test_a_small_segment_says_how_small_and_what_to_do() -> None:
    (told,) = found(sizes={"b": 1})
    assert told.sentence.startswith("“B” has 1 contact. Below 100 a report on it is chance")
    assert "widen its window" in told.sentence


@pytest.mark.parametrize(
    ("both", "alike"),
    [(9474, True), (9473, False)],  # of 10,000 and 10,000: 9,474 of 10,526 is just above 0.9
)
def test_segments_of_nearly_the_same_people_are_found_whatever_the_order(both: int, alike: bool) -> None:
    sizes = {"a": 10_000, "c": 10_000}
    one, other = found(sizes, {("a", "c"): both}), found(sizes, {("c", "a"): both})
    assert one == other
    assert [finding.segments for finding in one] == ([("a", "c")] if alike else [])


def test_the_same_people_are_told_as_such() -> None:
    (told,) = found(overlaps={("b", "a"): 5000})
    assert told.sentence.startswith("“A” and “B” are nearly the same people: all 5,000 who are in either are in both.")
    assert found(sizes={"a": 0, "b": 0}, overlaps={("a", "b"): 0})[0].kind == "small"


@pytest.mark.parametrize(("ago", "quiet"), [(QUIET, True), (QUIET - 1, False)])
def test_a_segment_that_nobody_has_entered_for_a_month_is_found(ago: int, quiet: bool) -> None:
    told = found(last_entries={"c": NOW - ago})
    assert [(finding.kind, finding.segments) for finding in told] == ([("quiet", ("c",))] if quiet else [])
    assert all("Nobody has entered “C” for 30 days." in finding.sentence for finding in told)


def test_a_segment_that_nobody_has_ever_entered_is_told_once() -> None:
    (told,) = findings(SEGMENTS, FINE | {"c": 0}, {}, {"a": NOW, "b": NOW}, NOW)
    assert (told.kind, told.sentence.split(".")[0]) == ("quiet", "Nobody has ever entered “C”")


def test_an_empty_segment_that_nobody_has_entered_for_a_month_is_told_once() -> None:
    told = found(sizes={"c": 0}, last_entries={"c": NOW - QUIET})
    assert [(finding.kind, finding.segments) for finding in told] == [("quiet", ("c",))]


sets = st.fixed_dictionaries({id_: st.sets(st.integers(0, 12)) for id_ in SEGMENTS})


@given(sets)
def test_alike_is_what_the_sets_of_people_say(people: dict[str, set[int]]) -> None:
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    sizes = {id_: len(inside) for id_, inside in people.items()}
    told = findings(SEGMENTS, sizes, {pair: len(people[pair[0]] & people[pair[1]]) for pair in pairs}, LATELY, NOW)
    either = {pair: people[pair[0]] | people[pair[1]] for pair in pairs}
    alike = [p for p in pairs if either[p] and len(people[p[0]] & people[p[1]]) / len(either[p]) >= ALIKE]
    assert [finding.segments for finding in told if finding.kind == "alike"] == alike
