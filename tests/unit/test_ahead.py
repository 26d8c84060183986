"""What the coming days bring to who does nothing: as it comes then, and nothing is touched."""

from __future__ import annotations

from copy import deepcopy

import pytest

from shared.adapters import definitions
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, HOUR, Instant, Type
from shared.domain.journeys.ahead import ahead, walked
from shared.domain.journeys.playing import OPEN
from shared.domain.journeys.runs import SendEmail, StartAnother, UpdateContact
from shared.domain.profiles import wake_at
from shared.domain.profiles.stored import dump
from tests.unit.journey_player import NOW, Player, consent, event, order, traits

SEGMENTS = definitions.shipped()
JOURNEYS = [each.model_copy(update={"runs_on": "wake_ups"}) for each in shipped().values()]


def passes(player: Player, until: Instant) -> list[tuple[Instant, str]]:
    """Time passes, and what is asked for is done at once, as by the real functions; the emails."""
    sent, done = [], len(player.asked)
    while True:
        asked, done = player.asked[done:], len(player.asked)
        for run, effect in asked:
            match effect:
                case SendEmail():
                    sent.append((run.asked, effect.template))
                    player.tell(event(Type.EMAIL_SENT, run.asked, journey=run.journey, template=effect.template))
                    player.settle(run, "sent", run.asked, effect.step)
                case UpdateContact():
                    player.tell(traits(run.asked, **effect.traits))
                    player.settle(run, "passed", run.asked, effect.step)
                case StartAnother():
                    raise NotImplementedError
        if asked:
            continue
        if (due := wake_at(player.profile)) >= until:
            return sent
        player.pass_to(due)


@pytest.mark.parametrize("silent", [0, 1, 20, 58, 59, 64])
def test_what_is_foreseen_is_what_comes(silent: int) -> None:
    player = Player(*JOURNEYS, segments=SEGMENTS)
    player.tell(traits(NOW, email="ada@example.com", first_name="Ada"), consent("subscribed", NOW), now=NOW)
    player.tell(order(NOW + HOUR), event("Page Viewed", NOW + 2 * HOUR), now=NOW + 2 * HOUR)
    begin = NOW + silent * DAY + 3 * HOUR
    passes(player, begin)
    player.pass_to(begin)
    before, runs = dump(player.profile), deepcopy(player.runs)
    found = ahead(walked(player.shop), player.profile, player.runs.values(), begin, begin + 30 * DAY)
    assert (dump(player.profile), player.runs) == (before, runs)
    assert [(each.time, each.template) for each in found.emails] == passes(player, begin + 30 * DAY)
    if silent == 58:
        inactive = [each for each in found.changes if each.segment == "inactive" and each.entered]
        assert [(each.template, each.because) for each in found.emails][:1] == [("we_miss_you", "inactive")]
        assert [each.time for each in inactive] == [found.emails[0].time]


def test_an_email_that_may_not_go_is_none_and_a_paused_journey_sends_none() -> None:
    for agreed, state in ((False, "live"), (True, "paused")):
        player = Player(*JOURNEYS, segments=SEGMENTS)
        player.tell(traits(NOW, email="ada@example.com"), now=NOW)
        if agreed:
            player.tell(consent("subscribed", NOW), now=NOW)
        passes(player, NOW + 50 * DAY)
        player.pass_to(NOW + 50 * DAY)
        player.switch(state)
        assert (
            ahead(walked(player.shop), player.profile, player.runs.values(), NOW + 50 * DAY, NOW + 80 * DAY).emails
            == []
        )


def test_whom_the_shop_s_holdout_keeps_from_email_is_not_foreseen_any() -> None:
    player = Player(*JOURNEYS, segments=SEGMENTS)
    player.tell(traits(NOW, email="ada@example.com"), consent("subscribed", NOW), now=NOW)
    passes(player, NOW + 58 * DAY)
    player.pass_to(NOW + 58 * DAY)
    week = walked(player.shop), player.profile, player.runs.values(), NOW + 58 * DAY, NOW + 65 * DAY
    but_one = OPEN._replace(keeps=lambda profile, email: email.template == "we_miss_you")
    everything = [each.template for each in ahead(*week).emails]
    assert "we_miss_you" in everything
    assert [each.template for each in ahead(*week, but_one).emails] == [
        each for each in everything if each != "we_miss_you"
    ]
