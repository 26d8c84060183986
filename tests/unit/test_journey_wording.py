"""Journeys in words: each kind of step and rule as it is said, and all that ship."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.adapters import definitions, journey_files
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.wording import JourneyWords, in_words

SEGMENTS = {segment.id: segment for segment in definitions.shipped()}
ORDER = {"kind": "event", "events": ["Order Completed"]}
SEND = {"id": "hello_there", "kind": "send"}


def said(*steps: dict[str, Any], **fields: Any) -> JourneyWords:
    whole = {
        "id": "a_journey",
        "name": "A journey",
        "sentence": "Says hello.",
        "trigger": {"kind": "hand"},
        "steps": steps or [SEND],
        **fields,
    }
    return in_words(Journey.model_validate_json(json.dumps(whole)), SEGMENTS)


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ({"kind": "segment", "segment": "new_subscribers"}, "Somebody has entered “New subscribers”"),
        (
            {"kind": "segment", "segment": "inactive", "when": "leaves", "by": ["time", "Order Completed"]},
            "Somebody has left “Inactive” by having let time pass or ordered",
        ),
        ({**ORDER, "first": True}, "Somebody has ordered for the first time"),
        (
            {**ORDER, "where": [{"property": "category", "value": "tea"}]},
            "Somebody has bought tea",
        ),
        (
            {"kind": "date", "trait": "birthday", "offset": -3},
            "The date in birthday comes round again each year, 3 days before, at 09:00",
        ),
        (
            {"kind": "date", "trait": "trial_ends", "yearly": False, "offset": 1, "at": "10:30"},
            "The date in trial ends comes, 1 day later, at 10:30",
        ),
        ({"kind": "hand"}, "Started by hand, by the API or by another journey"),
    ],
)
def test_what_starts_it(trigger: dict[str, Any], words: str) -> None:
    assert said(trigger=trigger).trigger == words


def test_for_whom_it_is_and_how_often() -> None:
    assert said().entry == ("Once ever.",)
    assert said(entry={"again": "each"}).entry == ("Each time.",)
    entry = {
        "again": "90d",
        "per": "cart_id",
        "only_if": {"kind": "consent"},
        "not_during": ["win_back", "sunset"],
        "apart": "1d",
        "per_hour": 1000,
    }
    assert said(trigger=ORDER, entry=entry).entry == (
        "At most once in 90 days for each cart id.",
        "Only for somebody who is subscribed to marketing email.",
        "Not while they are in “Win back” or “Sunset”.",
        "At least 1 day after they began another journey of the group lifecycle.",
        "1,000 start in an hour at most; the others wait in line.",
    )


def test_what_ends_it_and_what_that_leads_to() -> None:
    exits = [
        {"on": ORDER, "goal": True},
        {"on": {"kind": "segment", "segment": "inactive"}, "go_to": "hello_there", "start": "win_back"},
        {"on": {"kind": "unsubscribed", "topic": "news"}},
        {
            "on": {
                "kind": "event",
                "events": ["Form Submitted"],
                "where": [{"property": "form_id", "value": "$trigger.form_id"}],
            }
        },
    ]
    assert said(exits=exits).exits == (
        "Somebody has ordered",
        "Somebody has entered “Inactive”: goes on at “Hello there” and starts the journey “Win back”",
        "Somebody has unsubscribed from news",
        "Somebody has had the event “Form Submitted” where “form_id” is the one that started it",
    )


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"kind": "send"}, "Sends the email “A step”"),
        (
            {"kind": "send", "template": "welcome", "pin": 3, "best_before": "12h"},
            "Sends the email “Welcome”, always version 3 of it, unless it is more than 12 hours late by then",
        ),
        (
            {"kind": "send", "class": "lifecycle", "priority": 2},
            "Sends the email “A step”, as a lifecycle email, with priority 2 of those that wait",
        ),
        ({"kind": "wait", "for": "2d"}, "Waits 2 days"),
        ({"kind": "wait", "for": "1d", "at": "10:00"}, "Waits 1 day, then until it is 10:00"),
        (
            {"kind": "wait", "at": "09:30", "weekdays": ["mon", "tue", "wed", "thu", "fri"]},
            "Waits until it is 09:30 on workdays",
        ),
        ({"kind": "wait", "weekdays": ["tue", "sun"]}, "Waits until it is Tuesday or Sunday"),
        ({"kind": "wait", "best_hour": True}, "Waits until their best hour, where it is known"),
        (
            {"kind": "wait", "trait": "trial_ends", "offset": "-3d", "at": "10:00"},
            "Waits until 3 days before the date in trial ends, then until it is 10:00",
        ),
        (
            {"kind": "split", "ways": [{"weight": 1, "next": "end"}, {"weight": 1, "next": "end"}]},
            "Goes one of 2 ways by lot, and always the same one for the same run",
        ),
        (
            {"kind": "update", "traits": {"tier": "gold", "old": None}, "add_tags": ["a", "b"], "remove_tags": ["c"]},
            "Sets tier to gold, forgets old, adds the tags “a” and “b”, and takes off the tag “c”",
        ),
        ({"kind": "update"}, "Changes nothing"),
        ({"kind": "notify", "subject": "Call them", "to": "sales"}, "Tells sales: Call them"),
        ({"kind": "start", "journey": "win_back"}, "Starts the journey “Win back”, and goes on"),
        ({"kind": "end", "outcome": "not_ordered"}, "Ends, counted as “Not ordered”"),
    ],
)
def test_what_a_step_does(step: dict[str, Any], words: str) -> None:
    assert said({"id": "a_step", **step}).steps["a_step"].text == words


def test_ways_are_called_what_they_ask() -> None:
    ways = [
        {"when": {"kind": "orders", "within": "this_run"}, "next": "end"},
        {"when": {"kind": "member", "segment": "customers"}, "next": "end"},
    ]
    words = said(
        {"id": "fork", "kind": "branch", "ways": ways},
        {"id": "pause", "kind": "wait_for", "on": [ORDER], "within": "2d", "since_start": True},
    )
    assert words.steps["fork"].ways == ("placed an order since the run began", "is in “Customers”")
    assert words.steps["pause"].ways == ("they have ordered", "not within 2 days")
    assert words.steps["pause"].text.endswith("for 2 days at most; what they did since this journey began counts")


def test_when_emails_go_out() -> None:
    assert said().hours is None
    hours = {"from": "08:00", "to": "20:00", "weekdays": ["sat", "sun"], "closed": ["--12-25", "2026-12-31"]}
    expected = (
        "Emails go out from 08:00 to 20:00 on weekends, and not on 12-25 or 2026-12-31, in the contact's local time."
    )
    assert said(hours=hours).hours == expected


@pytest.mark.parametrize("journey", journey_files.shipped().values(), ids=lambda journey: str(journey.id))
def test_all_that_ship_can_be_said(journey: Journey) -> None:
    words = in_words(journey, SEGMENTS)
    texts = [words.trigger, *words.entry, *words.exits, *(each.text for each in words.steps.values())]
    texts += [way for each in words.steps.values() for way in each.ways]
    assert set(words.steps) == {step.id for step in journey.steps}
    assert [text for text in texts if not text or "$" in text or "kind" in text] == []
