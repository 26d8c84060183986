"""The two drivers of journeys do the same: wake-ups by `advance`, and Step Functions by the compiled machine.

Random journeys meet random lives. Both drivers are given the same events, wake-ups are played at their instants, and a
machine is walked by the local interpreter, whose tasks are answered by what the functions ask the domain. The same
emails at the same instants, the same ways, the same ends.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.aws import states_execution
from infra.local.aws.states_execution import Execution, Position
from shared.domain.events import DAY, HOUR, MINUTE, Event, Instant, iso, parse_instant
from shared.domain.journeys.advancing import choose, taken_part, wakes_at
from shared.domain.journeys.arms import HOLDOUT, Shares, SharesOf
from shared.domain.journeys.asl import compiled
from shared.domain.journeys.definition import Branch, Journey, Split
from shared.domain.journeys.runs import Record, Run, SendEmail, Settled, TakePart, UpdateContact
from shared.domain.journeys.timing import opens_at
from shared.domain.profiles import wake_at
from tests.unit.journey_player import NOW, Player, consent, event, journey, traits

# ── lives ──

BEGIN = NOW - NOW % DAY + 3 * MINUTE
"""Each event comes at a minute of its own, at which no wait ends: what happens at one instant comes in no order."""


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    made = [event("Go", BEGIN)]
    t = BEGIN
    for _ in range(draw(st.integers(0, 8))):
        t += draw(st.integers(1, 60)) * HOUR + MINUTE
        made.append(
            draw(
                st.sampled_from(
                    [
                        event("Go", t),
                        event("Ping", t),
                        event("Stop", t),
                        event("Jump", t),
                        traits(t, colour="red"),
                        traits(t, colour="blue"),
                        consent("unsubscribed", t),
                        consent("subscribed", t),
                    ]
                )
            )
        )
    return made


# ── journeys ──

CONDITIONS = (
    {"kind": "trait", "trait": "colour", "value": "red"},
    {"kind": "trait", "trait": "mood", "value": "good"},
    {"kind": "event", "event": "Ping", "within": "2d"},
    {"kind": "event", "event": "Ping", "at_least": 2, "within": "this_run"},
)
WAITS = ({"for": "1h"}, {"for": "36h"}, {"at": "09:30"}, {"for": "1d", "at": "18:00", "weekdays": ["mon", "thu"]})


@st.composite
def journeys(draw: st.DrawFn, adaptive: bool = False) -> Journey:
    """`adaptive`: it begins with a split that is an adaptive experiment, and so are all others of it."""
    count = draw(st.integers(3 if adaptive else 1, 7))
    names = [f"s{number}" for number in range(count)]
    steps: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        ahead = st.sampled_from([*names[number + 1 :], "end"])
        kinds = ["send", "wait", "branch", "split", "update", "notify", "end"]
        kind = "split" if adaptive and number == 0 else draw(st.sampled_from(kinds))
        step: dict[str, Any] = {"kind": kind, "id": name}
        match kind:
            case "wait":
                step |= draw(st.sampled_from(WAITS))
            case "branch":
                step["ways"] = [
                    {"when": draw(st.sampled_from(CONDITIONS)), "next": draw(ahead)}
                    for _ in range(draw(st.integers(1, 3)))
                ]
            case "split":
                step["ways"] = [{"weight": draw(st.integers(1, 3)), "next": draw(ahead)} for _ in range(2)]
                if adaptive:
                    step["arms"] = {"experiment": f"of_{name}", "holdout": draw(st.integers(0, 50)), "adaptive": True}
                elif draw(st.booleans()):
                    winner = draw(st.sampled_from([None, step["ways"][0]["next"]]))
                    step["arms"] = {"experiment": f"of_{name}", "holdout": draw(st.integers(0, 50)), "winner": winner}
            case "update":
                step["traits"] = {"mood": draw(st.sampled_from(["good", "bad"]))}
            case "notify":
                step["subject"] = "Look"
            case "end":
                step["outcome"] = draw(st.sampled_from(["done", "tired"]))
        if kind not in ("split", "end") and draw(st.booleans()):
            step["next"] = draw(ahead)
        steps.append(step)
    exits: list[dict[str, Any]] = [{"on": {"kind": "event", "events": ["Stop"]}, "goal": draw(st.booleans())}]
    if draw(st.booleans()):
        exits.append({"on": {"kind": "event", "events": ["Jump"]}, "go_to": draw(st.sampled_from(names))})
    jumps = [exit_["go_to"] for exit_ in exits if "go_to" in exit_]
    return journey(
        {"kind": "event", "events": ["Go"]},
        *reached(steps, [names[0], *jumps]),
        entry={"again": draw(st.sampled_from(["once", "each", "3d"]))},
        exits=exits,
        hours=draw(st.sampled_from([None, {"from": "09:00", "to": "17:00"}])),
    )


def reached(steps: list[dict[str, Any]], ahead: list[str]) -> list[dict[str, Any]]:
    """Those of the steps that a run can come to: others are refused."""
    following = dict(zip([step["id"] for step in steps], [step["id"] for step in steps[1:]] + ["end"], strict=True))
    found = set[str]()
    while ahead:
        name = ahead.pop()
        step = next((step for step in steps if step["id"] == name), None)
        if step is None or step["id"] in found:
            continue
        found.add(step["id"])
        ahead += [way["next"] for way in step.get("ways", [])]
        if step["kind"] not in ("split", "end"):
            step.setdefault("next", following[name])
            ahead.append(step["next"])
    return [step for step in steps if step["id"] in found]


# ── the two drivers ──


class Drawn(Player):
    """By shares that move every hour, and what was kept of them."""

    def __init__(self, made: Journey) -> None:
        super().__init__(made)
        self.kept: dict[str, Shares] = {}

    def shares_of(self, now: Instant) -> SharesOf:
        version = now // HOUR
        moving = Shares(version, {to: 1 + (version + ord(to[-1])) % 9 for to in [*(f"s{n}" for n in range(7)), "end"]})
        return lambda experiment: self.kept.get(experiment, moving)

    def keep(self, part: TakePart) -> None:
        if part.shares is not None and part.variant != HOLDOUT:
            self.kept.setdefault(part.experiment, Shares(part.shares, {part.variant: 1}))


class WakeUps(Drawn):
    def __init__(self, made: Journey) -> None:
        super().__init__(made)
        self.emails: list[tuple[Instant, str]] = []
        self.parts: list[tuple[Instant, TakePart]] = []

    def until(self, t: Instant) -> None:
        while (due := wake_at(self.profile)) <= t:
            self._play((), (), due, due)
            self.do()

    def do(self) -> None:
        """What was asked for is done at once."""
        while self.effects:
            t, effect = self.effects.pop(0)
            if isinstance(effect, TakePart):
                self.parts.append((t, effect))
                self.keep(effect)
            if not isinstance(effect, SendEmail | UpdateContact):
                continue
            run = next(each for each in self.runs.values() if each.asked == t and each.step == effect.step)
            match effect:
                case SendEmail():
                    self.emails.append((t, effect.step))
                    self.happen(Settled(t, run.id, effect.step, effect.occurrence, "sent"))
                case UpdateContact():
                    updated = traits(t, **effect.traits)
                    self._play([updated], [Settled(t, run.id, effect.step, effect.occurrence, "passed")], t, t)


@dataclass
class Walked:
    """A machine's execution, and at which jump of its run it was started."""

    execution: Execution
    jumps: int


