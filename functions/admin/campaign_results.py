"""The test that a campaign is: what it can show before it is sent, and what it has shown. Routes of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import shapes
from functions.admin.campaigns import kept_of
from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena, audiences, campaigns
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.adapters.report_parameters import Parameters
from shared.domain.campaigns.states import ENDED, Kept, State
from shared.domain.events import DAY, HOUR, Instant, Json, iso
from shared.domain.experiments import campaigns as tests
from shared.domain.experiments.comparisons import WAITS, Compared, sentence
from shared.domain.experiments.rates import Arm, chance_of_more
from shared.domain.experiments.results import guarded
from shared.domain.experiments.verdicts import Word
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

TOGETHER = str(100 * 365 * DAY)
"""A step in which all who came to it are."""
DECIDES = (Word.BETTER, Word.WORSE, Word.NO_DIFFERENCE)
WAITS_FOR_LOOK = "It is told at the looks that were planned, and decides nothing in between."


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
    next is). Of one that is not sent yet, what it can show (`expected`). 202 with a `query` when it takes long."""
    kept, t = kept_of(campaign), now()
    if kept.state in (State.DRAFT, State.SCHEDULED):
        return _expected(request, kept, t)
    rows = asked(request, lambda: athena.start(*_parameters(kept, t).of("arms")))
    return rows if isinstance(rows, Response) else _results(kept, kept.began or kept.since, rows, t)


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
    gives=Behind | shapes.Late,
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
        lambda: _parameters(kept, now()).of("arm_people", variant, kind, figure),
        of_people=not is_money,
    )


def _parameters(kept: Kept, t: Instant) -> Parameters:
    measure = kept.campaign.measure
    within, before = str(measure.within), str(tests.BEFORE if measure.metric == "revenue" else 0)
    texts = (kept.id, within, within, before, within, before, str(HOUR) if measure.looks else TOGETHER)
    return Parameters(texts, ((kept.began or kept.since) - int(before), t))


def _results(kept: Kept, began: Instant, rows: list[dict[str, Json]], t: Instant) -> Json:
    made, found = kept.campaign, tests.counts(rows)
    end = tests.ends(made, found) if found and kept.state in ENDED else None
    looks: list[dict[str, Json]] = []
    for look in tests.looks_due(made, began, end, t):
        looks.append(_looked(kept, tests.counts(tests.by_then(made, rows, look)), look, looks, t))
    upcoming = tests.next_look(made, began, end, t)
    pending = [_told(each, tests.least(made), bool(made.measure.looks)) for each in tests.compared(made, found)]
    return {
        **_arms(kept, found, t),
        "ends": end,
        "next_look": upcoming,
        "compared": [
            _decided([look["compared"][place] for look in looks], each, upcoming) for place, each in enumerate(pending)
        ],
        "looks": [{name: look[name] for name in ("at", "kept", "people", "share")} for look in looks],
        "guards": looks[-1]["guards"] if looks else None,
    }


def _looked(kept: Kept, found: list[tests.Counts], look: tests.Look, before: list[dict[str, Json]], t: Instant) -> Json:
    """What a look says; once all that had happened by then has been told of, it stays as it was found first."""
    item = campaigns.LOOK + look.name
    if (known := campaigns.kept(kept.id, item)) is not None:
        return known
    made, people = kept.campaign, sum(each.people for each in found)
    share = 1.0 if look.name == tests.AT_END else people / max(kept.audience, people, 1)
    shares = tuple(each["share"] for each in before if each["share"] > 0)
    more = share > (shares[-1] if shares else 0.0)
    stays = t >= look.due + tests.TOLD_BY
    told = {
        "at": look.due,
        "kept": t if stays else None,
        "people": people,
        "share": share,
        "compared": [
            _told(each, tests.least(made), looks=True)
            for each in tests.compared(made, found, (*shares, share) if more else None)
        ],
        "guards": guarded(tests.harms(made, found)),
    }
    return campaigns.kept_first(kept.id, item, told, t) if stays else told


def _told(each: Compared, least: float, looks: bool) -> dict[str, Json]:
    verdict, chance = each.verdict, None
    if verdict is not None and isinstance(each.control, Arm) and isinstance(each.other, Arm):
        chance = chance_of_more(each.control, each.other)
    return {
        "arm": each.arm,
        "beside": each.beside,
        "metric": each.metric,
        "verdict": verdict and verdict.word,
        "words": sentence(each, least, WAITS_FOR_LOOK if looks else WAITS),
        "chance": chance,
    }


def _decided(at_looks: list[dict[str, Json]], now_: dict[str, Json], upcoming: Instant | None) -> dict[str, Json]:
    """The first look that told anything decides; else what is seen now, or at the end what the end says. A chance is
    only told at the end."""
    for told in at_looks:
        if told["verdict"] in DECIDES:
            return told if upcoming is None else {**told, "chance": None}
    return at_looks[-1] if at_looks and upcoming is None else now_


def _arms(kept: Kept, found: list[tests.Counts], t: Instant) -> dict[str, Json]:
    return {
        "campaign": kept.id,
        "as_of": t,
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
        "expected": [],
    }


def _expected(request: Request, kept: Kept, t: Instant) -> Json:
    within, since = str(kept.campaign.measure.within), max(t - tests.RATES_OVER, 0)
    rows = asked(request, lambda: athena.start(*question("rates", iso(since)[:10], within, within, over=(since, t))))
    if isinstance(rows, Response):
        return rows
    expected = tests.expected(kept.campaign, _reach(kept), tests.usual(rows[0]))
    nothing: dict[str, Json] = {"ends": None, "next_look": None, "compared": [], "looks": [], "guards": None}
    return {**_arms(kept, [], t), **nothing, "expected": expected}


def _reach(kept: Kept) -> int:
    """Whom it would go to, by the newest count; without one, at most how many."""
    counted = campaigns.kept(kept.id, campaigns.AUDIENCE)
    return int(counted["found"]["mailed"]) if counted is not None else audiences.size(kept.campaign)
