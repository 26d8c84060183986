"""Whatever fails, is lost, dies, repeats or races: runs come out the same. No email twice, none after its run's end, no
run lost, none stuck, none of a shop's caps exceeded.

`FAULTS=all` puts every fault at every call of the three functions that move runs; `FAULTS_SCHEDULES` is how many random
schedules are played.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from shared.domain.events import DAY
from tests.faults import runs_story
from tests.faults.conftest import TRIED
from tests.faults.injecting import Faults, Play, Site
from tests.faults.outcome import Outcome
from tests.faults.test_faults import broken, single, spread

MOVING = ("ProfileFunction", "TransitionFunction", "MessageFunction")
SEED = 20261128


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, list[Site]]:
    play = Play(tmp_path_factory.mktemp("base"), story=runs_story.tell)
    return play.tell(), play.sites


def of_runs(sites: list[Site]) -> list[Site]:
    return [site for site in sites if site.function in MOVING]


def test_the_story_of_runs_is_told_as_it_should_be(base: tuple[Outcome, list[Site]]) -> None:
    expected, _ = base
    assert not expected["left on a queue"]
    assert not expected["overdue wake-up"]
    sent = sorted(fact.exact for fact in expected["mail"] if "quiz_" in fact.exact or "after_" in fact.exact)
    assert len(sent) == len(set(sent)) == 3 + 1 + 2 + 2  # result, reminder, tips, and the other journey's
    days = Counter((json.loads(fact.exact)[1][0], fact.times["sent_at"] // DAY) for fact in expected["mail"])
    assert max(days.values()) == runs_story.CAP.day
    assert sum('"delayed"' in fact.exact for fact in expected["run"]) == 2, "two wait for the next day"
    told = (json.loads(fact.exact) for fact in expected["run"])
    ended = Counter((id_.split("-")[1], of[2]) for id_, *of in told if "-" in id_)
    assert (ended["quiz", "completed"], ended["quiz", "goal"], ended["after", "completed"]) == (2, 1, 2)


def test_a_fault_at_any_call_changes_no_run(
    base: tuple[Outcome, list[Site]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected, sites = base
    chosen = of_runs(sites)
    runs = single(chosen) if os.environ.get("FAULTS") == "all" else spread(chosen)
    told, met = broken(runs, expected, sites, tmp_path, runs_story.tell)
    pytestconfig.stash[TRIED].append(f"faults: {met} in runs of journeys; {len(told)} changed something")
    assert not told, "\n\n".join(told)


def schedules(sites: list[Site], seed: int, count: int) -> dict[str, Faults]:
    """Several faults a run, drawn by lot: crashes, what is throttled or unanswered, and what comes twice, a day later,
    or while another process does the same; and by all of these the order of what follows them."""
    drawn = random.Random(seed)
    runs: dict[str, Faults] = {}
    while len(runs) < count:
        chosen = sorted(drawn.sample(sites, drawn.randint(2, 5)))
        runs[f"schedule-{len(runs)}"] = {site.number: drawn.choice(site.kinds()) for site in chosen}
    return runs


def test_random_schedules_change_no_run(
    base: tuple[Outcome, list[Site]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected, sites = base
    seed, count = int(os.environ.get("FAULTS_SEED", str(SEED))), int(os.environ.get("FAULTS_SCHEDULES", "50"))
    told, met = broken(schedules(of_runs(sites), seed, count), expected, sites, tmp_path, runs_story.tell)
    pytestconfig.stash[TRIED].append(
        f"faults: {met} in {count} random schedules of runs (FAULTS_SEED={seed}); {len(told)} changed something"
    )
    assert not told, "\n\n".join(told)
