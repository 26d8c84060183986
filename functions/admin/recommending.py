"""What is recommended to a contact, and why, and what is left out and why. A route of the admin's API."""

from __future__ import annotations

from functions.admin import views
from functions.admin.rest import Request, route
from functions.admin.shapes import emails as shapes
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json
from shared.domain.operators import Role
from shared.domain.recommendations import SENTENCES, STALE, Candidate, Left, Reason


class FrontSettings(Settings):
    shop_url: str
    currency: str


@route("GET", "/contacts/{contact}/recommendations", role=Role.VIEWER, gives=shapes.Recommendations)
def show_recommendations(request: Request, contact: str) -> Json:
    """What an email to the contact would show now in `recommended` and in `goes_with`, each by itself, with the reason;
    and what they would have been shown before the last of it, and were not (`left_out`). `as_of`: when what the shop
    sells was counted last (null: not within a fortnight, so that only what the shop picked is recommended)."""
    from shared.adapters import goods, recommendations  # what most requests need not wait for
    from shared.domain.contents import Front
    from shared.domain.recommendations import asked_for

    profile, t = views.profile_of(contact), now()
    shop = environment(FrontSettings)
    front = Front(shop.shop_url.rstrip("/"), shop.currency)

    def told(candidate: Candidate, item: Json, why: Left | None = None) -> Json:
        of = goods.title(candidate.of, t) if candidate.reason == Reason.WITH else candidate.of
        shown = item or {"id": candidate.product, "title": goods.title(candidate.product, t)}
        found = {name: shown[name] for name in ("id", "title", "url", "image", "price") if name in shown}
        sentence = SENTENCES[why or candidate.reason].format(of=of or "another product")
        left = {} if why is None else {"left_out": why}
        return {**found, "reason": candidate.reason, "of": of or None, "sentence": sentence, **left}

    lists: dict[str, Json] = {}
    left: dict[str, Json] = {}
    for name in goods.RECOMMENDED:
        for each in goods.suggestions([name], profile, set(), front, t):
            lists[name] = [told(one.candidate, dict(one.item)) for one in each.chosen.shown]
            left |= {candidate.product: told(candidate, None, why) for candidate, why in each.chosen.left}
    return {
        "as_of": _fresh(recommendations.counted_at(t), t),
        "categories": [each for each in asked_for(profile, t).categories if each],
        **lists,
        "left_out": list(left.values()),
    }


def _fresh(at: Instant | None, t: Instant) -> Instant | None:
    return at if at is not None and t - at < STALE else None
