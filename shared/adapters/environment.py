"""A function's settings: its environment variables, typed, read and checked on first use."""

from __future__ import annotations

import os
from typing import TypeVar, cast

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Some environment variables. Its validator is made when it is first used, not at import."""

    model_config = ConfigDict(defer_build=True)


S = TypeVar("S", bound=Settings)

_read: dict[type[Settings], Settings] = {}


def environment(model: type[S]) -> S:
    """The environment as `model`, whose fields are the variables' names in lower case.

    pydantic's ValidationError names each variable that is missing or wrong.
    """
    if model not in _read:
        given = {name: os.environ[name.upper()] for name in model.model_fields if name.upper() in os.environ}
        _read[model] = model.model_validate(given)
    return cast(S, _read[model])


def forget() -> None:
    """Forgets what was read of the environment: for tests, which change it."""
    _read.clear()
