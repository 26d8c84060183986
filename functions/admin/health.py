"""Whether everything works, and in words what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

from functions.admin import privacy, rebuilding, sending, templates
from functions.admin.rest import Request, logger, route
from functions.admin.shapes import operations as shapes
from shared.adapters import (
    athena,
    clock,
    contacts,
    coupons,
    currencies,
    dead_letters,
    definitions,
    outlived,
    refreshes,
    releases,
    secrets,
    senders,
    shop_settings,
    template_definitions,
    webhooks,
)
from shared.domain.events import DAY, HOUR, MINUTE, Instant, Json
from shared.domain.operators import Role

LATE = 5 * MINUTE
"""After how long a wake-up that was due, but has not happened, is a problem. They are looked for every minute."""
MAX_WAKE_UPS = 1_000
"""Of each shard: more are not counted."""
MANY_WAITING = 10_000
"""Messages on a queue at which it is worth a word; its function takes hundreds a second."""

REMEMBERED = 7 * DAY
"""For how long a rebuild that failed is a problem."""
OF_THE_STREAM = {"transition": "changes of segment", "lake": "events"}
"""Of which dead-letter queues some say where in the stream they were, but not what they were."""

Check = Callable[[Instant], tuple[dict[str, Json], list[str]]]
"""What was found, and the problems in it, as sentences."""


@route("GET", "/health", role=Role.VIEWER, gives=shapes.Health)
def show_health(request: Request) -> Json:
    return health(clock.now())


def health(now: Instant) -> dict[str, Json]:
    """What works: facts, and `problems`, a sentence each. A service that does not answer is a problem, too."""
    found: dict[str, Json] = {"now": now, "definitions": definitions.segments().sequence}
    problems: list[str] = []
    for check in CHECKS:
        try:
            facts, wrong = check(now)
        except Exception as error:  # what is wrong with one of them is no reason to tell nothing of the others
            logger.exception("not looked at", what=check.__doc__)
            facts, wrong = {}, [f"{check.__doc__} could not be looked at: {_reason(error)}."]
        found |= facts
        problems += wrong
    return {"status": "attention" if problems else "ok", "problems": problems, **found}


def _settings(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The settings"""
    problems = secrets.problems()
    if shop_settings.settings().webhooks and (wrong := webhooks.problem(now)) is not None:
        problems.append(f"No webhook is told anything: the {wrong}.")
    if (zone := definitions.unknown_zone()) is not None:
        problems.append(f"There is no time zone “{zone}”: days are counted in UTC until TimeZone is corrected.")
    return {}, problems


def _currencies(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The currencies of amounts"""
    told = currencies.told()
    problems = [
        f"Amounts in {currency} were told in the last day. They are kept, but added up nowhere: only the shop’s own "
        "currency counts (the parameter Currency)."
        for currency, at in sorted(told.items())
        if at > now - DAY
    ]
    return {"other_currencies": told}, problems


def _senders(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """What comes with the write keys"""
    refused = senders.turned_away(now - HOUR)
    problems = [
        f"About {_count(refused, 'event')} of the website were turned away since the hour before this one began: more "
        "came with a write key than a shop’s visitors send. It may be copied by somebody; a new one can be stored."
    ]
    return {"refused_events": refused}, problems if refused else []


def _sending(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """How sending stands"""
    told, problems = sending.standing(now)
    return {"sending": told}, problems


def _coupons(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The coupon codes"""
    problems, left = [], {}
    for pool, dry_since in coupons.pools():
        if pool.code is not None:
            continue
        left[pool.id] = coupons.left(pool.id, pool.low + 1)
        if not left[pool.id]:
            waiting = " Emails that name it wait." if dry_since is not None else ""
            problems.append(f"No code of the pool {pool.id} is left.{waiting} Add some (`beckon coupon add`).")
        elif left[pool.id] < pool.low:
            problems.append(f"The pool {pool.id} has only {_count(left[pool.id], 'code')} left.")
    return {"coupons_left": {**left}}, problems


def _templates(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The templates"""
    there = template_definitions.numbers()
    journeys, of_campaigns = templates.journeys_by_template(), templates.campaigns_by_template()
    problems = [
        f"There is no template {template}. The emails of {', '.join(of)} wait for it: publish it, or change what sends "
        "it."
        for template in sorted({*journeys, *of_campaigns} - there.keys())
        for of in [[*journeys.get(template, ()), *of_campaigns.get(template, ())]]
    ]
    return {}, problems


def _queues(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The queues"""
    depths = {name: dead_letters.depth(url) for name, url in dead_letters.working_queues().items()}
    problems = [
        f"About {depth:,} messages are waiting on the queue {name}."
        for name, depth in depths.items()
        if depth >= MANY_WAITING
    ]
    return {"queues": depths}, problems


def _dead_letters(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The dead-letter queues"""
    depths = {name: dead_letters.depth(url) for name, url in dead_letters.queues().items()}
    problems = [
        f"{_count(depth, 'message')} of {name} could not be processed.{_cure(name)}"
        for name, depth in depths.items()
        if depth
    ]
    return {"dead_letters": depths}, problems


def _cure(name: str) -> str:
    if name not in OF_THE_STREAM:
        return ""
    return (
        f" Replay them; {OF_THE_STREAM[name]} that Lambda itself gave up on cannot be replayed, but a rebuild (POST "
        "/rebuild) makes the segments’ members and the lake’s rows again."
    )


def _wake_ups(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The wake-ups"""
    late = sum(1 for shard in range(contacts.SHARDS) for _ in islice(contacts.due(shard, now - LATE), MAX_WAKE_UPS))
    problems = [f"{_count(late, 'contact')} should have been looked at again by now: is the schedule on?"]
    return {"late_wake_ups": late}, problems if late else []


def _product_changes(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The changes of products"""
    unreadable: list[str] = []
    pending = list(releases.pending(lambda which, _: unreadable.append(which)))
    late = len(unreadable) + sum(held.release.due < now - HOUR for held in pending)
    problems = [f"{_count(late, 'change')} of products should have been told by now: the log of refresh says why."]
    return {"product_changes": len(pending)}, problems if late else []


def _runs(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The runs of journeys"""
    last = outlived.last()
    found: Counter[str] = Counter()
    for (journey, _), number in last.steps.items() if last else ():
        found[journey] += number
    problems = [
        f"{_count(number, 'run')} of the journey {journey} should have gone on by last night. What they wait for was "
        "asked for again; where they stay, look at the dead letters and at the executions of its state machine."
        for journey, number in sorted(found.items())
    ]
    return {"outlived_runs": {**found}}, problems


def _rebuild(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The rebuild"""
    newest = refreshes.rebuilt()
    if newest is None:
        return {"rebuild": None}, []
    told = rebuilding.described(newest)
    failed = told["status"] == "failed" and newest.at > now - REMEMBERED
    return {"rebuild": told}, ["The newest rebuild failed: its execution says why. Begin another."] if failed else []


def _lake(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The lake"""
    return {"last_lake_write": athena.last_lake_write(now)}, []


def _requests(now: Instant) -> tuple[dict[str, Json], list[str]]:
    """The requests"""
    return {}, privacy.problems(now)


CHECKS: tuple[Check, ...] = (
    _settings,
    _requests,
    _currencies,
    _senders,
    _queues,
    _sending,
    _coupons,
    _templates,
    _dead_letters,
    _wake_ups,
    _product_changes,
    _runs,
    _rebuild,
    _lake,
)


def _reason(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
