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
    scores = _scores(data, alike=verdict == "simple rule")
    result = result.model_copy(update={"contacts": len(scores)})
    return Found(scores=[scores], results={"hour": result.model_dump(mode="json")})


# ── histograms ──


def of_shop(acts: Acts) -> Real:
    """The share of each hour, of which every contact gives as much as another."""
    shares, contacts = np.zeros(HOURS), 0
    for _, counted in _histograms(acts):
        shares += (counted / counted.sum(axis=1, keepdims=True)).sum(axis=0)
        contacts += len(counted)
    return shares / contacts if contacts else np.full(HOURS, 1 / HOURS)


def _histograms(acts: Acts) -> Iterator[tuple[Whole, Real]]:
    """The contacts, ascending, and how much each did in each hour, smoothed. Of a million contacts that is 200 MB, so
    some contacts at a time."""
    begins = np.flatnonzero(np.r_[True, acts.contact[1:] != acts.contact[:-1]][: len(acts.contact)])
    for first in range(0, len(begins), AT_A_TIME):
        rows = slice(begins[first], begins[first + AT_A_TIME] if first + AT_A_TIME < len(begins) else None)
        contacts, which = np.unique(acts.contact[rows], return_inverse=True)
        # Of a visit of twenty pages each is told: what was done in one hour of a month counts less with every time.
        weights = np.sqrt(acts.count[rows].astype(np.float64))
        counted = np.bincount(which * HOURS + acts.hour[rows], weights, len(contacts) * HOURS).reshape(-1, HOURS)
        yield contacts, (np.roll(counted, 1, axis=1) + 2 * counted + np.roll(counted, -1, axis=1)) / 4


def worth(shares: Real) -> Real:
    """Of each hour, what an email that is sent in it is worth: what is done in the hours after it, less with each."""
    decay = 0.5 ** (np.arange(HOURS) / HALF_LIFE)
    return np.asarray(sum(decay[after] * np.roll(shares, -after, axis=-1) for after in range(HOURS)))


def best_hours(acts: Acts, usual: Real) -> tuple[Whole, Whole]:
    """The contacts, ascending, and of each the hour that is worth most; of hours that are worth the same, the
    earliest. `usual`: the shop's shares."""
    found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
    for contacts, counted in _histograms(acts):
        drawn_in = (counted + KAPPA * usual) / (counted.sum(axis=1, keepdims=True) + KAPPA)
        found.append((contacts, np.argmax(np.round(worth(drawn_in), 12), axis=1)))
    several, hours = (np.concatenate(each) for each in zip(*found, strict=True))
    return several, hours


def best_of_shop(usual: Real) -> int:
    return int(np.argmax(np.round(worth(usual), 12)))


# ── checked ──


def _checked(data: Data) -> tuple[Validation | None, tuple[Gate, ...]]:
    months = np.unique(data.acts.month)
    # The month that is under way is no whole one.
    whole = months[months < _month(data.at)]
    if len(whole) < 2:
        return None, (Gate(need=2, have=len(whole), what="whole months in which somebody clicked or visited"),)
    last = int(whole[-1])
    before, after = _only(data.acts, data.acts.month < last), _only(data.acts, data.acts.month == last)
    both = np.intersect1d(before.contact, after.contact)
    gate = Gate(need=CONTACTS, have=len(both), what=f"contacts who did something in {_named(last)} and before it")
    if not gate.is_open:
        return None, (gate,)
    usual = of_shop(before)
    contacts, told = best_hours(before, usual)
    did = _only(after, np.isin(after.contact, both))
    model = Measures(hits=_found(did, told[np.searchsorted(contacts, both)]))
    rule = Measures(hits=_found(did, np.full(len(both), best_of_shop(usual))))
    verdict: Verdict = "model" if (model.hits or 0) > (rule.hits or 0) else "simple rule"
    cut, days = _first_of(last), 30
    said = sentence_of(SCORE, verdict, cut, days, model, rule, len(both))
    checked = Validation(
        score="hour",
        cut=cut,
        horizon_days=days,
        customers=len(both),
        events=int(did.count.sum()),
        verdict=verdict,
        sentence=said,
        model=model,
        rule=rule,
    )
    return checked, (gate,)


def _found(did: Acts, hours: Whole) -> float:
    """The share of what each did that falls into the hours after theirs; every contact gives as much as another."""
    all_, within = _done(did, hours, WITHIN)
    return float(np.mean(within / all_))


def _done(acts: Acts, begin: Whole, hours: int) -> tuple[Real, Real]:
    """How much each contact did, and how much of it in so many hours from theirs on."""
    _, which = np.unique(acts.contact, return_inverse=True)
    after = (acts.hour - begin[which]) % HOURS
    all_, there = np.bincount(which, acts.count), np.bincount(which, np.where(after < hours, acts.count, 0))
    return all_.astype(np.float64), there.astype(np.float64)


def _only(acts: Acts, those: np.ndarray) -> Acts:
    return Acts(acts.contact[those], acts.month[those], acts.hour[those], acts.kind[those], acts.count[those])


# ── told ──


def _scores(data: Data, *, alike: bool) -> Scores:
    usual = of_shop(data.acts)
    if alike:
        contacts = np.unique(data.acts.contact)
        hours, tried = np.full(len(contacts), best_of_shop(usual)), np.zeros(len(contacts), dtype=bool)
    else:
        contacts, hours = best_hours(data.acts, usual)
        hours, tried = _with_some_tried(data, contacts, hours)
    _, around = _done(data.acts, hours - 1, 3)

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
        basis="simple" if alike else "model",
    )


def _with_some_tried(data: Data, contacts: Whole, hours: Whole) -> tuple[Whole, np.ndarray]:
    visited = np.unique(data.acts.contact[(data.acts.kind.names == "visit")[data.acts.kind.which]])
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
