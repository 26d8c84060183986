"""The test that a campaign is: what it can show before it is sent, and what it has shown. Routes of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin.campaigns import kept_of
from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from functions.admin.shapes import campaigns as shapes
from functions.admin.shapes import everywhere
from shared.adapters import athena, audiences, campaign_tests, campaigns
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.campaigns.states import Kept, State
from shared.domain.events import Instant, Json, iso
from shared.domain.experiments import campaigns as tests
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route(
    "GET",
    "/campaigns/{campaign}/results",
    role=Role.VIEWER,
    gives=shapes.CampaignResults,
    query=FiguresQuery,
)
def results(request: Request, campaign: str) -> Json:
    """Of a campaign with variants or a holdout, arm by arm: how many people came to it, how many of them clicked,
    ordered, complained and unsubscribed, and their `revenue`, within the time it is measured by; how each compares, in
    words; whether a variant harms (`guards`, as of the newest look); and when all that is final (`ends`). What a look
    was found to say stays as it is (`looks`: those so far, `kept` when that was written down; `next_look`: when the
    next is). Of one with factors, what each of them does, and each two and three together, is among what is `compared`
    (`factors`), and the combinations are its `cells`. Of one that is not sent yet, what it can show (`expected`). 202
    with a `query` when it takes long."""
    kept, t = kept_of(campaign), now()
    if kept.state in (State.DRAFT, State.SCHEDULED):
        return _expected(request, kept, t)
    rows = asked(request, lambda: athena.start(*campaign_tests.shows(kept, t)))
    return rows if isinstance(rows, Response) else campaign_tests.results(kept, rows, t)


class OfArm(Listing, total=False):
    variant: str
    """Left out where the campaign has none."""
    kind: str
    """`sent`, when left out, or `held_out`."""
    figure: str
    """`people`, when left out, `clicked`, `ordered`, `revenue`, `unsubscribed` or `complained`."""


FIGURES = {
    "people": "came to it",
    "clicked": "clicked",
    "ordered": "ordered",
    "revenue": "spent",
    "unsubscribed": "unsubscribed",
    "complained": "reported it as spam",
}
"""What each number of an arm is."""


@route(
    "GET",
    "/campaigns/{campaign}/results/people",
    role=Role.VIEWER,
    gives=Behind | everywhere.Late,
    query=OfArm,
)
def list_of_arm(request: Request, campaign: str) -> Json | Response:
    """Who is behind a number of a campaign's arm, and when they came to it; of `revenue`, what they spent. 202 with a
    `query` when it takes long."""
    kept, variant = kept_of(campaign), request.query.get("variant", "")
    if variant not in ("", *(each.id for each in kept.campaign.variants)):
        raise RefusedError("not_found", "there is no such variant", "variant", 404)
    kind = chosen(request, "kind", ("sent", "held_out"), "sent")
    figure = chosen(request, "figure", FIGURES, "people")
    arm = ", ".join(each for each in (variant, "held out" if kind == "held_out" else "" if variant else "sent") if each)
    is_money = figure == "revenue"
    return behind(
        request,
        f"{kept.campaign.name} ({arm}): {FIGURES[figure]}",
        "Spent" if is_money else "Came to it",
        "money" if is_money else "instant",
        lambda: campaign_tests.parameters(kept, now()).of("arm_people", variant, kind, figure),
        of_people=not is_money,
    )


def _expected(request: Request, kept: Kept, t: Instant) -> Json:
    within, since = str(kept.campaign.measure.within), max(t - tests.RATES_OVER, 0)
    rows = asked(request, lambda: athena.start(*question("rates", iso(since)[:10], within, within, over=(since, t))))
    if isinstance(rows, Response):
        return rows
    expected = tests.expected(kept.campaign, _reach(kept), tests.usual(rows[0]))
    nothing: dict[str, Json] = {
        "cells": [],
        "ends": None,
        "next_look": None,
        "compared": [],
        "looks": [],
        "guards": None,
    }
    return {**campaign_tests.arms(kept, [], t), **nothing, "expected": expected}


def _reach(kept: Kept) -> int:
    """Whom it would go to, by the newest count; without one, at most how many."""
    counted = campaigns.kept(kept.id, campaigns.AUDIENCE)
    return int(counted["found"]["mailed"]) if counted is not None else audiences.size(kept.campaign)
