"""What the sample's people write: enough for each part of the page *What contacts write*, and marked as made up."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from infra.local.running import EARLY, HISTORY_SINCE
from infra.local.shop import history, visitors, writers
from shared.adapters.vader import tone
from shared.domain.events import Event, parse_instant
from shared.domain.insight import texts
from shared.domain.text_topics import DEFAULT_TOPICS


def test_people_of_several_countries_write_enough_and_are_heard_as_they_mean_it() -> None:
    some = partial(history.webhooks, customers=writers.WRITERS, since=HISTORY_SINCE, early=EARLY)
    told = list(writers.written(some(), visitors.END))
    assert told == list(writers.written(some(), visitors.END)), "the same each time"
    records: list[Any] = [record for _, several in told for record in several]
    interactions = [each for record in records for each in record["interactions"]]
    assert all(each["properties"]["made_up"] is True for each in interactions)
    assert all(parse_instant(each["at"]) <= at for at, several in told for each in several[0]["interactions"])
    assert len(interactions) >= 100 and len({record["email"] for record in records}) >= 50

    heard = Counter[tuple[str, str | None]]()
    about = Counter[str]()
    for each in interactions:
        event = Event(
            id=each["id"], type=each["event"], time=0, received=0, source="crm", properties=each["properties"]
        )
        said = texts.read(event, DEFAULT_TOPICS, {"words": texts.by_words(tone)})
        assert said is not None
        heard[each["event"], said.sentiment] += 1
        about.update(said.topics)
    assert {sentiment for _, sentiment in heard} == {"positive", "neutral", "negative", None}
    assert heard["Support Ticket Created", "positive"] == 0, "a ticket is no praise"
    assert min(about[topic] for topic in ("delivery", "quality", "returns")) >= 3
