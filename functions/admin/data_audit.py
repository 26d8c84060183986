"""The data audit, as the last night has made it, with what is so right now. Route of the admin's API."""

from __future__ import annotations

from collections import Counter
from typing import Any

from functions.admin.rest import Request, route
from functions.admin.shapes import data as shapes
from functions.admin.vocabulary import CurrencySettings
from shared.adapters import currencies, dead_letters, heard, reports, senders
from shared.adapters.clock import now
from shared.adapters.environment import environment
from shared.domain.events import DAY, Instant, Json
from shared.domain.operators import Role
from shared.domain.reports import audit

OF_EVENTS = ("events", "prompt", "feedback", "lake")
"""Dead-letter queues of what comes in."""


@route("GET", "/data/audit", role=Role.VIEWER, gives=shapes.DataAudit)
def show_audit(request: Request) -> Json:
    """Of each field of contacts how many `have` it, in how many it is `invalid`, `inconsistent` or `stale`, and what it
    is `used_by`; of each event what it is used by; of each source its `events` of 90 days, the `newest`, and how late
    they come (`lag`, in milliseconds); each with what there is `to_fix`. As of the last night (`as_of`; null: no night
    has been yet). As of now: when each source was `heard` of, amounts in `other_currencies`, what was turned away and
    what was set aside (`rejected`), with the reasons."""
    t = now()
    told: dict[str, Any] | None = reports.known("audit", t)
    nothing: dict[str, Json] = {
        **{"as_of": None, "days": audit.DAYS, "contacts": 0, "looked_at": 0, "exact": True},
        **{each: [] for each in ("fields", "events", "sources")},
    }
    return {
        **(told or nothing),
        "currency": environment(CurrencySettings).currency,
        "heard": [{"source": source, "at": at} for source, at in sorted(heard.last().items()) if source != heard.TEST],
        "other_currencies": [{"currency": each, "at": at} for each, at in sorted(currencies.told().items())],
        "rejected": [*_rejected(t)],
    }


def _rejected(t: Instant) -> list[dict[str, Json]]:
    found = []
    if refused := senders.turned_away(t - DAY):
        found.append(
            {
                "what": "events of the website",
                "events": refused,
                "reasons": [{"reason": "more came with a write key than a shop’s visitors send", "events": refused}],
                "to_fix": "In the last day. The write key may be copied by somebody: a new one can be stored.",
            }
        )
    for name, url in dead_letters.queues().items():
        if name in OF_EVENTS and (depth := dead_letters.depth(url)):
            reasons = Counter(each.reason for each in dead_letters.peek(url))
            found.append(
                {
                    "what": f"set aside: {name}",
                    "events": depth,
                    "reasons": [{"reason": reason, "events": number} for reason, number in reasons.most_common()],
                    "to_fix": "Once its reason is fixed, it can be replayed under Operations. The reasons are those of "
                    "some of them.",
                }
            )
    return found
