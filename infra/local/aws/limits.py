"""What botocore's models say of a parameter that its validator does not look at: the most, and the pattern.

The services do look, so a stand-in asks here for what it has let through itself (`aws.connect`). Not for the values
that an enum lists: the services know more of them than the models do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Limit = Callable[[Any], str | None]
"""What is wrong with a value, if anything."""


def limit(shape: Any, known: dict[str, Limit | None]) -> Limit | None:
    """The function for a shape of botocore's model; None where there is nothing to look at. `known`: its service's."""
    name = shape.name
    if name not in known:
        known[name] = (
            None  # while it is made: a shape that holds itself (an attribute's value) limits nothing of itself
        )
        known[name] = _made(shape, known)
    return known[name]


def _made(shape: Any, known: dict[str, Limit | None]) -> Limit | None:
    kind = shape.type_name
    own = _own(shape)
    if kind == "structure":
        parts = {name: found for name, member in shape.members.items() if (found := limit(member, known))}
        return (lambda value: _first(value, parts)) if parts else None
    if kind == "list":
        member = limit(shape.member, known)
        return _both(own, (lambda value: _of_any(value, member)) if member else None)
    if kind == "map":
        key, each = limit(shape.key, known), limit(shape.value, known)
        of_keys: Limit | None = (lambda value: _of_any(value, key)) if key else None
        of_values: Limit | None = (lambda value: _of_any(value.values(), each)) if each else None
        return _both(own, _both(of_keys, of_values))
    return own


def _own(shape: Any) -> Limit | None:
    name, kind, most = shape.name, shape.type_name, shape.metadata.get("max")
    written = shape.metadata.get("pattern", "") if kind == "string" else ""
    try:
        pattern = (
            re.compile(written) if written.startswith("^") or not written else re.compile(f"^(?:{written})$", re.DOTALL)
        )
    except re.error:  # of Java's, which knows more
        pattern, written = re.compile(""), ""
    if kind in ("integer", "long", "float", "double"):
        return (lambda value: f"{name} is at most {most}" if value > most else None) if most is not None else None
    if kind not in ("string", "list", "map") or (most is None and not written):
        return None

    def look(value: Any) -> str | None:
        if most is not None and len(value) > most:
            return f"{name} must have length less than or equal to {most}"
        return f"{name} must satisfy regular expression pattern: {written}" if not pattern.search(value) else None

    return look if kind == "string" else lambda value: f"{name} has at most {most}" if len(value) > most else None


def _both(one: Limit | None, other: Limit | None) -> Limit | None:
    return (lambda value: one(value) or other(value)) if one and other else one or other


def _first(value: Any, parts: dict[str, Limit]) -> str | None:
    for name, part in value.items():
        if name in parts and (wrong := parts[name](part)):
            return wrong
    return None


def _of_any(values: Any, each: Limit) -> str | None:
    for value in values:
        if wrong := each(value):
            return wrong
    return None
