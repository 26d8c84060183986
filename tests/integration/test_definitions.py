"""Definitions: publications and drafts in their table, who has read which, and profiles that are ahead of a Lambda."""

from __future__ import annotations

from typing import Any

import pytest

from functions.profile import app as profile_app
from infra.local.system import Context
from shared.adapters import clock, contacts, definitions, environment
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.adapters.drafts import numbered
from shared.domain.conditions import Segment
from shared.domain.events import MINUTE, SECOND, Event, Identity, IdentityKind, Type, evaluation_due
from shared.domain.profiles import Profile
from shared.domain.publications import Publication, with_segment
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")


def segment(id_: str = "visitors", at_least: int = 1, event: str = "Page Viewed") -> Segment:
    when = {"kind": "event", "event": event, "at_least": at_least}
    return Segment.model_validate({"id": id_, "name": "A name", "sentence": "A sentence.", "when": when})


def publish(*segments: Segment, now: int = NOW) -> Publication:
    """Publishes them as another Lambda would: this one has not heard of it."""
    held = definitions._read
    for each in segments:
        definitions.publish(with_segment(definitions.publication(), each, start_journeys=False, now=now))
    newest = definitions.publication()
    definitions._read = held
    return newest


def visit(id_: str, time: int = NOW) -> Event:
    return Event(
        id=id_,
        type=Type.PAGE_VIEWED,
        time=time,
        received=time,
        source="segment",
        identities=(Identity(kind=IdentityKind.USER, value="u"),),
    )


def process(*events: Event) -> dict[str, Any]:
    records = [
        {"messageId": str(n), "body": e.model_dump_json(), "attributes": {"ApproximateReceiveCount": "1"}}
        for n, e in enumerate(events)
    ]
    return profile_app.handler({"Records": records}, Context("ProfileFunction", "arn", "request"))


def the_profile() -> Profile:
    (contact,) = {item["contact"]["S"] for item in _items()}
    stored = contacts.read(contact)
    assert stored is not None
    return stored.profile


def _items() -> list[dict[str, Any]]:
    return list(contacts.client("dynamodb").scan(TableName=contacts.table())["Items"])


# ── publications ──


def test_a_shop_begins_with_what_is_shipped() -> None:
    assert definitions.publication().segments == definitions.shipped()
    assert definitions.segments().sequence == 1
    with pytest.raises(LookupError, match="no publication 1"):
        definitions.numbered_publication(1)


def test_the_first_decision_puts_on_record_by_what_it_was_made() -> None:
    assert process(visit("v1"), visit("v2")) == {"batchItemFailures": []}
    assert definitions.numbered_publication(1) == definitions.publication()
    assert the_profile().definitions == 1


def test_each_publication_has_the_next_number_and_none_is_overwritten() -> None:
    publish(segment())
    mine = with_segment(definitions.publication(), segment(at_least=2), start_journeys=False, now=NOW)
    publish(segment(at_least=3))
    with pytest.raises(PublishedMeanwhileError, match="version 3 of segments"):
        definitions.publish(mine)
    assert definitions.publication().segment("visitors") == segment(at_least=3)
    assert definitions.numbered_publication(2).segment("visitors") == segment()


def test_the_forms_of_a_segment_are_found_through_all_publications() -> None:
    publish(segment(), segment("others"), segment(at_least=2), segment("others", at_least=2))
    found = [(publication.number, form) for publication, form in definitions.versions_of("visitors")]
    assert found == [(4, segment(at_least=2)), (2, segment())]
    assert [publication.number for publication, _ in definitions.versions_of("customers")] == [1]
    assert list(definitions.versions_of("nobody")) == []


def test_the_newest_is_read_once_a_minute() -> None:
    at = NOW
    clock.use(lambda: at)
    assert definitions.segments().sequence == 1
    publish(segment())
    at = NOW + 59 * SECOND
    assert definitions.segments().sequence == 1
    at = NOW + MINUTE
    assert definitions.segments().sequence == 2
    publish(segment(at_least=2))
    assert definitions.segments().sequence == 2
    assert definitions.publication().number == 3
    assert definitions.segments().sequence == 3


def test_definitions_that_did_not_change_are_not_compiled_again() -> None:
    publish(segment())
    compiled = definitions.at_least(2)
    assert definitions.publication().number == 2
    assert definitions.segments() is compiled


