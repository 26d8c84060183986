"""Changing a journey's definition step by step, as a form or a graph asks for it: a step's fields, a step put in, taken
out or moved, and what of the journey is no step.

Works on the definition as it was written (JSON), which may have problems still. Steps follow each other in the order in
which they are written unless one says where it goes; whatever is changed, all others lead where they led before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from shared.domain.events import Json, Strict, Type
from shared.domain.journeys.definition import END

Definition = dict[str, Any]
Kind = Literal["send", "wait", "wait_for", "branch", "split", "update", "notify", "start", "end"]
Edge = Literal["next", "otherwise"] | Annotated[int, Field(ge=0, lt=20)]
"""Which way out of a step: its `next`, a `wait_for`'s `otherwise`, or the place of a way of a branch or a split."""


class Rewrite(Strict):
    """The step is this from now on. Whoever led to it leads to it by its new id."""

    do: Literal["step"]
    step: str
    value: dict[str, Json]


class Head(Strict):
    """What of the journey is no step: the fields that are given (null: left out from now on)."""

    do: Literal["head"]
    value: dict[str, Json]


class Add(Strict):
    """A new step on the way out of a step (None: where the journey begins)."""

    do: Literal["add"]
    kind: Kind
    after: str | None = None
    way: Edge = "next"


class Remove(Strict):
    """The step is gone. Whoever led to it leads where it led: of several ways, where it led otherwise."""

    do: Literal["remove"]
    step: str


class Move(Strict):
    """The step stands on the way out of another (None: where the journey begins); or (`by`) one place further up or
    down on its own way."""

    do: Literal["move"]
    step: str
    after: str | None = None
    way: Edge = "next"
    by: Literal[-1, 1] | None = None


Change = Annotated[Rewrite | Head | Add | Remove | Move, Field(discriminator="do")]


class CannotChangeError(ValueError):
    """What is asked for cannot be done with this definition; why, for people."""


class Changed(NamedTuple):
    """`step`: the one that it was about, by its id from now on (None: none)."""

    definition: Definition
    step: str | None


def changed(definition: Definition, change: Change) -> Changed:
    """The definition with the change; the one that is given stays as it is. CannotChangeError."""
    made = deepcopy(definition)
    if not _has_steps(made):
        raise CannotChangeError("its `steps` are to be a list, each with its `id`: write that first")
    steps = made["steps"]
    match change:
        case Rewrite():
            return Changed(made, _rewrite(made, change))
        case Head():
            for name, value in change.value.items():
                if name in ("id", "steps"):
                    raise CannotChangeError(f"`{name}` is not changed by this")
                if value is None:
                    made.pop(name, None)
                else:
                    made[name] = value
            made["steps"] = made.pop("steps")  # what is new stands before them
            return Changed(made, None)
        case Add():
            to = _leads(made, change.after, change.way)
            step = _begun(change.kind, to, [each["id"] for each in steps])
            _put(made, step, change.after, change.way)
            return Changed(made, step["id"])
        case Remove():
            _take(made, change.step)
            return Changed(made, None)
        case Move():
            after, way = (change.after, change.way) if change.by is None else _beside(made, change.step, change.by)
            if after == change.step:
                raise CannotChangeError("a step cannot come after itself")
            step = _take(made, change.step)
            _put(made, step, after, way)
            return Changed(made, change.step)


def _has_steps(definition: Json) -> bool:
    steps = definition.get("steps") if isinstance(definition, dict) else None
    return isinstance(steps, list) and all(isinstance(each, dict) and isinstance(each.get("id"), str) for each in steps)


# ── where steps lead ──


def places(definition: Json) -> Iterator[tuple[str | None, Edge, str]]:
    """The `edges` of what may be no journey yet: of such, none."""
    if isinstance(definition, dict) and _has_steps(definition):
        yield from edges(definition)


