"""How sending stands: SES's rate and quota, what receivers think of the sender, and what is paused; a person lifts a
pause, and lets an address have email again. Routes of the admin's API."""

from __future__ import annotations

from typing import Any

from functions.admin.merging import profile_of
from functions.admin.rest import Request, logger, route
from functions.admin.shapes import campaigns as shapes
from shared.adapters import identities, mail, pace, sent_counts, shop_settings
from shared.adapters.clock import now
from shared.domain.events import DAY, Instant, Json
from shared.domain.messages.reputation import WINDOW, Warming, rates
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


def standing(instant: Instant) -> tuple[dict[str, Json], list[str]]:
    """All that is known, and what is a problem, as sentences."""
    held: dict[str, Any] = pace.read() or {}
    today = instant // DAY
    lately = rates(sent_counts.days(instant), today)
    since = held["lifted"] // DAY + 1 if "lifted" in held else 0
    tier = Warming(held.get("tier", 0), held.get("tier_since", 0)).a_day if shop_settings.settings().warm_up else None
    stopped = held.get("stopped", "") if held.get("stopped_until", 0) > instant else None
    told: dict[str, Json] = {
        "known": bool(held),
        **{name: held.get(name) for name in ("at", "rate", "quota", "sent", "production", "enforcement")},
        "left": held["left"] if held.get("quota", -1) >= 0 else None,
        "stopped": stopped,
        "paused": held.get("paused"),
        "warm_up": {"a_day": tier, "left": max(held.get("warm", 0), 0)} if tier is not None else None,
        "last_30_days": {"sent": lately.sent, "bounces": lately.bounces, "complaints": lately.complaints},
    }
    problems = []
    if stopped is not None:
        problems.append(
            "SES takes no email of the account’s just now. It is tried again every few minutes, for a week."
        )
    if held.get("paused"):
        problems.append(
            f"Marketing is paused: {held['paused']} in {WINDOW} days. Find out why, then lift it (POST /sending/lift)."
        )
    if (warning := rates(sent_counts.days(instant), today, since).warning) is not None:
        problems.append(f"{warning[0].upper()}{warning[1:]}.")
    if told["left"] is not None and told["left"] <= held.get("kept", 0):
        problems.append("What SES takes in 24 hours is nearly used up: campaigns wait.")
    return told, problems


@route("GET", "/sending", role=Role.VIEWER, gives=shapes.Sending)
def show_sending(request: Request) -> Json:
    """How sending stands, and `problems`, a sentence each."""
    told, problems = standing(now())
    return {**told, "problems": problems}


@route("POST", "/sending/lift", role=Role.SENDER, gives=shapes.Sending)
def lift_pause(request: Request) -> Json:
    """Marketing goes on. What was counted until today does not pause it again."""
    if not (pace.read() or {}).get("paused"):
        raise RefusedError("not_paused", "marketing is not paused", status=409)
    pace.lift(now())
    logger.info("pause lifted", operator=request.operator)
    return show_sending(request)


@route("DELETE", "/contacts/{contact}/suppression", role=Role.SENDER, gives=shapes.Lifted)
def lift_suppression(request: Request, contact: str) -> Json:
    """The contact's address gets email again, after it came back: from us, and from SES, which keeps a list of its own.
    Who complained, or was erased, stays so."""
    profile = profile_of(contact, "contact")
    if profile.email is None:
        raise RefusedError("no_address", "no email address is known of the contact", status=409)
    if not identities.unsuppress(identities.address_hash(profile.email), request.operator, now()):
        words = "email to the address did not come back; what a complaint or an erasure has ended stays so"
        raise RefusedError("not_lifted", words, status=409)
    mail.let_in_again(profile.email)
    logger.info("suppression lifted", contact=profile.contact, operator=request.operator)
    return {"contact": profile.contact, "suppression": None}
