"""The hour at which an email is most likely to find a contact looking: by when they clicked, visited or opened.

Of each contact a histogram over the 24 hours, smoothed around the clock, and drawn towards the shop's own (as if KAPPA
acts had been seen there): who did little is taken for one of many. An hour is as good as what is done in the hours
after it, the later the less, as an email is looked at less with every hour. What programs opened is not among the acts.

Checked on the shop's last whole month: whether what each contact did then fell into the three hours after their hour
more often than into those after the shop's best one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from functions.insight.rows import Rows
from functions.insight.seam import Acts, Data, Found, Real, Scores, Whole
from shared.domain.draws import drawn
from shared.domain.events import Instant, Json
from shared.domain.insight import Gate, Measures, Result, Validation, Verdict, score_of, sentence_of
from shared.domain.lake_rows import month_of

HOURS = 24
AT_A_TIME = 50_000
KAPPA = 2.0
"""Acts of the shop's usual hours that are added to each contact's own."""
HALF_LIFE = 3
"""Hours in which an email has had half of the looks that it will have."""
WITHIN = 3
"""Hours after it is sent in which somebody is found looking, when it is checked."""
CONTACTS = 30
"""Who did something before the last whole month and in it: fewer are too few to check anything by."""
TRIED = (11, 1)
"""One in so many of those who only clicked is told another hour of the day: whoever only clicks in what we send does so
when we send it, and would be sent to at that hour for ever. Whoever visits shows their hours by themselves."""
BY_DAY = np.arange(8, 22)
"""The hours that are tried."""

SCORE = score_of("hour")


def work_out(data: Data) -> Found:
    """The score `hour` of all who did anything within half a year."""
    validation, gates = _checked(data)
    result = Result(score="hour", as_of=data.at, gates=gates, validation=validation)
    if not result.given:
        return Found(results={"hour": result.model_dump(mode="json")})
    verdict = validation.verdict if validation is not None else "too few data"
    scores = _scores(data, of_shop=verdict == "simple rule")
    result = result.model_copy(update={"contacts": len(scores)})
    return Found(scores=[scores], results={"hour": result.model_dump(mode="json")})


# ── histograms ──


def profiles(acts: Acts) -> tuple[Whole, Real, Real]:
    """The contacts, ascending, with how much each did in each hour; and the shop's own share of each hour, of which
    every contact gives as much as another."""
    # Of a visit of twenty pages each is told: what was done in one hour of a month counts less with every time.
    contacts, counted = _counted(acts, np.sqrt(acts.count))
    if not len(contacts):
        return contacts, counted, np.full(HOURS, 1 / HOURS)
    shares = np.zeros(HOURS)
    for some in _blocks(len(contacts)):
        each = counted[some]
        smooth = (np.roll(each, 1, axis=1) + 2 * each + np.roll(each, -1, axis=1)) / 4
        shares += (smooth / smooth.sum(axis=1, keepdims=True)).sum(axis=0)
        counted[some] = smooth
    return contacts, counted, shares / len(contacts)


def _blocks(rows: int) -> Iterator[slice]:
    """A histogram of a million contacts is 200 MB: what is made of it on the way is made of some rows at a time."""
    return (slice(begin, begin + AT_A_TIME) for begin in range(0, rows, AT_A_TIME))


def _counted(acts: Acts, weights: Real | Whole) -> tuple[Whole, Real]:
    """The contacts, ascending, and the weights of what each did in each hour."""
    contacts, which = np.unique(acts.contact, return_inverse=True)
    counted = np.zeros((len(contacts), HOURS))
    np.add.at(counted, (which, acts.hour), weights)
    return contacts, counted


def worth(shares: Real) -> Real:
    """Of each hour, what an email that is sent in it is worth: what is done in the hours after it, less with each."""
    decay = 0.5 ** (np.arange(HOURS) / HALF_LIFE)
    return np.asarray(sum(decay[after] * np.roll(shares, -after, axis=-1) for after in range(HOURS)))


def best_hours(counted: Real, of_shop: Real) -> Whole:
    """Of each contact, the hour that is worth most; of hours that are worth the same, the earliest."""
    found = np.empty(len(counted), np.int64)
    for some in _blocks(len(counted)):
        each = counted[some]
        drawn_in = (each + KAPPA * of_shop) / (each.sum(axis=1, keepdims=True) + KAPPA)
        found[some] = np.argmax(np.round(worth(drawn_in), 12), axis=1)
    return found


def best_of_shop(of_shop: Real) -> int:
    return int(np.argmax(np.round(worth(of_shop), 12)))


# ── checked ──


def _checked(data: Data) -> tuple[Validation | None, tuple[Gate, ...]]:
    months = np.unique(data.acts.month)
    # The month that is under way is no whole one.
    whole = months[months < _month(data.at)]
    if len(whole) < 2:
        return None, (Gate(need=2, have=len(whole), what="whole months in which somebody clicked or visited"),)
    last = int(whole[-1])
    before, after = _only(data.acts, data.acts.month < last), _only(data.acts, data.acts.month == last)
    contacts, counted, of_shop = profiles(before)
    later, done = _counted(after, after.count)
    both = np.intersect1d(contacts, later)
    gate = Gate(need=CONTACTS, have=len(both), what=f"contacts who did something in {_named(last)} and before it")
    if not gate.is_open:
        return None, (gate,)
    told = best_hours(counted[np.searchsorted(contacts, both)], of_shop)
    did = done[np.searchsorted(later, both)]
    model = Measures(hits=_found(did, told))
    rule = Measures(hits=_found(did, np.full(len(both), best_of_shop(of_shop))))
    verdict: Verdict = "model" if (model.hits or 0) > (rule.hits or 0) else "simple rule"
    cut, days = _first_of(last), 30
    said = sentence_of(SCORE, verdict, cut, days, model, rule, len(both))
    checked = Validation(
        score="hour",
        cut=cut,
        horizon_days=days,
        customers=len(both),
        events=int(did.sum()),
        verdict=verdict,
        sentence=said,
        model=model,
        rule=rule,
    )
    return checked, (gate,)


def _found(did: Real, hours: Whole) -> float:
    """The share of what each did that falls into the hours after theirs; every contact gives as much as another."""
    rows = np.arange(len(hours))
    within = sum(did[rows, (hours + after) % HOURS] for after in range(WITHIN))
    return float(np.mean(within / did.sum(axis=1)))


def _only(acts: Acts, those: np.ndarray) -> Acts:
    return Acts(acts.contact[those], acts.month[those], acts.hour[those], acts.kind[those], acts.count[those])


# ── told ──


def _scores(data: Data, *, of_shop: bool) -> Scores:
    contacts, counted, shop = profiles(data.acts)
    hours = np.full(len(contacts), best_of_shop(shop)) if of_shop else best_hours(counted, shop)
    tried = np.zeros(len(contacts), dtype=bool)
    if not of_shop:
        hours, tried = _with_some_tried(data, contacts, hours)
    _, raw = _counted(data.acts, data.acts.count)
    around = sum(raw[np.arange(len(contacts)), (hours + near) % HOURS] for near in (-1, 0, 1))

    def reasons(at: int) -> list[dict[str, Json]]:
        if tried[at]:
            code, value, about = "hour_tried", 1.0, ""
        elif around[at]:
            code, value, about = "acts_at_hour", float(around[at]), f"{hours[at]}:00"
        else:
            code, value, about = "shop", 0.0, ""
        return [{"code": code, "value": value, "effect": 0.0, "about": about}]

    return Scores(
        score="hour",
        trait=SCORE.trait,
        contact=contacts,
        told=Rows(len(contacts), lambda at: int(hours[at])),
        value=hours.astype(np.float64),
        band=np.full(len(contacts), "", dtype="U1"),
        rank=np.full(len(contacts), 100, dtype=np.int64),
        place=np.zeros(len(contacts)),
        reasons=Rows(len(contacts), reasons),
        basis="simple" if of_shop else "model",
    )


def _with_some_tried(data: Data, contacts: Whole, hours: Whole) -> tuple[Whole, np.ndarray]:
    visited = np.unique(data.acts.contact[data.acts.kind == "visit"])
    month, told, tried = _month(data.at), hours.copy(), np.zeros(len(contacts), dtype=bool)
    for row in np.flatnonzero(~np.isin(contacts, visited)).tolist():
        lot = f"hour\x1f{month}\x1f{contacts[row]}"
        if drawn(lot, TRIED):
            told[row], tried[row] = BY_DAY[drawn(f"{lot}\x1fwhich", (1,) * len(BY_DAY))], True
    return told, tried


# ── months ──


def _month(t: Instant) -> int:
    return int(month_of(t).replace("-", ""))


def _first_of(month: int) -> int:
    return int(np.datetime64(f"{month // 100:04d}-{month % 100:02d}", "ms").astype(np.int64))


def _named(month: int) -> str:
    return f"{month // 100:04d}-{month % 100:02d}"