def edges(definition: Definition) -> Iterator[tuple[str | None, Edge, str]]:
    """Each way of the journey, as whose it is (None: where it begins), which it is, and where it leads."""
    steps = definition["steps"]
    if steps:
        yield None, "next", steps[0]["id"]
    for place, step in enumerate(steps):
        if step.get("kind") not in ("end", "split"):
            yield step["id"], "next", _next(steps, place)
        if step.get("kind") == "wait_for":
            yield step["id"], "otherwise", step.get("otherwise") or _next(steps, place)
        for number, way in enumerate(_ways(step)):
            yield step["id"], number, str(way.get("next", END))


def _ways(step: Definition) -> Sequence[Definition]:
    ways = step.get("ways") if step.get("kind") in ("branch", "split") else None
    return [way for way in ways if isinstance(way, dict)] if isinstance(ways, list) else []


def _next(steps: Sequence[Definition], place: int) -> str:
    """Where the step leads, or the one that is written after it."""
    return str(steps[place].get("next") or (steps[place + 1]["id"] if place + 1 < len(steps) else END))


def _falls_through(step: Definition) -> bool:
    """Whether it leads to the step that is written after it."""
    return step.get("kind") not in ("end", "split") and not step.get("next")


def _place(definition: Definition, id_: str) -> int:
    found = next((place for place, each in enumerate(definition["steps"]) if each["id"] == id_), None)
    if found is None:
        raise CannotChangeError(f"there is no step {id_} any more")
    return found


def _leads(definition: Definition, after: str | None, way: Edge) -> str:
    for whose, which, to in edges(definition):
        if (whose, which) == (after, way):
            return to
    if after is None:
        return END
    step = definition["steps"][_place(definition, after)]
    if step.get("kind") == "end":
        raise CannotChangeError("nothing comes after an end: put the step before it")
    raise CannotChangeError(f"the step {after} has no such way out: choose one of its ways")


# ── the changes ──


def _rewrite(definition: Definition, change: Rewrite) -> str:
    place = _place(definition, change.step)
    id_ = change.value.get("id")
    if not isinstance(id_, str) or not id_:
        raise CannotChangeError("a step needs an id: small letters, digits and _")
    if id_ != change.step and any(each["id"] == id_ for each in definition["steps"]):
        raise CannotChangeError(f"two steps cannot be called {id_}: choose another id")
    definition["steps"][place] = change.value
    if id_ != change.step:
        _lead_to(definition, change.step, id_)
    return id_


def _lead_to(definition: Definition, old: str, new: str) -> None:
    """Whoever names the one step names the other."""
    exits = definition.get("exits")
    for exit_ in exits if isinstance(exits, list) else ():
        if isinstance(exit_, dict) and exit_.get("go_to") == old:
            exit_.pop("go_to") if new == END else exit_.update(go_to=new)
    steps = definition["steps"]
    for step in steps:
        for name in ("next", "otherwise"):
            if step.get(name) == old:
                step[name] = new
        for way in _ways(step):
            if way.get("next") == old:
                way["next"] = new


def _put(definition: Definition, step: Definition, after: str | None, way: Edge) -> None:
    """Puts a step on a way: it leads where that led."""
    steps, to = definition["steps"], _leads(definition, after, way)
    leads_on = step.get("kind") not in ("end", "split")
    if after is None:
        steps.insert(0, step)
        return
    own = steps[_place(definition, after)]
    if way == "next":
        place = _place(definition, after) + 1
        if own.get("kind") == "wait_for" and own.get("otherwise") is None:
            own["otherwise"] = to  # which its `next` was, too
        explicit = own.pop("next", None)
        if explicit is not None and leads_on and not (place < len(steps) and steps[place]["id"] == explicit):
            step["next"] = explicit
        steps.insert(place, step)
        return
    place = len(steps) if to == END else _place(definition, to)
    if place == 0:  # where the journey begins stays where it is
        place = len(steps)
        if leads_on:
            step["next"] = to
    if _falls_through(steps[place - 1]):
        steps[place - 1]["next"] = steps[place]["id"] if place < len(steps) else END
    steps.insert(place, step)
    if way == "otherwise":
        own["otherwise"] = step["id"]
    else:
        own["ways"][way]["next"] = step["id"]


