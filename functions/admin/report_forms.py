"""How people come in by forms, as the last night has added it up. Route of the admin's API."""

from __future__ import annotations

from typing import Any

from functions.admin import shapes
from functions.admin.rest import Request, route
from shared.adapters import form_definitions, reports
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.reports import forms


@route("GET", "/reports/forms", role=Role.VIEWER, gives=shapes.FormsReport)
def report(request: Request) -> Json:
    """Of each form, over the last 90 days: how often it was seen, begun and sent in (`…_page`, `…_site`, `…_email`:
    where somebody came upon it), how many `people` signed up by it, and of those who had not ordered before (`fresh`),
    how many have `ordered`; the `shares` that went on beside those of the other forms; by version, and day by day. As
    of the last night (`as_of`; null: no night has been yet)."""
    told: dict[str, Any] | None = reports.known("forms", now())
    if told is None:
        return {"as_of": None, "days": forms.DAYS, "first": None, "last": None, "forms": []}
    held = form_definitions.saved().forms
    return told | {
        "forms": [
            {"name": held[each["form"]].form.name if each["form"] in held else each["form"], **each}
            for each in told["forms"]
        ]
    }
