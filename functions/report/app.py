"""Reports: figures over the whole lake, made once a night, so that a page is answered at once and says as of when.

It does the steps of the workflow that does so (see `night`). Each report is a module of this folder that
`night.REPORTS` names; what its figures mean is said in `shared/domain/reports`, and in docs/reports.md.
"""

from __future__ import annotations

from typing import Any

from functions.report import night
from shared.adapters.clock import now


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """A step of the workflow; gives the state it is then in."""
    return night.step(event, now())
