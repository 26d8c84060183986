"""How people come in by forms, as the last night has added it up. Routes of the admin's API."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Response

from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.rest import Request, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import reports as shapes
from shared.adapters import form_definitions, report_parameters, reports
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
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


FIGURES = {"people": "signed up", "fresh": "signed up, and had not ordered before", "ordered": "first order"}
"""What each number of people is."""


class OfForm(Listing, total=False):
    form: str
    figure: str
    """`people`, when left out, `fresh` or `ordered`."""
    version: str
    """Of the form, as `3`; `none`: of sign-ups of which it was not told; left out for all."""
    day: str
    """Of the sign-up, as `2026-11-24`; left out for all."""


@route("GET", "/reports/forms/people", role=Role.VIEWER, query=OfForm, gives=Behind | everywhere.Late)
def list_signed_up(request: Request) -> Json | Response:
    """Who has signed up by a `form` in the report's 90 days, and when. How often it was seen, begun and sent in is
    counted of nobody in particular. As of the last night. 202 with a `query` when it takes long."""
    form, figure = request.query.get("form", ""), chosen(request, "figure", FIGURES, "people")
    version, day = request.query.get("version"), request.query.get("day")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", form):
        raise RefusedError("invalid_form", "say which form, by its id", "form")
    if version is not None and not re.fullmatch(r"none|\d{1,9}", version):
        raise RefusedError("invalid_number", "write a version as a number, or none", "version")
    if day is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        raise RefusedError("invalid_day", "write a day as 2026-11-24", "day")
    held = form_definitions.saved().forms
    of_version = "" if version is None else ", version not known" if version == "none" else f", version {version}"
    parameters = report_parameters.of_forms(reports.as_of("forms", now()))
    return behind(
        request,
        f"{held[form].form.name if form in held else form}{of_version}: {FIGURES[figure]}{f' on {day}' if day else ''}",
        "Signed up",
        "instant",
        lambda: parameters.of(
            "form_people", form, "-" if version is None else version.replace("none", ""), day or "-", figure
        ),
    )
