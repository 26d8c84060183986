"""Passes of the refresh workflow, as an operator asks how they stand."""

from __future__ import annotations

import re
from typing import Any

from shared.adapters import refreshes
from shared.domain.refusals import RefusedError


def outcome_of(name: str, pattern: str, unknown: RefusedError) -> tuple[str, dict[str, Any]]:
    """How the pass of a name stands, and what it has ended with. Raises `unknown` where the whole name does not match,
    since others' passes are nobody's to ask for, and where there is no such pass."""
    if not re.fullmatch(pattern, name):
        raise unknown
    try:
        return refreshes.outcome(name)
    except refreshes.UnknownPassError:
        raise unknown from None
