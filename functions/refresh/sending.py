"""Sending: what SES says of the account, and what receivers think of the sender, as the pace of all that is sent."""

from __future__ import annotations

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from shared.adapters import pace, sent_counts, shop_settings
from shared.adapters.clients import client
from shared.domain.events import DAY, MINUTE, Instant
from shared.domain.messages.pace import UNLIMITED, interval, kept
from shared.domain.messages.reputation import Day, Warming, rates, warmed

logger = Logger(child=True)

UNTIL_NEXT = 10 * MINUTE
"""Sending that SES has stopped stays so until it is looked at again, and once more where that is late."""


def look(instant: Instant) -> None:
    """Reads the rate, the quota and whether the account may send; pauses marketing when too much of it comes back or is
    reported as spam, and moves the warm-up of a new domain on."""
    held = pace.read() or {}
    account = client("sesv2").get_account()
    quota = account.get("SendQuota", {})
    most, sent = int(quota.get("Max24HourSend", 0)), int(quota.get("SentLast24Hours", 0))
    enforcement = account.get("EnforcementStatus", "")
    values: dict[str, int | str | bool] = {
        "interval": interval(quota.get("MaxSendRate", 1.0)),
        "rate": round(quota.get("MaxSendRate", 1.0)),
        "quota": most,
        "sent": sent,
        "left": UNLIMITED if most < 0 else max(most - sent, 0),
        "kept": 0 if most < 0 else kept(most),
        "production": bool(account.get("ProductionAccessEnabled", False)),
        "enforcement": enforcement,
    }
    if not account.get("SendingEnabled", True) or enforcement == "SHUTDOWN":
        values |= {"stopped_until": instant + UNTIL_NEXT, "stopped": "ses"}
        if held.get("stopped") != "ses" or int(held.get("stopped_until", 0)) <= instant:
            logger.warning("sending stopped", reason=f"SES says {enforcement or 'disabled'}")
        with single_metric(name="SendingStopped", unit=MetricUnit.Count, value=1) as metric:
            metric.add_dimension("service", "message")  # the alarm looks at all that sends as one
    today = instant // DAY
    days = sent_counts.days(instant)
    pace.told({**values, **_warm_up(held, days, today)}, instant)
    _judge(held, days, today)


def _warm_up(held: dict[str, int | str | bool], days: list[Day], today: int) -> dict[str, int | str | bool]:
    if not shop_settings.settings().warm_up:
        return {"warm": UNLIMITED, "warm_kept": 0, "tier": 0, "tier_since": today}
    before = Warming(int(held.get("tier", 0)), int(held.get("tier_since", today)))
    now = warmed(before, days, today)
    told: dict[str, int | str | bool] = {"tier": now.tier, "tier_since": now.since}
    if now.a_day is None:
        return {**told, "warm": UNLIMITED, "warm_kept": 0}
    sent = sum(each.sent for each in days if each.day == today)
    return {**told, "warm": max(now.a_day - sent, 0), "warm_kept": now.a_day // 10}


def _judge(held: dict[str, int | str | bool], days: list[Day], today: int) -> None:
    """What a person has seen, and lifted a pause after, is not judged again; what lasts is said once, as it begins."""
    found = rates(days, today, int(held.get("lifted", 0)) // DAY + 1 if "lifted" in held else 0)
    if found.problem is not None:
        if pace.pause(found.problem):
            logger.warning("marketing paused", reason=found.problem)
            with single_metric(name="MarketingPaused", unit=MetricUnit.Count, value=1):
                pass
    elif found.warning is not None:
        if pace.warn(found.warning):
            logger.warning("complaints", reason=found.warning)
    elif "warned" in held and pace.clear():
        logger.info("complaints", reason="fewer emails are reported as spam again")
