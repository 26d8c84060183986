"""The test that a campaign is: what it can show before it is sent, and what it has shown. Route of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import shapes
from functions.admin.campaigns import kept_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena, audiences, campaigns
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.campaigns.states import ENDED, Kept, State
from shared.domain.events import DAY, Instant, Json, iso
from shared.domain.experiments import campaigns as tests
from shared.domain.experiments.comparisons import Guard, sentence, unharmed, warning
from shared.domain.operators import Role

STEP = str(100 * 365 * DAY)
"""All who came to it are counted together."""


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
    words; whether a variant harms (`guards`, once all that is final); and when it is (`ends`). Of one that is not sent
    yet, what it can show (`expected`). 202 with a `query` when it takes long."""
    kept, t = kept_of(campaign), now()
    if kept.state in (State.DRAFT, State.SCHEDULED):
        return _expected(request, kept, t)
    began = kept.began or kept.since
    measure = kept.campaign.measure
    within, before = str(measure.within), str(tests.BEFORE if measure.metric == "revenue" else 0)
    texts = (kept.id, within, within, before, within, before, STEP)
    over = (began - int(before), t)
    rows = asked(request, lambda: athena.start(*question("arms", *texts, over=over)))
    return rows if isinstance(rows, Response) else told(kept, tests.counts(rows), t)


def told(kept: Kept, found: list[tests.Counts], t: Instant) -> dict[str, Json]:
    made, all_reached = kept.campaign, kept.state in ENDED
    shown = tests.compared(made, found, all_reached=all_reached, t=t)
    harms = tests.harms(made, found, all_reached=all_reached, t=t)
    return {
        "campaign": kept.id,
        "as_of": t,
        "ends": tests.ends(made, found) if found and kept.state in ENDED else None,
        "arms": [
            {
                "variant": each.variant or None,
                "held_out": each.held_out,
                "people": each.people,
                "clicked": each.clicked,
                "ordered": each.ordered,
                "revenue": each.revenue / 100,
                "complained": each.complained,
                "unsubscribed": each.unsubscribed,
            }
            for each in found
        ],
        "compared": [
            {
                "arm": each.arm,
                "beside": each.beside,
                "metric": each.metric,
                "verdict": each.verdict and each.verdict.word,
                "words": sentence(each, tests.least(made)),
            }
            for each in shown
        ],
        "guards": _guards(harms),
        "expected": [],
    }


def _guards(found: list[Guard]) -> dict[str, Json] | None:
    if not found:
        return None
    harmed = [warning(guard) for guard in found if guard.harms]
    return {"harmed": bool(harmed), "words": harmed or [unharmed(found)]}


def _expected(request: Request, kept: Kept, t: Instant) -> Json:
    within, since = str(kept.campaign.measure.within), max(t - tests.RATES_OVER, 0)
    rows = asked(request, lambda: athena.start(*question("rates", iso(since)[:10], within, within, over=(since, t))))
    if isinstance(rows, Response):
        return rows
    expected = tests.expected(kept.campaign, _reach(kept), tests.usual(rows[0]))
    return {**told(kept, [], t), "compared": [], "expected": expected}


def _reach(kept: Kept) -> int:
    """Whom it would go to, by the newest count; without one, at most how many."""
    counted = campaigns.kept(kept.id, campaigns.AUDIENCE)
    return int(counted["found"]["mailed"]) if counted is not None else audiences.size(kept.campaign)
