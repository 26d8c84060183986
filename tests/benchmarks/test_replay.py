"""The replay of a real shop's history finds every stored membership right, and says so when one is not."""

from __future__ import annotations

import pytest

from shared.domain.events import NEVER
from tests.benchmarks import replay


def test_stored_memberships_are_what_one_pass_over_the_lake_says() -> None:
    found = replay.replay(customers=10, instants=3)
    assert found.compared > 300
    assert found.differing == []
    assert len(found.counted.by_time) > 20
    assert found.late[-1] <= 60


def test_without_wake_ups_it_finds_who_should_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.contacts.wake_at", lambda profile: NEVER)
    assert replay.replay(customers=4, instants=1).differing
