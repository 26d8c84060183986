"""Tells those whom they concern of changes of products: a step of each that is due, every minute.

Whatever repeats or dies in the middle: a contact's event of a change has one id, and how far a change has come is
stored on the condition that nobody else has moved it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from aws_lambda_powertools import Logger

from shared.adapters import asked, athena, catalogue, contacts, events_queue, releases
from shared.adapters.asked import Asker
from shared.adapters.environment import Settings, environment
from shared.adapters.releases import Held, ReleaseMovedError
from shared.domain.catalogue import Change, Product
from shared.domain.events import Event, Instant, Type, event_id
from shared.domain.interest import concerned, interested
from shared.domain.releases import (
    GIVEN_UP,
    MAX_FAILURES,
    RETRY_AFTER,
    WAVE_EVERY,
    Concerned,
    Release,
    answered,
    event_of,
    may_be_told,
    queues,
    room,
    still_true,
)

MAX_WAITING = 5_000
"""Events on the queue at which the telling waits, so that the shop's own are not held up."""
MAX_LOOKED_AT = 1_000
"""Of a queue, for one wave: most of whom may have no address."""
MAX_CHANGES = 100
"""Asked about in one query."""
MAX_PAGES = 5
"""Of an answer, a thousand rows each, told in one step: a product that a million have looked at takes hours, and what
the shop's visitors do goes in between."""

logger = Logger()


class ReleaseSettings(Settings):
    shop_url: str


def step(t: Instant) -> int:
    """Does the next step of each change that is due; gives how many events of contacts that made."""
    pending = list(releases.pending(_unreadable))
    if all(held.release.due > t for held in pending) or events_queue.waiting() > MAX_WAITING:
        return 0
    late = [held for held in pending if t - held.release.change.heard > GIVEN_UP]
    for held in late:
        logger.warning("a change of a product is too old to be told", change=held.release.change.id)
        releases.end(held.release)
    pending = [held for held in pending if held not in late]
    asked_for = [held for held in pending if held.release.stage == "asked" and held.release.due <= t]
    told = sum(_attempt(_wave, [held], t) for held in asked_for)
    interesting = _each_once([held for held in pending if held.release.stage == "interested"], t)
    unasked = [held for held in interesting if held.release.query is None]
    for start in range(0, len(unasked), MAX_CHANGES):
        _attempt(_ask, unasked[start : start + MAX_CHANGES], t)
    for query in dict.fromkeys(held.release.query for held in interesting if held.release.query is not None):
        told += _attempt(_take, [held for held in interesting if held.release.query == query], t)
    return told


def _each_once(several: Sequence[Held], t: Instant) -> list[Held]:
    """Those that are due; of a stock that went up and down meanwhile, only the first. A price that fell further says so
    itself (`still_true`)."""
    first: dict[tuple[str, str, str], Held] = {}
    for held in sorted(several, key=lambda held: held.release.change.heard):
        change = held.release.change
        if change.type != Type.PRICE_DROPPED and (change.source, change.product, change.type) in first:
            releases.end(held.release)
        else:
            first[change.source, change.product, change.id if change.type == Type.PRICE_DROPPED else change.type] = held
    return [held for held in first.values() if held.release.due <= t]


def _attempt(step: Callable[[Sequence[Held], Instant], int], several: Sequence[Held], t: Instant) -> int:
    """One that fails holds up no other; the next minute comes to it again, until it is given up."""
    try:
        with suppress(ReleaseMovedError):  # another step has been faster
            return step(several, t)
    except Exception:
        logger.exception("a change of a product not told", changes=[held.release.change.id for held in several])
    return 0


# ── those who asked ──


def _wave(several: Sequence[Held], t: Instant) -> int:
    """Tells the next of those who asked, as many as there is stock for now; then, an hour later, the next; and when
    none is left, goes on to those who looked at it."""
    (held,) = several
    release = held.release
    change, product = _now(release.change)
    if change is None or product is None:
        releases.end(release)
        return 0
    if not release.upto:  # else a step has died after it had decided on these
        release = _decided(release, change, t)
        held = releases.move(held, release)
    told: dict[str, Concerned] = {}
    for queue, changed in queues(change):
        if (upto := release.upto.get(queue)) is not None:
            wave = _tellable(asked.queue(queue, t, release.reached.get(queue, ""), upto))
            about = changed or change.variants[0]
            for each in wave:
                one = told.get(each.contact, Concerned(each.contact, about, "asked"))
                told[each.contact] = replace(one, asked_for=(*one.asked_for, *answered(change, about)))
    events_queue.put_events(_events(change, product, told.values(), t))
    reached = {**release.reached, **release.upto}
    if release.all_asked:
        releases.move(held, release.to_interested(t).then(reached=reached))
    else:
        releases.move(held, release.then(reached=reached, upto={}, due=t + WAVE_EVERY))
    return len(told)