class Machines(Drawn):
    def __init__(self, made: Journey) -> None:
        super().__init__(made.model_copy(update={"runs_on": "step_functions"}))
        self.made = made
        self.machine = json.dumps(compiled(made))
        self.walked: dict[int, Walked] = {}
        self.emails: list[tuple[Instant, str]] = []
        self.parts: list[tuple[Instant, TakePart]] = []

    def until(self, t: Instant) -> None:
        while True:
            waiting = [each for each in self.walked.values() if each.execution.status == "RUNNING"]
            due = min([wake_at(self.profile), *(states_execution.next_instant(each.execution) for each in waiting)])
            if due > t:
                return
            self._play((), (), due, due)
            for each in waiting:
                self.walk(each.execution, due)
            self.do(due)

    def do(self, t: Instant) -> None:
        """Starts and stops machines as the runs say, and lets them walk."""
        again = True
        while again:
            again = False
            for run in list(self.runs.values()):
                jumps = sum(record.what == "moved" for record in run.records)
                walked = self.walked.get(run.number)
                left = walked is not None and (not run.goes_on or walked.jumps != jumps)
                if left and walked is not None and walked.execution.status == "RUNNING":
                    walked.execution.status = "ABORTED"
                if run.goes_on and run.step and (walked is None or walked.jumps != jumps):
                    told = {
                        "contact": run.contact,
                        "journey": run.journey,
                        "version": run.version,
                        "run": run.id,
                        "step": run.step if jumps else run.begins_at,
                        "at": iso(run.since if jumps else run.not_before),
                    }
                    started = self.start(told, t)
                    self.walked[run.number] = Walked(started, jumps)
                    self.walk(started, t)
                    again = True

    def start(self, told: dict[str, Any], t: Instant) -> Execution:
        first = json.loads(self.machine)["StartAt"]
        return Execution(
            1, "arn:x", "arn:aws:states:m:1", "arn:r", self.machine, "n", json.dumps(told), t, "RUNNING",
            None, None, None, None, Position(first, told), 0, 0, None,
        )  # fmt: skip

    def walk(self, execution: Execution, t: Instant) -> None:
        outcome: dict[str, Any] | None = None
        while execution.status == "RUNNING":
            call = states_execution.advance(execution, t, outcome)
            if call is None:
                break
            outcome = {"output": self.answer(call.payload, t)}
        assert execution.status != "FAILED", (execution.error, execution.cause)

    def answer(self, asked: dict[str, Any], t: Instant) -> dict[str, Any]:
        """As functions/message and functions/journey do."""
        run = next(each for each in self.runs.values() if each.id == asked["run"])
        step, entered = asked["step"], parse_instant(asked["entered"])
        if "template" in asked:
            opens = opens_at(self.made.hours, self.profile, t, self.shop.zone)
            if opens > t:
                return {"status": "delayed", "reason": None, "until": iso(opens)}
            self.emails.append((t, step))
            self.happen(Settled(t, run.id, step, 0, "sent"))
            return {"status": "sent", "reason": None, "until": None}
        match asked["action"]:
            case "choose":
                shares_of = self.shares_of(t)
                to, why = choose(self.shop, self.made, run, self.profile, t, step, shares_of)
                chosen = next(each for each in self.made.steps if each.id == step)
                assert isinstance(chosen, Branch | Split)
                if (part := taken_part(chosen, run, self.profile, 0, shares_of)) is not None:
                    self.parts.append((t, part))
                    self.keep(part)
                    later = self.shares_of(t + 5 * HOUR)
                    assert choose(self.shop, self.made, run, self.profile, t, step, later) == (to, why), "asked again"
                self.happen(Settled(t, run.id, step, 0, "passed", why))
                return {"next": to}
            case "until":
                return {"until": iso(wakes_at(self.shop, self.made, run, self.profile, entered, step))}
            case "do":
                found = next(each for each in self.made.steps if each.id == step)
                events = [traits(t, **found.traits)] if found.kind == "update" else []
                self._play(events, [Settled(t, run.id, step, 0, "passed")], t, t)
            case "end":
                self.happen(Settled(t, run.id, step, 0, "ended", asked["outcome"]))
        return {}