def test_who_needs_a_later_publication_gets_it_at_once() -> None:
    assert definitions.segments().sequence == 1
    publish(segment())
    assert definitions.at_least(1).sequence == 1
    assert definitions.at_least(2).sequence == 2
    with pytest.raises(LookupError, match="publication 9 was asked for, and 2 is the newest"):
        definitions.at_least(9)


@pytest.mark.parametrize("name", ["Europe/Lodon", "GMT+1", "", "../etc/passwd"])
def test_a_time_zone_that_there_is_none_of_counts_as_utc(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TIME_ZONE", name)
    environment.forget()
    assert definitions.segments().sequence == 1
    assert definitions.zone() == "UTC"
    assert definitions.unknown_zone() == name


# ── drafts ──


def test_a_draft_takes_the_place_of_the_one_before_and_each_version_stays() -> None:
    assert definitions.drafts.all() == {}
    first = definitions.drafts.put("visitors", segment(), instead_of=None)
    second = definitions.drafts.put("visitors", segment(at_least=2), instead_of=1)
    other = definitions.drafts.put("others", segment("others"), instead_of=None)
    for stale in (None, 1):
        with pytest.raises(PublishedMeanwhileError, match="another draft of visitors"):
            definitions.drafts.put("visitors", segment(), instead_of=stale)
    assert (first.number, second.number, other.number) == (1, 2, 3)
    assert definitions.drafts.all() == {"visitors": second, "others": other}
    assert numbered("drafts", Segment | None, 1) == {"visitors": first}
    for _ in range(2):
        definitions.drafts.drop("visitors", 2)
    assert definitions.drafts.all() == {"others": other}
    assert numbered("drafts", Segment | None, 3) == {"visitors": second, "others": other}
    with pytest.raises(LookupError, match="there is no version 9 of the drafts"):
        numbered("drafts", Segment | None, 9)
    assert definitions.segments().sequence == 1


# ── profiles, decided by several Lambdas ──


def test_a_lambda_that_is_behind_the_profile_reads_anew() -> None:
    process(visit("v1"))
    publish(segment())
    old = definitions._read
    definitions.forget()
    process(visit("v2"))
    assert the_profile().definitions == 2
    definitions._read = old
    assert process(visit("v3")) == {"batchItemFailures": []}
    profile = the_profile()
    assert profile.definitions == 2
    assert profile.memberships["visitors"].member
    assert profile.histories["Page Viewed"].total == 3


def test_an_evaluation_is_made_by_the_definitions_it_names_or_later_ones() -> None:
    process(visit("v1"))
    contact = the_profile().contact
    publish(segment())
    process(evaluation_due(contact, NOW))
    assert the_profile().definitions == 1
    process(evaluation_due(contact, NOW, definitions=2))
    profile = the_profile()
    assert (profile.definitions, profile.memberships["visitors"].member) == (2, True)
    (cause,) = {i["cause"]["S"] for i in _items() if i.get("segment", {}).get("S") == "visitors"}
    assert cause == "definition"


def test_what_only_an_evaluation_of_everything_puts_right_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(profile_app.metrics, "add_metric", lambda name, *_: told.append(name))
    process(visit("v1"))
    contact = the_profile().contact
    publish(segment())
    process(evaluation_due(contact, NOW, all=1, definitions=2))
    assert the_profile().memberships["visitors"].member
    assert "ContactsDrifted" not in told  # a publication has moved them, and no fault
    stored = contacts.read(contact)
    assert stored is not None
    del stored.profile.memberships["visitors"]
    contacts.commit([contacts.profile_write(stored.profile, stored.wake_at, NOW)])
    process(evaluation_due(contact, NOW))
    assert "visitors" not in the_profile().memberships
    process(evaluation_due(contact, NOW, all=1))
    assert the_profile().memberships["visitors"].member
    assert told.count("ContactsDrifted") == 1


def test_an_evaluation_by_definitions_that_there_are_none_of_comes_again() -> None:
    process(visit("v1"))
    assert process(evaluation_due(the_profile().contact, NOW, definitions=7)) == {
        "batchItemFailures": [{"itemIdentifier": "0"}]
    }
