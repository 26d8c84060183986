"""A function's settings: its environment variables, typed, read and checked on first use."""

from __future__ import annotations

import os
from functools import cache
from typing import TypeVar

from pydantic import BaseModel

Settings = TypeVar("Settings", bound=BaseModel)


@cache
def environment(model: type[Settings]) -> Settings:
    """The environment as `model`, whose fields are the variables' names in lower case.

    pydantic's ValidationError names each variable that is missing or wrong.
    """
    return model.model_validate(
        {name: os.environ[name.upper()] for name in model.model_fields if name.upper() in os.environ}
    )
