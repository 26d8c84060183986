"""A campaign's worker with its threads, as it runs on AWS: by the real clock."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from functions.campaign import sending
from functions.campaign.recipients import NotNow
from shared.domain.campaigns.ledger import Outcome


@pytest.fixture(autouse=True)
def real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending.clock, "stands_still", lambda: False)
    monkeypatch.setattr(sending, "client", lambda service: None)


def test_each_is_served_once_by_several_threads_at_a_time() -> None:
    served, at_once, most = Counter[str](), set[int](), 0
    lock = threading.Lock()

    def work(contact: str) -> Outcome:
        nonlocal most
        with lock:
            served[contact] += 1
            at_once.add(threading.get_ident())
            most = max(most, len(at_once))
        time.sleep(0.002)
        return Outcome("sent", 1)

    people = [f"c{n}" for n in range(200)]
    found = [contact for contact, outcome in sending._each(work, iter(people)) if outcome is not None]
    assert sorted(found) == sorted(people)
    assert set(served.values()) == {1}
    assert 2 <= most <= sending.THREADS


def test_whoever_stops_hears_of_all_that_were_under_way_and_no_more_are_begun() -> None:
    begun: list[str] = []
    stopped = threading.Event()

    def people() -> Iterator[str]:
        for n in range(10_000):
            if stopped.is_set():
                return
            yield f"c{n}"

    def work(contact: str) -> Outcome | NotNow:
        begun.append(contact)
        time.sleep(0.001)
        return NotNow(5, "stopped") if contact == "c40" else Outcome("sent", 1)

    told = []
    for contact, outcome in sending._each(work, people()):
        told.append(contact)
        if isinstance(outcome, NotNow):
            stopped.set()
    assert sorted(told) == sorted(begun)
    assert len(begun) <= 40 + 2 * sending.THREADS + 1


def test_while_nothing_comes_the_worker_can_look_at_its_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LOOK", 10)  # milliseconds

    def work(contact: str) -> Outcome:
        time.sleep(0.1)
        return Outcome("sent", 1)

    found = [outcome for _, outcome in sending._each(work, iter(["c1"]))]
    assert found[:-1] == [None] * len(found[:-1])
    assert len(found) > 3
