"""The data audit: what is missing, wrong, unlike most, old or unused is found, and nothing of a person is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.estimates import Estimate
from shared.domain.events import DAY, HOUR, MINUTE, Event, Identity, IdentityKind, Json, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.reports import audit
from shared.domain.reports.audit import Use, uses
from tests.unit import online_retail

NOW = parse_instant("2026-11-24T12:00:00Z")


def profile(number: int, told: int = NOW, **traits: Json) -> Profile:
    return Profile(contact=f"c{number:015x}", traits={name: Stamped(value, told) for name, value in traits.items()})


def audited(profiles: list[Profile], found: audit.Uses | None = None, rows: tuple[Json, ...] = ()) -> Json:
    everybody = Estimate(len(profiles), 0)
    return audit.report(NOW, profiles, everybody, True, found or uses([]), rows, {})


def field(told: Json, name: str) -> Json:
    (found,) = [each for each in told["fields"] if each["field"] == name]
    return found


def test_what_is_missing_wrong_and_unlike_most_is_counted() -> None:
    told = audited(
        [
            profile(1, email="ada@example.com", country="GB", birthday="1990-05-17", plan="Gold", seats=3),
            profile(2, email="bo@example.com", country="Atlantis", birthday="2190-05-17", plan="gold", seats="three"),
            profile(3, email="nobody", country="Germany", birthday="1790-01-01", plan="Gold", seats=4),
            profile(4, email="cy@example.com", country=None, plan="Silver", timezone="Mars/Olympus"),
        ]
    )
    counts = {
        name: [field(told, name)[each] for each in ("have", "invalid", "inconsistent")]
        for name in ("email", "country", "birthday", "plan", "seats", "timezone", "first_name")
    }
    assert counts == {
        "email": [4, 1, 0],
        "country": [3, 1, 0],
        "birthday": [3, 2, 0],
        "plan": [4, 0, 1],
        "seats": [3, 0, 1],
        "timezone": [1, 1, 0],
        "first_name": [0, 0, 0],
    }
    assert field(told, "country")["share"] == 0.75
    assert any("no country that we know" in each for each in field(told, "country")["to_fix"])
    assert field(told, "first_name")["to_fix"] == [], "nobody asks for it"


def test_what_was_told_long_ago_is_stale_where_it_changes() -> None:
    told = audited([profile(1, told=NOW - 800 * DAY, plan="Gold", birthday="1990-05-17"), profile(2, plan="Gold")])
    assert (field(told, "plan")["stale"], field(told, "birthday")["stale"]) == (1, 0)


def test_what_nothing_asks_for_is_said_so() -> None:
    found = uses(
        [
            (
                Use("segment", "Gold"),
                {"when": {"kind": "all", "of": [{"kind": "trait", "trait": "plan", "is": "exists"}]}},
            ),
            (Use("journey", "Trial"), {"trigger": {"event": "Trial Started"}}),
            (
                Use("email", "Hello"),
                {"blocks": [{"text": "{{ traits.shade }} {{ contact.first_name }} {{ contact.ordered }}"}]},
            ),
        ]
    )
    rows: tuple[Json, ...] = tuple(
        {
            "source": "track",
            "event": event,
            "currency": "",
            "events": 5,
            "people": 2,
            "newest": NOW,
            "without_amount": 0,
        }
        for event in ("Trial Started", "Quiz Left", "Order Completed")
    )
    told = audited([profile(1, plan="Gold", shoe="42", scores={"rfm": 4})], found, rows)
    assert [each["name"] for each in field(told, "plan")["used_by"]] == ["Gold"]
    assert "stop collecting it" in field(told, "shoe")["to_fix"][0]
    assert field(told, "scores")["to_fix"] == [] and field(told, "scores")["made_by_us"]
    assert field(told, "shade")["have"] == 0 and "100 % of all do not have it" in field(told, "shade")["to_fix"][0]
    assert "ordered" not in {each["field"] for each in told["fields"]}, "no field, but something we know"
    mended = {each["event"]: bool(each["to_fix"]) for each in told["events"]}
    assert mended == {"Trial Started": False, "Quiz Left": True, "Order Completed": False}


def test_a_source_that_stops_is_late_or_tells_no_amounts_is_named() -> None:
    def row(source: str, events: int, newest: int, **more: Json) -> Json:
        empty = {"event": "Order Completed", "currency": "", "people": 1, "without_amount": 0}
        return {"source": source, "events": events, "newest": newest, **empty, **more}

    late = {"shopify": audit.Lag(40, MINUTE, 3 * HOUR)}
    told = audit.report(
        NOW,
        [],
        Estimate(0, 0),
        True,
        uses([]),
        [
            row("shopify", 900, NOW - HOUR, currency="EUR", without_amount=7),
            row("shopify", 100, NOW - 2 * HOUR, currency="GBP"),
            row("segment", 9_000, NOW - 5 * DAY),
            row("ses", 9_000, NOW - 5 * DAY),
        ],
        late,
    )
    mended = {each["source"]: each["to_fix"] for each in told["sources"]}
    assert "more than an hour late" in mended["shopify"][0] and "7 orders came without" in mended["shopify"][1]
    assert mended["segment"] == [
        "It has been silent for 5 days, and told 100 events a day before: look whether it is still connected."
    ]
    assert mended["ses"] == [], "who is sent nothing tells nothing"
    (shopify,) = [each for each in told["sources"] if each["source"] == "shopify"]
    assert shopify["currencies"] == [{"currency": "EUR", "events": 900}, {"currency": "GBP", "events": 100}]


def test_how_late_a_source_is() -> None:
    def event(source: str, late: int) -> Event:
        return Event(
            id=f"{source}{late}",
            type="Page Viewed",
            time=NOW,
            stated=NOW,
            received=NOW + late,
            source=source,
            identities=(Identity(kind=IdentityKind.CONTACT, value="c1"),),
        )

    found = audit.lags([*(event("segment", n * MINUTE) for n in range(21)), event("shopify", HOUR)])
    assert found == {"segment": audit.Lag(21, 10 * MINUTE, 19 * MINUTE), "shopify": audit.Lag(1, HOUR, HOUR)}


VALUES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "A", " a", "London", "ada@example.com"])
)
NAMES = st.sampled_from(["email", "country", "city", "plan", "birthday", "phone", "tags"])


@given(st.lists(st.dictionaries(NAMES, VALUES | st.lists(st.sampled_from(["x", "y"])))))
def test_no_count_is_more_than_there_are_and_no_value_gets_out(several: list[dict[str, Json]]) -> None:
    told = audited([profile(n, **traits) for n, traits in enumerate(several)])
    for each in told["fields"]:
        assert 0 <= each["have"] <= len(several)
        assert all(0 <= each[name] <= each["have"] for name in ("invalid", "inconsistent", "stale"))
    assert "London" not in json.dumps(told) and "@" not in json.dumps(told)


def test_countries_as_a_real_shop_wrote_them() -> None:
    """What the accountants of Online Retail II took for countries."""
    written = online_retail.countries()
    told = audited([profile(n, country=each) for n, each in enumerate(written)])
    wrong = [each for each in written if audit._CHECKS["country"][0](each, NOW) is False]
    assert set(wrong) <= {"Channel Islands", "European Community", "Unspecified", "West Indies", "RSA", "EIRE", "Korea"}
    assert {"European Community", "Unspecified"} <= set(wrong)
    assert field(told, "country")["invalid"] == len(wrong)


@pytest.mark.parametrize("value", ["05-17", "--05-17", "1990-05-17", "2024-02-29"])
def test_a_birthday_may_be_without_its_year(value: str) -> None:
    assert field(audited([profile(1, birthday=value)]), "birthday")["invalid"] == 0
