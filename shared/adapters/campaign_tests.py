"""The tests that campaigns are: what is asked of the lake for one, and what it has shown. What a look was found to say
is kept with the campaign for good, by whoever asks first: a person, or the night."""

from __future__ import annotations

from shared.adapters import campaigns
from shared.adapters.queries import Question
from shared.adapters.report_parameters import Parameters
from shared.domain.campaigns.states import ENDED, Kept
from shared.domain.events import DAY, HOUR, Instant, Json
from shared.domain.experiments import campaigns as tests
from shared.domain.experiments.comparisons import WAITS, Compared, sentence, value
from shared.domain.experiments.rates import Arm, chance_of_more
from shared.domain.experiments.results import guarded
from shared.domain.experiments.verdicts import Word

TOGETHER = str(100 * 365 * DAY)
"""A step in which all who came to it are."""
DECIDES = (Word.BETTER, Word.WORSE, Word.NO_DIFFERENCE)
WAITS_FOR_LOOK = "It is told at the looks that were planned, and decides nothing in between."


def shows(kept: Kept, t: Instant) -> Question:
    return parameters(kept, t).of("arms")


def parameters(kept: Kept, t: Instant) -> Parameters:
    measure = kept.campaign.measure
    within, before = str(measure.within), str(tests.BEFORE if measure.metric == "revenue" else 0)
    texts = (kept.id, within, within, before, within, before, str(HOUR) if measure.looks else TOGETHER)
    return Parameters(texts, (_began(kept) - int(before), t))


def _began(kept: Kept) -> Instant:
    return kept.began or kept.since


def results(kept: Kept, rows: list[dict[str, Json]], t: Instant) -> dict[str, Json]:
    """What it has shown, as the API tells it. What a look was found to say is kept with the campaign."""
    made, found, began = kept.campaign, tests.counts(rows), _began(kept)
    end = tests.ends(made, found) if found and kept.state in ENDED else None
    looks: list[dict[str, Json]] = []
    for look in tests.looks_due(made, began, end, t):
        looks.append(_looked(kept, tests.counts(tests.by_then(made, rows, look)), look, looks, t))
    upcoming = tests.next_look(made, began, end, t)
    pending = [_told(each, tests.least(made), bool(made.measure.looks)) for each in tests.compared(made, found)]
    return {
        **arms(kept, found, t),
        "cells": [
            {
                "variant": each.variant,
                "levels": {factor.id: level for factor, level in zip(made.factors, each.levels, strict=True)},
                "people": each.measured.people,
                "value": value(each.measured),
            }
            for each in tests.cells(made, found)
        ],
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
        "factors": list(each.factors),
        "values": list(each.values),
        "interval": each.interval and list(each.interval),
        "verdict": verdict and verdict.word,
        "words": sentence(each, least, WAITS_FOR_LOOK if looks else WAITS),
        "chance": chance,
    }


def _decided(at_looks: list[dict[str, Json]], now_: dict[str, Json], upcoming: Instant | None) -> dict[str, Json]:
    """The first look that told anything decides; else what is seen now, or at the end what the end says. A chance is
    only told at the end. What an earlier version has written down of a look has no figures."""
    at_looks = [{"factors": now_.get("factors", []), "values": None, "interval": None, **told} for told in at_looks]
    for told in at_looks:
        if told["verdict"] in DECIDES:
            return told if upcoming is None else {**told, "chance": None}
    return at_looks[-1] if at_looks and upcoming is None else now_


def learnt(kept: Kept) -> list[str]:
    """What it was found to say, in words, once its end is written down; nothing before."""
    end = campaigns.kept(kept.id, campaigns.LOOK + tests.AT_END)
    if end is None:
        return []
    due = tests.looks_due(kept.campaign, _began(kept), end["at"], end["at"])
    looks = [told for each in due if (told := campaigns.kept(kept.id, campaigns.LOOK + each.name)) is not None]
    return [_decided([look["compared"][n] for look in looks], {}, None)["words"] for n in range(len(end["compared"]))]


def arms(kept: Kept, found: list[tests.Counts], t: Instant) -> dict[str, Json]:
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
