"""How people come in by forms: the report `forms`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import definitions, form_counts, form_definitions, report_parameters
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json
from shared.domain.reports import forms


def asks(seen: Seen) -> Mapping[str, Question]:
    return {"sign_ups": report_parameters.of_forms(seen.at).of("forms")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    _, days = forms.period(at, definitions.shop_zone())
    held = form_definitions.saved().forms
    counted = (
        forms.Told(each.form, each.version, each.day, f"{each.what}_{each.way}", each.n)
        for form in held
        for each in form_counts.counts(form, days[0])
    )
    surveys = {id_ for id_, each in held.items() if (each.published or each.form).is_survey}
    return forms.report([*forms.told(rows["sign_ups"]), *counted], surveys, days)