def _decided(release: Release, change: Change, t: Instant) -> Release:
    """With whom the wave ends, of each queue: of a variant's, as many as there are of it; of the product's, as many as
    that leaves."""
    upto, all_asked = {}, True
    left = {each.variant: room(each) for each in change.variants}
    for queue, changed in queues(change):
        places = left[changed.variant] if changed else sum(left.values())
        looked_at = list(islice(asked.queue(queue, t, release.reached.get(queue, "")), MAX_LOOKED_AT))
        tellable = _tellable(looked_at)
        wave = tellable[:places]
        if changed:
            left[changed.variant] -= len(wave)
        if len(wave) < len(tellable):
            all_asked = False
            if wave:
                upto[queue] = wave[-1].place
        elif looked_at:  # those behind the last who can be told have no address
            all_asked = all_asked and len(looked_at) < MAX_LOOKED_AT
            upto[queue] = looked_at[-1].place
    return release.then(upto=upto, all_asked=all_asked)


def _tellable(askers: Iterable[Asker]) -> list[Asker]:
    """Those whom an email can reach, in order."""
    several = list(askers)
    reached = _reached(asker.contact for asker in several)
    return [asker for asker in several if asker.contact in reached]


# ── those who looked at it ──


def _ask(several: Sequence[Held], t: Instant) -> int:
    """Asks the lake who has looked at these products, once for all of them."""
    true = [held for held in several if _is_told_still(held)]
    if true:
        sql = interested([held.release.change for held in true], t)
        name = event_id("interested", *(f"{held.release.change.id} {held.release.failures}" for held in true))
        query = athena.start(sql, name=name)
        for held in true:
            with suppress(ReleaseMovedError):
                releases.move(held, held.release.then(query=query, due=t))
    return 0


def _is_told_still(held: Held) -> bool:
    if _now(held.release.change)[0] is not None:
        return True
    releases.end(held.release)
    return False


def _take(several: Sequence[Held], t: Instant) -> int:
    """Tells those in the next pages of a query's answer."""
    query = several[0].release.query
    assert query is not None
    try:
        if not athena.has_ended(query):
            return 0
    except (athena.QueryFailedError, athena.UnknownQueryError):
        logger.exception("who looked at products is not known", query=query)
        for held in several:
            _fail(held, t)
        return 0
    told = 0
    page = several[0].release.page
    for _ in range(MAX_PAGES):
        rows, page = athena.page(query, page)
        for held in several:
            change, product = _now(held.release.change)
            if change is not None and product is not None:
                told += _tell(change, product, concerned(change, rows), t)
        if page is None:
            break
    for held in several:
        if page is None:
            releases.end(held.release)
        else:
            releases.move(held, held.release.then(page=page, due=t))
    return told


def _tell(change: Change, product: Product, whom: Sequence[Concerned], t: Instant) -> int:
    reached = _reached(each.contact for each in whom)
    told = [each for each in whom if each.contact in reached]
    events_queue.put_events(_events(change, product, told, t))
    return len(told)


def _fail(held: Held, t: Instant) -> None:
    """Has it asked again, later each time."""
    release, failures = held.release, held.release.failures + 1
    if failures >= MAX_FAILURES:
        releases.end(release)
    else:
        again = t + failures * RETRY_AFTER
        releases.move(held, release.then(query=None, page=None, failures=failures, due=again))


# ── both ──


def _now(change: Change) -> tuple[Change | None, Product | None]:
    """What of a change is so still, and the product."""
    product = catalogue.product(change.source, change.product)
    return still_true(change, product), product


def _events(change: Change, product: Product, told: Iterable[Concerned], t: Instant) -> Iterator[Event]:
    shop_url = environment(ReleaseSettings).shop_url
    return (event_of(change, product, each, shop_url, t) for each in told)


def _reached(several: Iterable[str]) -> set[str]:
    """Those of the contacts whom an email can reach."""
    profiles = contacts.read_all(several, _unreadable)
    return {stored.profile.contact for stored in profiles if may_be_told(stored.profile)}


def _unreadable(which: str, error: Exception) -> None:
    logger.error("a profile or a release is not readable", which=which, reason=type(error).__name__)
