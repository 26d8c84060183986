"""Whatever order things come in: no email after the order, no wait that ends wrongly, no run that is lost or stuck, and
sums that agree. Everything is drawn from a seed."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

import pytest

from shared.domain.events import DAY, HEARD_AFTER, HOUR, MINUTE, NEVER, SECOND, Event, Instant
from shared.domain.journeys.checking import APART, Known, problems
from shared.domain.journeys.definition import Send, WaitFor
from shared.domain.journeys.publications import Publication, Version, with_journey
from shared.domain.journeys.runs import LEAVING, MAX_RECORDS, Begin, Moved, Run, SendEmail, Settled
from shared.domain.profiles import wake_at
from tests.unit.any_journey import EVENTS, SEGMENTS, TEMPLATES, any_journey
from tests.unit.journey_player import NOW, Player, consent, event, journey, order, traits

TIMES = int(os.environ.get("INTERLEAVINGS", "400"))
"""`INTERLEAVINGS=10000` for the figure in the issue."""


class World:
    """A player whose events come over a queue: each is received at its instant, and processed some seconds later, in
    whatever order; emails are sent by somebody else, a little later, if the run still waits for them."""

    def __init__(self, random: Random, player: Player) -> None:
        self.random, self.player = random, player
        self.agenda: list[tuple[Instant, int, Any]] = []
        self.sent: list[tuple[Instant, str]] = []
        self.asked = 0

    def at(self, t: Instant, what: Any) -> None:
        self.agenda.append((t, len(self.agenda) + self.asked * 100_000, what))

    def tell(self, told: Event) -> None:
        self.at(told.received + self.random.randrange(0, HEARD_AFTER - 5 * SECOND), told)

    def play(self, until: Instant) -> None:
        while True:
            due = wake_at(self.player.profile)
            ahead = min(self.agenda, default=None)
            woken = due + HEARD_AFTER if due != NEVER else NEVER
            t = min(woken, ahead[0] if ahead is not None else NEVER)
            if t > until:
                return
            if ahead is not None and ahead[0] == t:
                self.agenda.remove(ahead)
                self._process(t, ahead[2])
            else:
                self.player._play((), (), t, t - HEARD_AFTER)
            self._hand_over(t)

    def _process(self, t: Instant, what: Any) -> None:
        if isinstance(what, Event):
            self.player._play((what,), (), t, t - HEARD_AFTER)
            return
        run, effect = what
        now = self.player.runs[run.number]
        waits = now.goes_on and now.step == effect.step and now.passes[now.step] == effect.occurrence
        if waits:  # as the message function's claim asks
            self.sent.append((t, effect.template))
        settled = Settled(t, run.id, effect.step, effect.occurrence, "sent" if waits else "skipped", None)
        for _ in range(self.random.choice((1, 1, 2))):  # what it tells may come twice
            self.player._play((), (settled,), t, t - HEARD_AFTER)

    def _hand_over(self, t: Instant) -> None:
        fresh, self.asked = self.player.asked[self.asked :], len(self.player.asked)
        for run, effect in fresh:
            if isinstance(effect, SendEmail):
                self.at(t + self.random.randrange(0, 40 * SECOND), (run, effect))


CART = {"kind": "event", "events": ["Cart Updated"]}


@pytest.mark.parametrize("part", range(4))
def test_no_email_about_a_cart_follows_the_order(part: int) -> None:
    definition = journey(
        CART,
        {"kind": "wait_for", "id": "changed", "on": [CART], "within": "1h", "next": "changed", "otherwise": "first"},
        {"kind": "send", "id": "first"},
        {"kind": "wait", "id": "a_day", "for": "1d"},
        {"kind": "send", "id": "second"},
        exits=[{"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True}],
        entry={"per": "cart_id"},
    )
    emails = 0
    for seed in range(part, TIMES, 4):
        random = Random(seed)
        world = World(random, Player(definition))
        for _ in range(random.randint(1, 3)):
            world.tell(event("Cart Updated", NOW + random.randrange(2 * HOUR), cart_id=random.choice("ab")))
        near = [
            NOW + HOUR,
            NOW + 2 * HOUR,
            NOW + DAY + HOUR,
            *(max(each[0] for each in world.agenda) + h for h in (HOUR, DAY)),
        ]
        received = random.choice(near) + random.randrange(-50 * SECOND, 50 * SECOND)
        late = random.choice((0, 0, MINUTE, 2 * HOUR))  # placed that long before it is told
        ordered = order(received - late, received=received)
        processed = received + random.randrange(0, 20 * SECOND)
        world.at(processed, ordered)
        world.play(NOW + 4 * DAY)
        emails += len(world.sent)
        begun = [run for run in world.player.runs.values() if run.started < processed]
        assert all(not run.goes_on and run.ended <= processed for run in begun if run.outcome == "goal")
        after = [run for run in world.player.runs.values() if run.started >= ordered.received]
        if not after:
            assert [sent for sent in world.sent if sent[0] > processed] == [], seed
    assert emails > TIMES // 20


def test_what_a_run_waits_for_and_the_end_of_the_wait_never_race() -> None:
    steps = (
        {
            "kind": "wait_for",
            "id": "w",
            "on": [{"kind": "event", "events": ["Answered"]}],
            "within": "1h",
            "otherwise": "no",
        },
        {"kind": "end", "id": "yes", "outcome": "yes"},
        {"kind": "end", "id": "no", "outcome": "no"},
    )
    definition = journey({"kind": "event", "events": ["Asked"]}, *steps)
    seen: Counter[str | None] = Counter()
    for seed in range(TIMES):
        random = Random(seed)
        world = World(random, Player(definition))
        world.at(NOW, event("Asked", NOW))
        answers = [
            NOW
            + random.choice((0, HOUR, 2 * HOUR))
            + random.choice((-1, 0, 1, *(random.randrange(-SECOND * 30, SECOND * 30),) * 3))
            for _ in range(random.randint(0, 3))
        ]
        for answer in answers:
            told = answer + random.choice((0, 0, MINUTE))
            world.tell(event("Answered", answer, received=max(told, NOW)))
            answers = [*answers[1:], (answer, max(told, NOW))]
        world.play(NOW + DAY)
        in_time = any(happened >= NOW and received < NOW + HOUR for happened, received in answers)
        (run,) = world.player.runs.values()
        assert run.outcome == ("yes" if in_time else "no"), seed
        seen[run.outcome] += 1
    assert min(seen["yes"], seen["no"]) > TIMES // 5


def _random_trace(random: Random, world: World, *, edits: bool = False) -> None:
    for _ in range(random.randint(1, 14)):
        t = NOW + random.randrange(12 * DAY)
        match random.randrange(12):
            case 0:
                world.tell(order(t - random.choice((0, HOUR, 5 * DAY)), received=t))
            case 1:
                world.tell(
                    traits(t, birthday="1990-11-18", timezone=random.choice(("Europe/Berlin", "Asia/Tokyo", "x")))
                )
            case 2:
                world.tell(traits(t, level=random.choice(("gold", "tin")), best_hour=random.choice((7, "7", None))))
            case 3:
                world.tell(
                    consent(random.choice(("subscribed", "unsubscribed")), t, random.choice(("marketing", "other")))
                )
            case 4:
                world.at(t, ("happen", Begin(t, "j", f"by hand {t}", at=t + random.choice((0, HOUR)))))
            case 5 if edits and random.random() < 0.5:
                world.at(t, ("publish", any_journey(random), random.choice(("finish", "move", "stop"))))
            case 5 if edits and random.random() < 0.3:
                world.at(t, ("switch", random.choice(("paused", "live"))))
            case 5:
                world.at(t, ("moved", random.choice((None, "s0", "s3", "s9")), random.random() < 0.5))
            case _:
                cart = {"cart_id": random.choice("ab")} if random.random() < 0.7 else {}
                world.tell(event(random.choice(EVENTS), t, **cart))


class AnyWorld(World):
    def _process(self, t: Instant, what: Any) -> None:
        match what:
            case ("happen", Begin() as begin):
                self.player._play((), (begin, begin), t, t - HEARD_AFTER)
            case ("moved", step, release):
                for run in list(self.player.runs.values()):
                    self.player._play((), (Moved(t, run.id, step, "ann", release=release),) * 2, t, t - HEARD_AFTER)
            case ("publish", newer, under_way):
                held = Publication(number=1, journeys=dict(self.player.shop.published))
                version = held.journeys["j"].version + 1
                made = Version(version=version, journey=newer, published=t, by="", why="")
                self.player.publish(with_journey(held, made, under_way).journeys)
                self.player._play((), (), t, t - HEARD_AFTER)
            case ("switch", state):
                self.player.switch(state)
                self.player._play((), (), t, t - HEARD_AFTER)
            case _:
                super()._process(t, what)


def test_any_journey_goes_on_or_ends_and_its_sums_agree() -> None:
    outcomes: Counter[str | None] = Counter()
    for seed in range(TIMES // 2):
        random = Random(seed)
        other = any_journey(random, "other")
        player = Player(
            any_journey(random), other, segments=SEGMENTS, states={"s1": random.choice(("live", "paused", "review"))}
        )
        world = AnyWorld(random, player)
        _random_trace(random, world, edits=True)
        world.play(NOW + 20 * DAY)
        for run in player.runs.values():
            outcomes[run.outcome] += 1
            _sums_agree(run)
        keys = [(run.number, effect.step, effect.occurrence) for run, effect in player.asked]
        asked_again = Counter(keys)
        assert max(asked_again.values(), default=1) <= 2 + 20, "what has no outcome is asked for once a day"
        open_ = {run.place: run.wake_at for run in player.runs.values() if run.goes_on}
        assert {name: at for name, at in player.profile.runs.items() if "#" in name} == open_
        assert all(wake > player.profile.decided or wake == NEVER for wake in open_.values()), seed
        for run in player.runs.values():
            published = player.shop.published[run.journey]
            if run.goes_on:
                assert run.version >= max(published.moved, published.stopped), seed
                stands = run.wake_at == NEVER
                assert not stands or published.state == "paused" or published.steps.get(run.step), (seed, run)
    assert len(outcomes) > 8, outcomes


def _sums_agree(run: Run) -> None:
    if len(run.records) == MAX_RECORDS:
        return  # the oldest are no longer here; counters have them
    entered = Counter(each.step for each in run.records if each.what == "entered")
    left = Counter(each.step for each in run.records if each.what in LEAVING and each.step)
    waiting = Counter([run.step] if run.goes_on and run.step else [])
    assert entered == left + waiting, run
    assert [each.what for each in run.records].count("ended") == (0 if run.goes_on else 1)
    assert run.records[0].what == "began"


def test_how_a_queue_cuts_and_orders_its_batches_changes_nothing() -> None:
    """The same events, each processed within seconds of being received, alone or with others."""
    for seed in range(TIMES // 3):
        told: list[Event] = []
        random = Random(seed)
        definition = any_journey(random, kinds=("send", "wait", "wait_for", "notify", "branch", "end"))
        t = NOW
        for _ in range(random.randint(1, 8)):
            t += random.choice((SECOND, 5 * SECOND, MINUTE, HOUR, DAY))
            told.append(event(random.choice(EVENTS[:4]), t, cart_id=random.choice("ab")))
        found = []
        for delay in (0, 20 * SECOND):
            player = Player(definition, segments=SEGMENTS)
            world = World(Random(1), player)
            for each in told:
                # Gathered into batches of the same 20 seconds, which come late as a whole.
                late = (each.received // (20 * SECOND) + 1) * 20 * SECOND if delay else each.received
                world.at(late, each)
            world._hand_over = lambda t: None  # type: ignore[method-assign]
            world.play(t + 3 * DAY)
            found.append([[(each.what, each.step, each.why) for each in run.records] for run in player.runs.values()])
        assert found[0] == found[1], seed


def test_a_journey_that_may_be_published_never_goes_round_for_ever_and_emails_nobody_more_than_daily() -> None:
    other = journey({"kind": "hand"}, {"kind": "send", "id": "hello"}, id="other")
    known = Known(
        dict.fromkeys(TEMPLATES, 1), {each.id for each in SEGMENTS}, EVENTS, {"other": other}, ("marketing", "other")
    )
    emails = 0
    for seed in range(4 * TIMES):
        random = Random(seed)
        definition = any_journey(random)
        if problems(definition, known):
            continue
        world = AnyWorld(random, Player(definition, other, segments=SEGMENTS))
        world.at(NOW, ("happen", Begin(NOW, "j", "by hand")))
        _random_trace(random, world)
        world.play(NOW + 30 * DAY)
        for run in world.player.runs.values():
            assert run.outcome != "endless", seed
            asked = [each for each in run.records if each.what in ("entered", "passed", "moved")]
            sends = {step.id for step in definition.steps if isinstance(step, Send)}
            waits = {step.id for step in definition.steps if isinstance(step, WaitFor)}
            last = None
            for each in asked:
                if each.what == "moved" or (each.step in waits and each.what == "passed" and each.why != "timed_out"):
                    last = None  # somebody did something for it
                elif each.what == "entered" and each.step in sends:
                    assert last is None or each.time - last >= APART, (seed, run)
                    last, emails = each.time, emails + 1
    assert emails > TIMES // 20
