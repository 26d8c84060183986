"""What speaks against publishing a journey: seeded mistakes, each found, at its place, in words that say what to do."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.journeys.checking import Known, Problem, problems, unreadable
from shared.domain.journeys.definition import Journey

GOOD: dict[str, Any] = {
    "id": "good",
    "name": "Good",
    "sentence": "Says hello, and once more to who did not answer.",
    "trigger": {"kind": "event", "events": ["Quiz Completed"], "where": [{"property": "result", "value": "dry_skin"}]},
    "entry": {"again": "30d", "only_if": {"kind": "consent"}, "not_during": ["other"], "apart": "1d"},
    "exits": [
        {"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True},
        {"on": {"kind": "segment", "segment": "vips"}, "go_to": "thanks"},
    ],
    "hours": {"from": "08:00", "to": "20:00", "closed": ["--12-25"]},
    "steps": [
        {"id": "hello", "kind": "send"},
        {
            "id": "answer",
            "kind": "wait_for",
            "within": "2d",
            "otherwise": "again",
            "on": [
                {
                    "kind": "event",
                    "events": ["Quiz Completed"],
                    "where": [{"property": "quiz", "value": "$trigger.quiz"}],
                }
            ],
        },
        {
            "id": "which",
            "kind": "branch",
            "ways": [{"when": {"kind": "member", "segment": "vips"}, "next": "thanks"}],
            "next": "end",
        },
        {"id": "again", "kind": "send", "template": "hello"},
        {"id": "some_days", "kind": "wait", "for": "3d", "at": "09:00"},
        {"id": "mark", "kind": "update", "add_tags": ["asked"], "next": "end"},
        {"id": "thanks", "kind": "send", "pin": 2},
    ],
}
OTHER = Journey.model_validate(
    {
        "id": "other",
        "name": "Other",
        "sentence": "Starts good.",
        "trigger": {"kind": "hand"},
        "steps": [{"id": "go", "kind": "start", "journey": "good"}],
    }
)
KNOWN = Known({"hello": 1, "thanks": 2}, {"vips", "customers"}, {"Quiz Completed"}, {"other": OTHER})


def set_(value: Any, *path: str | int) -> Callable[[dict[str, Any]], None]:
    def seed(definition: dict[str, Any]) -> None:
        at: Any = definition
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = value

    return seed


def insert(place: int, step: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda definition: definition["steps"].insert(place, step)


def both(*seeds: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def seed(definition: dict[str, Any]) -> None:
        for each in seeds:
            each(definition)

    return seed


WAIT = {"id": "w", "kind": "wait", "for": "1d"}
HELLO = {"kind": "consent"}
EACH = set_({"again": "each"}, "entry")
MISTAKES: list[tuple[str, Callable[[dict[str, Any]], None], tuple[str | int, ...], str | None, str]] = [
    (
        "a template there is none of",
        set_("helo", "steps", 3, "template"),
        ("steps", 3, "template"),
        "again",
        "did you mean hello?",
    ),
    (
        "a step called like no template",
        set_("hullo", "steps", 0, "id"),
        ("steps", 0, "id"),
        "hullo",
        "no template hullo",
    ),
    ("a version there is none of", set_(3, "steps", 6, "pin"), ("steps", 6, "pin"), "thanks", "its newest is 2"),
    (
        "a segment there is none of",
        set_("vip", "steps", 2, "ways", 0, "when", "segment"),
        ("steps", 2, "ways", 0, "when"),
        "which",
        "did you mean vips?",
    ),
    (
        "an exit by such a segment",
        set_("customer", "exits", 1, "on", "segment"),
        ("exits", 1, "on", "segment"),
        None,
        "did you mean customers?",
    ),
    (
        "an event nobody sends",
        set_(["Quiz Complete"], "trigger", "events"),
        ("trigger", "events", 0),
        None,
        "did you mean Quiz Completed?",
    ),
    (
        "such an event in a condition",
        set_({"kind": "event", "event": "Order Complete"}, "steps", 2, "ways", 0, "when"),
        ("steps", 2, "ways", 0, "when"),
        "which",
        "did you mean Order Completed?",
    ),
    (
        "a state taken for an act",
        set_(["Order Updated"], "exits", 0, "on", "events"),
        ("exits", 0, "on", "events", 0),
        None,
        "ask for a segment",
    ),
    (
        "a step there is none of",
        set_("thank", "steps", 5, "next"),
        ("steps", 5, "next"),
        "mark",
        "did you mean thanks?",
    ),
    (
        "a way to nowhere",
        set_("nowhere", "steps", 2, "ways", 0, "next"),
        ("steps", 2, "ways", 0, "next"),
        "which",
        "no step",
    ),
    ("an exit to nowhere", set_("thankyou", "exits", 1, "go_to"), ("exits", 1, "go_to"), None, "did you mean thanks?"),
    ("two steps of one id", set_("hello", "steps", 5, "id"), ("steps", 5, "id"), "hello", "another id"),
    ("a step called end", set_("end", "steps", 5, "id"), ("steps", 5, "id"), "end", "something else"),
    ("a step no way leads to", insert(6, WAIT), ("steps", 6), "w", "no way leads here"),
    (
        "a circle without a wait",
        both(
            insert(6, {"id": "round", "kind": "notify", "subject": "Again", "next": "mark"}),
            set_("round", "steps", 5, "next"),
        ),
        ("steps", 5),
        "mark",
        "without a wait",
    ),
    (
        "a circle within a day",
        both(insert(6, {**WAIT, "for": "5h", "next": "mark"}), set_("w", "steps", 5, "next")),
        ("steps", 5),
        "mark",
        "after 5h",
    ),
    (
        "an email that goes round",
        set_("hello", "steps", 1, "next"),
        ("steps", 0),
        "hello",
        "nobody is emailed more than daily",
    ),
    (
        "two emails within a day",
        set_({"id": "some_days", "kind": "wait", "for": "3h", "next": "thanks"}, "steps", 4),
        ("steps", 3),
        "again",
        "follows 3h after",
    ),
    (
        "an email each time that it happens",
        both(set_("end", "steps", 0, "next"), EACH, set_([], "exits"), lambda d: d.update(steps=d["steps"][:1])),
        ("entry", "again"),
        None,
        "again: 1d",
    ),
    (
        "a wait of over a year",
        set_("367d", "steps", 4, "for"),
        ("steps", 4, "for"),
        "some_days",
        "a year (366d) is the longest",
    ),
    (
        "a wait for an answer for over a year",
        set_("60w", "steps", 1, "within"),
        ("steps", 1, "within"),
        "answer",
        "longest",
    ),
    (
        "a consent that is set",
        set_({"accepts_marketing": True}, "steps", 5, "traits"),
        ("steps", 5, "traits", "accepts_marketing"),
        "mark",
        "contact's own to give",
    ),
    (
        "an address that is set",
        set_({"email": "a@example.com"}, "steps", 5, "traits"),
        ("steps", 5, "traits", "email"),
        "mark",
        "who the contact is",
    ),
    ("an update of nothing", set_([], "steps", 5, "add_tags"), ("steps", 5), "mark", "changes nothing"),
    (
        "a tag put on and taken off",
        set_(["asked"], "steps", 5, "remove_tags"),
        ("steps", 5, "remove_tags"),
        "mark",
        "leave out one",
    ),
    (
        "a split of one way",
        insert(5, {"id": "lot", "kind": "split", "ways": [{"weight": 1, "next": "mark"}] * 2}),
        ("steps", 5, "ways"),
        "lot",
        "two",
    ),
    (
        "a way nobody goes",
        set_([{"when": HELLO, "next": "thanks"}, {"when": HELLO, "next": "mark"}], "steps", 2, "ways"),
        ("steps", 2, "ways", 1),
        "which",
        "nobody ever goes",
    ),
    (
        "a journey there is none of",
        insert(5, {"id": "go", "kind": "start", "journey": "othr"}),
        ("steps", 5, "journey"),
        "go",
        "did you mean other?",
    ),
    (
        "journeys that start each other",
        insert(5, {"id": "go", "kind": "start", "journey": "other"}),
        ("steps", 5, "journey"),
        "go",
        "never end",
    ),
    (
        "a journey that starts itself",
        set_({"on": {"kind": "unsubscribed"}, "start": "good"}, "exits", 0),
        ("exits", 0, "start"),
        None,
        "starts itself",
    ),
    ("not during itself", set_(["good"], "entry", "not_during"), ("entry", "not_during", 0), None, "leave it out"),
    (
        "not during one there is none of",
        set_(["otter"], "entry", "not_during"),
        ("entry", "not_during", 0),
        None,
        "did you mean other?",
    ),
    ("a topic there is none of", set_("marketting", "topic"), ("topic",), None, "did you mean marketing?"),
    (
        "per a property of no event",
        both(
            set_({"kind": "segment", "segment": "vips"}, "trigger"),
            set_("cart_id", "entry", "per"),
            set_([], "steps", 1, "on", 0, "where"),
        ),
        ("entry", "per"),
        None,
        "no event begins",
    ),
    ("per who somebody is", set_("email", "entry", "per"), ("entry", "per"), None, "who somebody is"),
    (
        "the trigger of no event",
        set_({"kind": "segment", "segment": "customers"}, "trigger"),
        ("steps", 1, "on", 0, "where"),
        "answer",
        "no event does",
    ),
    (
        "a setting of the shop's that there is not",
        set_("$shop.margin", "trigger", "where", 0, "value"),
        ("trigger", "where"),
        None,
        "`$shop.margin` is none of the shop's settings that can be asked for: code_from",
    ),
    (
        "the trigger in itself",
        set_("$trigger.result", "trigger", "where", 0, "value"),
        ("trigger", "where"),
        None,
        "compare with a value",
    ),
    (
        "this run before it begins",
        set_({"kind": "orders", "at_most": 0, "within": "this_run"}, "entry", "only_if"),
        ("entry", "only_if"),
        None,
        "use a duration",
    ),
    (
        "a birthday once ever",
        both(
            set_({"kind": "date", "trait": "birthday"}, "trigger"),
            set_("once", "entry", "again"),
            set_([], "steps", 1, "on", 0, "where"),
        ),
        ("entry", "again"),
        None,
        "300d",
    ),
    (
        "a no that goes on",
        set_({"on": {"kind": "unsubscribed"}, "go_to": "thanks"}, "exits", 0),
        ("exits", 0, "go_to"),
        None,
        "leave `go_to` out",
    ),
    (
        "a wait for a no",
        set_([{"kind": "unsubscribed"}], "steps", 1, "on"),
        ("steps", 1, "on", 0),
        "answer",
        "nobody waits",
    ),
    (
        "an exit by what begins it",
        both(set_({"kind": "segment", "segment": "vips"}, "trigger"), set_([], "steps", 1, "on", 0, "where")),
        ("exits", 1, "on"),
        None,
        "begins the journey",
    ),
    (
        "an exit behind another",
        set_([{"on": {"kind": "segment", "segment": "vips"}}] * 2, "exits"),
        ("exits", 1, "on"),
        None,
        "already",
    ),
    ("a day there is none of", set_(["--02-30"], "hours", "closed"), ("hours", "closed", 0), None, "no day"),
    ("a wait for an event in a machine", set_("step_functions", "runs_on"), ("steps", 1), "answer", "wake_ups"),
]


def test_a_good_journey_has_no_problems() -> None:
    assert problems(Journey.model_validate(GOOD), KNOWN) == []


@pytest.mark.parametrize(
    ("seed", "path", "step", "text"), [each[1:] for each in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_seeded_mistake_is_found_and_named(
    seed: Callable[[dict[str, Any]], None], path: tuple[str | int, ...], step: str | None, text: str
) -> None:
    definition = copy.deepcopy(GOOD)
    seed(definition)
    found = problems(Journey.model_validate(definition), KNOWN)
    assert [(each.path, each.step) for each in found if text in each.text] == [(path, step)], found


@pytest.mark.parametrize(
    ("of_template", "of_step", "wrong"),
    [
        ("marketing", "transactional", "without the contact's consent"),
        ("lifecycle", "transactional", "without the contact's consent"),
        ("transactional", "marketing", "no unsubscribe link"),
        ("transactional", "lifecycle", "no unsubscribe link"),
        ("marketing", "lifecycle", None),
        ("lifecycle", "marketing", None),
        ("transactional", "transactional", None),
        ("marketing", None, None),
    ],
)
def test_a_step_makes_no_email_transactional_whose_template_is_not_nor_the_other_way_round(
    of_template: Any, of_step: str | None, wrong: str | None
) -> None:
    definition = copy.deepcopy(GOOD)
    if of_step is not None:
        definition["steps"][-1]["class"] = of_step
    found = problems(Journey.model_validate(definition), replace(KNOWN, class_of=lambda template, pin: of_template))
    assert [(each.path[-1], each.step) for each in found] == ([] if wrong is None else [("class", "thanks")])
    assert all(wrong is not None and wrong in each.text for each in found)


def test_a_run_that_is_near_the_bound_of_its_history_is_refused() -> None:
    def steps(emails: int) -> list[dict[str, Any]]:
        pairs = [
            (
                {"id": f"hello_{n}", "kind": "send", "template": "hello"},
                {"id": f"wait_{n}", "kind": "wait", "for": "1d"},
            )
            for n in range(emails)
        ]
        return [step for pair in pairs for step in pair]

    def found(emails: int) -> list[Problem]:
        given = {**GOOD, "runs_on": "step_functions", "steps": steps(emails), "exits": []}
        return problems(Journey.model_validate(given), KNOWN)

    assert found(19) == []
    (problem,) = found(20)
    assert problem.path == ("runs_on",)
    assert "25,000" in problem.text


def test_a_machine_that_is_not_deployed_is_refused_with_what_to_do() -> None:
    steps = [{"id": "hello", "kind": "send"}, {"id": "some_days", "kind": "wait", "for": "3d"}]
    made = Journey.model_validate({**GOOD, "runs_on": "step_functions", "steps": steps, "exits": []})

    def found(machines: dict[str, Journey]) -> list[tuple[Any, ...]]:
        return [problem.path for problem in problems(made, replace(KNOWN, machines=machines))]

    assert found({made.id: made}) == []
    assert found({made.id: made.model_copy(update={"name": "Another name"})}) == []
    assert found({made.id: made.model_copy(update={"topic": "news"})}) == [("runs_on",)]
    assert found({made.id: made.model_copy(update={"steps": made.steps[:1]})}) == [("runs_on",)]
    assert found({}) == [("runs_on",)]


UNREADABLE: list[tuple[Callable[[dict[str, Any]], None], tuple[str | int, ...], str | None, str]] = [
    (set_("hourly", "entry", "again"), ("entry", "again"), None, ""),
    (set_("sned", "steps", 0, "kind"), ("steps", 0), "hello", "'sned'"),
    (set_(3, "steps", 4, "for"), ("steps", 4, "for"), "some_days", "3d"),
    (set_("25:00", "steps", 4, "at"), ("steps", 4, "at"), "some_days", ""),
    (lambda d: d["steps"][1].pop("within"), ("steps", 1, "within"), "answer", "is required"),
    (set_(1, "steps", 0, "templat"), ("steps", 0, "templat"), "hello", "not a field"),
    (
        lambda d: d["steps"][2]["ways"][0]["when"].pop("segment"),
        ("steps", 2, "ways", 0, "when", "segment"),
        "which",
        "required",
    ),
    (set_([], "steps"), ("steps",), None, ""),
]


@pytest.mark.parametrize(("seed", "path", "step", "text"), UNREADABLE)
def test_what_cannot_be_read_is_found_at_its_place(
    seed: Callable[[dict[str, Any]], None], path: tuple[str | int, ...], step: str | None, text: str
) -> None:
    definition = copy.deepcopy(GOOD)
    seed(definition)
    with pytest.raises(ValidationError) as raised:
        Journey.model_validate_json(json.dumps(definition))
    found = unreadable(raised.value, definition)
    assert [(each.path, each.step) for each in found if text in each.text][:1] == [(path, step)], found
