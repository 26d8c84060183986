"""`beckon simulate`: a copy of the run plays what `advance` says, and the run knows nothing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.admin import simulating as admin_simulating
from infra.local import settings, simulating
from infra.local.shop import demo, storefront
from infra.local.system import System, begin
from shared.adapters import clock, contacts, definitions, shop_settings
from shared.adapters.caches import forget_all
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, MINUTE
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.simulating import Path as Way
from shared.domain.journeys.simulating import Rates, Simulation, simulate
from shared.domain.settings import Holdout

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


def test_arms_and_the_shop_s_holdout_are_those_of_the_gate(world: Path, tmp_path: Path) -> None:
    """Who gets which variant, who is held out of the experiment, and who by the shop."""
    system = copy(world, tmp_path)
    for number in range(PEOPLE + 1, 13):
        storefront.post(system, storefront.sign_up(number, "Ada", system.world.now()))
    system.pass_time(10 * MINUTE)
    held = shop_settings.saved()
    shop_settings.save(held.settings.model_copy(update={"holdout": Holdout(name="t", share=20)}), held.number, "test")
    shop_settings.forget()
    arms = {
        "experiment": "missed",
        "holdout": 40,
        "variants": [{"id": "as_now"}, {"id": "news", "template": "whats_new"}],
    }
    told = shipped()["win_back"].model_dump(mode="json", by_alias=True)
    told["steps"][0]["arms"] = arms
    journey = Journey.model_validate(told | {"runs_on": "wake_ups"}, strict=False)
    profiles = [stored.profile for each in contacts.page(contacts.Place(), 50)[0] if (stored := contacts.read(each))]
    nobody = Rates(open=0, unsubscribe=0, visits=0, orders=0)
    said = simulate(
        definitions.segments(), journey, profiles, system.world.now(), days=3, rates=nobody, gate=admin_simulating.GATE
    )
    played = simulating.play(system, journey, 50, 3)
    assert [_first(path) for path in played.paths] == [_first(path) for path in said.paths]
    outcomes = {outcome for path in said.paths for _, outcome in _first(path)}
    assert outcomes == {"sent", "held_out", "shop_holdout"}, "made of contacts' ids, which the sample fixes"
    assert {variant for path in said.paths for variant, outcome in _first(path) if outcome == "sent"} == {
        "as_now",
        "news",
    }


def _first(path: Way) -> list[tuple[str | None, str]]:
    """As which variant the first email was sent, or why it was not."""
    told = [(email.variant if email.outcome == "sent" else None, email.outcome) for email in path.emails]
    assert len(told) == 1
    return told


def test_a_file_that_is_no_journey_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: a\n")
    for name in (str(tmp_path / "a.yaml"), "no_such_journey"):
        with pytest.raises(ValueError, match=r"Journey|one of"):
            simulating._journey(name)
