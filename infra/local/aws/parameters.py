"""A quick look at a call's parameters: True only for what botocore's own validator has nothing against.

That validator looks everything up in the model at every call, which was a fifth of the local run's time. Here a shape
becomes a function, once. Whatever this is not sure of (timestamps, documents, what is wrong) botocore validates itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Check = Callable[[Any], bool]

_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (bytes, bytearray, str),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
}


def check(shape: Any, known: dict[str, Check]) -> Check:
    """The function for a shape of botocore's model; `known` has those of its service, by name."""
    name = shape.name
    if name not in known:
        known[name] = partial(_of_name, name, known)  # for a shape that holds itself, until it is made
        known[name] = _made(shape, known)
    return known[name]


def _made(shape: Any, known: dict[str, Check]) -> Check:
    kind, least = shape.type_name, shape.metadata.get("min")
    if shape.serialization.get("jsonvalue") or (kind == "structure" and shape.is_document_type):
        return _unsure
    if kind == "structure":
        required = frozenset(shape.metadata.get("required", ()))
        members = {name: check(member, known) for name, member in shape.members.items()}
        one = shape.is_tagged_union
        return lambda value: (
            isinstance(value, dict)
            and required <= value.keys()
            and (not one or len(value) == 1)
            and all(name in members and members[name](part) for name, part in value.items())
        )
    if kind == "list":
        member = check(shape.member, known)
        return lambda value: isinstance(value, list | tuple) and len(value) >= (least or 0) and all(map(member, value))
    if kind == "map":
        of_key, of_value = check(shape.key, known), check(shape.value, known)
        return lambda value: isinstance(value, dict) and all(map(of_key, value)) and all(map(of_value, value.values()))
    if kind not in _SCALARS:
        return _unsure
    types = _SCALARS[kind]
    if least is None or kind in ("blob", "boolean"):
        return lambda value: isinstance(value, types)
    if kind == "string":
        return lambda value: isinstance(value, str) and len(value) >= least
    return lambda value: isinstance(value, types) and value >= least


def _of_name(name: str, known: dict[str, Check], value: Any) -> bool:
    return known[name](value)


def _unsure(_: Any) -> bool:
    return False
