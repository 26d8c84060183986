"""Lists that are brought over: what their columns mean, whom they tell of, and that they revive and start nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain import imports
from shared.domain.addresses import newest_answer
from shared.domain.events import ALL, DAY, ConsentChange, Event, Identity, IdentityKind, Type, is_awaited, parse_instant
from shared.domain.imports import Import, Line
from shared.domain.journeys.acts import acts
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.profiles.transitions import LATE
from shared.domain.refusals import RefusedError

NOW = parse_instant("2026-11-28")
MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,"
    "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS"
)
KLAVIYO = "Email,Klaviyo ID,First Name,Last Name,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp"


def made(**changed: Any) -> Import:
    return Import.model_validate(
        {
            "file": "a" * 64,
            "columns": {"email": "email", "name": "first_name", "consent": "consent", "since": "consent_date"},
            "consent_source": "the form on our site",
            "attested": True,
            **changed,
        }
    )


def read(text: str, how: Import | None = None) -> imports.Read:
    return imports.read(how or made(), imports.lines(f"email,name,consent,since\n{text}")[1])


def test_exports_of_others_are_recognised_by_their_headers() -> None:
    found = imports.recognised(MAILCHIMP.split(","))
    assert found.kind == "mailchimp"
    assert found.columns == {
        "Email Address": "email",
        "First Name": "first_name",
        "Last Name": "last_name",
        "CONFIRM_TIME": "consent_date",
        "TIMEZONE": "timezone",
        "CC": "country",
        "REGION": "region",
    }
    unsubscribed = imports.recognised(f"{MAILCHIMP},UNSUB_TIME,UNSUB_REASON".split(","))
    assert unsubscribed.columns["UNSUB_TIME"] == "unsubscribed_date"
    klaviyo = imports.recognised(KLAVIYO.split(","))
    assert klaviyo.kind == "klaviyo"
    assert klaviyo.columns["Email Marketing Consent Timestamp"] == "consent_date"
    assert klaviyo.columns["Email Marketing Consent"] == "consent"
    assert imports.recognised(["Mail", "Vorname"]).kind == "other"


def test_a_mailchimp_export_is_read() -> None:
    row = 'ada@example.com,Ada,L,4,,,"2024-03-14 09:14:00",,,,,,,GB,,"2024-03-14 09:14:00",1,x,,"""vip"""'
    headers, rows = imports.lines(f"{MAILCHIMP}\n{row}\n")
    how = made(columns=imports.recognised(headers).columns, everybody="agreed")
    (person,) = imports.read(how, rows).people
    assert (person.email, person.said, person.date) == (
        "ada@example.com",
        "subscribed",
        parse_instant("2024-03-14T09:14:00"),
    )
    assert person.traits == {"first_name": "Ada", "last_name": "L", "country": "GB"}


@pytest.mark.parametrize(
    ("consent", "since", "said"),
    [
        ("yes", "2024-01-01", "subscribed"),
        ("SUBSCRIBED", "2024-01-01 10:00:00", "subscribed"),
        ("yes", "", None),  # a yes without its date
        ("NEVER_SUBSCRIBED", "2024-01-01", None),
        ("", "", None),
        ("no", "", None),
        ("UNSUBSCRIBED", "2024-01-01", "unsubscribed"),
        ("unsubscribed", "", "unsubscribed"),
    ],
)
def test_only_a_dated_yes_is_one(consent: str, since: str, said: str | None) -> None:
    (person,) = read(f"a@example.com,A,{consent},{since}").people
    assert person.said == said


def test_lines_are_named_as_an_editor_counts_them() -> None:
    found = read(
        "a@example.com,A,yes,2024-01-01\n\n"
        'nobody,"two\nlines",yes,2024-01-01\n'
        "A@Example.com,A,yes,2024-01-01\n"
        "info@example.com,A,yes,2024-01-01\n"
        "b@example.com,B,perhaps,2024-01-01\n"
        "c@example.com,C,yes,soon\n"
        "d@example.com,D,yes,\n"
    )
    assert found.invalid == {
        4: "not an email address",
        8: "consent: neither a yes nor a no",
        9: "a date must be as 2026-11-24 or 2026-11-24 09:30:00",
    }
    assert (found.duplicates, found.roles, found.without_date) == ([6], [7], [10])


def test_a_no_counts_wherever_the_address_stands_again() -> None:
    found = read("a@example.com,A,yes,2024-01-01\na@example.com,A,unsubscribed,2024-02-01")
    assert [person.said for person in found.people] == ["unsubscribed"]


@pytest.mark.parametrize(
    "source",
    [
        "bought at a fair",
        "We purchased it in 2023",
        "rented list",
        "scraped from LinkedIn",
        "a data broker",
        "Cold leads",
    ],
)
def test_bought_lists_are_refused_in_words(source: str) -> None:
    with pytest.raises(RefusedError) as error:
        imports.refuse_what_was_bought(made(consent_source=source))
    assert error.value.code == "bought_list" and "have not agreed" in error.value.message
    how = made(columns={"email": "email", "name": "consent_source", "consent": "consent", "since": "consent_date"})
    assert read(f"a@example.com,{source},yes,2024-01-01", how).invalid == {
        2: "from a list that was bought, rented or gathered"
    }


@pytest.mark.parametrize(
    "source", ["buyers of our soap who ticked the box", "the form on our site", "our coldbrew club"]
)
def test_words_that_only_look_like_it_are_not(source: str) -> None:
    imports.refuse_what_was_bought(made(consent_source=source))


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": {"name": "first_name"}},
        {"columns": {"email": "email", "mail": "email"}},
        {"columns": {"email": "email", "x": "trait:dormant", "consent": "consent"}},
        {"columns": {"email": "email", "x": "predicted_value", "consent": "consent"}},
        {"columns": {"email": "email"}},
        {"consent_source": "x"},
        {"consent_date": "yesterday"},
        {"file": "x"},
    ],
)
def test_what_is_said_of_a_file_has_to_make_sense(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made(**changed)


def person(**changed: Any) -> imports.Person:
    told = {"line": 2, "email": "a@example.com", "traits": {}, "said": "subscribed", "date": NOW - 400 * DAY}
    return imports.Person(**{**told, "source": "the form", **changed})


def no(topic: str, time: int) -> Event:
    return Event(
        id=f"{topic}{time}",
        type=Type.CONSENT_CHANGED,
        time=time,
        stated=time,
        received=time,
        source="preference",
        identities=(Identity(kind=IdentityKind.EMAIL, value="a@example.com"),),
        consent=(ConsentChange(topic=topic, state="unsubscribed"),),
    )


@given(
    said_at=st.integers(0, 500),
    dated=st.integers(0, 500),
    topic=st.sampled_from(["marketing", ALL]),
    first=st.booleans(),
)
def test_a_list_revives_nobody_whatever_its_dates_and_in_whatever_order(
    said_at: int, dated: int, topic: str, first: bool
) -> None:
    brought = imports.event(made(), person(date=NOW - dated * DAY), NOW, "me")
    events = [brought, no(topic, NOW - said_at * DAY)]
    profile = Profile("c01")
    for event in events if first else reversed(events):
        fold(profile, event)
    answer = newest_answer(profile, "marketing", {})
    assert answer is not None and answer.value == "unsubscribed"


@given(dated=st.integers(0, 40) | st.none(), known=st.booleans())
def test_a_list_starts_nothing_and_nobody_waits_behind_it(dated: int | None, known: bool) -> None:
    date = None if dated is None else NOW - dated * DAY
    event = imports.event(made(), person(date=date, said="subscribed" if dated is not None else None), NOW, "me")
    assert not is_awaited(event, NOW)
    profile = Profile("c01")
    (act,) = acts(profile, [event])
    assert act.name is None and act.time - act.happened > LATE


def test_what_is_known_is_not_overwritten_by_a_list() -> None:
    profile = Profile("c01")
    told = no("offers", NOW - 900 * DAY).model_copy(update={"traits": {"first_name": "Ada"}, "consent": ()})
    fold(profile, told)
    fold(profile, imports.event(made(), person(traits={"first_name": "A.", "city": "York"}), NOW, "me"))
    assert {name: profile.traits[name].value for name in ("first_name", "city")} == {
        "first_name": "Ada",
        "city": "York",
    }


def test_the_same_row_of_the_same_file_is_one_event() -> None:
    one, two = (imports.event(made(), person(), NOW + day * DAY, "me") for day in (0, 9))
    assert (one.id, one.stated) == (two.id, two.stated)
    assert imports.event(made(file="b" * 64), person(), NOW, "me").id != one.id


rows_of_text = st.lists(st.text(alphabet='a,;"\n\r x', min_size=0, max_size=12), min_size=0, max_size=12)


@given(rows=rows_of_text, most=st.integers(1, 4))
def test_parts_name_the_same_lines_as_the_whole(rows: list[str], most: int) -> None:
    text = "email,name\n" + "\n".join(rows)
    try:
        whole = imports.lines(text)[1]
        told: list[Line] = []
        for first, part in imports.parts(text, most):
            told += imports.lines(part, first)[1]
    except (RefusedError, imports.csv.Error):
        return
    assert told == whole
