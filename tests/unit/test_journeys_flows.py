"""How many have gone which way: told from what is on record, or not told."""

from __future__ import annotations

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.flows import Flow, flows

JOURNEY = Journey.model_validate(
    {
        "id": "j",
        "name": "J",
        "sentence": "J.",
        "trigger": {"kind": "hand"},
        "steps": [
            {
                "id": "which",
                "kind": "branch",
                "ways": [
                    {"when": {"kind": "consent"}, "next": "hello"},
                    {"when": {"kind": "orders"}, "next": "wait"},
                ],
                "next": "wait",
            },
            {"id": "hello", "kind": "send"},
            {
                "id": "wait",
                "kind": "wait_for",
                "on": [{"kind": "event", "events": ["E"]}],
                "within": 1,
                "otherwise": "lot",
            },
            {
                "id": "lot",
                "kind": "split",
                "ways": [{"weight": 1, "next": "over"}, {"weight": 1, "next": "end"}],
            },
            {"id": "over", "kind": "end"},
        ],
    }
)


def test_each_way_has_who_went_it_and_none_is_guessed() -> None:
    counted = {
        "which": {("entered", ""): 9, ("passed", "hello"): 5, ("passed", "wait"): 3, ("moved", "by_hand"): 1},
        "hello": {("entered", ""): 5, ("sent", ""): 3, ("skipped", "no_consent"): 1, ("ended", "goal"): 1},
        "wait": {("passed", "E"): 2, ("passed", "timed_out"): 4},
        "lot": {("passed", "over"): 1, ("passed", "end"): 2},
    }
    assert list(flows(JOURNEY, 10, counted)) == [
        Flow(None, "next", 10),
        Flow("which", 0, 5),
        Flow("which", 1, None),
        Flow("which", "next", None),
        Flow("hello", "next", 4),
        Flow("wait", "next", 2),
        Flow("wait", "otherwise", 4),
        Flow("lot", 0, 1),
        Flow("lot", 1, 2),
    ]
