"""Whatever fails, is lost, dies, repeats or races: the story comes out the same, and each mail is sent once.

`FAULTS=all` puts every fault at every call; without it, every kind of fault meets every operation of every function
once, spread over the story.
"""

from __future__ import annotations

import os
import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from infra.local.system import System
from tests.faults import story
from tests.faults.conftest import TRIED
from tests.faults.injecting import Faults, Kind, Play, Site, results
from tests.faults.outcome import Outcome, differences

PAIRS = 24  # of faults in one run
SEED = 20261124


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, list[Site]]:
    """What comes of the story without a fault, and where faults can be put."""
    play = Play(tmp_path_factory.mktemp("base"))
    return play.tell(), play.sites


def single(sites: list[Site]) -> dict[str, Faults]:
    """One fault a run, at every site."""
    return {f"{site.number}-{kind.name.lower()}": {site.number: kind} for site in sites for kind in site.kinds()}


def spread(sites: list[Site]) -> dict[str, Faults]:
    """One fault a run: each kind once for each operation of each function, none of them at the same of its calls."""
    alike: dict[tuple[str, str], list[Site]] = defaultdict(list)
    for site in sites:
        alike[site.function, site.call].append(site)
    chosen: dict[str, Faults] = {}
    for calls in alike.values():
        kinds = calls[0].kinds()
        for position, kind in enumerate(kinds):
            site = calls[(2 * position + 1) * len(calls) // (2 * len(kinds))]
            chosen |= {f"{site.number}-{kind.name.lower()}": {site.number: kind}}
    return chosen


def double(sites: list[Site], seed: int) -> dict[str, Faults]:
    """Two faults a run, the second most often in what makes the first good."""
    drawn = random.Random(seed)
    pairs: dict[str, Faults] = {}
    while len(pairs) < PAIRS:
        site = drawn.choice(sites)
        second = site.number + drawn.choice([1, 2, 3, 5, 8, 13, 21, 34])
        kinds = [drawn.choice(site.kinds()), drawn.choice(list(Kind))]
        name = f"{site.number}-{kinds[0].name.lower()}-{second}-{kinds[1].name.lower()}"
        pairs[name] = dict(zip((site.number, second), kinds, strict=True))
    return pairs


def held_up(sites: list[Site]) -> dict[str, Faults]:
    """Two faults a run: nobody hears from SES that a mail was sent, and then its Send notice is held up, too."""
    runs: dict[str, Faults] = {}
    for site in sites:
        if site.call == "sesv2.SendEmail":
            notice = next(other for other in sites[site.number :] if other.function == "FeedbackFunction")
            for kind in (Kind.UNANSWERED, Kind.DIED):
                # In a run without its answer the outcome is not stored: all that follows comes a number earlier.
                faults = {site.number: kind, notice.number: Kind.REFUSED}
                runs[f"{site.number}-{kind.name.lower()}-held-up"] = faults
    return runs


def broken(
    runs: Mapping[str, Faults],
    expected: Outcome,
    sites: list[Site],
    directory: Path,
    told: Callable[[System], None] = story.tell,
) -> tuple[list[str], int]:
    """Plays the runs; says of each that came out differently where its faults were and what differs.

    Gives also how many faults were met: a second one may wait in vain for a call that it can befall.
    """
    play = Play(directory, runs, expected, told)
    assert differences(expected, play.tell()) == [], "a child has touched what is its parent's"
    assert play.sites == sites
    wrong, met = [], 0
    for name, result in results(directory, runs).items():
        met += len(runs[name]) - len(result.unmet)
        where = ", ".join(
            f"{sites[number].function} {sites[number].call} {kind}"
            for number, kind in runs[name].items()
            if number < len(sites)
        )
        if result.told:
            wrong.append("\n  ".join([f"{name}: {where}", *result.told[:6]]))
    return wrong, met


def test_the_story_leaves_nothing_undone_and_repeats_exactly(base: tuple[Outcome, list[Site]], tmp_path: Path) -> None:
    expected, sites = base
    assert not expected["left on a queue"]
    assert not expected["overdue wake-up"]
    mails = [fact.exact for fact in expected["mail"]]
    assert len(mails) == len(set(mails)) == 18
    assert {site.function for site in sites} == {
        f"{name}Function"
        for name in (
            "Feedback", "Ingest", "Journey", "Lake", "Message", "Preference", "Profile", "Refresh",
            "Transition",
        )
    }  # fmt: skip
    again = Play(tmp_path)
    assert differences(expected, again.tell()) == []
    assert again.sites == sites


def test_a_fault_at_any_call_changes_nothing(
    base: tuple[Outcome, list[Site]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected, sites = base
    runs = single(sites) if os.environ.get("FAULTS") == "all" else spread(sites)
    calls = sum(bool(site.call) for site in sites)
    told, met = broken(runs, expected, sites, tmp_path)
    pytestconfig.stash[TRIED].append(
        f"faults: {met} tried, one a run, at {len({min(run) for run in runs.values()})} places of a story of "
        f"{calls} calls to AWS in {len(sites) - calls} invocations; {len(told)} changed something"
    )
    assert not told, "\n\n".join(told)


def test_two_faults_in_one_run_change_nothing(
    base: tuple[Outcome, list[Site]], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    expected, sites = base
    seed = int(os.environ.get("FAULTS_SEED", SEED))
    runs = double(sites, seed) | held_up(sites)
    told, met = broken(runs, expected, sites, tmp_path)
    pytestconfig.stash[TRIED].append(
        f"faults: {met} more in {len(runs)} runs of two (FAULTS_SEED={seed}); {len(told)} changed something"
    )
    assert not told, "\n\n".join(told)