def ends(player: Player) -> list[tuple[Any, ...]]:
    return [
        (run.number, run.began, run.outcome, run.ended, run.reached_goal)
        for run in sorted(player.runs.values(), key=lambda run: run.number)
    ]


def passed(run: Run) -> list[Record]:
    """What it did when, step by step: of its waits, too, which a machine tells nothing of."""
    return [record for record in run.records if record.what != "delayed"]


@settings(max_examples=150, deadline=None)
@given(journeys(), lives())
def test_both_drivers_send_the_same_emails_go_the_same_ways_and_end_alike(made: Journey, life: list[Event]) -> None:
    do_the_same(made, life)


@settings(max_examples=50, deadline=None)
@given(journeys(adaptive=True), lives())
def test_both_drivers_draw_by_the_shares_of_the_hour_and_go_the_kept_way_from_then_on(
    made: Journey, life: list[Event]
) -> None:
    wake_ups, machines = do_the_same(made, life)
    assert machines.kept == wake_ups.kept
    drawn: dict[str, set[str]] = {}
    for _, part in wake_ups.parts:
        drawn.setdefault(part.experiment, set()).add(part.variant)
    assert all(len(each) == 1 for each in drawn.values())


def do_the_same(made: Journey, life: list[Event]) -> tuple[WakeUps, Machines]:
    wake_ups, machines = WakeUps(made), Machines(made)
    for each in life:
        for player in (wake_ups, machines):
            player.until(each.time - 1)
            player.tell(each)
            player.do() if isinstance(player, WakeUps) else player.do(each.time)  # type: ignore[attr-defined]
    end = life[-1].time + 60 * DAY
    wake_ups.until(end)
    machines.until(end)
    assert machines.emails == wake_ups.emails
    assert machines.parts == wake_ups.parts
    assert ends(machines) == ends(wake_ups)
    for number, run in wake_ups.runs.items():
        assert passed(machines.runs[number]) == passed(run)
    return wake_ups, machines
