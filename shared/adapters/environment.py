"""A function's settings: its environment variables, read and checked on first use.

No pydantic model each: making one takes half a millisecond of every cold start, and a function has ten.
"""

from __future__ import annotations

import json
import os
from typing import TypeVar, cast


class SettingError(Exception):
    """A variable is missing or wrong, and is named: a fault of the deployment, never of what is just being done."""


class Settings:
    """Some environment variables: each a text, or a `dict[str, str]` in JSON. One with a default may be missing."""


S = TypeVar("S", bound=Settings)

_read: dict[type[Settings], Settings] = {}


def environment(model: type[S]) -> S:
    """The environment as `model`, whose fields are the variables' names in lower case. SettingError names the first
    variable that is missing or wrong."""
    if model not in _read:
        settings = model()
        for name, form in model.__annotations__.items():
            if (given := os.environ.get(name.upper())) is not None:
                setattr(settings, name, given if form == "str" else _texts(name, given))
            elif not hasattr(model, name):
                raise SettingError(f"{name.upper()} is not set")
        _read[model] = settings
    return cast(S, _read[model])


def _texts(name: str, given: str) -> dict[str, str]:
    try:
        read = json.loads(given)
    except ValueError:
        read = None
    if not (isinstance(read, dict) and all(isinstance(value, str) for value in read.values())):
        raise SettingError(f"{name.upper()} is not a JSON object of texts")
    return read


def forget() -> None:
    """Forgets what was read of the environment: for tests, which change it."""
    _read.clear()
