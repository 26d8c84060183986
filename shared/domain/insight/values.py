"""What all values of insight are: frozen, and JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Value(BaseModel):
    """What a later version adds is left out by an earlier one, so that stored results are read after a rollback."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)
