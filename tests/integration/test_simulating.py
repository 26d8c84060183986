"""`beckon simulate`: a copy of the run plays what `advance` says, and the run knows nothing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import settings, simulating
from infra.local.shop import demo, storefront
from infra.local.system import System, begin
from shared.adapters import clock, contacts, definitions
from shared.adapters.caches import forget_all
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, MINUTE
from shared.domain.journeys.simulating import Rates, Simulation, simulate

PEOPLE, DAYS = 3, 30
SUNSET = 70  # days: it first writes less often, for two months


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Path]:
    """A run with a few subscribers in it."""
    template = settings.template()
    system = begin(tmp_path / "world.sqlite", template, settings.secrets(template), demo.BEGIN)
    for number in range(1, PEOPLE + 1):
        storefront.post(system, storefront.sign_up(number, "Ada", system.world.now()))
    system.pass_time(10 * MINUTE)
    system.world.save_clock()
    system.world.db.close()
    yield tmp_path / "world.sqlite"
    forget_all()
    clock.use(None)


def emails(result: Simulation) -> Counter[tuple[int, str]]:
    sent = [email for path in result.paths for email in path.emails if email.outcome == "sent"]
    return Counter(((email.time - result.begin) // DAY, email.template) for email in sent)


def copy(world: Path, tmp_path: Path) -> System:
    (tmp_path / "copy").mkdir()
    return simulating.copied(world, tmp_path / "copy")


ON_WAKE_UPS = ("birthday", "abandoned_cart", "churn_prevention", "free_trial", "low_stock", "win_back", "sunset")
ON_MACHINES = ("onboarding", "win_back")


@pytest.mark.parametrize(
    ("runs_on", "name"),
    [*(("wake_ups", name) for name in ON_WAKE_UPS), *(("step_functions", name) for name in ON_MACHINES)],
)
def test_the_whole_does_what_advance_says(world: Path, tmp_path: Path, runs_on: str, name: str) -> None:
    """Nobody reacts, so what is drawn does not differ."""
    journey, before = shipped()[name].model_copy(update={"runs_on": runs_on}), world.read_bytes()
    system = copy(world, tmp_path)
    profiles = [stored.profile for each in contacts.page(contacts.Place(), 9)[0] if (stored := contacts.read(each))]
    nobody = Rates(open=0, unsubscribe=0, visits=0, orders=0)
    days = SUNSET if name == "sunset" else DAYS
    said = simulate(definitions.segments(), journey, profiles, system.world.now(), days=days, rates=nobody)
    played = simulating.play(system, journey, 9, days)
    assert emails(played) == emails(said)
    assert sum(emails(said).values()) >= PEOPLE
    assert (played.began, played.ended) == (said.began, said.ended) == (PEOPLE, said.ended)
    for step in played.steps.values():
        assert step.entered == step.waiting + step.left
    assert world.read_bytes() == before


def test_a_file_that_is_no_journey_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a\n")
    for name in (str(tmp_path / "a.yaml"), "no_such_journey"):
        with pytest.raises(ValueError, match=r"Journey|one of"):
            simulating._journey(name)
