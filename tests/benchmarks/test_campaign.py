"""A small version of the bench: nobody is mailed twice or lost, whoever dies and whatever changes meanwhile."""

from __future__ import annotations

from tests.benchmarks import campaign

PEOPLE = 1_000


def test_each_is_mailed_once_though_the_worker_dies_again_and_again_and_the_segment_changes() -> None:
    found = campaign.play(PEOPLE, crash_every=125, meanwhile=campaign.changing(PEOPLE))
    assert found.deaths >= 6
    assert (found.doubled, found.lost, found.strangers, found.disagreeing) == (0, 0, 0, 0)
    assert found.worst_second <= campaign.RATE
    assert found.sent + sum(found.skipped.values()) == PEOPLE
    assert set(found.skipped) == {"left_segment"}
