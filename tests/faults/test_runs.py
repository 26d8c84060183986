"""Whatever fails, is lost, dies, repeats or races: runs come out the same. No email twice, none after its run's end, no
run lost, none stuck.

`FAULTS=all` puts every fault at every call of the three functions that move runs.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.faults import runs_story
from tests.faults.conftest import TRIED
from tests.faults.injecting import Play, Site
from tests.faults.outcome import Outcome
from tests.faults.test_faults import broken, double, single, spread

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
    ended = Counter((told[0].split("-")[1], told[3]) for told in map(json.loads, (f.exact for f in expected["run"])))
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


def test_two_faults_change_no_run(
    base: tuple[Outcome, list[Site]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected, sites = base
    seed = int(os.environ.get("FAULTS_SEED", SEED))
    runs = double(of_runs(sites), seed)
    told, met = broken(runs, expected, sites, tmp_path, runs_story.tell)
    pytestconfig.stash[TRIED].append(
        f"faults: {met} more, two a run (FAULTS_SEED={seed}); {len(told)} changed something"
    )
    assert not told, "\n\n".join(told)
