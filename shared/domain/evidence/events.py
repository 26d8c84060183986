"""Evidence of events: which, when, and what they were about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shared.domain import calendars
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import (
    Cart,
    EventCount,
    Filtered,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder
from shared.domain.evaluation.carts import last_ordered
from shared.domain.events import NEVER, Instant
from shared.domain.evidence.view import OVER, STAYS, Evidence, View, newest, out_of
from shared.domain.profiles.histories import Occurrence
from shared.domain.properties import AMOUNTS, CARTS, MILLIONTHS, fold_case, numbers_of
from shared.domain.wording.events import ONE, event_phrase, label
from shared.domain.wording.texts import duration, money, number, plural, within

_COUNTED = {
    "events": ("time", "times"),
    "days": ("day", "days"),
    "weeks": ("week", "weeks"),
    "months": ("month", "months"),
    "product_id": ("different product", "different products"),
    "category": ("different category", "different categories"),
    "campaign": ("different campaign", "different campaigns"),
    "message": ("different email", "different emails"),
    "same_product_id": ("time about one product", "times about one product"),
    "same_category": ("time in one category", "times in one category"),
}


def count(view: View, condition: EventCount, holds: bool, until: Instant) -> Evidence:
    if condition.measured is not None:
        return _sum(view, condition, condition.measured, holds)
    if condition.with_ is not None or condition.without is not None or condition.which:
        return _tied_count(view, condition, holds)
    found = view.occurrences(condition.event, condition.where, condition.within)
    (least, most), there = condition.between, _number(view, condition, found)
    cut, or_more = view.reading.cut(condition.event), ""
    if cut >= 0 and view.span(condition.within).bounds(view.t)[0] < cut:
        if condition.count == "events" and not condition.where and condition.within is None:
            there = view.reading.profile.histories[condition.event].total
        else:
            or_more = " or more"
    if there:
        times = out_of(there, least, holds, number) + or_more
        what = _COUNTED[condition.count][times != "1"]
        text = f"{times} {what}{within(condition.within)}: {_named(view, found, condition.where)}"
    else:
        text = f"not once{within(condition.within)}"
        if older := view.occurrences(condition.event, condition.where):
            text += f"; the newest {view.ago(older[0].time)}"
    would = ends = STAYS

    def number_at(t: Instant) -> int:
        inside = view.occurrences(condition.event, condition.where, condition.within, t)
        return _number(view, condition, inside) if condition.within is not None else there

    then = number_at(view.counts_at(condition.within))
    if least and there < least:
        would = view.by(condition.within, _more(condition, least - then, then), "make it true")
    if most is not None and there <= most:
        ends = view.by(condition.within, _more(condition, most - then + 1, then), "end it")
    unless = ""
    if until != NEVER and view.lasts(condition.within, until) and (most is None) == holds:
        missing = ((least or 1) if holds else (most or 0) + 1) - number_at(until)
        again = "it happens again" if missing == 1 else f"it happens {number(missing)} more times"
        more = f"there {'is' if missing == 1 else 'are'} {_more(condition, missing, 1)}"
        unless = again if condition.count == "events" else more
    return Evidence(text, would, ends, unless)


def _sum(view: View, condition: EventCount, name: str, holds: bool) -> Evidence:
    """What the numbers come to. Of what is missing of a sum it is said how much it is."""
    found = view.occurrences(condition.event, condition.where, condition.within, which=condition.which, number=name)
    numbers = [number for each in found for number in numbers_of(each.properties, name)]
    total, said, kind = sum(numbers), money if name in AMOUNTS else number, "sum" if condition.sum else "average"
    least = condition.at_least if condition.average is None else None
    value = total / (MILLIONTHS if condition.sum else MILLIONTHS * max(len(numbers), 1))
    told = out_of(round(value, 6), least, holds, said) if condition.sum or numbers else "none"
    of = f"of {plural(len(numbers), 'number')} in {plural(len(found), 'event')}"
    named = f": {_named(view, found, condition.where)}" if found else ""
    text = f"{kind} of {label(name)}: {told}, {of}{within(condition.within)}{named}"
    changes = would = OVER if view.is_over(condition.within) else "Another one may change it."
    if least is not None and value < least and not condition.which and view.counts_now(condition.within):
        would = f"{said(round(least - value, 6))} more would make it true."
    return Evidence(text, would, changes)


_TIED = "One of these events may change it."
_TIED_AGAIN = "there is another of these events"


def _tied_count(view: View, condition: EventCount, holds: bool) -> Evidence:
    """Of which another event may leave out what counts now."""
    name, tied = condition.counted_property or "", (condition.with_, condition.without)
    found = view.occurrences(condition.event, condition.where, condition.within, which=condition.which)
    there, parts = _number(view, condition, found), [part for part in tied if part is not None]
    if parts:
        counting = Counter(value for each in found for value in _values(each, name))
        for part in parts:
            others = view.occurrences(part.event, part.where, condition.within)
            told = {value for each in others for value in _values(each, name)}
            counting = Counter({each: n for each, n in counting.items() if (each in told) == (part is tied[0])})
        there = max(counting.values(), default=0) if condition.count.startswith("same_") else len(counting)
    times = out_of(there, condition.between[0], holds, number)
    named = "; ".join([_part(view, condition), *(_part(view, part) for part in parts)])
    text = f"{times} {_COUNTED[condition.count][times != '1']}{within(condition.within)}; {named}"
    return Evidence(text, _TIED, _TIED, _TIED_AGAIN)


def _values(occurrence: Occurrence, name: str) -> set[str]:
    held = occurrence.properties.get(name)
    return {fold_case(value) for value in (held if isinstance(held, list) else [held]) if value is not None}


def _more(condition: EventCount, missing: int, there: int) -> str:
    """So many more of what is counted."""
    one, several = _COUNTED[condition.count]
    if condition.count == "events":
        return f"{number(missing)} more"
    if condition.count.startswith("same_"):
        about = "in the same category" if condition.count == "same_category" else "about the same product"
        return f"{number(missing)} {f'more {about}' if there else about.replace('the', 'one and the')}"
    return f"{number(missing)} more {one if missing == 1 else several}"


def _number(view: View, condition: EventCount, found: list[Occurrence]) -> int:
    """How many there are of what is counted."""
    if condition.count == "events":
        return len(found)
    if condition.count in calendars.PARTS:
        return len({calendars.PARTS[condition.count](each.time, view.definitions.compiler.zone) for each in found})
    values: Counter[str] = Counter()
    for each in found:
        values.update(_values(each, condition.counted_property or ""))
    return max(values.values(), default=0) if condition.count.startswith("same_") else len(values)


def first(view: View, condition: FirstEvent) -> Evidence:
    history = view.reading.profile.histories.get(condition.event)
    time = history.first if history is not None else NEVER
    if condition.where:
        time = min((each.time for each in view.occurrences(condition.event, condition.where)), default=NEVER)
    if time == NEVER:
        return Evidence("never", view.by(condition.within, "A first one", "make it true"), STAYS)
    return Evidence(f"the first {view.ago(time)}", STAYS, STAYS)


def last(view: View, condition: LastEvent, holds: bool) -> Evidence:
    found = view.occurrences(condition.event, condition.where)
    text = f"the newest: {_named(view, found[:1], condition.where)}" if found else "never"
    return told_of_newest(condition, text, "one" if found else "first one", holds, "it happens again")


def told_of_newest(condition: LastEvent | LastOrder, text: str, thing: str, holds: bool, again: str) -> Evidence:
    """Of how old the newest is: a new one begins it again."""
    least = condition.at_least or 0
    a_new = f"A {thing}" if thing.startswith("first") else f"A new {thing}"
    later = f", {plural(least, 'day')} after it" if least else ""
    ends = f"{a_new} would end it." if least else STAYS
    unless, sooner = (again, "") if not holds or not least else ("", again)
    return Evidence(text, f"{a_new} would make it true{later}.", ends, unless, sooner)


def latest(view: View, condition: Latest) -> Evidence:
    found = [each for event in condition.events for each in view.occurrences(event)[:1]]
    found.sort(key=lambda each: each.time, reverse=True)
    text = f"the newest: {_named(view, found[:1], condition.where)}" if found else "there was none"
    return Evidence(text, "A newer one may change it.", "A newer one may change it.")


def share(view: View, condition: Share) -> Evidence:
    types = dict.fromkeys(condition.events)
    total = sum(len(view.occurrences(event, (), condition.within)) for event in types)
    passing = [each for event in types for each in view.occurrences(event, condition.where, condition.within)]
    passing.sort(key=lambda each: each.time, reverse=True)
    percent = f" ({number(round(100 * len(passing) / total, 1))} %)" if total else ""
    named = f": {_named(view, passing, condition.where)}" if passing else ""
    changes = OVER if view.is_over(condition.within) else "Another one may change it."
    return Evidence(
        f"{number(len(passing))} of {number(total)}{percent}{within(condition.within)}{named}", changes, changes
    )


def sequence(view: View, condition: InSequence, until: Instant) -> Evidence:
    parts = (condition.first, condition.then, *((condition.without,) if condition.without is not None else ()))
    both = "Both, one after the other," if condition.same is None else f"Both of one {ONE[condition.same]}, in order,"
    would = view.by(condition.within, both, "make it true")
    unless = "it happens again" if until != NEVER and view.lasts(condition.within, until) else ""
    return Evidence("; ".join(_part(view, part) for part in parts), would, STAYS, unless)


def _part(view: View, part: EventCount | Filtered) -> str:
    found = view.occurrences(part.event, part.where)
    return f"{event_phrase(part.event, part.where)[0]}: {_named(view, found, part.where) if found else 'never'}"


def unanswered(view: View, condition: Unanswered, holds: bool, until: Instant) -> Evidence:
    if condition.same is not None:
        named = "; ".join(_part(view, part) for part in (condition.of, *condition.answers))
        return Evidence(f"of each {ONE[condition.same]} by itself: {named}", _TIED, _TIED, _TIED_AGAIN, _TIED_AGAIN)
    answers = [each.time for of in condition.answers for each in view.occurrences(of.event, of.where)[:1]]
    answered = max(answers, default=-1)
    kept = view.occurrences(condition.of.event, condition.of.where, condition.within)
    found = [each for each in kept if each.time > answered]
    since = f"since the answer of {view.when(answered)}" if answers else "and never an answer"
    named = f": {_named(view, found, condition.of.where)}" if found else ""
    missing = max(condition.at_least - len(found), 1)
    later = f", {duration(condition.older)} later" if condition.older is not None else ""
    would = f"{number(missing)} more without an answer would make it true{later}."
    if not view.counts_now(condition.within):
        would = OVER if view.is_over(condition.within) else "More without an answer may make it true."
    text = f"{plural(len(found), 'time')}{within(condition.within)} {since}{named}"
    again = condition.older is not None and until != NEVER and view.lasts(condition.within, until)
    answer = "it happens again or there is an answer" if again else "there is an answer"
    unless, sooner = ("", "there is an answer") if holds else (answer, "")
    return Evidence(text, would, "An answer would end it.", unless, sooner)


def cart(view: View, condition: Cart, holds: bool) -> Evidence:
    would = f"A new cart would make it true, when it has been left for {duration(condition.older)}."
    left, ordered = view.reading.cart(), last_ordered(view.reading.profile)
    if left is None:
        newest = max((each.time for event in CARTS for each in view.occurrences(event)[:1]), default=None)
        text = "there is no cart"
        if newest is not None:
            text = f"nothing is left in the cart of {view.when(newest)}"
            if ordered >= newest:
                text = f"the newest cart, of {view.when(newest)}, was ordered since, on {view.when(ordered)}"
        return Evidence(text, would, "An order would end it.")
    total = left.properties.get("total")
    worth = f" worth {money(total / 100)}" if isinstance(total, int) else ""
    inside = f" ({about})" if (about := _about(left, ("category", "product_id"))) else ""
    text = f"the newest cart{worth}{inside} {view.ago(left.time)}"
    if ordered >= 0:
        text += f"; last ordered before, on {view.when(ordered)}"
    unless, sooner = ("", "they order") if holds else ("they order or change it", "")
    return Evidence(text, would, "An order would end it.", unless, sooner)


def _named(view: View, newest_first: Sequence[Occurrence], where: Sequence[Where]) -> str:
    """When they happened and what they were about: what is asked for, or what says most."""
    asked = tuple(each.property for each in where if each.property not in ("human", "permanent", "price", "total"))
    names = (*asked, "category", "product_id", "path", "template", "query", "journey")
    texts = []
    for each in newest_first:
        about = _about(each, names)
        texts.append(f"{view.when(each.time)} ({about})" if about else view.when(each.time))
    return newest(texts)


def _about(occurrence: Occurrence, names: Sequence[str]) -> str:
    """The first of these properties that the occurrence has, as text."""
    held = next((occurrence.properties[name] for name in names if name in occurrence.properties), None)
    if isinstance(held, list):
        return ", ".join(map(str, held))
    return "" if held is None else str(held)
