"""All that a journey can be written with, read from its models: for docs/journeys.md."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.domain.journeys import definition
from shared.domain.journeys.definition import (
    Branch,
    ByHand,
    DateComes,
    End,
    Entry,
    EventHappens,
    Exit,
    Hours,
    Journey,
    Notify,
    SegmentChange,
    Send,
    Split,
    StartJourney,
    Step,
    Unsubscribes,
    Update,
    Wait,
    WaitFor,
)

PARTS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("a journey", Journey),
    ("`trigger`", SegmentChange),
    ("`trigger`", EventHappens),
    ("`trigger`", DateComes),
    ("`trigger`", ByHand),
    ("`entry`", Entry),
    ("`exits`, each", Exit),
    ("`on`", SegmentChange),
    ("`on`", EventHappens),
    ("`on`", Unsubscribes),
    ("`hours`", Hours),
    ("a step", Step),
    ("a step", Send),
    ("a step", Wait),
    ("a step", WaitFor),
    ("a step", Branch),
    ("a step", Split),
    ("a step", Update),
    ("a step", Notify),
    ("a step", StartJourney),
    ("a step", End),
)


def rows() -> Iterator[tuple[str, ...]]:
    told: set[type[BaseModel]] = set()
    for where, model in PARTS:
        kind = model.model_fields.get("kind")
        name = f"{where}: `{kind.default}`" if kind is not None else where
        means = "as above" if model in told else " ".join((inspect.getdoc(model) or "").split())
        told.add(model)
        yield name, ", ".join(fields(model)) or "nothing", means


def fields(model: type[BaseModel], base: type[BaseModel] = Step) -> Iterator[str]:
    """Each with what it is when it is left out; those without are required. Those of `base` are told once, for all."""
    common = () if model is base or not issubclass(model, base) else base.model_fields
    for name, field in model.model_fields.items():
        if name != "kind" and name not in common:
            yield f"`{field.alias or name}`{_otherwise(field)}"


def _otherwise(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value: Any = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {}:
        return " (none)"
    if isinstance(value, BaseModel):
        return " (as each is)"
    if value == definition.EVERY_DAY:
        return " (every day)"
    if isinstance(value, bool):
        return " (yes)" if value else " (no)"
    return f" ({value})"
