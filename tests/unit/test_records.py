"""What operators and CRMs tell: nothing is implied, what is sent twice is told once, and a table runs no formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.events import IdentityKind, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.records import Record, events_of
from shared.domain.tables import DANGEROUS, as_csv, cell, without_apostrophe

NOW = parse_instant("2026-11-24T06:00:00Z")
ADA = {"email": "Ada@Example.com", "external_id": "42"}
YES = {"state": "subscribed", "at": "2026-11-20", "proof": "signed on paper at the fair in Leeds"}


def record(**more: object) -> Record:
    return Record.model_validate(ADA | more)


def folded(*several: Record) -> Profile:
    profile = Profile("c1")
    for each in several:
        for event in events_of(each, NOW, "operator-1"):
            fold(profile, event)
    return profile


def test_a_record_says_nothing_of_consent_that_it_does_not_say() -> None:
    told = record(cltv=1250.5, cac=18, traits={"country": "Germany", "plan": "gold"}, tags_added=["vip"])
    profile = folded(told)
    assert profile.consent == {}
    values = {name: stamped.value for name, stamped in profile.traits.items()}
    assert values == {
        "email": "ada@example.com",
        "lifetime_value": 1250.5,
        "acquisition_cost": 18,
        "country": "DE",
        "plan": "gold",
        "tags": ["vip"],
    }
    named = [(each.kind, each.value) for each in told.identities]
    assert named == [(IdentityKind.USER, "crm:42"), (IdentityKind.EMAIL, "ada@example.com")]


def test_a_yes_has_its_proof_and_counts_when_it_was_given() -> None:
    (told, answer) = events_of(record(consent=[YES], updated_at="2026-11-23"), NOW, "operator-1")
    assert told.consent == ()
    (change,) = answer.consent
    assert (answer.time, change.wording, change.actor) == (parse_instant("2026-11-20"), YES["proof"], "operator-1")
    no_later = record(consent=[{"state": "unsubscribed", "at": "2026-11-21"}])
    for several in ((record(consent=[YES]), no_later), (no_later, record(consent=[YES]))):
        assert folded(*several).consent["marketing"].value == "unsubscribed"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"consent": [{"state": "subscribed"}]}, "proof"),
        ({"consent": [{"state": "subscribed", "at": "2026-11-20"}]}, "proof"),
        ({"consent": [{"state": "subscribed", "proof": YES["proof"]}]}, "proof"),
        ({"consent": [{**YES, "at": "yesterday"}]}, "ISO 8601"),
        ({"consent": [{**YES, "topic": "all"}]}, "one topic"),
        ({"email": None, "external_id": None}, "required"),
        ({"email": "nobody"}, "address"),
        ({"traits": {"dormant": True}}, "no trait that can be set"),
        ({"traits": {"email": "b@example.com"}}, "no trait that can be set"),
        ({"traits": {"Bad Name": 1}}, "no trait that can be set"),
        ({"traits": {"plan": {"a": 1}}}, "short list"),
        ({"traits": {"plan": "x" * 5000}}, "short list"),
        ({"cltv": float("nan")}, "finite"),
        ({"interactions": [{"event": "Order Completed", "id": "1", "at": "2026-11-20"}]}, "storefront"),
        ({"unknown": 1}, "not permitted"),
    ],
)
def test_what_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        record(**wrong)


def test_what_is_sent_twice_is_told_once() -> None:
    told = record(
        updated_at="2026-11-23",
        traits={"plan": "gold"},
        consent=[YES],
        interactions=[
            {"event": "Call Held", "id": "call-7", "at": "2026-11-20T09:30:00Z", "properties": {"minutes": 3}}
        ],
    )
    first, again = ([each.id for each in events_of(told, at, "o")] for at in (NOW, NOW + 1))
    assert first == again and len(set(first)) == 3
    newer, older = (
        record(traits={"plan": "gold"}, updated_at="2026-11-23"),
        record(traits={"plan": "blue"}, updated_at="2026-11-01"),
    )
    for several in ((newer, older), (older, newer)):
        assert folded(*several).traits["plan"].value == "gold"


@given(st.text(max_size=20))
def test_no_cell_is_a_formula_and_each_can_be_brought_back(text: str) -> None:
    written = cell(text)
    assert not written.startswith(DANGEROUS)
    if not text.startswith("'"):
        assert without_apostrophe(written) == text
    (row,) = csv.reader(io.StringIO(as_csv([[text, "end"]]), newline=""))
    assert row == [written, "end"]


def test_cells_as_they_are_written() -> None:
    assert as_csv([["name", "n"], ["=HYPERLINK(1)", -5], ["O'Brien", None], [["a", "b"], True]]) == (
        "name,n\r\n'=HYPERLINK(1),-5\r\nO'Brien,\r\na; b,yes\r\n"
    )
