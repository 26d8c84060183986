"""Runs and what they ask for are stored and read as they are."""

from __future__ import annotations

from shared.domain.journeys import stored
from shared.domain.journeys.runs import NotifyOthers, SendEmail, UpdateContact

NOW = 1_795_500_000_000


def test_what_a_run_asks_for_is_read_as_it_was() -> None:
    asked = [
        SendEmail("welcome", 0, "welcome", None, NOW),
        UpdateContact("tag", 2, {"likes": ["tea", "cups"]}, ("vip",), ("new",)),
        NotifyOthers("call", 0, "Call them", "sales"),
    ]
    assert stored.load_effects(stored.dump_effects(asked)) == asked
