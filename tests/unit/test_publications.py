"""Publications: what each is made of, and what it says was changed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.conditions import Segment
from shared.domain.publications import (
    InUseError,
    Publication,
    compiled,
    first,
    lacks_cutoffs,
    with_cutoffs,
    with_segment,
    with_shipped,
    without_segment,
)
from shared.domain.segments import ranks

TOP = {"kind": "rank", "by": {"kind": "orders", "measure": "sum"}, "top": 20}


def orders(at_least: int) -> dict[str, Any]:
    return {"kind": "orders", "at_least": at_least}


def segment(id_: str, when: dict[str, Any], name: str = "A name") -> Segment:
    return Segment.model_validate({"id": id_, "name": name, "sentence": "A sentence.", "when": when})


def member(id_: str) -> dict[str, Any]:
    return {"kind": "member", "segment": id_}


SHIPPED = (segment("buyers", orders(1)), segment("others", {"kind": "not", "of": member("buyers")}))


@pytest.fixture
def begun() -> Publication:
    return first(SHIPPED, "UTC", 1)


def test_a_changed_segment_changes_those_that_ask_about_it_too(begun: Publication) -> None:
    second = with_segment(begun, segment("buyers", orders(2)), start_journeys=False, now=2)
    assert (second.number, second.changed) == (2, {"buyers": 2, "others": 2})
    third = with_segment(second, segment("loyal", orders(9)), start_journeys=True, now=3)
    assert (third.number, third.changed, third.starting) == (3, {"buyers": 2, "others": 2, "loyal": 3}, ("loyal",))
    assert with_segment(third, segment("loyal", orders(8)), start_journeys=False, now=4).starting == ()


def test_another_name_is_no_change_of_who_is_in(begun: Publication) -> None:
    second = with_segment(begun, segment("buyers", orders(1), "Another name"), start_journeys=False, now=2)
    assert (second.number, second.changed, second.to_fill) == (2, begun.changed, 1)
    assert second.since == {"buyers": 2, "others": 1}
    assert compiled(second).segments["buyers"].name == "Another name"


def test_what_does_not_fit_the_others_is_refused(begun: Publication) -> None:
    with pytest.raises(ValueError, match="unknown segment nobody"):
        with_segment(begun, segment("x", member("nobody")), start_journeys=False, now=2)
    with pytest.raises(ValueError, match="cycle"):
        with_segment(begun, segment("buyers", member("others")), start_journeys=False, now=2)
    with pytest.raises(InUseError, match="others asks about it"):
        without_segment(begun, "buyers", 2)


def test_a_deleted_segment_is_gone_and_stays_so(begun: Publication) -> None:
    second = without_segment(without_segment(begun, "others", 2), "buyers", 3)
    assert (second.number, second.segments, second.changed, second.to_fill) == (3, (), {}, 3)
    assert with_shipped(second, SHIPPED, "UTC", 4) is None


def test_a_deployment_brings_what_the_shop_has_not_made_its_own(begun: Publication) -> None:
    own = with_segment(begun, segment("buyers", orders(2)), start_journeys=True, now=2)
    assert with_shipped(own, SHIPPED, "UTC", 3) is None
    brought = with_shipped(own, (segment("buyers", orders(7)), segment("new", orders(5))), "UTC", 3)
    assert brought is not None
    assert brought.changed == {"buyers": 2, "others": 2, "new": 3}
    assert brought.segment("buyers") == segment("buyers", orders(2))
    assert brought.segment("others") == SHIPPED[1]
    assert brought.starting == ("buyers",)
    asking = with_segment(begun, segment("asks", member("buyers")), start_journeys=False, now=2)
    with pytest.raises(ValueError, match="cycle"):
        with_shipped(asking, (segment("buyers", member("asks")),), "UTC", 3)


def test_a_changed_time_zone_changes_what_counts_in_it(begun: Publication) -> None:
    days = {"kind": "event", "event": "Page Viewed", "count": "days", "at_least": 3}
    several = with_segment(begun, segment("regulars", days), start_journeys=False, now=2)
    several = with_segment(several, segment("asks", member("regulars")), start_journeys=False, now=3)
    lately = {"kind": "orders", "within": "this_month"}
    friday = {"kind": "event", "event": "Page Viewed", "within": {"from": "2026-11-27"}}
    weeks = {**days, "count": "weeks"}
    for name, when in (("lately", lately), ("friday", friday), ("weeks", weeks), ("ago", {**days, "count": "events"})):
        several = with_segment(several, segment(name, when), start_journeys=False, now=3)
    moved = with_shipped(several, SHIPPED, "Europe/London", several.number + 1)
    assert moved is not None
    changed = {name for name, number in moved.changed.items() if number == moved.number}
    assert changed == {"regulars", "asks", "lately", "friday", "weeks"}
    with pytest.raises(ValueError, match="unknown time zone Europe/Lodon"):
        with_shipped(moved, SHIPPED, "Europe/Lodon", 5)


def test_the_first_cutoff_of_a_rank_completes_its_change_and_later_ones_rerank(begun: Publication) -> None:
    second = with_segment(begun, segment("best", TOP), start_journeys=True, now=2)
    second = with_segment(second, segment("rest", {"kind": "not", "of": member("best")}), start_journeys=False, now=3)
    assert lacks_cutoffs(second, 1)
    assert not lacks_cutoffs(second, 2)
    (rank,) = ranks(segment("best", TOP))
    third = with_cutoffs(second, {rank.key: 500, "of a rank that is gone": 7}, 4)
    assert third is not None
    assert not lacks_cutoffs(third, 1)
    assert third.cutoffs == {rank.key: 500}
    assert (third.changed["best"], third.changed["rest"], third.reranked, third.starting) == (4, 4, {}, ("best",))
    assert with_cutoffs(third, {rank.key: 500}, 5) is None
    fourth = with_cutoffs(third, {rank.key: 600}, 5)
    assert fourth is not None
    assert (fourth.reranked, fourth.changed) == ({"best": 5, "rest": 5}, third.changed)
    assert (third.to_fill, fourth.to_fill, fourth.since["best"]) == (4, 4, 2)


def test_a_publication_is_stored_whole(begun: Publication) -> None:
    second = with_segment(begun, segment("best", TOP), start_journeys=True, now=2)
    assert Publication.model_validate_json(second.model_dump_json(by_alias=True, exclude_none=True)) == second
