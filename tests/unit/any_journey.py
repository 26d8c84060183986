"""Any journey, and anything that may happen to a contact in it; drawn from a seed."""

from __future__ import annotations

from random import Random
from typing import Any

from shared.domain.conditions import Segment
from shared.domain.conditions.events import EventCount
from shared.domain.journeys.definition import Journey

EVENTS = ("Quiz Completed", "Cart Updated", "Form Submitted", "Product Viewed", "Order Completed")
DURATIONS = ("1min", "20min", "1h", "5h", "23h", "1d", "3d", "9d")
SEGMENTS = (
    Segment(id="viewers", name="V", sentence="V.", when=EventCount(event="Product Viewed", within=2 * 86_400_000)),
    Segment(id="testers", name="T", sentence="T.", when=EventCount(event="Quiz Completed", at_least=2)),
)
TEMPLATES = ("hello", "again", "thanks")


def any_journey(random: Random, id_: str = "j", *, kinds: tuple[str, ...] = (), runs_on: str = "wake_ups") -> Journey:
    """One that can be read; whether it makes sense is not asked. `kinds`: of its steps (any, when left out)."""
    ids = [f"s{n}" for n in range(random.randint(1, 7))]
    definition = {
        "id": id_,
        "name": id_,
        "sentence": "Does anything.",
        "runs_on": runs_on,
        "trigger": _trigger(random),
        "entry": _entry(random),
        "exits": [_exit(random, ids) for _ in range(random.choice((0, 0, 1, 2)))],
        "hours": random.choice((None, None, {"from": "09:00", "to": "17:00"}, {"weekdays": ["mon", "thu"]})),
        "steps": [_step(random, step, ids, kinds) for step in ids],
    }
    return Journey.model_validate({name: value for name, value in definition.items() if value is not None})


def _trigger(random: Random) -> dict[str, Any]:
    return random.choice(  # type: ignore[no-any-return]
        (
            {"kind": "event", "events": [random.choice(EVENTS)], "first": random.random() < 0.2},
            {"kind": "event", "events": list(EVENTS[:2]), "where": _where(random, trigger=False)},
            {
                "kind": "segment",
                "segment": random.choice(("viewers", "testers")),
                "when": random.choice(("enters", "leaves")),
            },
            {"kind": "date", "trait": "birthday", "yearly": True, "at": random.choice(("09:00", "02:30"))},
            {"kind": "hand"},
        )
    )


def _entry(random: Random) -> dict[str, Any]:
    return {
        "again": random.choice(("once", "each", "each", "2d")),
        **({"per": "cart_id"} if random.random() < 0.3 else {}),
        **({"only_if": _condition(random)} if random.random() < 0.1 else {}),
        **({"apart": "1d"} if random.random() < 0.2 else {}),
        **({"per_hour": 7} if random.random() < 0.1 else {}),
        "priority": random.randint(1, 9),
    }


def _where(random: Random, *, trigger: bool = True) -> list[dict[str, Any]]:
    values = ["a", "b", *(["$trigger.cart_id"] if trigger else [])]
    if random.random() < 0.6:
        return []
    return [{"property": "cart_id", "is": random.choice(("equal", "not_equal")), "value": random.choice(values)}]


def _occasion(random: Random) -> dict[str, Any]:
    return random.choice(  # type: ignore[no-any-return]
        (
            {"kind": "event", "events": [random.choice(EVENTS)], "where": _where(random)},
            {"kind": "event", "events": [random.choice(EVENTS)]},
            {
                "kind": "segment",
                "segment": random.choice(("viewers", "testers")),
                "when": random.choice(("enters", "leaves")),
            },
            {"kind": "unsubscribed", "topic": "other"},
        )
    )


def _condition(random: Random) -> dict[str, Any]:
    return random.choice(  # type: ignore[no-any-return]
        (
            {"kind": "member", "segment": "viewers"},
            {"kind": "event", "event": random.choice(EVENTS), "within": random.choice(("1d", "this_run"))},
            {"kind": "event", "event": "Cart Updated", "where": [{"property": "cart_id", "value": "$trigger.cart_id"}]},
            {"kind": "orders", "at_least": 1, "within": "this_run"},
            {"kind": "local_time", "from": "08:00", "to": "12:00"},
            {"kind": "trait", "trait": "level", "value": "gold"},
        )
    )


def _exit(random: Random, ids: list[str]) -> dict[str, Any]:
    to = {"go_to": random.choice(ids)} if random.random() < 0.3 else {}
    return {"on": _occasion(random), "goal": random.random() < 0.5, **to}


def _step(random: Random, id_: str, ids: list[str], kinds: tuple[str, ...]) -> dict[str, Any]:
    def somewhere() -> str:
        return random.choice((*ids, "end"))

    wait = random.choice(
        (
            {"for": random.choice(DURATIONS)},
            {"for": "1d", "at": "09:00"},
            {"at": "02:30"},
            {"weekdays": ["sat", "sun"]},
            {"best_hour": True},
            {"trait": "birthday", "offset": "-2d"},
        )
    )
    steps: dict[str, dict[str, Any]] = {
        "send": {"template": random.choice(TEMPLATES), **({"best_before": "2h"} if random.random() < 0.2 else {})},
        "wait": wait,
        "wait_for": {
            "on": [_occasion(random)],
            "within": random.choice(DURATIONS),
            "otherwise": somewhere(),
            "since_start": random.random() < 0.3,
        },
        "branch": {"ways": [{"when": _condition(random), "next": somewhere()} for _ in range(random.randint(1, 3))]},
        "split": {"ways": [{"weight": random.randint(1, 9), "next": somewhere()} for _ in range(2)]},
        "update": {"traits": {"level": random.choice(("gold", "tin"))}, "add_tags": ["seen"]},
        "notify": {"subject": "Look at this"},
        "start": {"journey": "other"},
        "end": {"outcome": random.choice(("done", "left_over"))},
    }
    kind = random.choice(kinds or tuple(steps))
    next_ = {"next": somewhere()} if random.random() < 0.4 and kind != "end" else {}
    return {"id": id_, "kind": kind, **steps[kind], **next_}
