"""The language of journeys as forms: of each part that a journey is made of, its fields with what they are called and
how they are filled in, out of the JSON Schema of the models.

A field that nobody has found words for has those of its name, so that a form shows it all the same. Conditions are told
by `language`, which has the words for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter

from shared.domain.events import Json
from shared.domain.journeys.definition import (
    AnyStep,
    Entry,
    Exit,
    Hours,
    Journey,
    Occasion,
    Share,
    Trigger,
    Way,
)
from shared.domain.language import CHOICES, without_null

TITLES: dict[str, str] = {
    "send": "Email",
    "wait": "Wait",
    "wait_for": "Wait for something",
    "branch": "Branch",
    "split": "Split",
    "update": "Change the contact",
    "notify": "Tell somebody",
    "start": "Start a journey",
    "end": "End",
    "segment": "A segment is entered or left",
    "event": "An event happens",
    "date": "A date comes",
    "hand": "Nothing by itself: it is started by hand",
    "unsubscribed": "They unsubscribe",
}
LABELS: dict[str, str] = {
    "send.template": "Which email",
    "send.pin": "Always this version of it",
    "send.best_before": "Skipped when it would come later than",
    "send.class": "Sent as",
    "send.priority": "Goes first, of several that wait (1 is first)",
    "wait.for": "For",
    "wait.at": "Until this time of their day",
    "wait.weekdays": "On one of these days",
    "wait.best_hour": "Until the hour at which they mostly read",
    "wait.trait": "Until the date in",
    "wait.offset": "So long before (−) or after it",
    "wait_for.on": "Until one of these happens",
    "wait_for.within": "For at most",
    "wait_for.since_start": "What happened since the journey began counts, too",
    "branch.ways": "The first of these that is true",
    "split.ways": "By lot",
    "update.traits": "Traits",
    "update.add_tags": "Put these tags on",
    "update.remove_tags": "Take these tags off",
    "update.add_lists": "Put on these lists",
    "update.remove_lists": "Take off these lists",
    "notify.subject": "What it is about",
    "notify.to": "Who is told",
    "start.journey": "Which journey",
    "end.outcome": "Counted as",
    "segment.when": "Which is",
    "segment.segment": "Segment",
    "segment.by": "Only by having done",
    "event.events": "One of these events",
    "event.where": "Only where",
    "event.first": "Only the first ever",
    "date.trait": "The date in",
    "date.yearly": "Each year again",
    "date.offset": "Days later (earlier, below zero)",
    "date.at": "At this time of their day",
    "unsubscribed.topic": "From",
    "entry.again": "How often for one contact",
    "entry.per": "By itself for each",
    "entry.only_if": "Only for whom this is true",
    "entry.not_during": "Not while they are in",
    "entry.apart": "So long after another journey of the group",
    "entry.priority": "Of several that would start, the highest does",
    "entry.per_hour": "At most so many starts an hour",
    "exit.on": "When",
    "exit.go_to": "They go on at",
    "exit.start": "And start the journey",
    "exit.goal": "It is the goal",
    "hours.from": "From",
    "hours.to": "To",
    "hours.weekdays": "On",
    "hours.closed": "Never on these days",
    "journey.name": "Name",
    "journey.sentence": "What it does, in a sentence",
    "journey.topic": "Its emails are about",
    "journey.group": "Group",
    "journey.runs_on": "Runs on",
    "next": "Then",
    "otherwise": "Otherwise",
    "id": "Id",
}
MORE: dict[str, tuple[str, ...]] = {
    "send": ("pin", "best_before", "class", "priority"),
    "wait": ("weekdays", "best_hour", "trait", "offset"),
    "wait_for": ("since_start",),
    "segment": ("by",),
    "event": ("where", "first"),
    "date": ("offset",),
    "entry": ("per", "only_if", "not_during", "apart", "priority", "per_hour"),
    "exit": ("go_to", "start"),
    "hours": ("closed",),
    "journey": ("group", "runs_on"),
}
"""What a form shows only where it is set, or asked for."""
CONTROLS: dict[str, str] = {
    "next": "step",
    "otherwise": "step",
    "exit.go_to": "step",
    "way.next": "step",
    "share.next": "step",
    "send.template": "template",
    "start.journey": "journey",
    "exit.start": "journey",
    "entry.not_during": "journeys",
    "wait.at": "clock",
    "date.at": "clock",
    "hours.from": "clock",
    "hours.to": "clock",
    "wait.trait": "trait",
    "date.trait": "trait",
    "segment.segment": "segment",
    "segment.by": "events",
    "event.events": "events",
    "event.where": "filters",
    "entry.per": "property",
    "entry.again": "again",
    "entry.only_if": "condition",
    "way.when": "condition",
    "wait_for.on": "occasions",
    "exit.on": "occasion",
    "branch.ways": "ways",
    "split.ways": "shares",
    "update.traits": "traits",
    "update.add_tags": "tags",
    "update.remove_tags": "tags",
    "update.add_lists": "lists",
    "update.remove_lists": "lists",
    "hours.closed": "texts",
    "journey.topic": "topic",
    "unsubscribed.topic": "topic",
    "journey.sentence": "text",
    "notify.subject": "text",
}
"""How a field is filled in, where its type does not tell."""


@cache
def forms() -> dict[str, Json]:
    """By what it is of: `steps`, `triggers` and `occasions` (each by kind), `journey`, `entry`, `exit`, `hours`, `way`
    and `share`. Each has a `title`, what it `means`, and its `fields`: `name`, `title`, `control`, whether it is
    `required` or shown only on demand (`more`), its `default`, and `choices` where there are some. Nobody changes
    it."""
    return {
        "steps": {kind: _form(model, kind) for kind, model in _by_kind(AnyStep)},
        "triggers": {kind: _form(model, kind) for kind, model in _by_kind(Trigger)},
        "occasions": {kind: _form(model, kind) for kind, model in _by_kind(Occasion)},
        "journey": _form(Journey, "journey", ("id", "trigger", "entry", "exits", "hours", "steps")),
        "entry": _form(Entry, "entry"),
        "exit": _form(Exit, "exit"),
        "hours": _form(Hours, "hours"),
        "way": _form(Way, "way"),
        "share": _form(Share, "share"),
    }


def _by_kind(union: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    for model in get_args(get_args(union)[0]):
        yield get_args(model.model_fields["kind"].annotation)[0], model


def _form(model: type[BaseModel], kind: str, apart: tuple[str, ...] = ()) -> dict[str, Json]:
    told = TypeAdapter(model).json_schema(by_alias=True)
    properties = without_null(told["properties"])
    required, more = told.get("required", []), MORE.get(kind, ())
    apart = (*apart, "next") if kind in ("end", "split") else apart  # which lead elsewhere
    names = [name for name in properties if name not in ("kind", "arms", *apart)]  # experiments have a page of theirs
    names.sort(key=lambda name: (name in ("next", "otherwise"), name == "next"))
    return {
        "title": TITLES.get(kind, _of_name(kind)),
        "fields": [
            {
                "name": name,
                "title": LABELS.get(f"{kind}.{name}") or LABELS.get(name) or _of_name(name),
                "control": CONTROLS.get(f"{kind}.{name}") or CONTROLS.get(name) or _control(properties[name]),
                "required": name in required,
                "more": name in more,
                "default": properties[name].get("default"),
                "choices": _choices(properties[name], name),
            }
            for name in names
        ],
    }


def _control(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "choice"
    if schema.get("type") == "array" and "enum" in schema["items"]:
        return "choices"
    match schema.get("format"):
        case "duration" | "signed-duration" as found:
            return str(found)
    return {"boolean": "flag", "integer": "number", "number": "number"}.get(str(schema.get("type")), "line")


def _choices(schema: dict[str, Any], name: str) -> list[Json]:
    """Each with what it is called."""
    told = schema.get("enum") or schema.get("items", {}).get("enum") or []
    titles = CHOICES.get(name, {})
    return [{"value": each, "title": titles.get(each, _of_name(str(each)))} for each in told]


def _of_name(name: str) -> str:
    return name.replace("_", " ").capitalize()
