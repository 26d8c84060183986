"""The stored form of a run, and of what it asks for."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import MISSING, fields

from shared.domain.events import Json
from shared.domain.journeys.runs import (
    Effect,
    NotifyOthers,
    Record,
    Run,
    SendEmail,
    StartAnother,
    TakePart,
    UpdateContact,
)

_KINDS: dict[str, type[Effect]] = {
    "send": SendEmail,
    "update": UpdateContact,
    "notify": NotifyOthers,
    "start": StartAnother,
    "take_part": TakePart,
}


def dump(run: Run) -> bytes:
    """The run's JSON, compressed; without what is as it is of every new run."""
    told = {each.name: getattr(run, each.name) for each in fields(Run)}
    told["records"] = [[*_short(record)] for record in run.records]
    kept = {each.name: told[each.name] for each in fields(Run) if told[each.name] != _default(each)}
    return zlib.compress(json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode(), level=9)


def load(stored: bytes) -> Run:
    """Reads what `dump` wrote."""
    told = json.loads(zlib.decompress(stored))
    return Run(**{**told, "records": tuple(Record(*record) for record in told.get("records", ()))})


def dump_effects(effects: Iterable[Effect]) -> str:
    """As JSON: a list of what is asked for, each with its kind."""
    kinds = {kind: name for name, kind in _KINDS.items()}
    return json.dumps([{"do": kinds[type(effect)], **effect._asdict()} for effect in effects], separators=(",", ":"))


def load_effects(stored: str) -> list[Effect]:
    """Reads what `dump_effects` wrote."""
    return [_effect(**told) for told in json.loads(stored)]


def _effect(do: str, **told: Json) -> Effect:
    lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return _KINDS[do](**{**told, **lists})


def _short(record: Record) -> tuple[Json, ...]:
    told = (record.time, record.step, record.what)
    return told if record.why is None else (*told, record.why)


def _default(field: Json) -> Json:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING
