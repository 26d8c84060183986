"""Forms and lists over the admin's API, on the run on one machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from shared.adapters import addresses, contacts, form_definitions, identities
from shared.domain.events import DAY, HOUR, Identity, IdentityKind
from tests.integration.shop import Shop

FORM = {
    "id": "newsletter",
    "name": "Newsletter",
    "title": "Hear from us",
    "text": "One line.\n\nAnd another.",
    "topics": [{"id": "marketing"}],
    "wording": "You agree.",
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(["onboarding"])


def test_a_form_is_written_published_changed_and_taken_off_the_web(shop: Shop) -> None:
    status, told = shop.ask("POST", "/forms", FORM)
    assert status == 201 and not told["published"] and told["form"]["text"] == FORM["text"], "its lines stay"
    assert shop.ask("POST", "/forms", FORM)[0] == 409, "nobody's is replaced by making another"
    assert shop.ask("POST", "/forms/newsletter/publish", {})[0] == 428
    status, told = shop.ask("POST", "/forms/newsletter/publish", {}, **{"if-match": told["etag"]})
    assert status == 200 and (told["version"], told["published"], told["changed"]) == (1, True, False)
    assert told["url"] in told["snippet"]
    old = told["etag"]
    status, told = shop.ask("PUT", "/forms/newsletter", {**FORM, "wording": "Others."}, **{"if-match": old})
    assert status == 200 and told["changed"] and told["wordings"] == {"1": "You agree."}
    assert shop.ask("PUT", "/forms/newsletter", FORM, **{"if-match": old})[0] == 412
    status, told = shop.ask("POST", "/forms/newsletter/publish", {}, **{"if-match": told["etag"]})
    assert told["wordings"] == {"1": "You agree.", "2": "Others."}
    status, told = shop.ask("POST", "/forms/newsletter/unpublish", {}, **{"if-match": told["etag"]})
    assert not told["published"] and form_definitions.saved().forms["newsletter"].published is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": 5}, "title"),
        ({"id": "New Letter"}, "id"),
        ({"colour": "red"}, "colour"),
        ({"questions": [{"trait": "dormant", "label": "?"}]}, "questions.0.trait"),
        ({"topics": [{"id": "marketing", "box": "big"}]}, "topics.0.box"),
        ({"wording": ""}, None),
    ],
)
def test_what_is_wrong_with_a_form_is_said_with_its_field(shop: Shop, changed: dict[str, Any], field: str) -> None:
    status, told = shop.ask("POST", "/forms", {**FORM, "id": "other", **changed})
    assert (status, told.get("field")) == (400, field), told


def test_what_does_not_fit_the_settings_is_not_published(shop: Shop) -> None:
    told = shop.ask("POST", "/forms", {**FORM, "id": "strange", "topics": [{"id": "nothing"}]})[1]
    status, told = shop.ask("POST", "/forms/strange/publish", {}, **{"if-match": told["etag"]})
    assert status == 400 and "no topic nothing" in told["problems"][0]["text"]


# ── lists ──


def part(text: str, **changed: Any) -> dict[str, Any]:
    made = {
        "file": hashlib.sha256(text.encode()).hexdigest(),
        "name": "list.csv",
        "columns": {"email": "email", "name": "first_name", "consent": "consent", "since": "consent_date"},
        "consent_source": "the form on our old site",
        "attested": True,
        **changed,
    }
    return {"import": made, "csv": f"email,name,consent,since\n{text}"}


def find(shop: Shop, address: str) -> str:
    found = identities.find([Identity(kind=IdentityKind.EMAIL, value=address)])
    return next(iter(found.values()), "")


def test_a_list_is_brought_over_once_and_revives_and_starts_nothing(shop: Shop) -> None:
    hashed = identities.address_hash("said.no@example.com")
    addresses.answer(hashed, {"marketing": "unsubscribed"}, shop.now() - 300 * DAY, "preference")
    text = (
        "yes@example.com,Yes,yes,2020-05-01\n"
        "recent@example.com,Recent,yes,2026-01-01\n"
        "none@example.com,None,no,\n"
        "said.no@example.com,No,yes,2026-01-01\n"
        "left@example.com,Left,unsubscribed,2020-01-01\n"
        "nobody,Nobody,yes,2020-01-01\n"
        "yes@example.com,Again,yes,2020-01-01\n"
    )
    status, checked = shop.ask("POST", "/imports/check", part(text))
    assert status == 200
    counts = ("rows", "people", "agreed", "without_consent", "unsubscribed", "unsubscribed_before", "new")
    assert [checked[name] for name in counts] == [7, 5, 2, 1, 1, 1, 5]
    assert checked["invalid"] == [{"line": 7, "why": "not an email address"}] and checked["duplicates"] == [8]
    assert "example.com" not in json.dumps(checked), "only lines are named"
    assert not find(shop, "yes@example.com"), "a check changes nothing"
    assert shop.ask("GET", "/imports")[1]["imports"] == []

    for _ in range(2):  # sent twice, it is one
        status, told = shop.ask("POST", "/imports", part(text))
        assert status == 200, told
        shop.passes(2 * HOUR)
    consents = {}
    for name in ("yes", "recent", "none", "said.no", "left"):
        stored = contacts.read(find(shop, f"{name}@example.com"))
        assert stored is not None
        profile = stored.profile
        held = addresses.consent(identities.address_hash(f"{name}@example.com"))
        consents[name] = held["marketing"].value if "marketing" in held else None
        assert not list(contacts.items(profile.contact, "RUN#")), "history starts no journey"
        assert len(list(contacts.items(profile.contact, "EVENT#"))) == 1
    assert consents == {
        "yes": "subscribed",
        "recent": "subscribed",
        "none": None,
        "said.no": "unsubscribed",
        "left": "unsubscribed",
    }
    (entry,) = contacts.items(find(shop, "yes@example.com"), "CONSENT#")
    told = contacts.entry_of(entry)
    assert (told["source"], told["wording"], told["at"]) == ("import", "the form on our old site", 1588291200000)
    assert told["actor"] == "developer"
    (kept,) = shop.ask("GET", "/imports")[1]["imports"]
    assert (kept["rows"], kept["agreed"], kept["parts"], kept["by"]) == (7, 2, 1, "developer")
    assert "example.com" not in json.dumps(kept)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"consent_source": "a list we bought last year"}, "bought_list"),
        ({"attested": False}, "not_attested"),
        ({"consent_source": ""}, "invalid_import"),
        ({"topics": ["nothing"]}, "unknown_topic"),
        ({"columns": {"mail": "email", "consent": "consent"}}, "unknown_column"),
    ],
)
def test_a_list_that_nobody_may_bring_over_is_refused(shop: Shop, changed: dict[str, Any], code: str) -> None:
    for path in ("/imports/check", "/imports"):
        status, told = shop.ask("POST", path, part("a@example.com,A,yes,2020-01-01\n", **changed))
        assert status in (400, 422) and told["code"] == code, told


def test_a_file_stays_as_it_was_said_first(shop: Shop) -> None:
    text = "b@example.com,B,yes,2020-01-01\n"
    assert shop.ask("POST", "/imports", part(text))[0] == 200
    assert shop.ask("POST", "/imports", part(text, consent_source="another form of ours"))[0] == 409


@pytest.mark.parametrize("id_", ["confirm_signup", "reminder"])
def test_the_email_that_confirms_a_sign_up_can_say_nothing_that_its_sender_typed(shop: Shop, id_: str) -> None:
    text = shop.ask("GET", f"/templates/{id_}")[1]["text"]
    assert shop.ask("POST", f"/templates/{id_}/check", {"yaml": text})[1]["problems"] == []
    for words in ("{{ contact.first_name }}", "{% if traits.wish %}x{% endif %}"):
        typed = text.replace("subject: ", f"subject: '{words} ", 1).replace("\n", "'\n", 4).replace("'\n", "\n", 3)
        told = shop.ask("POST", f"/templates/{id_}/check", {"yaml": typed})[1]
        assert "nothing of a contact" in json.dumps(told), told