def _take(definition: Definition, id_: str) -> Definition:
    """Takes a step out: who led to it leads where it led. Gives it, without where it led."""
    steps, place = definition["steps"], _place(definition, id_)
    if len(steps) == 1:
        raise CannotChangeError("it is the only step: a journey has one at least")
    ways = [to for whose, _, to in edges(definition) if whose == id_ and to != id_]
    to = ways[0] if ways else END
    if place == 0 and to != steps[1]["id"]:
        raise CannotChangeError(
            f"the journey begins with it, and it leads past {steps[1]['id']}: move the step that is to be the first up"
        )
    follower = steps[place + 1]["id"] if place + 1 < len(steps) else END
    if place > 0 and _falls_through(steps[place - 1]) and to != follower:
        steps[place - 1]["next"] = to
    step: Definition = steps.pop(place)
    _lead_to(definition, id_, to)
    step.pop("next", None)
    if step.get("otherwise") == id_:
        step.pop("otherwise")
    for number, each in enumerate(steps):  # what goes without saying is not said
        if each.get("next") == to and number == place - 1 and to == follower and place < len(steps):
            each.pop("next")
    return step


def _beside(definition: Definition, id_: str, by: int) -> tuple[str | None, Edge]:
    """The way on which a step stands that goes up or down by one."""
    if by > 0:
        to = _leads(definition, id_, "next")
        if to in (END, id_):
            raise CannotChangeError("nothing comes after it on its way")
        step = definition["steps"][_place(definition, to)]
        if step.get("kind") in ("end", "split", "branch"):
            raise CannotChangeError(f"{to} is where ways part or end: choose a place for the step")
        return to, "next"
    above = _only_way_to(definition, id_)
    if above[0] is None:
        raise CannotChangeError("it is the first step already")
    if above[1] != "next" or definition["steps"][_place(definition, above[0])].get("kind") == "branch":
        raise CannotChangeError(f"ways part at {above[0]}: choose a place for the step")
    return _only_way_to(definition, above[0])


def _only_way_to(definition: Definition, id_: str) -> tuple[str | None, Edge]:
    found = [(whose, way) for whose, way, to in edges(definition) if to == id_ and whose != id_]
    if len(found) != 1:
        raise CannotChangeError(f"several ways lead to {id_}: choose a place for the step")
    return found[0]


# ── new steps ──

_CALLED: Mapping[str, str] = {"send": "email", "start": "start_journey", "notify": "tell"}


def _begun(kind: Kind, to: str, ids: Sequence[str]) -> Definition:
    """What a new step is, until somebody says more: it can be read, and what it lacks is a problem with words. Which
    email goes out is nothing to be guessed."""
    id_ = _free(_CALLED.get(kind, kind), ids)
    more: Mapping[str, Definition] = {
        "send": {},
        "wait": {"for": "1d"},
        "wait_for": {"on": [{"kind": "event", "events": [Type.ORDER_COMPLETED.value]}], "within": "3d"},
        "branch": {"ways": [{"when": {"kind": "orders", "at_least": 1, "within": "30d"}, "next": to}]},
        "split": {"ways": [{"weight": 50, "next": to}, {"weight": 50, "next": END}]},
        "update": {},
        "notify": {"subject": "Something to look at"},
        "start": {"journey": "journey"},
        "end": {},
    }
    return {"id": id_, "kind": kind, **more[kind]}


def _free(wanted: str, taken: Sequence[str]) -> str:
    if wanted not in taken and wanted != END:
        return wanted
    return next(name for name in (f"{wanted}_{n}" for n in range(2, len(taken) + 3)) if name not in taken)
