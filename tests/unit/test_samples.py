"""Samples: overlaps are exact where all members are known, and near enough where they are not."""

from __future__ import annotations

import zlib
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import event_id
from shared.domain.samples import Place, Sample, overlaps

PEOPLE: list[Place] = sorted(
    (zlib.crc32(name.encode()) % 10, name) for name in (event_id(str(n)) for n in range(20_000))
)


def sample(members: list[Place], most: int = 1_000) -> Sample:
    return Sample(tuple(islice(members, most)), len(members) <= most, len(members))


def apart(share: float, salt: str, of: list[Place] = PEOPLE) -> list[Place]:
    """A part of the people, by lot."""
    return [place for place in of if zlib.crc32(f"{salt}{place[1]}".encode()) % 1000 < share * 1000]


subsets = st.sets(st.sampled_from(PEOPLE[:40]))


@given(subsets, subsets, subsets)
def test_whole_samples_are_counted(one: set[Place], other: set[Place], third: set[Place]) -> None:
    sets = {"one": one, "other": other, "third": third}
    found = overlaps({name: sample(sorted(members)) for name, members in sets.items()})
    for (a, b), both in found.items():
        assert both == len(sets[a] & sets[b])
    assert len(found) == sum(bool(a & b) for a, b in ((one, other), (one, third), (other, third)))


@pytest.mark.parametrize("share", [0.5, 0.85, 0.9, 0.95, 1.0])
def test_samples_of_large_segments_tell_what_they_share_to_a_few_percent(share: float) -> None:
    one = apart(0.9, "one")
    other = apart(share, "other", one)
    both = overlaps({"one": sample(one), "other": sample(other)})["one", "other"]
    assert both == pytest.approx(len(other), rel=0.04)
    assert both / (len(one) + len(other) - both) == pytest.approx(share, abs=0.04)


def test_a_small_segment_inside_a_large_one_is_not_the_same_people() -> None:
    small = apart(0.02, "small")
    both = overlaps({"all": sample(PEOPLE), "small": sample(small)}).get(("all", "small"), 0)
    assert both < len(PEOPLE) * 0.05
